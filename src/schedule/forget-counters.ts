import { openDb } from "../db/client.ts";
import { forgetCounters } from "../db/reference-counters.ts";
import { dayMilliseconds } from "../domain/day.ts";
import { inPieces } from "./in-pieces.ts";

const pieceRows = 1000;

/** Forgets, piece by piece, where counters were that have counted nothing for a day. Their objects forget by themselves. */
export async function forgetOldCounters(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const before = new Date(now.getTime() - dayMilliseconds);
  await inPieces(pieceRows, (limit) => forgetCounters(db, before, limit));
}
