import { sql, type SQL } from "drizzle-orm";

/**
 * The ids of the projects where a user might have this role: found by index from their own memberships, and to be judged
 * one by one (`hasRole`). The joins are crossed because SQLite would begin with all projects and all shares there are.
 */
export function reachableProjects(userId: number, level: number): SQL {
  return sql`
    with granted (project_id, namespace_id) as (
      select m.project_id, m.namespace_id from members m where m.user_id = ${userId} and m.access_level >= ${level}
      union select null, n.id from namespaces n where n.owner_id = ${userId}),
    reached (project_id, namespace_id) as (
      select g.project_id, g.namespace_id from granted g
      union select s.project_id, s.namespace_id from granted g
        cross join namespace_ancestors a on a.ancestor_id = g.namespace_id
        cross join shares s on s.group_id = a.namespace_id)
    select r.project_id from reached r where r.project_id is not null
    union select p.id from reached r
      cross join namespace_ancestors a on a.ancestor_id = r.namespace_id
      cross join projects p on p.namespace_id = a.namespace_id`;
}
