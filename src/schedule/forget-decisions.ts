import { forgetDecisions } from "../db/decisions.ts";
import { findSettings } from "../db/settings.ts";
import { openDb } from "../db/client.ts";
import { keptSince } from "../domain/access/decision-log.ts";
import { readSettings } from "../domain/settings.ts";
import { log } from "../http/log.ts";
import { inPieces } from "./in-pieces.ts";

/** Small enough for one statement of D1. */
const pieceRows = 5000;

/** Forgets the decisions that are older than the setting `decision_log_days` says, piece by piece. */
export async function forgetOldDecisions(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const { values } = await findSettings(db);
  const before = keptSince(readSettings(values).decision_log_days, now);
  const { rows } = await inPieces(pieceRows, (limit) => forgetDecisions(db, before, limit));
  if (rows > 0) log.info("decisions:forgotten", { rows, before: before.toISOString() });
}
