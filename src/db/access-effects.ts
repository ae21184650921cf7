import { and, eq, isNull, lte, or, sql } from "drizzle-orm";
import type { AccessEffects } from "../domain/access/effects.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { keys, storedMessages, users } from "./schema/index.ts";

const dayMilliseconds = 24 * 60 * 60 * 1000;
const messageLifeMilliseconds = 5 * 60 * 1000;

/** Writes what an access decision leaves behind, in one round trip at most. `updated_at` stays as it is. */
export async function recordAccessEffects(db: Db, effects: AccessEffects, now: Date): Promise<void> {
  const { usedKeyId, activeUserId, message } = effects;
  const dayAgo = new Date(now.getTime() - dayMilliseconds);
  await runBatch(db, [
    ...(usedKeyId === null
      ? []
      : [
          db.query
            .update(keys)
            .set({ lastUsedAt: now })
            .where(and(eq(keys.id, usedKeyId), or(isNull(keys.lastUsedAt), lte(keys.lastUsedAt, dayAgo)))),
        ]),
    ...(activeUserId === null
      ? []
      : [
          db.query
            .update(users)
            .set({ lastActivityOn: now.toISOString().slice(0, 10) })
            .where(eq(users.id, activeUserId)),
        ]),
    ...(message === null
      ? []
      : [
          db.query
            .insert(storedMessages)
            .values({ ...message, expiresAt: new Date(now.getTime() + messageLifeMilliseconds) })
            .onConflictDoUpdate({
              target: [storedMessages.userId, storedMessages.glRepository, storedMessages.kind],
              set: { text: sql`excluded.text`, expiresAt: sql`excluded.expires_at` },
            }),
        ]),
  ]);
}
