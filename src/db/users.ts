import { and, eq, inArray, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { UserState } from "../domain/identity/user-state.ts";
import { runBatchThen } from "./batch.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import type { Db } from "./client.ts";
import { movePath } from "./paths.ts";
import { identities, namespaceAncestors, namespaces, redirectRoutes, routes, users } from "./schema/index.ts";
import { selectUsers, toUserRecord, type Identity, type UserRecord } from "./user-records.ts";

export type NewUser = Omit<typeof users.$inferInsert, "id">;
export type UserRow = typeof users.$inferSelect;

/**
 * A user with their personal namespace, whose path is the user name. Throws the database's refusal of a name, e-mail
 * address, path or identity that is taken (constraint.ts; `findTaken` tells which).
 */
export async function createUser(db: Db, user: NewUser, identity: Identity | null = null): Promise<UserRow & { namespaceId: number }> {
  const userId = sql<number>`(select id from users where username = ${user.username})`;
  const namespaceId = sql<number>`(select id from namespaces where owner_id = ${userId})`;
  const identityRows = identity === null ? [] : [db.query.insert(identities).values({ userId, ...identity })];
  const [created, personal] = await db.query.batch([
    db.query.insert(users).values(user).returning(),
    db.query
      .insert(namespaces)
      .values({
        kind: "user",
        name: user.name,
        path: user.username,
        ownerId: userId,
        createdAt: user.createdAt,
        updatedAt: user.createdAt,
      })
      .returning({ id: namespaces.id }),
    db.query.insert(namespaceAncestors).values({ namespaceId, ancestorId: namespaceId, depth: 0 }),
    db.query.insert(routes).values({ path: user.username, namespaceId }),
    db.query.delete(redirectRoutes).where(eq(redirectRoutes.path, user.username)),
    ...identityRows,
  ]);
  const [row] = created;
  const [namespace] = personal;
  if (row === undefined || namespace === undefined) throw new Error("The insert of a user gave no row.");
  return { ...row, namespaceId: namespace.id };
}

/** What an update sets; undefined leaves it. `profile` is merged into the stored one. */
export type UserChange = { [Name in Exclude<keyof NewUser, "profile" | "createdAt">]?: NewUser[Name] | undefined } & {
  profile?: Record<string, unknown> | undefined;
  /** Replaces the user's identity at the same provider. */
  identity?: Identity | undefined;
};

/**
 * Updates a user. Another user name renames the personal namespace, and moves the routes of its projects. Null where
 * the user is gone. Throws as `createUser` does.
 */
export async function updateUser(
  db: Db,
  { user, namespaceId }: Pick<UserRecord, "user" | "namespaceId">,
  change: UserChange,
): Promise<UserRecord | null> {
  const { profile, identity, ...columns } = change;
  const patch = profile === undefined ? {} : { profile: sql`json_patch(${users.profile}, ${JSON.stringify(profile)})` };
  const { username, name } = columns;
  const personal = { ...(name === undefined ? {} : { name }), ...(username === undefined ? {} : { path: username }) };
  const statements: BatchItem<"sqlite">[] = [
    db.query
      .update(users)
      .set({ ...columns, ...patch })
      .where(eq(users.id, user.id)),
    ...(Object.keys(personal).length === 0 ? [] : [db.query.update(namespaces).set(personal).where(eq(namespaces.id, namespaceId))]),
    ...(username === undefined ? [] : movePath(db, { namespaceId }, username)),
    ...(identity === undefined
      ? []
      : [
          db.query.delete(identities).where(and(eq(identities.userId, user.id), eq(identities.provider, identity.provider))),
          db.query.run(sql`
            insert into identities (user_id, provider, extern_uid)
            select id, ${identity.provider}, ${identity.externUid} from users where id = ${user.id}`),
        ]),
  ];
  const [row] = await runBatchThen(db, statements, selectUsers(db).where(eq(users.id, user.id)));
  return row === undefined ? null : toUserRecord(row);
}

/** Puts a user into a state, if they are in one of the given. Answers whether they were. */
export async function changeUserState(db: Db, id: number, from: readonly UserState[], to: UserState, now: Date): Promise<boolean> {
  const changed = await db.query
    .update(users)
    .set({ state: to, updatedAt: now })
    .where(and(eq(users.id, id), inArray(users.state, [...from])))
    .returning({ id: users.id });
  return changed.length > 0;
}

/** What of a user must be there once, and is somebody else's. */
export interface Taken {
  email: boolean;
  username: boolean;
  /** The user name is the path of a group. */
  path: boolean;
  identity: boolean;
}

/** Which of these somebody has already; `exceptUserId` is not somebody. Asked after the database refused a write. */
export async function findTaken(
  db: Db,
  wanted: { email?: string | undefined; username?: string | undefined; identity?: Identity | undefined },
  exceptUserId: number | null,
): Promise<Taken> {
  const { email = null, username = null, identity } = wanted;
  const self = sql`${exceptUserId ?? -1}`;
  const [row] = await db.query.all<Record<keyof Taken, number>>(sql`
    select exists (select 1 from users where email = ${email} and id <> ${self}) as email,
      exists (select 1 from users where username = ${username} and id <> ${self}) as username,
      exists (
        select 1 from routes r join namespaces n on n.id = r.namespace_id
        where r.path = ${username} and n.owner_id is not ${self}) as path,
      exists (
        select 1 from identities
        where provider = ${identity?.provider ?? null} and extern_uid = ${identity?.externUid ?? null} and user_id <> ${self}) as identity`);
  return {
    email: row?.email === 1,
    username: row?.username === 1,
    path: row?.path === 1,
    identity: row?.identity === 1,
  };
}

/** A user by numeric id or by name, as `Sudo` and `:id` segments give it; null where there is none. */
export async function findUser(db: Db, idOrName: string): Promise<UserRow | null> {
  const rows = await db.query
    .select()
    .from(users)
    .where(/^\d+$/.test(idOrName) ? eq(users.id, parseRowId(idOrName) ?? -1) : eq(users.username, idOrName))
    .limit(1);
  return rows[0] ?? null;
}
