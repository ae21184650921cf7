import { eq, sql } from "drizzle-orm";
import type { AccessEffects } from "../domain/access/effects.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { decisionEntry } from "./decisions.ts";
import { keyUse } from "./key-use.ts";
import { users } from "./schema/index.ts";

const messageLifeMilliseconds = 5 * 60 * 1000;

/** Writes what an access decision leaves behind, in one round trip at most. `updated_at` stays as it is. */
export async function recordAccessEffects(db: Db, effects: AccessEffects, now: Date): Promise<void> {
  const { usedKeyId, activeUserId, message, decision } = effects;
  await runBatch(db, [
    ...(decision === null ? [] : [decisionEntry(db, decision, now)]),
    ...(usedKeyId === null ? [] : [keyUse(db, usedKeyId, now)]),
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
          // A user who is gone meanwhile is told nothing, and all else is written.
          db.query.run(sql`
            insert into stored_messages (kind, user_id, gl_repository, text, expires_at)
            select ${message.kind}, id, ${message.glRepository}, ${message.text}, ${now.getTime() + messageLifeMilliseconds}
            from users where id = ${message.userId}
            on conflict (user_id, gl_repository, kind) do update set text = excluded.text, expires_at = excluded.expires_at`),
        ]),
  ]);
}
