import { openDb } from "../db/client.ts";
import { forgetCounters } from "../db/reference-counters.ts";
import { dayMilliseconds } from "../domain/day.ts";

const pieceRows = 1000;
const mostPieces = 200;

/** Forgets, piece by piece, where counters were that have counted nothing for a day. Their objects forget by themselves. */
export async function forgetOldCounters(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const before = new Date(now.getTime() - dayMilliseconds);
  for (let piece = 0; piece < mostPieces; piece += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each piece is gone before the next one is looked for
    if ((await forgetCounters(db, before, pieceRows)) < pieceRows) return;
  }
}
