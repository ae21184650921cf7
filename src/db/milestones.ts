import { and, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { isAvailableIn, isOwnOf, ownerColumns, type ItemPlace } from "./item-place.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import type { milestones } from "./schema/index.ts";
import { contains } from "./search.ts";
import { valuesIn } from "./value-list.ts";

type Row = typeof milestones.$inferSelect;

/** A milestone with the full path of its project or group. */
export interface MilestoneRecord extends Row {
  fullPath: string;
}

/** A milestone as JSON; it is the row `m` of the table. */
const asJson = sql`json_object(
  'id', m.id, 'iid', m.iid, 'projectId', m.project_id, 'namespaceId', m.namespace_id, 'title', m.title, 'description', m.description,
  'state', m.state, 'startDate', m.start_date, 'dueDate', m.due_date, 'createdAt', m.created_at, 'updatedAt', m.updated_at,
  'fullPath', (select path from routes where project_id = m.project_id or namespace_id = m.namespace_id))`;

/** The milestone of this id as JSON, for a statement that shows what it is the milestone of; null without one. */
export function milestoneAsJson(id: SQL): SQL {
  return sql`(select ${asJson} from milestones m where m.id = ${id})`;
}

export function parseMilestone(json: string): MilestoneRecord {
  const row = JSON.parse(json) as Omit<MilestoneRecord, "createdAt" | "updatedAt"> & { createdAt: number; updatedAt: number };
  return { ...row, createdAt: new Date(row.createdAt), updatedAt: new Date(row.updatedAt) };
}

interface FoundRow {
  milestone: string;
}

/** Which milestones of a place are listed; what is left out is no condition. */
export interface MilestoneFilter {
  iids?: readonly number[] | undefined;
  state?: Row["state"] | undefined;
  title?: string | undefined;
  /** Part of a title or description. */
  search?: string | undefined;
  /** With those of the groups above. */
  includesInherited: boolean;
}

/** A page of milestones: those that are due first, then those without a day. */
export async function listMilestones(
  db: Db,
  place: ItemPlace,
  filter: MilestoneFilter,
  page: PageRange,
): Promise<ListPage<MilestoneRecord>> {
  const { iids, state, title, search } = filter;
  const isListed = filter.includesInherited ? isAvailableIn(place, "m") : isOwnOf(place, "m");
  const condition =
    and(
      isListed,
      iids === undefined || iids.length === 0 ? undefined : sql`m.iid in (${valuesIn(iids)})`,
      state === undefined ? undefined : sql`m.state = ${state}`,
      title === undefined ? undefined : sql`m.title = ${title}`,
      contains(search, sql`m.title`, sql`coalesce(m.description, '')`),
    ) ?? isListed;
  const [rows, counted] = await db.query.batch([
    db.query.all<FoundRow>(sql`
      select ${asJson} as milestone from milestones m where ${condition}
      order by m.due_date is null, m.due_date, m.id limit ${page.size + 1} offset ${page.offset}`),
    countRows(db, sql`select m.id from milestones m where ${condition}`),
  ]);
  return toPage(
    rows.map((row) => parseMilestone(row.milestone)),
    counted,
    page,
  );
}

/** A milestone of the place's own. */
export async function findMilestone(db: Db, place: ItemPlace, id: number): Promise<MilestoneRecord | null> {
  const [row] = await selectOwn(db, place, sql`${id}`);
  return row === undefined ? null : parseMilestone(row.milestone);
}

function selectOwn(db: Db, place: ItemPlace, id: SQL) {
  return db.query.all<FoundRow>(sql`select ${asJson} as milestone from milestones m where m.id = ${id} and ${isOwnOf(place, "m")}`);
}

export type NewMilestone = Pick<Row, "title" | "description" | "startDate" | "dueDate">;

/**
 * A milestone, numbered within its project or group. Throws the database's refusal of a title that is taken (constraint.ts,
 * `milestones.`), and of a place that is gone.
 */
export async function createMilestone(db: Db, place: ItemPlace, milestone: NewMilestone, now: Date): Promise<MilestoneRecord> {
  const { projectId, namespaceId } = ownerColumns(place);
  const { title, description, startDate, dueDate } = milestone;
  const [, [row]] = await db.query.batch([
    db.query.run(sql`
      insert into milestones (project_id, namespace_id, iid, title, description, start_date, due_date, created_at, updated_at)
      select ${projectId}, ${namespaceId}, coalesce(max(m.iid), 0) + 1, ${title}, ${description}, ${startDate}, ${dueDate},
        ${now.getTime()}, ${now.getTime()}
      from milestones m where ${isOwnOf(place, "m")}`),
    selectOwn(db, place, sql`last_insert_rowid()`),
  ]);
  if (row === undefined) throw new Error("The insert of a milestone gave no row.");
  return parseMilestone(row.milestone);
}

/** Writes a milestone anew. Null where it is gone. Throws as `createMilestone` does. */
export async function updateMilestone(
  db: Db,
  place: ItemPlace,
  id: number,
  milestone: NewMilestone & Pick<Row, "state">,
  now: Date,
): Promise<MilestoneRecord | null> {
  const { title, description, startDate, dueDate, state } = milestone;
  const [, [row]] = await db.query.batch([
    db.query.run(sql`
      update milestones as m set title = ${title}, description = ${description}, start_date = ${startDate}, due_date = ${dueDate},
        state = ${state}, updated_at = ${now.getTime()}
      where m.id = ${id} and ${isOwnOf(place, "m")}`),
    selectOwn(db, place, sql`${id}`),
  ]);
  return row === undefined ? null : parseMilestone(row.milestone);
}

/** Takes a milestone away, and from whatever has it. Whether there was one. */
export async function deleteMilestone(db: Db, id: number): Promise<boolean> {
  const [, deleted] = await db.query.batch([
    db.query.run(sql`update merge_requests set milestone_id = null where milestone_id = ${id}`),
    db.query.all<{ id: number }>(sql`delete from milestones where id = ${id} returning id`),
  ]);
  return deleted.length > 0;
}
