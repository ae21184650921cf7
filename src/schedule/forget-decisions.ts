import { forgetDecisions } from "../db/decisions.ts";
import { findSettings } from "../db/settings.ts";
import { openDb } from "../db/client.ts";
import { keptSince } from "../domain/access/decision-log.ts";
import { readSettings } from "../domain/settings.ts";
import { log } from "../http/log.ts";

/** Small enough for one statement of D1, and for what one run may ask of it. */
const pieceRows = 5000;
const mostPieces = 200;

/** Forgets the decisions that are older than the setting `decision_log_days` says, piece by piece. */
export async function forgetOldDecisions(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const { values } = await findSettings(db);
  const before = keptSince(readSettings(values).decision_log_days, now);
  let forgotten = 0;
  for (let piece = 0; piece < mostPieces; piece += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each piece is gone before the next one is looked for
    const count = await forgetDecisions(db, before, pieceRows);
    forgotten += count;
    if (count < pieceRows) break;
  }
  if (forgotten > 0) log.info("decisions:forgotten", { rows: forgotten, before: before.toISOString() });
}
