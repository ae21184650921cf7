import { and, eq, sql, type SQL } from "drizzle-orm";
import type { BranchAction, HolderFacts, Level, LevelHolder } from "../domain/access/protected-level.ts";
import type { Db } from "./client.ts";
import { membershipsAsJson, parseMemberships } from "./memberships.ts";
import { protectedBranches, protectedRefAccessLevels } from "./schema/index.ts";

export type ProtectedBranchRow = typeof protectedBranches.$inferSelect;

/** A level with the name of its user or group, or the title of its deploy key; null for a role. */
export interface StoredLevel extends LevelHolder {
  id: number;
  action: BranchAction;
  holderName: string | null;
}

export interface ProtectedBranchRecord {
  branch: ProtectedBranchRow;
  levels: StoredLevel[];
}

export type NewProtectedBranch = Pick<typeof protectedBranches.$inferInsert, "name" | "allowsForcePush" | "requiresCodeOwnerApproval">;

const branchId = (projectId: number, name: string) =>
  sql`(select id from protected_branches where project_id = ${projectId} and name = ${name})`;

/** In the order in which they were given. */
function selectLevels(db: Db, branch: SQL) {
  return db.query.all<StoredLevel>(sql`
    select l.id, l.action, l.access_level as accessLevel, l.user_id as userId, l.group_id as groupId, l.deploy_key_id as deployKeyId,
      coalesce(u.name, g.name, k.title) as holderName
    from protected_ref_access_levels l
    left join users u on u.id = l.user_id
    left join namespaces g on g.id = l.group_id
    left join keys k on k.id = l.deploy_key_id
    where l.protected_branch_id = ${branch}
    order by l.id`);
}

/** A project's rule of exactly this name; null where there is none. */
export async function findProtectedBranch(db: Db, projectId: number, name: string): Promise<ProtectedBranchRecord | null> {
  const [branches, levels] = await db.query.batch([
    db.query
      .select()
      .from(protectedBranches)
      .where(and(eq(protectedBranches.projectId, projectId), eq(protectedBranches.name, name))),
    selectLevels(db, branchId(projectId, name)),
  ]);
  const [branch] = branches;
  return branch === undefined ? null : { branch, levels };
}

/**
 * A rule with its levels. Throws the database's refusal of a name that is taken (constraint.ts,
 * `protected_branches.project_id`), and of a project or holder that is gone meanwhile.
 */
export async function createProtectedBranch(
  db: Db,
  projectId: number,
  rule: NewProtectedBranch,
  levels: readonly Level[],
): Promise<ProtectedBranchRecord> {
  const id = branchId(projectId, rule.name);
  const [created, , stored] = await db.query.batch([
    db.query
      .insert(protectedBranches)
      .values({ ...rule, projectId })
      .returning(),
    // One parameter however many levels there are.
    db.query.run(sql`
      insert into protected_ref_access_levels (protected_branch_id, action, access_level, user_id, group_id, deploy_key_id)
      select ${id}, value ->> 'action', value ->> 'accessLevel', value ->> 'userId', value ->> 'groupId', value ->> 'deployKeyId'
      from json_each(${JSON.stringify(levels)})`),
    selectLevels(db, id),
  ]);
  const [branch] = created;
  if (branch === undefined) throw new Error("The insert of a protected branch gave no row.");
  return { branch, levels: stored };
}

/** Whether there was one to delete. */
export async function deleteProtectedBranch(db: Db, id: number): Promise<boolean> {
  const [, deleted] = await db.query.batch([
    db.query.delete(protectedRefAccessLevels).where(eq(protectedRefAccessLevels.protectedBranchId, id)),
    db.query.delete(protectedBranches).where(eq(protectedBranches.id, id)).returning({ id: protectedBranches.id }),
  ]);
  return deleted.length > 0;
}

/** What the project knows of the holders of these levels, and whether it has a rule of this name; one round trip. */
export async function loadHolderFacts(
  db: Db,
  place: { projectId: number; namespaceId: number },
  name: string,
  levels: readonly Level[],
): Promise<HolderFacts & { isNameTaken: boolean }> {
  const idsOf = (column: "userId" | "groupId" | "deployKeyId") => JSON.stringify(levels.flatMap((level) => level[column] ?? []));
  const [taken, users, groups, deployKeys] = await db.query.batch([
    db.query.all<{ id: number | null }>(sql`select ${branchId(place.projectId, name)} as id`),
    db.query.all<{ id: number; memberships: string }>(sql`
      select u.id, ${membershipsAsJson(sql`u.id`, sql`${place.projectId}`, sql`${place.namespaceId}`)} as memberships
      from users u where u.id in (select value from json_each(${idsOf("userId")}))`),
    db.query.all<{ id: number; expiresAt: string | null }>(sql`
      select group_id as id, expires_at as expiresAt from shares
      where project_id = ${place.projectId} and group_id in (select value from json_each(${idsOf("groupId")}))`),
    db.query.all<{ id: number; canPush: number }>(sql`
      select deploy_key_id as id, can_push as canPush from deploy_key_projects
      where project_id = ${place.projectId} and deploy_key_id in (select value from json_each(${idsOf("deployKeyId")}))`),
  ]);
  return {
    isNameTaken: taken[0]?.id !== null && taken[0]?.id !== undefined,
    users: users.map((user) => ({ id: user.id, memberships: parseMemberships(user.memberships) })),
    groups,
    deployKeys: deployKeys.map((key) => ({ id: key.id, canPush: key.canPush === 1 })),
  };
}
