import { sql, type SQL } from "drizzle-orm";
import type { Membership } from "../domain/identity/access-level.ts";

/** A row of `membershipsOf`. */
export interface MembershipRow {
  source: Membership["source"];
  source_id: number;
  access_level: number;
  expires_at: string | null;
  is_awaiting: number;
  cap: number | null;
  cap_expires_at: string | null;
}

export function toMembership(row: MembershipRow): Membership {
  return {
    source: row.source,
    sourceId: row.source_id,
    accessLevel: row.access_level,
    expiresAt: row.expires_at,
    isAwaiting: row.is_awaiting === 1,
    cap: row.cap,
    capExpiresAt: row.cap_expires_at,
  };
}

/**
 * Every way in which a user has a role in a project (or, with `null` for the project, in a namespace): directly, in the
 * namespace or above, and through groups invited to any of these. Each is found by index, so what is read depends on
 * the depth and the shares of this project, not on how much else there is.
 */
export function membershipsOf(user: SQL, project: SQL, namespace: SQL): SQL {
  return sql`
    select 'project' as source, m.project_id as source_id, m.access_level, m.expires_at, m.is_awaiting, null as cap, null as cap_expires_at
      from members m where m.user_id = ${user} and m.project_id = ${project}
    union all
    select 'namespace', m.namespace_id, m.access_level, m.expires_at, m.is_awaiting, null, null
      from namespace_ancestors a
      join members m on m.user_id = ${user} and m.namespace_id = a.ancestor_id
      where a.namespace_id = ${namespace}
    union all
    select 'share', s.group_id, m.access_level, m.expires_at, m.is_awaiting, s.access_level, s.expires_at
      from shares s
      join namespace_ancestors invited on invited.namespace_id = s.group_id
      join members m on m.user_id = ${user} and m.namespace_id = invited.ancestor_id
      where s.project_id = ${project}
    union all
    select 'share', s.group_id, m.access_level, m.expires_at, m.is_awaiting, s.access_level, s.expires_at
      from namespace_ancestors a
      join shares s on s.namespace_id = a.ancestor_id
      join namespace_ancestors invited on invited.namespace_id = s.group_id
      join members m on m.user_id = ${user} and m.namespace_id = invited.ancestor_id
      where a.namespace_id = ${namespace}`;
}

/** The rows of `membershipsOf` as one JSON text, for statements that ask for many users or projects at once. */
export function membershipsAsJson(user: SQL, project: SQL, namespace: SQL): SQL {
  return sql`(
    select json_group_array(json_object(
      'source', source, 'source_id', source_id, 'access_level', access_level, 'expires_at', expires_at, 'is_awaiting', is_awaiting,
      'cap', cap, 'cap_expires_at', cap_expires_at))
    from (${membershipsOf(user, project, namespace)}))`;
}

export function parseMemberships(json: string): Membership[] {
  return (JSON.parse(json) as MembershipRow[]).map(toMembership);
}
