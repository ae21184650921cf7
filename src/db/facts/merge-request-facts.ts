import { sql, type SQL } from "drizzle-orm";
import { parseRowId } from "../../domain/identity/row-id.ts";
import type { MergePerson, MergeProject, MergeRequestFacts, OpenRequest } from "../../domain/push/merge-request-facts.ts";
import type { MergeRequestOptions } from "../../domain/push/merge-request-options.ts";
import type { Db } from "../client.ts";
import { membershipsAsJson, parseMemberships } from "../memberships.ts";
import { loadTogether, statement } from "../statement.ts";
import { toStatedUser, type Flag, type StatedUserRow } from "./rows.ts";

const value = sql.placeholder;

/** Longer chains of forks than this lead nowhere. */
const mostForks = sql.raw("100");
const mostRequests = sql.raw("1000");

/** The project that is pushed to, and that which is named or from which it was forked. */
const withPlaces = sql`
  with places as materialized (
    select id as source_id, iif(${value("targetPath")} is null, forked_from_project_id,
      (select project_id from routes where path = ${value("targetPath")})) as other_id
    from projects where id = ${value("projectId")})`;
const placeIds = sql`(select source_id from places union select other_id from places)`;

interface ProjectRow extends Pick<MergeProject, "id" | "visibility"> {
  is_source: Flag;
  is_other: Flag | null;
  full_path: string;
  is_archived: Flag;
  repository_access_level: MergeProject["repositoryAccessLevel"];
  merge_requests_access_level: MergeProject["mergeRequestsAccessLevel"];
  default_branch: string;
  is_repository_empty: Flag;
  forked_from_project_id: number | null;
  network_root_id: number | null;
  has_target_branch: Flag;
}

/** A person and their role in one of the projects. */
interface PersonRow extends StatedUserRow {
  is_admin: Flag;
  is_external: Flag;
  project_id: number;
  owns_namespace: Flag;
  memberships: string;
}

interface RequestRow extends Pick<OpenRequest, "id" | "title"> {
  target_project_id: number;
  source_branch: string;
  target_branch: string;
  author_id: number | null;
}

/** Where the forks of `project` begin. A circle of forks has no beginning. */
const networkRootOf = (project: SQL) => sql`(
  with recursive line (id) as (
    select ${project}
    union select f.forked_from_project_id from line join projects f on f.id = line.id where f.forked_from_project_id is not null
    limit ${mostForks})
  select f.id from line cross join projects f on f.id = line.id where f.forked_from_project_id is null)`;

const statements = {
  projects: statement<ProjectRow>(
    () => sql`${withPlaces}
      select p.id as id, p.id = places.source_id as is_source, p.id = places.other_id as is_other, r.path as full_path,
        p.visibility as visibility, p.is_archived or exists (
          select 1 from namespace_ancestors up join namespaces n on n.id = up.ancestor_id
          where up.namespace_id = p.namespace_id and n.is_archived) as is_archived,
        p.repository_access_level as repository_access_level, p.merge_requests_access_level as merge_requests_access_level,
        p.default_branch as default_branch, p.is_repository_empty as is_repository_empty,
        p.forked_from_project_id as forked_from_project_id, ${networkRootOf(sql`p.id`)} as network_root_id,
        exists (select 1 from git_refs where project_id = p.id and name = ${value("targetRef")}) as has_target_branch
      from places cross join projects p on p.id in (places.source_id, places.other_id)
      cross join routes r on r.project_id = p.id`,
  ),
  people: statement<PersonRow>(
    () => sql`${withPlaces}
      select u.id as id, u.username as username, u.state as state, u.user_type as user_type, u.is_admin as is_admin,
        u.is_external as is_external, u.confirmed_at as confirmed_at, u.is_locked as is_locked, u.locked_until as locked_until,
        u.password_expires_at as password_expires_at,
        p.id as project_id, exists (select 1 from namespaces where id = p.namespace_id and owner_id = u.id) as owns_namespace,
        ${membershipsAsJson(sql`u.id`, sql`p.id`, sql`p.namespace_id`)} as memberships
      from (
        select id as user_id from users where id in (select value from json_each(${value("userIds")}))
        union select id from users where username in (select value from json_each(${value("usernames")}))) person
      cross join users u on u.id = person.user_id
      cross join projects p on p.id in ${placeIds}`,
  ),
  open: statement<RequestRow>(
    () => sql`
      select id, target_project_id, source_branch, target_branch, title, author_id from merge_requests
      where source_project_id = ${value("projectId")} and state = 'opened'
        and source_branch in (select value from json_each(${value("branches")}))
      order by id desc limit ${mostRequests}`,
  ),
};

