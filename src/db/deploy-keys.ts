import { and, eq, sql } from "drizzle-orm";
import type { Membership } from "../domain/identity/access-level.ts";
import type { Visibility } from "../domain/identity/visibility.ts";
import type { Db } from "./client.ts";
import { membershipsAsJson, parseMemberships } from "./memberships.ts";
import { deployKeyProjects, keys } from "./schema/index.ts";

type KeyRow = typeof keys.$inferSelect;
export type NewDeployKey = Omit<typeof keys.$inferInsert, "id" | "kind">;

/** A deploy key as one project has it. */
export interface EnabledDeployKey {
  key: KeyRow;
  canPush: boolean;
}

/** A key that somebody registered before, and what decides whether others may use it too. */
export interface RegisteredKey {
  key: KeyRow;
  /** Whether it may push to the project in question; null where it is not enabled there. */
  canPush: boolean | null;
  /** The projects on which it is enabled, each with what a user is there. */
  projects: { visibility: Visibility; namespaceOwnerId: number | null; memberships: Membership[] }[];
}

/** A deploy key that is enabled on the project; null where there is none. */
export async function findDeployKey(db: Db, projectId: number, keyId: number): Promise<EnabledDeployKey | null> {
  const rows = await db.query
    .select({ key: keys, canPush: deployKeyProjects.canPush })
    .from(deployKeyProjects)
    .innerJoin(keys, eq(keys.id, deployKeyProjects.deployKeyId))
    .where(and(eq(deployKeyProjects.projectId, projectId), eq(keys.id, keyId)));
  return rows[0] ?? null;
}

/** Any key of this fingerprint, of a user too; null where there is none. */
export async function findRegisteredKey(
  db: Db,
  fingerprintSha256: string,
  asked: { projectId: number; userId: number },
): Promise<RegisteredKey | null> {
  const [found, projects] = await db.query.batch([
    db.query.select().from(keys).where(eq(keys.fingerprintSha256, fingerprintSha256)),
    db.query.all<{ id: number; canPush: number; visibility: Visibility; namespaceOwnerId: number | null; memberships: string }>(sql`
      select p.id, d.can_push as canPush, p.visibility, n.owner_id as namespaceOwnerId,
        ${membershipsAsJson(sql`${asked.userId}`, sql`p.id`, sql`p.namespace_id`)} as memberships
      from keys k
      join deploy_key_projects d on d.deploy_key_id = k.id
      join projects p on p.id = d.project_id
      join namespaces n on n.id = p.namespace_id
      where k.fingerprint_sha256 = ${fingerprintSha256}`),
  ]);
  const [key] = found;
  if (key === undefined) return null;
  const here = projects.find((project) => project.id === asked.projectId);
  return {
    key,
    canPush: here === undefined ? null : here.canPush === 1,
    projects: projects.map(({ visibility, namespaceOwnerId, memberships }) => ({
      visibility,
      namespaceOwnerId,
      memberships: parseMemberships(memberships),
    })),
  };
}

/**
 * A new deploy key, enabled on the project. Throws the database's refusal of a key that somebody registered before
 * (constraint.ts, `keys.fingerprint_sha256`), and of a project that is gone.
 */
export async function createDeployKey(db: Db, key: NewDeployKey, on: { projectId: number; canPush: boolean }): Promise<EnabledDeployKey> {
  const [created] = await db.query.batch([
    db.query
      .insert(keys)
      .values({ ...key, kind: "deploy" })
      .returning(),
    db.query.insert(deployKeyProjects).values({ ...on, deployKeyId: sql`last_insert_rowid()` }),
  ]);
  const [row] = created;
  if (row === undefined) throw new Error("The insert of a deploy key gave no row.");
  return { key: row, canPush: on.canPush };
}

/**
 * Enables a deploy key on one more project. Where it is enabled already, it stays as it is: answers whether it may push.
 * Throws the database's refusal of a key or project that is gone.
 */
export async function enableDeployKey(db: Db, keyId: number, on: { projectId: number; canPush: boolean }): Promise<boolean> {
  const [, found] = await db.query.batch([
    db.query
      .insert(deployKeyProjects)
      .values({ ...on, deployKeyId: keyId })
      .onConflictDoNothing(),
    db.query
      .select({ canPush: deployKeyProjects.canPush })
      .from(deployKeyProjects)
      .where(and(eq(deployKeyProjects.deployKeyId, keyId), eq(deployKeyProjects.projectId, on.projectId))),
  ]);
  return found[0]?.canPush ?? on.canPush;
}
