import { eq } from "drizzle-orm";
import type { Db } from "./client.ts";
import { personalAccessTokens, settings, users } from "./schema/index.ts";

export type PersonalAccessTokenRow = typeof personalAccessTokens.$inferSelect;

/** A presented token with its user and the instance's settings, in one round trip. */
export async function loadToken(db: Db, digest: string) {
  const rows = await db.query
    .select({ token: personalAccessTokens, user: users, settings: settings.values })
    .from(personalAccessTokens)
    .innerJoin(users, eq(users.id, personalAccessTokens.userId))
    .innerJoin(settings, eq(settings.id, 1))
    .where(eq(personalAccessTokens.digest, digest))
    .limit(1);
  return rows[0] ?? null;
}

/**
 * The first administrator's token, made from the deployment's secret when that secret is first presented. A token made
 * from another secret needs no end of its own: it is good only while it is the deployment's.
 */
export async function recordDeploymentToken(db: Db, digest: string, scopes: string[], now: Date): Promise<void> {
  await db.query
    .insert(personalAccessTokens)
    .values({ userId: 1, name: "GATEHOUSE_ROOT_TOKEN", digest, scopes, isFromDeployment: true, createdAt: now })
    .onConflictDoNothing();
}

export async function recordTokenUse(db: Db, tokenId: number, now: Date): Promise<void> {
  await db.query.update(personalAccessTokens).set({ lastUsedAt: now }).where(eq(personalAccessTokens.id, tokenId));
}

export type NewPersonalAccessToken = Omit<typeof personalAccessTokens.$inferInsert, "id" | "isFromDeployment">;

/** Stores a token by its digest. Throws the database's refusal of a user who is gone. */
export async function createPersonalAccessToken(db: Db, token: NewPersonalAccessToken): Promise<PersonalAccessTokenRow> {
  const [row] = await db.query.insert(personalAccessTokens).values(token).returning();
  if (row === undefined) throw new Error("The insert of a token gave no row.");
  return row;
}
