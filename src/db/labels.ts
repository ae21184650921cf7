import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { isAvailableIn, isOwnOf, ownerColumns, type ItemPlace } from "./item-place.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { labels, mergeRequestLabels } from "./schema/index.ts";
import { contains } from "./search.ts";

export interface LabelRecord {
  id: number;
  /** Null for one of a group. */
  projectId: number | null;
  name: string;
  color: string;
  description: string | null;
  openMergeRequests: number;
}

interface LabelRow {
  id: number;
  project_id: number | null;
  name: string;
  color: string;
  description: string | null;
  open_merge_requests: number;
}

/** Labels as `l`, to be completed with `where`. */
const selectLabels = (withCounts: boolean) => sql`
  select l.id, l.project_id, l.name, l.color, l.description,
    ${withCounts ? openMergeRequests : sql`0`} as open_merge_requests
  from labels l`;

const openMergeRequests = sql`(
  select count(*) from merge_request_labels used join merge_requests r on r.id = used.merge_request_id
  where used.label_id = l.id and r.state = 'opened')`;

function toLabel({ project_id: projectId, open_merge_requests: count, ...row }: LabelRow): LabelRecord {
  return { ...row, projectId, openMergeRequests: count };
}

/** Which labels of a place are listed. */
export interface LabelFilter {
  /** Part of a name or description. */
  search?: string | undefined;
  /** With those of the groups above. */
  includesInherited: boolean;
  /** Whether merge requests are counted. */
  withCounts: boolean;
}

/** A page of labels by name. */
export async function listLabels(db: Db, place: ItemPlace, filter: LabelFilter, page: PageRange): Promise<ListPage<LabelRecord>> {
  const isListed = filter.includesInherited ? isAvailableIn(place, "l") : isOwnOf(place, "l");
  const condition = and(isListed, contains(filter.search, sql`l.name`, sql`coalesce(l.description, '')`)) ?? isListed;
  const [rows, counted] = await db.query.batch([
    db.query.all<LabelRow>(sql`
      ${selectLabels(filter.withCounts)} where ${condition} order by l.name, l.id limit ${page.size + 1} offset ${page.offset}`),
    countRows(db, sql`select l.id from labels l where ${condition}`),
  ]);
  return toPage(rows.map(toLabel), counted, page);
}

/** What a label is named by: its id, its name, or both where digits in an address may be either; then the id goes first. */
export interface LabelReference {
  id: number | null;
  name: string | null;
}

const isMeant = ({ id, name }: LabelReference): SQL => sql`(l.id = ${id} or l.name = ${name})`;

/** A label of the place's own, or of a group above. */
export async function findLabel(db: Db, place: ItemPlace, label: LabelReference, includesInherited: boolean): Promise<LabelRecord | null> {
  const isThere = includesInherited ? isAvailableIn(place, "l") : isOwnOf(place, "l");
  const [row] = await db.query.all<LabelRow>(
    sql`${selectLabels(true)} where ${isThere} and ${isMeant(label)} order by l.id = ${label.id} desc, l.project_id is null limit 1`,
  );
  return row === undefined ? null : toLabel(row);
}

/** Throws the database's refusal of a name that is taken (constraint.ts, `labels.`), and of a place that is gone. */
export async function createLabel(
  db: Db,
  place: ItemPlace,
  label: { name: string; color: string; description: string | null },
  now: Date,
): Promise<LabelRecord> {
  const values = { ...label, ...ownerColumns(place), createdAt: now, updatedAt: now };
  const [row] = await db.query.insert(labels).values(values).returning();
  if (row === undefined) throw new Error("The insert of a label gave no row.");
  return { id: row.id, projectId: row.projectId, name: row.name, color: row.color, description: row.description, openMergeRequests: 0 };
}

/** Undefined leaves what is there. Null where the label is gone. Throws as `createLabel` does. */
export async function updateLabel(
  db: Db,
  place: ItemPlace,
  id: number,
  changes: { name?: string | undefined; color?: string | undefined; description?: string | null | undefined },
  now: Date,
): Promise<LabelRecord | null> {
  await db.query
    .update(labels)
    .set({ ...changes, updatedAt: now })
    .where(eq(labels.id, id));
  const [row] = await db.query.all<LabelRow>(sql`${selectLabels(true)} where l.id = ${id} and ${isOwnOf(place, "l")}`);
  return row === undefined ? null : toLabel(row);
}

/** Takes a label away, and from whatever has it. Whether there was one. */
export async function deleteLabel(db: Db, id: number): Promise<boolean> {
  const [, deleted] = await db.query.batch([
    db.query.delete(mergeRequestLabels).where(eq(mergeRequestLabels.labelId, id)),
    db.query.delete(labels).where(eq(labels.id, id)).returning({ id: labels.id }),
  ]);
  return deleted.length > 0;
}
