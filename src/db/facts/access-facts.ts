import { sql } from "drizzle-orm";
import {
  noPushFacts,
  type AccessFacts,
  type InstanceFacts,
  type KeyFacts,
  type NamespaceFacts,
  type ProjectFacts,
  type SnippetFacts,
  type UserFacts,
} from "../../domain/access/facts.ts";
import { isPush, type AccessRequest } from "../../domain/access/request.ts";
import type { RepositoryType } from "../../domain/identity/gl-repository.ts";
import { namespaceOf } from "../../domain/identity/path.ts";
import type { Db } from "../client.ts";
import { membershipsOf, toMembership, type MembershipRow } from "../memberships.ts";
import { selectSettings, toSettings, type SettingsText } from "../settings.ts";
import { loadTogether, statement } from "../statement.ts";
import { grantStatementsAt, pushValues, refStatementsAt, toPushFacts } from "./push-facts.ts";
import { toDate, toStatedUser, type Flag, type StatedUserRow } from "./rows.ts";
import { actorKey, actorUserId, actorValues } from "./statements.ts";
import { targetValues, withTarget } from "./target.ts";

const value = sql.placeholder;

/**
 * The repository that is meant (target.ts), then the place whose rights count: its project and namespace, or without a
 * project the namespace of the path. Every look-up here is by primary key or unique index.
 */
const withPlace = sql`${withTarget},
  place as materialized (
    select (select project_id from target) as project_id, coalesce(
      (select namespace_id from projects where id = (select project_id from target)),
      (select namespace_id from routes where path = ${value("namespacePath")})) as namespace_id
  ),
  actor as materialized (select ${actorUserId} as user_id)`;

const placeProject = sql`(select project_id from place)`;
const placeNamespace = sql`(select namespace_id from place)`;
const placeActor = sql`(select user_id from actor)`;

interface KeyRow extends Pick<KeyFacts, "id" | "kind" | "bits"> {
  fingerprint_sha256: string;
  key_type: KeyFacts["keyType"];
  expires_at: number | null;
  last_used_at: number | null;
}
interface UserRow extends StatedUserRow, Pick<UserFacts, "name"> {
  is_admin: Flag;
  is_external: Flag;
  projects_limit: number;
  is_two_factor_enabled: Flag;
  verified_until: number | null;
  terms_accepted_at: number | null;
  last_activity_on: string | null;
}
/** The target with its project and snippet, whose columns are null where there is none. */
interface TargetRow {
  kind: RepositoryType;
  can_push: Flag | null;
  project_id: number | null;
  project_name: string;
  full_path: string;
  project_visibility: ProjectFacts["visibility"];
  is_archived: Flag;
  is_project_read_only: Flag;
  repository_access_level: ProjectFacts["repositoryAccessLevel"];
  wiki_access_level: ProjectFacts["wikiAccessLevel"];
  snippets_access_level: ProjectFacts["snippetsAccessLevel"];
  project_storage: string;
  storage_version: number;
  has_repository: Flag;
  has_wiki_repository: Flag;
  has_design_repository: Flag;
  default_branch: string;
  is_repository_empty: Flag;
  is_lfs_enabled: Flag;
  snippet_id: number | null;
  author_id: number | null;
  snippet_visibility: SnippetFacts["visibility"];
  snippet_storage: string;
  has_snippet_repository: Flag;
  is_snippet_read_only: Flag;
  is_snippet_empty: Flag;
  snippet_branch: string | null;
}
interface NamespaceRow extends Pick<NamespaceFacts, "id" | "kind"> {
  owner_id: number | null;
  full_path: string;
  is_archived: Flag;
  enabled_git_access_protocol: NamespaceFacts["enabledGitAccessProtocol"];
  ip_restriction_ranges: string | null;
  project_creation_level: NamespaceFacts["projectCreationLevel"];
  projects_count: number;
  default_branch: string | null;
  default_branch_protection: number | null;
}

