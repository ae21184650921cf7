import { sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Db } from "./client.ts";

/** What has a full path: a namespace with everything below it, or one project. */
export type PathOwner = { namespaceId: number } | { projectId: number };

/**
 * The full path of what lies in a namespace under a segment (null: at the top level), as SQL: where the namespace stands
 * is read by the statement itself, so that a rename at the same time leaves nothing behind under the former path.
 */
export function pathBelow(namespaceId: number | SQL | null, segment: string): SQL<string> {
  if (namespaceId === null) return sql`${segment}`;
  return sql`(select path || '/' || ${segment} from routes where namespace_id = ${namespaceId})`;
}

/**
 * The statements that give a namespace or project another full path, for the caller's batch: its route and all routes
 * below it move, the paths they had lead on to them (contract provisioning 1.7), and redirects that stood on the new
 * paths are dropped. Where it stands is read by the statements themselves, so that two renames at once leave one
 * consistent tree. The batch fails with the database's refusal (constraint.ts, `routes.path`) where a new path is taken.
 *
 * Columns `path` of namespaces and projects, and `namespace_ancestors`, are the caller's to write.
 */
export function movePath(db: Db, owner: PathOwner, to: string | SQL): BatchItem<"sqlite">[] {
  const old =
    "namespaceId" in owner
      ? sql`select path from routes where namespace_id = ${owner.namespaceId}`
      : sql`select path from routes where project_id = ${owner.projectId}`;
  // "/" is followed by "0": a range, since a LIKE would take the `_` of a path for a wildcard.
  const moves = sql`routes.path = old.path or (routes.path > old.path || '/' and routes.path < old.path || '0')`;
  return [
    db.query.run(sql`
      insert into redirect_routes (path, namespace_id, project_id)
      select routes.path, routes.namespace_id, routes.project_id from (${old}) old join routes on ${moves} where true
      on conflict (path) do update set namespace_id = excluded.namespace_id, project_id = excluded.project_id`),
    db.query.run(sql`
      update routes set path = ${to} || substr(routes.path, length(old.path) + 1) from (${old}) old where ${moves}`),
    db.query.run(sql`
      delete from redirect_routes
      where path in (select path from routes where path = ${to} or (path > ${to} || '/' and path < ${to} || '0'))`),
  ];
}
