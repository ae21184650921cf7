import { and, asc, count, eq, type SQL } from "drizzle-orm";
import type { Fingerprint } from "../domain/identity/fingerprint.ts";
import type { Db } from "./client.ts";
import { keys } from "./schema/index.ts";

export type KeyRow = typeof keys.$inferSelect;
export type NewUserKey = Omit<typeof keys.$inferInsert, "id" | "kind" | "userId">;

/** Names one key of all that there are, whoever has it. */
export type KeyName = { id: number } | Fingerprint;

/** Of an MD5 fingerprint there may be several keys: order by id, and take the first. */
export function isNamed(name: KeyName): SQL {
  if ("id" in name) return eq(keys.id, name.id);
  return "sha256" in name ? eq(keys.fingerprintSha256, name.sha256) : eq(keys.fingerprintMd5, name.md5);
}

/**
 * Registers a key of a user. Throws the database's refusal of a key that somebody registered before (constraint.ts,
 * `keys.fingerprint_sha256`), and of a user who is gone.
 */
export async function createUserKey(db: Db, userId: number, key: NewUserKey): Promise<KeyRow> {
  const [row] = await db.query
    .insert(keys)
    .values({ ...key, kind: "user", userId })
    .returning();
  if (row === undefined) throw new Error("The insert of a key gave no row.");
  return row;
}

const ofUser = (userId: number) => and(eq(keys.userId, userId), eq(keys.kind, "user"));

/** A page of a user's keys, the oldest first, and how many there are. */
export async function listUserKeys(db: Db, userId: number, page: { size: number; offset: number }) {
  const [rows, counted] = await db.query.batch([
    db.query.select().from(keys).where(ofUser(userId)).orderBy(asc(keys.id)).limit(page.size).offset(page.offset),
    db.query.select({ total: count() }).from(keys).where(ofUser(userId)),
  ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

export async function findUserKey(db: Db, userId: number, keyId: number): Promise<KeyRow | null> {
  const rows = await db.query
    .select()
    .from(keys)
    .where(and(eq(keys.id, keyId), ofUser(userId)))
    .limit(1);
  return rows[0] ?? null;
}

/** Whether somebody has registered this key, as their own or as a deploy key. */
export async function isKeyTaken(db: Db, fingerprintSha256: string): Promise<boolean> {
  const rows = await db.query.select({ id: keys.id }).from(keys).where(eq(keys.fingerprintSha256, fingerprintSha256)).limit(1);
  return rows.length > 0;
}

/** Answers whether there was such a key. */
export async function deleteUserKey(db: Db, userId: number, keyId: number): Promise<boolean> {
  const deleted = await db.query
    .delete(keys)
    .where(and(eq(keys.id, keyId), ofUser(userId)))
    .returning({ id: keys.id });
  return deleted.length > 0;
}
