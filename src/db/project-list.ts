import { and, asc, desc, eq, inArray, or, sql, type SQL } from "drizzle-orm";
import type { Visibility } from "../domain/identity/visibility.ts";
import type { Db } from "./client.ts";
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

/** Projects in the order in which they were found; what is gone is left out. */
async function findProjects(db: Db, found: readonly { id: number }[]): Promise<ProjectRecord[]> {
  if (found.length === 0) return [];
  const ids = valuesIn(found.map((row) => row.id));
  const rows = await selectProjects(db).where(inArray(projects.id, sql`(${ids})`));
  const byId = new Map(rows.map((row) => [row.project.id, row]));
  return found.flatMap(({ id }) => byId.get(id) ?? []);
}

function conditionOf({ search, visibility, isArchived, ofGroup, role }: ProjectFilter, reading: Reading): SQL | undefined {
  const place = {
    visibility: sql.raw("projects.visibility"),
    project: sql.raw("projects.id"),
    namespace: sql.raw("projects.namespace_id"),
  };
  const { reader, today } = reading;
  return and(
    visibleTo(reading, place),
    role === null ? undefined : reader === null ? sql`false` : hasRole(reader.user.id, place, role, today),
    ofGroup === undefined ? undefined : isOfGroup(ofGroup, today),
    contains(search, projects.name, projects.path),
    visibility === undefined ? undefined : eq(projects.visibility, visibility),
    isArchived === undefined ? undefined : eq(projects.isArchived, isArchived),
  );
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
