import { recordKeyUse } from "../../db/key-use.ts";
import { isKeyUseStale } from "../../domain/identity/key-use.ts";
import { afterAnswer, type AppContext } from "../../http/context.ts";

/** Writes down, after the answer, that a key was used: once a day, and not while the instance is read-only (contract accounts 3). */
export function touchKey(c: AppContext, key: { id: number; lastUsedAt: Date | null } | null): void {
  const { config, now } = c.var;
  if (key === null || config.isReadOnly || !isKeyUseStale(key, now)) return;
  afterAnswer(c, (db) => recordKeyUse(db, key.id, now));
}
