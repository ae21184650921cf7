import { sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { openTo, type Reader } from "./visible.ts";

/**
 * The ids of the groups that exist for a reader, as a subquery: `visibleTo` of all groups at once, beginning with what is
 * open and with the reader's own memberships. What is hidden from them is not read.
 */
export function groupsVisibleTo(reader: NonNullable<Reader>, today: string): SQL {
  return sql`
    select id from namespaces where kind = 'group' and visibility in ${openTo(reader)}
    union select id from (${namespacesWithRole(reader.user.id, AccessLevel.guest, today)})`;
}

/**
 * The ids of the namespaces where a user has at least this role, as a subquery: `hasRole` of all namespaces at once,
 * beginning with the user's own memberships. The joins are crossed because SQLite would begin with all shares there are.
 */
export function namespacesWithRole(userId: number, level: number, today: string): SQL {
  return sql`
    with granted (id) as (
      select m.namespace_id from members m
      where m.user_id = ${userId} and m.namespace_id is not null and m.access_level >= ${level} and not m.is_awaiting
        and (m.expires_at is null or m.expires_at > ${today})),
    entered (id) as (
      select id from granted
      union select s.namespace_id from granted g
        cross join namespace_ancestors a on a.ancestor_id = g.id
        cross join shares s on s.group_id = a.namespace_id
        where s.namespace_id is not null and s.access_level >= ${level} and (s.expires_at is null or s.expires_at > ${today}))
    select a.namespace_id as id from entered e cross join namespace_ancestors a on a.ancestor_id = e.id
    union select id from namespaces where owner_id = ${userId}`;
}

/**
 * Namespaces as the table `n`, looked up one by one where their ids are given as a subquery; null is all of them. The
 * join is crossed because SQLite would rather begin with some other condition that has an index.
 */
export function namespacesOf(ids: SQL | null): SQL {
  return ids === null ? sql`namespaces n` : sql`(${ids}) found cross join namespaces n on n.id = found.id`;
}
