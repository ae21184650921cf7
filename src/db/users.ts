import { eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { identities, namespaceAncestors, namespaces, redirectRoutes, routes, users } from "./schema/index.ts";

export type NewUser = Omit<typeof users.$inferInsert, "id">;
export type UserRow = typeof users.$inferSelect;

/**
 * A user with their personal namespace, whose path is the user name. Throws the database's refusal of a name, e-mail
 * address or path that is taken (constraint.ts).
 */
export async function createUser(db: Db, user: NewUser, identity: { provider: string; externUid: string } | null = null): Promise<UserRow> {
  const userId = sql<number>`(select id from users where username = ${user.username})`;
  const namespaceId = sql<number>`(select id from namespaces where owner_id = ${userId})`;
  const identityRows = identity === null ? [] : [db.query.insert(identities).values({ userId, ...identity })];
  const [created] = await db.query.batch([
    db.query.insert(users).values(user).returning(),
    db.query.insert(namespaces).values({
      kind: "user",
      name: user.name,
      path: user.username,
      ownerId: userId,
      createdAt: user.createdAt,
      updatedAt: user.createdAt,
    }),
    db.query.insert(namespaceAncestors).values({ namespaceId, ancestorId: namespaceId, depth: 0 }),
    db.query.insert(routes).values({ path: user.username, namespaceId }),
    db.query.delete(redirectRoutes).where(eq(redirectRoutes.path, user.username)),
    ...identityRows,
  ]);
  const [row] = created;
  if (row === undefined) throw new Error("The insert of a user gave no row.");
  return row;
}
