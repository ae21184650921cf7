import { and, asc, desc, eq, gt, inArray, lt, or, sql, type SQL } from "drizzle-orm";
import type { Visibility } from "../domain/identity/visibility.ts";
import type { Db } from "./client.ts";
import { projectsVisibleTo, projectsWithRole } from "./found-projects.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { selectProjects, type ProjectRecord } from "./project-records.ts";
import { projects } from "./schema/index.ts";
import { contains } from "./search.ts";
import { valuesIn } from "./value-list.ts";
import { hasRole, visibleTo, type Reading } from "./visible.ts";

/** The columns that a list of projects may be sorted by. */
export const projectOrders = ["id", "name", "path", "created_at", "updated_at", "last_activity_at"] as const;
export type ProjectOrder = (typeof projectOrders)[number];

export interface ProjectSorting {
  by: ProjectOrder;
  isDescending: boolean;
}

/** Which of the projects that the reader may see are listed; what is left out is no condition. */
export interface ProjectFilter {
  /** Part of a name or path. */
  search?: string | undefined;
  visibility?: Visibility | undefined;
  isArchived?: boolean | undefined;
  /** Of a group: right in it, or anywhere below it too, and those that the group is invited to. */
  ofGroup?: { id: number; withSubgroups: boolean; withShared: boolean } | undefined;
  /** In the personal namespace of this user. */
  ofUserId?: number | undefined;
  /** All of these, in whatever letter case. */
  topics?: readonly string[] | undefined;
  /** Exclusive. */
  idAfter?: number | undefined;
  idBefore?: number | undefined;
  /** Where the reader has at least this role, administrators too; null: any, or none. */
  role: number | null;
}

const columns: Record<ProjectOrder, SQL> = {
  id: sql`${projects.id}`,
  name: sql`${projects.name}`,
  path: sql`${projects.path}`,
  created_at: sql`${projects.createdAt}`,
  updated_at: sql`${projects.updatedAt}`,
  last_activity_at: sql`coalesce(${projects.lastActivityAt}, ${projects.createdAt})`,
};

/** A page of projects, in two round trips, and how many there are; beyond 10,000, no less than are known to be there. */
export async function listProjects(
  db: Db,
  filter: ProjectFilter,
  reading: Reading,
  { by, isDescending }: ProjectSorting,
  page: PageRange,
): Promise<ListPage<ProjectRecord>> {
  const condition = conditionOf(filter, reading);
  const direction = isDescending ? desc : asc;
  const [found, counted] = await db.query.batch([
    db.query
      .select({ id: projects.id })
      .from(projects)
      .where(condition)
      // The id makes the order one: two projects of one name keep their places from page to page.
      .orderBy(direction(columns[by]), direction(projects.id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: projects.id }).from(projects).where(condition)),
  ]);
  const { rows, total } = toPage(found, counted, page);
  return { rows: await findProjects(db, rows), total };
}

/** Projects by id, from where the filter says, and the id of the last one where more follow. */
export async function listProjectsById(
  db: Db,
  filter: ProjectFilter,
  reading: Reading,
  isDescending: boolean,
  size: number,
): Promise<{ rows: ProjectRecord[]; lastId: number | null }> {
  const direction = isDescending ? desc : asc;
  const found = await db.query
    .select({ id: projects.id })
    .from(projects)
    .where(conditionOf(filter, reading))
    .orderBy(direction(projects.id))
    .limit(size + 1);
  const lastId = found.length > size ? (found[size - 1]?.id ?? null) : null;
  return { rows: await findProjects(db, found.slice(0, size)), lastId };
}

/** Projects in the order in which they were found; what is gone is left out. */
async function findProjects(db: Db, found: readonly { id: number }[]): Promise<ProjectRecord[]> {
  if (found.length === 0) return [];
  const ids = valuesIn(found.map((row) => row.id));
  const rows = await selectProjects(db).where(inArray(projects.id, sql`(${ids})`));
  const byId = new Map(rows.map((row) => [row.project.id, row]));
  return found.flatMap(({ id }) => byId.get(id) ?? []);
}

function conditionOf(filter: ProjectFilter, reading: Reading): SQL | undefined {
  const { search, visibility, isArchived, ofGroup, ofUserId, topics = [], idAfter, idBefore } = filter;
  return and(
    isWithinReach(filter, reading),
    ofGroup === undefined ? undefined : isOfGroup(ofGroup, reading.today),
    ofUserId === undefined ? undefined : eq(projects.namespaceId, sql`(select id from namespaces where owner_id = ${ofUserId})`),
    contains(search, projects.name, projects.path),
    visibility === undefined ? undefined : eq(projects.visibility, visibility),
    isArchived === undefined ? undefined : eq(projects.isArchived, isArchived),
    topics.length === 0 ? undefined : hasTopics(topics),
    idAfter === undefined ? undefined : gt(projects.id, idAfter),
    idBefore === undefined ? undefined : lt(projects.id, idBefore),
  );
}

/** Of one group or user the projects are judged one by one; of all there are, those that the reader may see are found first. */
function isWithinReach({ role, ofGroup, ofUserId }: ProjectFilter, reading: Reading): SQL | undefined {
  const { reader, today } = reading;
  const ofOnePlace = ofGroup !== undefined || ofUserId !== undefined;
  if (role !== null && reader === null) return sql`false`;
  if (ofOnePlace)
    return and(visibleTo(reading, place), role === null || reader === null ? undefined : hasRole(reader.user.id, place, role, today));
  if (role !== null && reader !== null) return inArray(projects.id, sql`(${projectsWithRole(reader.user.id, role, today)})`);
  return reader?.isAdmin === true ? undefined : inArray(projects.id, sql`(${projectsVisibleTo(reader, today)})`);
}

const place = {
  visibility: sql.raw("projects.visibility"),
  project: sql.raw("projects.id"),
  namespace: sql.raw("projects.namespace_id"),
};

function hasTopics(topics: readonly string[]): SQL {
  return sql`not exists (
    select 1 from (${valuesIn(topics)}) wanted
    where lower(wanted.value) not in (select lower(value) from json_each(${projects.attributes}, '$.topics')))`;
}

function isOfGroup({ id, withSubgroups, withShared }: NonNullable<ProjectFilter["ofGroup"]>, today: string): SQL | undefined {
  return or(
    withSubgroups
      ? inArray(projects.namespaceId, sql`(select namespace_id from namespace_ancestors where ancestor_id = ${id})`)
      : eq(projects.namespaceId, id),
    withShared
      ? inArray(
          projects.id,
          sql`(
            select project_id from shares
            where group_id = ${id} and project_id is not null and (expires_at is null or expires_at > ${today}))`,
        )
      : undefined,
  );
}
