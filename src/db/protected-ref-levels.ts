import { sql, type SQL } from "drizzle-orm";
import type { HolderFacts, Level } from "../domain/access/protected-level.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { membershipsAsJson, parseMemberships } from "./memberships.ts";
import { hasRole } from "./visible.ts";

/** Whose rules are meant: a project's, which is in this namespace, or with `projectId` null those of the group itself. */
export interface RulePlace {
  projectId: number | null;
  namespaceId: number;
}

export type RuleKind = "branch" | "tag";

/** A level with the name of its user or group, or the title of its deploy key; null for a role. */
export interface StoredLevel extends Level {
  id: number;
  ruleId: number;
  holderName: string | null;
}

const ruleColumns = { branch: sql.raw("protected_branch_id"), tag: sql.raw("protected_tag_id") };

/** The levels of the rules whose ids the subquery gives, in the order in which they were given. */
export function selectLevels(db: Db, kind: RuleKind, rules: SQL) {
  const column = ruleColumns[kind];
  return db.query.all<StoredLevel>(sql`
    select l.id, l.${column} as ruleId, l.action, l.access_level as accessLevel, l.user_id as userId, l.group_id as groupId,
      l.deploy_key_id as deployKeyId, coalesce(u.name, g.name, k.title) as holderName
    from protected_ref_access_levels l
    left join users u on u.id = l.user_id
    left join namespaces g on g.id = l.group_id
    left join keys k on k.id = l.deploy_key_id
    where l.${column} in (${rules})
    order by l.id`);
}

/**
 * Gives the rule whose id the subquery gives these levels, but for those it has: two requests at once do not admit
 * somebody twice. Does nothing where there is no such rule.
 */
export function insertLevels(db: Db, kind: RuleKind, rule: SQL, levels: readonly Level[]) {
  const column = ruleColumns[kind];
  // One parameter however many levels there are.
  return db.query.run(sql`
    insert into protected_ref_access_levels (${column}, action, access_level, user_id, group_id, deploy_key_id)
    select rule.id, value ->> 'action', value ->> 'accessLevel', value ->> 'userId', value ->> 'groupId', value ->> 'deployKeyId'
    from (${rule}) rule, json_each(${JSON.stringify(levels)})
    where not exists (
      select 1 from protected_ref_access_levels l
      where l.${column} = rule.id and l.action = value ->> 'action' and l.access_level is value ->> 'accessLevel'
        and l.user_id is value ->> 'userId' and l.group_id is value ->> 'groupId' and l.deploy_key_id is value ->> 'deployKeyId')`);
}

/**
 * Takes the users whose ids the subquery gives out of the project's own rules, but for those who have a role in it,
 * wherever from: whoever comes back gets no right of an earlier stay. Nothing without a project.
 */
export function deleteStrangersLevels(db: Db, projectId: number | null, userIds: SQL, today: string) {
  const place = { project: sql`${projectId}`, namespace: sql`(select namespace_id from projects where id = ${projectId})` };
  const isKnown = hasRole(sql`protected_ref_access_levels.user_id`, place, AccessLevel.guest, today);
  return db.query.run(sql`
    delete from protected_ref_access_levels where user_id in (${userIds}) and ${isOfProject(projectId)} and not ${isKnown}`);
}

/** Takes a group out of the project's own rules, unless it is invited to the project. Nothing without a project. */
export function deleteUninvitedLevels(db: Db, projectId: number | null, groupId: number) {
  return db.query.run(sql`
    delete from protected_ref_access_levels
    where group_id = ${groupId} and ${isOfProject(projectId)}
      and not exists (select 1 from shares where project_id = ${projectId} and group_id = ${groupId})`);
}

function isOfProject(projectId: number | null): SQL {
  return sql`(
    protected_branch_id in (select id from protected_branches where project_id = ${projectId})
    or protected_tag_id in (select id from protected_tags where project_id = ${projectId}))`;
}

/** The id of the place's own rule of exactly this name. */
export function ruleNamed(kind: RuleKind, place: RulePlace, name: string): SQL {
  const table = kind === "branch" ? sql`protected_branches` : sql`protected_tags`;
  const owner = place.projectId === null ? sql`namespace_id = ${place.namespaceId}` : sql`project_id = ${place.projectId}`;
  return sql`select id from ${table} where ${owner} and name = ${name}`;
}

/**
 * What the place knows of the holders of these levels, and whether it has a rule of the name that is asked for (null:
 * none is); one round trip.
 */
export async function loadHolderFacts(
  db: Db,
  place: RulePlace,
  levels: readonly Level[],
  rule: { kind: RuleKind; name: string } | null,
): Promise<HolderFacts & { isNameTaken: boolean }> {
  const { projectId, namespaceId } = place;
  const idsOf = (column: "userId" | "groupId" | "deployKeyId") => {
    const ids = JSON.stringify(levels.flatMap((level) => level[column] ?? []));
    return sql`(select value from json_each(${ids}))`;
  };
  const invitedTo = projectId === null ? sql`namespace_id = ${namespaceId}` : sql`project_id = ${projectId}`;
  const [taken, users, groups, deployKeys] = await db.query.batch([
    db.query.all<{ id: number }>(rule === null ? sql`select 0 as id where false` : ruleNamed(rule.kind, place, rule.name)),
    db.query.all<{ id: number; memberships: string }>(sql`
      select u.id, ${membershipsAsJson(sql`u.id`, sql`${projectId}`, sql`${namespaceId}`)} as memberships
      from users u where u.id in ${idsOf("userId")}`),
    db.query.all<{ id: number; expiresAt: string | null; isBelow: number }>(sql`
      select group_id as id, expires_at as expiresAt, 0 as isBelow from shares where ${invitedTo} and group_id in ${idsOf("groupId")}
      union all
      select namespace_id, null, 1 from namespace_ancestors
      where ${projectId} is null and namespace_id in ${idsOf("groupId")} and ancestor_id = ${namespaceId} and depth > 0`),
    db.query.all<{ id: number; canPush: number }>(sql`
      select deploy_key_id as id, can_push as canPush from deploy_key_projects
      where project_id = ${projectId} and deploy_key_id in ${idsOf("deployKeyId")}`),
  ]);
  return {
    isNameTaken: taken.length > 0,
    users: users.map((user) => ({ id: user.id, memberships: parseMemberships(user.memberships) })),
    groups: groups.map((group) => ({ ...group, isBelow: group.isBelow === 1 })),
    deployKeys: deployKeys.map((key) => ({ id: key.id, canPush: key.canPush === 1 })),
  };
}