const statements = {
  settings: statement<SettingsText>(() => selectSettings),
  keys: statement<KeyRow>(() => sql`select id, kind, key_type, bits, expires_at, last_used_at, fingerprint_sha256 from ${actorKey}`),
  users: statement<UserRow>(
    () => sql`
      select id, username, name, state, user_type, is_admin, is_external, projects_limit, confirmed_at, is_locked,
        locked_until, is_two_factor_enabled, (
          select expires_at from otp_sessions
          where user_id = users.id and key_id = iif(${value("keyAs")} = 'key', coalesce(${value("keyId")}, 0), 0)) as verified_until,
        terms_accepted_at, password_expires_at, last_activity_on
      from users where id = ${actorUserId}`,
  ),
  targets: statement<TargetRow>(
    () => sql`${withPlace}
      select t.kind as kind, g.can_push as can_push,
        p.id as project_id, p.name as project_name, r.path as full_path, p.visibility as project_visibility, p.is_archived as is_archived,
        p.is_repository_read_only as is_project_read_only, p.repository_access_level as repository_access_level,
        p.wiki_access_level as wiki_access_level, p.snippets_access_level as snippets_access_level,
        p.repository_storage as project_storage, p.storage_version as storage_version, p.has_repository as has_repository,
        p.has_wiki_repository as has_wiki_repository, p.has_design_repository as has_design_repository,
        p.default_branch as default_branch, p.is_repository_empty as is_repository_empty, p.is_lfs_enabled as is_lfs_enabled,
        s.id as snippet_id, s.author_id as author_id, s.visibility as snippet_visibility, s.repository_storage as snippet_storage,
        s.has_repository as has_snippet_repository, s.is_repository_read_only as is_snippet_read_only,
        s.is_repository_empty as is_snippet_empty, s.default_branch as snippet_branch
      from target t
      left join projects p on p.id = t.project_id
      left join routes r on r.project_id = p.id
      left join snippets s on s.id = t.snippet_id
      left join deploy_key_projects g on g.deploy_key_id = ${value("keyId")} and g.project_id = p.id`,
  ),
  namespaces: statement<NamespaceRow>(
    () => sql`${withPlace}
      select n.id as id, n.kind as kind, n.owner_id as owner_id, r.path as full_path, n.is_archived as is_archived,
        n.enabled_git_access_protocol as enabled_git_access_protocol, n.ip_restriction_ranges as ip_restriction_ranges,
        n.project_creation_level as project_creation_level, n.projects_count as projects_count,
        n.default_branch as default_branch, n.default_branch_protection as default_branch_protection
      from namespace_ancestors a join namespaces n on n.id = a.ancestor_id join routes r on r.namespace_id = n.id
      where a.namespace_id = ${placeNamespace} order by a.depth`,
  ),
  memberships: statement<MembershipRow>(() => sql`${withPlace} ${membershipsOf(placeActor, placeProject, placeNamespace)}`),
};

const place = { project: placeProject, namespace: placeNamespace, actor: placeActor };
/** Asked before anything is sent: may it go to some branch? */
const pushStatements = { ...statements, ...grantStatementsAt(withPlace, place) };
/** Asked with the refs that are pushed. */
const refStatements = { ...pushStatements, ...refStatementsAt(withPlace, place) };

/**
 * All that a decision on access looks at, in one round trip: six statements, and for a push to code those of its rules
 * besides (push-facts.ts), none of which needs another's answer, and each of which reads as many rows however large the instance is.
 */
export async function loadAccessFacts(
  db: Db,
  request: AccessRequest,
  deployment: Omit<InstanceFacts, "settings">,
): Promise<Omit<AccessFacts, "isOverOperationLimit">> {
  const values = { ...actorValues(request.actor), ...targetValues(request.repository), namespacePath: namespacePathOf(request) };
  const { rows, push } = await loadRows(db, request, { ...values, ...pushValues(request) });
  const [key] = rows.keys;
  const [user] = rows.users;
  const [target] = rows.targets;
  return {
    instance: { ...deployment, settings: toSettings(rows.settings) },
    key: key === undefined ? null : toKey(key),
    user: user === undefined ? null : toUser(user),
    target: target === undefined ? null : { type: target.kind, project: toProject(target), snippet: toSnippet(target) },
    namespaces: rows.namespaces.map(toNamespace),
    memberships: rows.memberships.map(toMembership),
    deployKeyGrant: target === undefined || target.can_push === null ? null : { canPush: target.can_push === 1 },
    push,
  };
}

