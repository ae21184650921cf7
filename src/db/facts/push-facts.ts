import { sql, type SQL } from "drizzle-orm";
import type { Collaboration, PushFacts, RefRule, RuleLevel } from "../../domain/access/facts.ts";
import type { AccessRequest } from "../../domain/access/request.ts";
import { membershipsAsJson, parseMemberships } from "../memberships.ts";
import { statement } from "../statement.ts";

const value = sql.placeholder;

/** Merge requests that are looked at for a grant, and merges in progress; a project has few of either at a time. */
const mostMergeRequests = 50;
/** Branches that point where a created one begins. */
const mostHeads = 1000;

interface RuleRow {
  /** That the rule is asked for. */
  project_id: number;
  rule_id: number;
  rule_name: string;
  is_inherited: number;
  allows_force_push: number;
  action: RuleLevel["action"] | null;
  access_level: number | null;
  user_id: number | null;
  group_id: number | null;
  deploy_key_id: number | null;
  group_member_until: string | null;
  is_own_writable_key: number;
}

interface CollaborationRow {
  target_project_id: number;
  source_branch: string;
  target_branch: string;
  author_is_admin: number;
  author_owns: number;
  author_memberships: string;
  visibility: Collaboration["target"]["visibility"];
  is_archived: number;
  repository_access_level: Collaboration["target"]["repositoryAccessLevel"];
  is_repository_empty: number;
  default_branch_protection: number | null;
  actor_owns: number;
  actor_memberships: string;
}

interface Place {
  project: SQL;
  namespace: SQL;
  actor: SQL;
}

/**
 * Until which day, exclusive, the actor is a member of the group in `l.group_id` or above it; null: they are not.
 * A cross join is one whose order stays as it is written: from the group, whose ancestors are few, to the membership.
 */
const groupMemberUntil = (actor: SQL) => sql`(
  select max(coalesce(gm.expires_at, '9999-12-31')) from namespace_ancestors ga
  cross join members gm on gm.user_id = ${actor} and gm.namespace_id = ga.ancestor_id
  where ga.namespace_id = l.group_id and not gm.is_awaiting and gm.access_level >= 10)`;

/** Whether the actor made the deploy key in `l.deploy_key_id`, which may push to the project. */
const isOwnWritableKey = ({ actor, project }: Pick<Place, "actor" | "project">) => sql`(
  l.deploy_key_id is not null
  and coalesce((select user_id from keys where id = l.deploy_key_id) = ${actor}, 0)
  and exists (select 1 from deploy_key_projects d where d.deploy_key_id = l.deploy_key_id and d.project_id = ${project} and d.can_push))`;

/**
 * A row for each way through each of the rules, one without for a rule that has none. `rules` gives them as id, name,
 * is_inherited, allows_force_push, and the project they are asked for; `ref` is the column that a level names its rule by.
 */
function levelsOf(rules: SQL, ref: "protected_branch_id" | "protected_tag_id", actor: SQL): SQL {
  return sql`
    select rule.project_id as project_id, rule.id as rule_id, rule.name as rule_name, rule.is_inherited as is_inherited,
      rule.allows_force_push as allows_force_push,
      l.action as action, l.access_level as access_level, l.user_id as user_id, l.group_id as group_id, l.deploy_key_id as deploy_key_id,
      ${groupMemberUntil(actor)} as group_member_until,
      ${isOwnWritableKey({ actor, project: sql`rule.project_id` })} as is_own_writable_key
    from (${rules}) rule
    left join protected_ref_access_levels l on l.${sql.identifier(ref)} = rule.id and l.action <> 'unprotect'`;
}

/** The group at the top, where rules for all projects below may stand. */
const rootOf = (namespace: SQL) =>
  sql`(select ancestor_id from namespace_ancestors where namespace_id = ${namespace} order by depth desc limit 1)`;

