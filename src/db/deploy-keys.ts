import { and, asc, count, eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { isNamed, type KeyName, type KeyRow } from "./keys.ts";
import { deployKeyProjects, keys } from "./schema/index.ts";
import { hasRole } from "./visible.ts";

export type NewDeployKey = Omit<typeof keys.$inferInsert, "id" | "kind">;

/** A deploy key as one project has it. */
export interface EnabledDeployKey {
  key: KeyRow;
  canPush: boolean;
}

/** The same, as it is stored. */
export interface StoredDeployKey extends EnabledDeployKey {
  /** When the key, or what it may do on the project, was last changed. */
  changedAt: Date;
}

/** Every column has a name of its own, so that it may stand in a batch. */
function selectEnabled(db: Db) {
  return db.query
    .select({
      key: keys,
      canPush: deployKeyProjects.canPush,
      changedAt: sql<Date>`max(${keys.updatedAt}, ${deployKeyProjects.updatedAt})`.mapWith(keys.updatedAt).as("changed_at"),
    })
    .from(deployKeyProjects)
    .innerJoin(keys, eq(keys.id, deployKeyProjects.deployKeyId))
    .$dynamic();
}

/** A deploy key and a project. */
export interface DeployKeyPlace {
  projectId: number;
  keyId: number;
}

const linkOf = ({ projectId, keyId }: DeployKeyPlace) =>
  and(eq(deployKeyProjects.projectId, projectId), eq(deployKeyProjects.deployKeyId, keyId));

/** A page of a project's deploy keys, in the order in which they were enabled, and how many there are. */
export async function listDeployKeys(db: Db, projectId: number, page: { size: number; offset: number }) {
  const ofProject = eq(deployKeyProjects.projectId, projectId);
  const [rows, counted] = await db.query.batch([
    selectEnabled(db).where(ofProject).orderBy(asc(deployKeyProjects.id)).limit(page.size).offset(page.offset),
    db.query.select({ total: count() }).from(deployKeyProjects).where(ofProject),
  ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

/** A deploy key that is enabled on the project; null where there is none. */
export async function findDeployKey(db: Db, projectId: number, name: KeyName): Promise<StoredDeployKey | null> {
  const rows = await selectEnabled(db).where(and(eq(deployKeyProjects.projectId, projectId), isNamed(name)));
  return rows[0] ?? null;
}

/**
 * The same, with whether a user maintains every other project that has the key, of which there may be none. `today` is
 * the day that memberships expire by.
 */
export async function findDeployKeyToRename(
  db: Db,
  place: DeployKeyPlace,
  userId: number,
  today: string,
): Promise<(StoredDeployKey & { isMaintained: boolean }) | null> {
  const project = { project: sql`p.id`, namespace: sql`p.namespace_id` };
  const [rows, foreign] = await db.query.batch([
    selectEnabled(db).where(linkOf(place)),
    db.query.all<{ isFound: number }>(sql`
      select exists (
        select 1 from deploy_key_projects d
        cross join projects p on p.id = d.project_id
        where d.deploy_key_id = ${place.keyId} and d.project_id <> ${place.projectId}
          and not ${hasRole(userId, project, AccessLevel.maintainer, today)}) as isFound`),
  ]);
  const [row] = rows;
  return row === undefined ? null : { ...row, isMaintained: foreign[0]?.isFound !== 1 };
}

/**
 * Changes a deploy key: its title everywhere, whether it may push on this project alone. Null where it is not enabled on
 * the project, or no longer.
 */
export async function updateDeployKey(
  db: Db,
  place: DeployKeyPlace,
  change: { title?: string | undefined; canPush?: boolean | undefined },
  now: Date,
): Promise<StoredDeployKey | null> {
  const { title, canPush } = change;
  const isEnabled = sql`exists (
    select 1 from deploy_key_projects d where d.deploy_key_id = ${place.keyId} and d.project_id = ${place.projectId})`;
  const statements: BatchItem<"sqlite">[] = [
    ...(canPush === undefined ? [] : [db.query.update(deployKeyProjects).set({ canPush, updatedAt: now }).where(linkOf(place))]),
    ...(title === undefined
      ? []
      : [
          db.query
            .update(keys)
            .set({ title, updatedAt: now })
            .where(and(eq(keys.id, place.keyId), isEnabled)),
        ]),
  ];
  const [row] = await runBatchThen(db, statements, selectEnabled(db).where(linkOf(place)));
  return row ?? null;
}

/**
 * Takes a deploy key from a project, and from the project's rules that admit it. A key that is then on no project goes
 * for good, unless it is public. Answers whether it was enabled there. What is left is judged by the batch itself: of
 * two projects that drop a key at once, the later one deletes it.
 */
export async function removeDeployKey(db: Db, place: DeployKeyPlace): Promise<boolean> {
  const { projectId, keyId } = place;
  const isOrphan = sql`exists (
    select 1 from keys k
    where k.id = ${keyId} and k.kind = 'deploy' and not k.is_public
      and not exists (select 1 from deploy_key_projects d where d.deploy_key_id = k.id))`;
  const [removed] = await db.query.batch([
    db.query.delete(deployKeyProjects).where(linkOf(place)).returning({ id: deployKeyProjects.id }),
    db.query.run(sql`
      delete from protected_ref_access_levels
      where deploy_key_id = ${keyId} and (
        ${isOrphan}
        or protected_branch_id in (select id from protected_branches where project_id = ${projectId})
        or protected_tag_id in (select id from protected_tags where project_id = ${projectId}))`),
    db.query.run(sql`delete from keys where id = ${keyId} and ${isOrphan}`),
  ]);
  return removed.length > 0;
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
