import { sql, type SQL } from "drizzle-orm";
import { ghost, parseActor, type ActorReference } from "../../domain/identity/actor.ts";
import type { RepositoryIdentifier } from "../../domain/identity/gl-repository.ts";
import type { PushedFacts, PushedProject, PushedRepository, PushedSnippet, Pusher, RecordedGroup } from "../../domain/push/pushed-facts.ts";
import type { Db } from "../client.ts";
import type { Listener } from "../../domain/hooks/select.ts";
import { selectHooksOfProject } from "../hooks.ts";
import { selectSettings, toSettings, type SettingsText } from "../settings.ts";
import { toldProjectColumns, toToldProject, type ToldProjectRow } from "../told-project.ts";

interface ProjectRow extends ToldProjectRow {
  is_repository_empty: 0 | 1;
  namespace_protection: number | null;
  has_open_merge_requests: 0 | 1;
}
interface SnippetRow {
  id: number;
  default_branch: string | null;
  is_repository_empty: 0 | 1;
}
interface PusherRow {
  id: number | null;
  name: string | null;
  username: string | null;
  email: string | null;
  public_email: string | null;
}
interface RecordedRow extends Omit<RecordedGroup, "isBulk"> {
  is_bulk: 0 | 1;
}
interface RuleRow {
  kind: "branch" | "tag";
  name: string;
}

/** What was pushed, by whom: an accepted push, with its repository's identifier read. */
export interface PushToLoad {
  id: string;
  repository: RepositoryIdentifier;
  /** `user-N`, `key-N`; anything else is nobody. */
  identifier: string;
}

/** All that the processing of a push looks at, with the hooks that may hear of it, in one round trip. */
export async function loadPushedFacts(db: Db, push: PushToLoad): Promise<PushedFacts & { hooks: Listener[] }> {
  const { type, id } = push.repository;
  const projectId = type === "snippet" ? 0 : id;
  const [settings, projects, snippets, pushers, rules, recorded, hooks] = await db.query.batch([
    db.query.all<SettingsText>(selectSettings),
    db.query.all<ProjectRow>(projectOf(projectId)),
    db.query.all<SnippetRow>(sql`select id, default_branch, is_repository_empty from snippets where id = ${type === "snippet" ? id : 0}`),
    db.query.all<PusherRow>(pusherOf(parseActor({ identifier: push.identifier }))),
    db.query.all<RuleRow>(rulesOf(projectId)),
    db.query.all<RecordedRow>(sql`
      select distinct ref_type as type, action, ref_count is not null as is_bulk from push_events where push_id = ${push.id}`),
    selectHooksOfProject(db, type === "project" ? id : 0),
  ]);
  return {
    settings: toSettings(settings),
    repository: toRepository(type, projects[0], snippets[0], rules),
    pusher: toPusher(pushers[0]),
    recorded: recorded.map(({ is_bulk, ...group }) => ({ ...group, isBulk: is_bulk === 1 })),
    hooks: projects.length === 0 ? [] : hooks,
  };
}

function projectOf(projectId: number): SQL {
  return sql`
    select ${toldProjectColumns}, p.is_repository_empty as is_repository_empty,
      n.default_branch_protection as namespace_protection,
      exists (select 1 from merge_requests where source_project_id = p.id and state = 'opened')
        or exists (select 1 from merge_requests where target_project_id = p.id and state = 'opened') as has_open_merge_requests
    from projects p join routes r on r.project_id = p.id join namespaces n on n.id = p.namespace_id
    where p.id = ${projectId}`;
}

/** A user; or the owner of a key, a row of nulls where a deploy key has none. */
function pusherOf({ userId, keyId }: ActorReference): SQL {
  return sql`
    select id, name, username, email, public_email from users where id = ${userId}
    union all
    select u.id, u.name, u.username, u.email, u.public_email
    from keys k left join users u on u.id = k.user_id
    where k.id = ${keyId} and k.usage <> 'signing' and (k.kind = 'deploy' or u.id is not null)`;
}

function rulesOf(projectId: number): SQL {
  return sql`
    select 'branch' as kind, name from protected_branches where project_id = ${projectId}
    union all
    select 'branch', name from protected_branches where namespace_id = (
      select ancestor_id from namespace_ancestors
      where namespace_id = (select namespace_id from projects where id = ${projectId}) order by depth desc limit 1)
    union all
    select 'tag', name from protected_tags where project_id = ${projectId}`;
}

function toRepository(
  type: RepositoryIdentifier["type"],
  project: ProjectRow | undefined,
  snippet: SnippetRow | undefined,
  rules: readonly RuleRow[],
): PushedRepository | null {
  if (type === "snippet") return snippet === undefined ? null : { type, snippet: toSnippet(snippet) };
  return project === undefined ? null : { type, project: toProject(project, rules) };
}

function toProject(row: ProjectRow, rules: readonly RuleRow[]): PushedProject {
  const namesOf = (kind: RuleRow["kind"]) => rules.filter((rule) => rule.kind === kind).map(({ name }) => name);
  return {
    ...toToldProject(row),
    isRepositoryEmpty: row.is_repository_empty === 1,
    namespaceProtection: row.namespace_protection,
    branchRules: namesOf("branch"),
    tagRules: namesOf("tag"),
    hasOpenMergeRequests: row.has_open_merge_requests === 1,
  };
}

function toSnippet(row: SnippetRow): PushedSnippet {
  return { id: row.id, defaultBranch: row.default_branch, isRepositoryEmpty: row.is_repository_empty === 1 };
}

function toPusher(row: PusherRow | undefined): Pusher | null {
  if (row === undefined) return null;
  const { id, name, username, email, public_email: publicEmail } = row;
  if (id === null || name === null || username === null) return { ...ghost, id: null, email: null, publicEmail: null };
  return { id, name, username, email, publicEmail };
}