function branchRules({ project, namespace, actor }: Place): SQL {
  const rules = sql`
    select id, name, 0 as is_inherited, allows_force_push, project_id from protected_branches where project_id = ${project}
    union all
    select id, name, 1, allows_force_push, ${project} from protected_branches where namespace_id = ${rootOf(namespace)}`;
  return levelsOf(rules, "protected_branch_id", actor);
}

function tagRules({ project, actor }: Place): SQL {
  const rules = sql`
    select id, name, 0 as is_inherited, 0 as allows_force_push, project_id from protected_tags where project_id = ${project}`;
  return levelsOf(rules, "protected_tag_id", actor);
}

/** The merge requests that may grant something, newest first. The column is compared, so that the index has it. */
const collaborating = ({ project }: Pick<Place, "project">) => sql`
  select target_project_id, source_branch, target_branch, author_id from merge_requests
  where source_project_id = ${project} and state = 'opened' and allows_collaboration = 1 and target_project_id <> ${project}
    and (${value("branches")} is null or source_branch in (select value from json_each(${value("branches")})))
  order by id desc limit ${sql.raw(String(mostMergeRequests))}`;

/** The rules of their target projects. */
function targetRules(place: Place): SQL {
  const targets = sql`
    select p.id as id, ${rootOf(sql`p.namespace_id`)} as root_id from projects p
    where p.id in (select target_project_id from (${collaborating(place)}))`;
  const rules = sql`
    select b.id as id, b.name as name, 0 as is_inherited, b.allows_force_push as allows_force_push, t.id as project_id
    from (${targets}) t cross join protected_branches b on b.project_id = t.id
    union all
    select b.id, b.name, 1, b.allows_force_push, t.id
    from (${targets}) t cross join protected_branches b on b.namespace_id = t.root_id`;
  return levelsOf(rules, "protected_branch_id", place.actor);
}

/** Contract git-access 9.4: open merge requests from this project, a fork, that let others push to their branches. */
function collaborations(place: Place): SQL {
  const { project, namespace, actor } = place;
  const target = { project: sql`p.id`, namespace: sql`p.namespace_id` };
  return sql`
    select request.target_project_id as target_project_id, request.source_branch as source_branch, request.target_branch as target_branch,
      a.is_admin as author_is_admin, exists (select 1 from namespaces where id = ${namespace} and owner_id = a.id) as author_owns,
      ${membershipsAsJson(sql`a.id`, project, namespace)} as author_memberships,
      p.visibility as visibility, p.is_archived or exists (
        select 1 from namespace_ancestors up join namespaces n on n.id = up.ancestor_id
        where up.namespace_id = p.namespace_id and n.is_archived) as is_archived,
      p.repository_access_level as repository_access_level, p.is_repository_empty as is_repository_empty,
      t.default_branch_protection as default_branch_protection, coalesce(t.owner_id = ${actor}, 0) as actor_owns,
      ${membershipsAsJson(actor, target.project, target.namespace)} as actor_memberships
    from (${collaborating(place)}) request
    join users a on a.id = request.author_id
    join projects p on p.id = request.target_project_id
    join namespaces t on t.id = p.namespace_id`;
}

/** The statements that say whether a push may go to some branch. `withPlace` gives the names in `place`. */
export function grantStatementsAt(withPlace: SQL, place: Place) {
  return {
    branchRules: statement<RuleRow>(() => sql`${withPlace} ${branchRules(place)}`),
    collaborations: statement<CollaborationRow>(() => sql`${withPlace} ${collaborations(place)}`),
    targetRules: statement<RuleRow>(() => sql`${withPlace} ${targetRules(place)}`),
  };
}

