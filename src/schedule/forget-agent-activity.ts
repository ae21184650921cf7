import { forgetAgentActivity } from "../db/agent-activity.ts";
import { openDb } from "../db/client.ts";
import { keptActivitySince } from "../domain/agents/activity.ts";
import { inPieces } from "./in-pieces.ts";

const pieceRows = 1000;

/** Forgets, piece by piece, what happened to agents more than a week ago. */
export async function forgetOldAgentActivity(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const before = keptActivitySince(now);
  await inPieces(pieceRows, (limit) => forgetAgentActivity(db, before, limit));
}
