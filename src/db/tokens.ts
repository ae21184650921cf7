import { and, eq, isNull, sql } from "drizzle-orm";
import { runBatchThen } from "./batch.ts";
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

/**
 * The same for a token whose text belongs to the request: where that text was stored before, the row that is there is
 * given, in one round trip, and nothing is written.
 */
export async function createTokenOnce(db: Db, token: NewPersonalAccessToken): Promise<{ row: PersonalAccessTokenRow; isNew: boolean }> {
  const [inserted, [row]] = await db.query.batch([
    db.query
      .insert(personalAccessTokens)
      .values(token)
      .onConflictDoNothing({ target: personalAccessTokens.digest })
      .returning({ id: personalAccessTokens.id }),
    selectByDigest(db, token.digest),
  ]);
  if (row === undefined) throw new Error("The insert of a token gave no row.");
  return { row, isNew: inserted.length > 0 };
}

export async function findToken(db: Db, id: number): Promise<PersonalAccessTokenRow | null> {
  const [row] = await db.query.select().from(personalAccessTokens).where(eq(personalAccessTokens.id, id)).limit(1);
  return row ?? null;
}

/** Revokes a token; one that is revoked keeps the time when it was. */
export async function revokeToken(db: Db, id: number, now: Date): Promise<void> {
  await revocation(db, id, now);
}

/**
 * Puts a new token in the place of another: same owner, name, description and scopes, and the same family. All of it, or
 * nothing where the old one is revoked or gone, which is null: of two at once only the first finds it alive.
 */
export async function rotateToken(
  db: Db,
  oldId: number,
  next: { digest: string; expiresAt: string | null },
  now: Date,
): Promise<PersonalAccessTokenRow | null> {
  const successor = db.query.run(sql`
    insert into personal_access_tokens (user_id, name, description, scopes, family_id, digest, expires_at, created_at)
    select user_id, name, description, scopes, coalesce(family_id, id), ${next.digest}, ${next.expiresAt}, ${now.getTime()}
    from personal_access_tokens where id = ${oldId} and revoked_at is null`);
  const [row] = await runBatchThen(db, [successor, revocation(db, oldId, now)], selectByDigest(db, next.digest));
  return row ?? null;
}

/** Revokes whichever token lives of those that took the place of this one, one after the other; answers their ids. */
export async function revokeFamily(db: Db, token: Pick<PersonalAccessTokenRow, "id" | "familyId">, now: Date): Promise<number[]> {
  const revoked = await db.query
    .update(personalAccessTokens)
    .set({ revokedAt: now })
    .where(and(eq(personalAccessTokens.familyId, token.familyId ?? token.id), isNull(personalAccessTokens.revokedAt)))
    .returning({ id: personalAccessTokens.id });
  return revoked.map(({ id }) => id);
}

function revocation(db: Db, id: number, now: Date) {
  return db.query
    .update(personalAccessTokens)
    .set({ revokedAt: now })
    .where(and(eq(personalAccessTokens.id, id), isNull(personalAccessTokens.revokedAt)));
}

function selectByDigest(db: Db, digest: string) {
  return db.query.select().from(personalAccessTokens).where(eq(personalAccessTokens.digest, digest));
}
