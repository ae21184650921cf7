import { and, eq, isNull, lte, or } from "drizzle-orm";
import { dayMilliseconds } from "../domain/day.ts";
import type { Db } from "./client.ts";
import { keys } from "./schema/index.ts";

/** The statement that writes down that a key was used, once a day; `updated_at` stays as it is. */
export function keyUse(db: Db, keyId: number, now: Date) {
  const dayAgo = new Date(now.getTime() - dayMilliseconds);
  return db.query
    .update(keys)
    .set({ lastUsedAt: now })
    .where(and(eq(keys.id, keyId), or(isNull(keys.lastUsedAt), lte(keys.lastUsedAt, dayAgo))));
}

/** Writes down that a key was used, once a day. */
export async function recordKeyUse(db: Db, keyId: number, now: Date): Promise<void> {
  await keyUse(db, keyId, now);
}
