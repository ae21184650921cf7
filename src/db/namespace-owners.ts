import { sql } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { countsOn } from "./billable-members.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";

export interface NamespaceOwner {
  id: number;
  username: string;
  name: string;
  email: string;
  publicEmail: string | null;
  accessLevel: number;
}

/** A page of the active users who are owners of the group itself, and not by way of another, by id. */
export async function listOwners(
  db: Db,
  namespaceId: number,
  today: string,
  { size, offset }: PageRange,
): Promise<ListPage<NamespaceOwner>> {
  const owners = sql`
    from members m join users u on u.id = m.user_id
    where m.namespace_id = ${namespaceId} and m.access_level = ${AccessLevel.owner} and ${countsOn(today)} and u.state = 'active'`;
  const [rows, counted] = await db.query.batch([
    db.query.all<NamespaceOwner>(sql`
      select u.id as "id", u.username as "username", u.name as "name", u.email as "email", u.public_email as "publicEmail",
        m.access_level as "accessLevel"
      ${owners} order by u.id limit ${size + 1} offset ${offset}`),
    countRows(db, sql`select 1 ${owners}`),
  ]);
  return toPage(rows, counted, { size, offset });
}
