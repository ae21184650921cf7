import { aliasedTable, eq, sql } from "drizzle-orm";
import type { Membership } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import type { Db } from "./client.ts";
import { membershipsOf, toMembership, type MembershipRow } from "./memberships.ts";
import type { NamespaceRow } from "./namespaces.ts";
import type { ProjectRow } from "./projects.ts";
import { namespaces, projects, redirectRoutes, routes } from "./schema/index.ts";

/** A project with what its public form shows of its namespace. */
export interface ProjectRecord {
  project: ProjectRow;
  fullPath: string;
  namespace: NamespaceRow;
  namespacePath: string;
  /** `Engines / Steam`. */
  namespaceName: string;
}

/** A group or personal namespace with its full path and name. */
export interface NamespaceRecord {
  namespace: NamespaceRow;
  fullPath: string;
  fullName: string;
}

const projectRoutes = aliasedTable(routes, "project_routes");
const namespaceRoutes = aliasedTable(routes, "namespace_routes");

/** `Engines / Steam`: the names from the top down to the namespace whose id column is given. */
export const fullNameOf = (namespaceId: unknown) => sql<string>`(
  select group_concat(name, ' / ') from (
    select n.name from namespace_ancestors a join namespaces n on n.id = a.ancestor_id
    where a.namespace_id = ${namespaceId} order by a.depth desc))`;

/** The columns of a ProjectRecord, to be completed with `where`, `orderBy`, `limit`. */
export function selectProjects(db: Db) {
  return db.query
    .select({
      project: projects,
      fullPath: projectRoutes.path,
      namespace: namespaces,
      namespacePath: namespaceRoutes.path,
      namespaceName: fullNameOf(projects.namespaceId),
    })
    .from(projects)
    .innerJoin(projectRoutes, eq(projectRoutes.projectId, projects.id))
    .innerJoin(namespaces, eq(namespaces.id, projects.namespaceId))
    .innerJoin(namespaceRoutes, eq(namespaceRoutes.namespaceId, projects.namespaceId))
    .$dynamic();
}

export function selectNamespaces(db: Db) {
  return db.query
    .select({ namespace: namespaces, fullPath: namespaceRoutes.path, fullName: fullNameOf(namespaces.id) })
    .from(namespaces)
    .innerJoin(namespaceRoutes, eq(namespaceRoutes.namespaceId, namespaces.id))
    .$dynamic();
}

/** Digits are an id, anything else a full path. */
export async function findProject(db: Db, idOrPath: string): Promise<ProjectRecord | null> {
  const condition = isId(idOrPath) ? eq(projects.id, parseRowId(idOrPath) ?? none) : eq(projectRoutes.path, idOrPath);
  const rows = await selectProjects(db).where(condition).limit(1);
  return rows[0] ?? null;
}

/** Groups and personal namespaces alike; the caller looks at `kind`. */
export async function findNamespace(db: Db, idOrPath: string): Promise<NamespaceRecord | null> {
  const condition = isId(idOrPath) ? eq(namespaces.id, parseRowId(idOrPath) ?? none) : eq(namespaceRoutes.path, idOrPath);
  const rows = await selectNamespaces(db).where(condition).limit(1);
  return rows[0] ?? null;
}

/** The personal namespace of a user. */
export async function findPersonalNamespace(db: Db, userId: number): Promise<NamespaceRecord | null> {
  const rows = await selectNamespaces(db).where(eq(namespaces.ownerId, userId)).limit(1);
  return rows[0] ?? null;
}

/** The id of the project that had this full path before; null where none had. */
export async function findMovedProjectId(db: Db, path: string): Promise<number | null> {
  const rows = await db.query.select({ id: redirectRoutes.projectId }).from(redirectRoutes).where(eq(redirectRoutes.path, path)).limit(1);
  return rows[0]?.id ?? null;
}

/** An id that no row has. */
const none = -1;

/** Digits alone are an id, however many: never a path. */
function isId(text: string): boolean {
  return /^\d+$/.test(text);
}

/** A user's memberships that reach a project, or with `projectId` null a namespace. */
export async function loadMemberships(
  db: Db,
  userId: number,
  place: { projectId: number | null; namespaceId: number },
): Promise<Membership[]> {
  const rows = await db.query.all<MembershipRow>(membershipsOf(sql`${userId}`, sql`${place.projectId}`, sql`${place.namespaceId}`));
  return rows.map(toMembership);
}
