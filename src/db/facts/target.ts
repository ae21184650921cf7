import { sql, type SQL } from "drizzle-orm";
import type { AccessRequest } from "../../domain/access/request.ts";

const value = sql.placeholder;

/**
 * Begins a statement with the repository that is meant, as a table `target` of at most one row (kind, project_id,
 * snippet_id): by id, or by the first of the candidate paths that leads somewhere, where a current path comes before a
 * former one (contract git-access 4).
 *
 * Every look-up here is by primary key or unique index.
 */
export const withTarget: SQL = sql`
  with target as materialized (
    select kind, project_id, snippet_id from (
      select 0 as rank, ${value("givenKind")} as kind, id as project_id, null as snippet_id from projects where id = ${value("projectId")}
      union all
      select case when path = ${value("path")} then 1 when path = ${value("wikiPath")} then 3 else 6 end,
        case when path = ${value("path")} then 'project' when path = ${value("wikiPath")} then 'wiki' else 'design' end, project_id, null
      from routes where path in (${value("path")}, ${value("wikiPath")}, ${value("designPath")}) and project_id is not null
      union all
      select case when path = ${value("path")} then 2 when path = ${value("wikiPath")} then 4 else 7 end,
        case when path = ${value("path")} then 'project' when path = ${value("wikiPath")} then 'wiki' else 'design' end, project_id, null
      from redirect_routes where path in (${value("path")}, ${value("wikiPath")}, ${value("designPath")}) and project_id is not null
      union all
      select 5, 'snippet', project_id, id from snippets where id = ${value("snippetId")} and (
        ${value("snippetIs")} = 'any'
        or (${value("snippetIs")} = 'personal' and project_id is null)
        or project_id = coalesce(
          (select project_id from routes where path = ${value("snippetProjectPath")}),
          (select project_id from redirect_routes where path = ${value("snippetProjectPath")})))
    ) order by rank limit 1
  )`;

/** Values for the placeholders of `withTarget`; with null nothing is named, and nothing found. */
export function targetValues(repository: AccessRequest["repository"] | null): Record<string, unknown> {
  const none = {
    givenKind: null,
    projectId: null,
    path: null,
    wikiPath: null,
    designPath: null,
    snippetId: null,
    snippetIs: null,
    snippetProjectPath: null,
  };
  if (repository === null) return none;
  if ("identifier" in repository) {
    const { type, id } = repository.identifier;
    return type === "snippet" ? { ...none, snippetId: id, snippetIs: "any" } : { ...none, givenKind: type, projectId: id };
  }
  const { path, wikiPath, designPath, snippet } = repository.path;
  return {
    ...none,
    path,
    wikiPath,
    designPath,
    snippetId: snippet?.id ?? null,
    snippetIs: snippet === null ? null : snippet.projectPath === null ? "personal" : "project",
    snippetProjectPath: snippet?.projectPath ?? null,
  };
}
