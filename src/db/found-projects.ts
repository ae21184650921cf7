import { sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { namespacesWithRole } from "./found-namespaces.ts";
import { openTo, type Reader } from "./visible.ts";

/**
 * The ids of the projects that exist for a reader who is no administrator, as a subquery: `visibleTo` of all projects at
 * once, beginning with what is open and with the reader's own memberships. What is hidden from them is not read.
 */
export function projectsVisibleTo(reader: Reader, today: string): SQL {
  if (reader === null) return sql`select id from projects where visibility = 'public'`;
  return sql`
    select id from projects where visibility in ${openTo(reader)}
    union select id from (${projectsWithRole(reader.user.id, AccessLevel.guest, today)})`;
}

/**
 * The ids of the projects where a user has at least this role, as a subquery: `hasRole` of all projects at once, beginning
 * with the user's own memberships. The joins are crossed because SQLite would begin with all shares there are.
 */
export function projectsWithRole(userId: number, level: number, today: string): SQL {
  return sql`
    select m.project_id as id from members m
    where m.user_id = ${userId} and m.project_id is not null and m.access_level >= ${level} and not m.is_awaiting
      and (m.expires_at is null or m.expires_at > ${today})
    union select s.project_id from members m
      cross join namespace_ancestors a on a.ancestor_id = m.namespace_id
      cross join shares s on s.group_id = a.namespace_id
      where m.user_id = ${userId} and m.namespace_id is not null and m.access_level >= ${level} and not m.is_awaiting
        and (m.expires_at is null or m.expires_at > ${today})
        and s.project_id is not null and s.access_level >= ${level} and (s.expires_at is null or s.expires_at > ${today})
    union select p.id from (${namespacesWithRole(userId, level, today)}) entered cross join projects p on p.namespace_id = entered.id`;
}
