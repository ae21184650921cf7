import { sql, type SQL } from "drizzle-orm";
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
  const open = reader.user.isExternal ? sql`('public')` : sql`('public', 'internal')`;
  return sql`(
    ${place.visibility} in ${open}
    or exists (select 1 from namespaces own where own.id = ${place.namespace} and own.owner_id = ${reader.user.id})
    or exists (
      select 1 from (${membershipsOf(sql`${reader.user.id}`, place.project, place.namespace)})
      where min(access_level, coalesce(cap, access_level)) >= 10 and not is_awaiting
        and (expires_at is null or expires_at > ${today}) and (cap_expires_at is null or cap_expires_at > ${today})))`;
}
