import { and, eq, sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import type { EnabledDeployKey } from "./deploy-keys.ts";
import { isNamed, type KeyName, type KeyRow } from "./keys.ts";
import { reachableProjects } from "./reachable-projects.ts";
import { deployKeyProjects, keys } from "./schema/index.ts";
import { hasRole, openTo, type Reader, type Reading } from "./visible.ts";

/** What opens a deploy key to somebody: a project it is on that they can see, or one that they have a role in. */
export type KeyOpening = "sight" | "role";

/** Who wants to use a deploy key that somebody registered before, and on which project. */
export interface KeyRequest extends Reading {
  reader: NonNullable<Reader>;
  projectId: number;
  opening: KeyOpening;
}

/** A deploy key that somebody registered before, as one project may have it. */
export interface RegisteredDeployKey {
  key: KeyRow;
  /** How it is enabled on the project; null where it is not. */
  enabled: EnabledDeployKey | null;
  /** Whether it may be enabled on the project by the reader. */
  isOpen: boolean;
}

/** The deploy key of this name; null where there is none. */
export async function findRegisteredDeployKey(db: Db, name: KeyName, request: KeyRequest): Promise<RegisteredDeployKey | null> {
  const here = and(eq(deployKeyProjects.deployKeyId, keys.id), eq(deployKeyProjects.projectId, request.projectId));
  // A batch, though of one, since only batches tell how many rows they read.
  const [rows] = await db.query.batch([
    db.query
      .select({ key: keys, canPush: deployKeyProjects.canPush, isOpen: isOpen(request).as("is_open") })
      .from(keys)
      .leftJoin(deployKeyProjects, here)
      .where(and(isNamed(name), eq(keys.kind, "deploy")))
      .limit(1),
  ]);
  const [row] = rows;
  if (row === undefined) return null;
  const { key, canPush } = row;
  return { key, enabled: canPush === null ? null : { key, canPush }, isOpen: row.isOpen === 1 };
}

/**
 * A deploy key opens every project that it is enabled on, so nobody enables one that they know of from nowhere. A CASE,
 * since SQLite computes both sides of an OR: where the key is open anyhow, none of its projects is read.
 */
function isOpen(request: KeyRequest): SQL<number> {
  if (request.reader.isAdmin) return sql<number>`1`;
  const bySight = request.opening === "sight" ? sql`when ${hasOpenProject(request.reader)} then 1` : sql``;
  return sql<number>`case
    when ${deployKeyProjects.id} is not null or ${keys.isPublic} then 1
    when ${hasReachableProject(request)} then 1
    ${bySight}
    else 0 end`;
}

/** Whether the key is on a project where the reader has a role: sought from the reader's projects, not from the key's. */
function hasReachableProject({ reader, today }: KeyRequest): SQL {
  const place = { project: sql`p.id`, namespace: sql`p.namespace_id` };
  return sql`exists (
    select 1 from (${reachableProjects(reader.user.id, AccessLevel.guest)}) reachable
    cross join deploy_key_projects d on d.deploy_key_id = ${keys.id} and d.project_id = reachable.project_id
    cross join projects p on p.id = d.project_id
    where ${hasRole(reader.user.id, place, AccessLevel.guest, today)})`;
}

/** Whether the key is on a project that the reader sees without any role in it. */
function hasOpenProject(reader: NonNullable<Reader>): SQL {
  return sql`exists (
    select 1 from deploy_key_projects d
    cross join projects p on p.id = d.project_id
    where d.deploy_key_id = ${keys.id} and p.visibility in ${openTo(reader)})`;
}
