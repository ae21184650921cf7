import { eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { isLockedNow, shownUserColumns } from "./locked.ts";
import { users } from "./schema/index.ts";
import type { UserRow } from "./users.ts";

export interface Identity {
  provider: string;
  externUid: string;
}

/** What is shown where a user is named. */
export type NamedUser = Pick<UserRow, "id" | "username" | "name" | "state" | "isLocked">;

/** A user with what their full form shows besides their own row. */
export interface UserRecord {
  user: UserRow;
  /** Their personal namespace, and how many projects are in it. */
  namespaceId: number;
  projectsCount: number;
  identities: Identity[];
  createdBy: NamedUser | null;
}

/**
 * The columns of a UserRecord, to be completed with `where`, `orderBy`, `limit`, and read by `toUserRecord`. One table
 * and subqueries, each under a name of its own, so that it may stand in a batch.
 */
export function selectUsers(db: Db) {
  return db.query
    .select({
      ...shownUserColumns,
      namespaceId: sql<number>`(select n.id from namespaces n where n.owner_id = users.id)`.as("personal_namespace_id"),
      projectsCount: sql<number>`(select n.projects_count from namespaces n where n.owner_id = users.id)`.as("personal_projects_count"),
      identities: sql<string>`(
        select json_group_array(json_object('provider', i.provider, 'externUid', i.extern_uid) order by i.id)
        from identities i where i.user_id = users.id)`.as("identities_json"),
      createdBy: sql<string | null>`(
        select json_object('id', c.id, 'username', c.username, 'name', c.name, 'state', c.state, 'isLocked', ${isLockedNow("c")})
        from users c where c.id = users.created_by_id)`.as("created_by_json"),
    })
    .from(users)
    .$dynamic();
}

type SelectedUser = Awaited<ReturnType<typeof selectUsers>>[number];

export function toUserRecord(row: SelectedUser): UserRecord {
  const { namespaceId, projectsCount, identities, createdBy, ...user } = row;
  return {
    user,
    namespaceId,
    projectsCount,
    identities: JSON.parse(identities) as Identity[],
    createdBy: createdBy === null ? null : toNamedUser(createdBy),
  };
}

/** JSON from SQLite has 0 and 1 where the schema has flags. */
export function toNamedUser(json: string): NamedUser {
  const named = JSON.parse(json) as Omit<NamedUser, "isLocked"> & { isLocked: number };
  return { ...named, isLocked: named.isLocked === 1 };
}

export async function findUserRecord(db: Db, id: number): Promise<UserRecord | null> {
  const [row] = await selectUsers(db).where(eq(users.id, id)).limit(1);
  return row === undefined ? null : toUserRecord(row);
}