/** The statements that pushed refs are judged by besides. */
export function refStatementsAt(withPlace: SQL, place: Place) {
  return {
    tagRules: statement<RuleRow>(() => sql`${withPlace} ${tagRules(place)}`),
    mergesInProgress: statement<{ target_branch: string; sha: string }>(
      () => sql`${withPlace}
        select target_branch, in_progress_merge_commit_sha as sha from merge_requests
        where target_project_id = ${place.project} and state = 'locked' and in_progress_merge_commit_sha is not null
        limit ${sql.raw(String(mostMergeRequests))}`,
    ),
    storedRefs: statement<{ name: string; sha: string }>(
      () => sql`${withPlace}
        select name, sha from git_refs
        where project_id = ${place.project} and name in (select value from json_each(${value("tags")}))
        union
        select name, sha from (
          select name, sha from git_refs
          where project_id = ${place.project} and sha in (select value from json_each(${value("heads")})) and name >= 'refs/heads/' and name < 'refs/heads0'
          limit ${sql.raw(String(mostHeads))})`,
    ),
    lfsLocks: statement<{ has_locks: number }>(
      () => sql`${withPlace} select exists (select 1 from lfs_locks where project_id = ${place.project}) as has_locks`,
    ),
  };
}

/** What is looked up by name; of a push with more than anybody looks up, nothing is. */
export function pushValues({ changes }: AccessRequest): Record<string, unknown> {
  if (typeof changes === "string") return { tags: "[]", heads: "[]", branches: null };
  return {
    tags: JSON.stringify(changes.tags ?? []),
    heads: JSON.stringify([...new Set(changes.createdHeads)]),
    branches: changes.branches === null ? null : JSON.stringify(changes.branches),
  };
}

interface GrantRows {
  branchRules: RuleRow[];
  collaborations: CollaborationRow[];
  targetRules: RuleRow[];
}
interface RefRows {
  tagRules: RuleRow[];
  mergesInProgress: { target_branch: string; sha: string }[];
  storedRefs: { name: string; sha: string }[];
  lfsLocks: { has_locks: number }[];
}

/** Without the rows of refs where none are named. */
export function toPushFacts(rows: GrantRows & Partial<RefRows>): PushFacts {
  const { tagRules: ofTags = [], mergesInProgress = [], storedRefs = [], lfsLocks = [] } = rows;
  return {
    branchRules: toRules(rows.branchRules),
    tagRules: toRules(ofTags),
    collaborations: rows.collaborations.map((row) =>
      toCollaboration(
        row,
        rows.targetRules.filter((rule) => rule.project_id === row.target_project_id),
      ),
    ),
    mergesInProgress: mergesInProgress.map((row) => ({ targetBranch: row.target_branch, sha: row.sha })),
    storedRefs,
    hasLfsLocks: lfsLocks[0]?.has_locks === 1,
  };
}

function toRules(rows: readonly RuleRow[]): RefRule[] {
  const rules = new Map<number, RefRule>();
  for (const row of rows) {
    let rule = rules.get(row.rule_id);
    if (rule === undefined) {
      rule = {
        id: row.rule_id,
        name: row.rule_name,
        isInherited: row.is_inherited === 1,
        allowsForcePush: row.allows_force_push === 1,
        levels: [],
      };
      rules.set(row.rule_id, rule);
    }
    if (row.action === null) continue;
    rule.levels.push({
      action: row.action,
      accessLevel: row.access_level,
      userId: row.user_id,
      groupId: row.group_id,
      deployKeyId: row.deploy_key_id,
      groupMemberUntil: row.group_member_until,
      isOwnWritableKey: row.is_own_writable_key === 1,
    });
  }
  return [...rules.values()];
}

function toCollaboration(row: CollaborationRow, rules: readonly RuleRow[]): Collaboration {
  return {
    sourceBranch: row.source_branch,
    targetBranch: row.target_branch,
    author: {
      isAdmin: row.author_is_admin === 1,
      isNamespaceOwner: row.author_owns === 1,
      memberships: parseMemberships(row.author_memberships),
    },
    target: {
      visibility: row.visibility,
      isArchived: row.is_archived === 1,
      repositoryAccessLevel: row.repository_access_level,
      isRepositoryEmpty: row.is_repository_empty === 1,
      defaultBranchProtection: row.default_branch_protection,
      isNamespaceOwner: row.actor_owns === 1,
      memberships: parseMemberships(row.actor_memberships),
      branchRules: toRules(rules),
    },
  };
}