/** More branches than are processed need not be looked up: then none is. */
const mostBranches = 11;

/**
 * What the merge-request options of a push to a project are judged by, in one round trip; null where the project is not
 * there. Everything is found by index, starting from this project, the one it is to be merged into, and who is named.
 */
export async function loadMergeRequestFacts(
  db: Db,
  push: { projectId: number; userId: number | null; branches: Iterable<string> },
  options: MergeRequestOptions,
): Promise<MergeRequestFacts | null> {
  const names = [...options.assign, ...options.unassign];
  const ids = names.flatMap((name) => parseRowId(name) ?? []);
  const { projects, people, open } = await loadTogether(db, statements, {
    projectId: push.projectId,
    targetPath: options.targetProject,
    targetRef: options.target === null ? null : `refs/heads/${options.target}`,
    userIds: JSON.stringify([push.userId, ...ids]),
    usernames: JSON.stringify(names.filter((name) => !/^\d+$/.test(name))),
    branches: JSON.stringify([...firstOf(push.branches, mostBranches)]),
  });
  const source = projects.find((row) => row.is_source === 1);
  const other = projects.find((row) => row.is_other === 1);
  if (source === undefined) return null;
  const named = toPeople(people);
  return {
    source: toProject(source),
    other: other === undefined ? null : toProject(other),
    pusher: named.find(({ id }) => id === push.userId) ?? null,
    named,
    open: open.map(toRequest),
  };
}

function* firstOf<T>(all: Iterable<T>, most: number): Generator<T> {
  let left = most;
  for (const each of all) {
    if (left === 0) return;
    left -= 1;
    yield each;
  }
}

function toProject(row: ProjectRow): MergeProject {
  return {
    id: row.id,
    fullPath: row.full_path,
    visibility: row.visibility,
    isArchived: row.is_archived === 1,
    repositoryAccessLevel: row.repository_access_level,
    mergeRequestsAccessLevel: row.merge_requests_access_level,
    defaultBranch: row.default_branch,
    isRepositoryEmpty: row.is_repository_empty === 1,
    forkedFromProjectId: row.forked_from_project_id,
    networkRootId: row.network_root_id,
    hasTargetBranch: row.has_target_branch === 1,
  };
}

/** A person's rows, one for each project, as one. */
function toPeople(rows: readonly PersonRow[]): MergePerson[] {
  const people = new Map<number, MergePerson>();
  for (const row of rows) {
    const person = people.get(row.id) ?? toPerson(row);
    person.roles.push({
      projectId: row.project_id,
      isNamespaceOwner: row.owns_namespace === 1,
      memberships: parseMemberships(row.memberships),
    });
    people.set(row.id, person);
  }
  return [...people.values()];
}

function toPerson(row: PersonRow): MergePerson {
  return {
    ...toStatedUser(row),
    isAdmin: row.is_admin === 1,
    isExternal: row.is_external === 1,
    roles: [],
  };
}

function toRequest(row: RequestRow): OpenRequest {
  return {
    id: row.id,
    targetProjectId: row.target_project_id,
    sourceBranch: row.source_branch,
    targetBranch: row.target_branch,
    title: row.title,
    authorId: row.author_id,
  };
}
