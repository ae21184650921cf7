import { sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { membershipsOf } from "./memberships.ts";

/** Who reads a list; null is nobody in particular, who sees what is public. */
export type Reader = { user: { id: number; isExternal: boolean }; isAdmin: boolean } | null;

/** For whom, and on which day, a list is made. */
export interface Reading {
  reader: Reader;
  today: string;
}

/**
 * Whether a project or (with `null` for the project) a group exists for a reader, as a condition (contract git-access
 * 9.1): the rule of domain/access/visibility.ts in SQL, for lists.
 */
export function visibleTo({ reader, today }: Reading, place: { visibility: SQL; project: SQL; namespace: SQL }): SQL {
  if (reader === null) return sql`${place.visibility} = 'public'`;
  if (reader.isAdmin) return sql`true`;
  return sql`(${place.visibility} in ${openTo(reader)} or ${hasRole(reader.user.id, place, AccessLevel.guest, today)})`;
}

/** The list of visibilities for which a reader needs no role. */
export function openTo({ user }: NonNullable<Reader>): SQL {
  return user.isExternal ? sql`('public')` : sql`('public', 'internal')`;
}

/**
 * Whether a user has at least this role in a project or (with `null` for the project) a namespace, as a condition:
 * domain/identity/access-level.ts in SQL.
 */
export function hasRole(userId: number | SQL, place: { project: SQL; namespace: SQL }, level: number, today: string): SQL {
  return sql`(
    exists (select 1 from namespaces own where own.id = ${place.namespace} and own.owner_id = ${userId})
    or exists (
      select 1 from (${membershipsOf(sql`${userId}`, place.project, place.namespace)})
      where min(access_level, coalesce(cap, access_level)) >= ${level} and not is_awaiting
        and (expires_at is null or expires_at > ${today}) and (cap_expires_at is null or cap_expires_at > ${today})))`;
}