/** What is asked decides which statements there are; their answers do not. */
async function loadRows(db: Db, request: AccessRequest, values: Record<string, unknown>) {
  if (!asksForCode(request)) return { rows: await loadTogether(db, statements, values), push: noPushFacts };
  const rows =
    typeof request.changes === "string" ? await loadTogether(db, pushStatements, values) : await loadTogether(db, refStatements, values);
  return { rows, push: toPushFacts(rows) };
}

/** A push to what is, or may turn out to be, a project's code. */
function asksForCode(request: AccessRequest): boolean {
  return isPush(request) && (!("identifier" in request.repository) || request.repository.identifier.type === "project");
}

/** Only a push creates, and only then does the namespace of a path that leads nowhere matter. */
function namespacePathOf(request: AccessRequest): string | null {
  return isPush(request) && "path" in request.repository ? namespaceOf(request.repository.path.path) : null;
}

function toKey(row: KeyRow): KeyFacts {
  return {
    id: row.id,
    kind: row.kind,
    keyType: row.key_type,
    bits: row.bits,
    expiresAt: toDate(row.expires_at),
    lastUsedAt: toDate(row.last_used_at),
    fingerprint: row.fingerprint_sha256,
  };
}

function toUser(row: UserRow): UserFacts {
  return {
    ...toStatedUser(row),
    name: row.name,
    isAdmin: row.is_admin === 1,
    isExternal: row.is_external === 1,
    projectsLimit: row.projects_limit,
    isTwoFactorEnabled: row.is_two_factor_enabled === 1,
    verifiedUntil: toDate(row.verified_until),
    hasAcceptedTerms: row.terms_accepted_at !== null,
    lastActivityOn: row.last_activity_on,
  };
}

function toProject(row: TargetRow): ProjectFacts | null {
  if (row.project_id === null) return null;
  return {
    id: row.project_id,
    name: row.project_name,
    fullPath: row.full_path,
    visibility: row.project_visibility,
    isArchived: row.is_archived === 1,
    isRepositoryReadOnly: row.is_project_read_only === 1,
    repositoryAccessLevel: row.repository_access_level,
    wikiAccessLevel: row.wiki_access_level,
    snippetsAccessLevel: row.snippets_access_level,
    repositoryStorage: row.project_storage,
    storageVersion: row.storage_version,
    hasRepository: row.has_repository === 1,
    hasWikiRepository: row.has_wiki_repository === 1,
    hasDesignRepository: row.has_design_repository === 1,
    defaultBranch: row.default_branch,
    isRepositoryEmpty: row.is_repository_empty === 1,
    isLfsEnabled: row.is_lfs_enabled === 1,
  };
}

function toSnippet(row: TargetRow): SnippetFacts | null {
  if (row.snippet_id === null) return null;
  return {
    id: row.snippet_id,
    authorId: row.author_id,
    visibility: row.snippet_visibility,
    repositoryStorage: row.snippet_storage,
    hasRepository: row.has_snippet_repository === 1,
    isRepositoryReadOnly: row.is_snippet_read_only === 1,
    isRepositoryEmpty: row.is_snippet_empty === 1,
    defaultBranch: row.snippet_branch,
  };
}

function toNamespace(row: NamespaceRow): NamespaceFacts {
  return {
    id: row.id,
    kind: row.kind,
    ownerId: row.owner_id,
    fullPath: row.full_path,
    isArchived: row.is_archived === 1,
    enabledGitAccessProtocol: row.enabled_git_access_protocol,
    ipRestrictionRanges: row.ip_restriction_ranges,
    projectCreationLevel: row.project_creation_level,
    projectsCount: row.projects_count,
    defaultBranch: row.default_branch,
    defaultBranchProtection: row.default_branch_protection,
  };
}
