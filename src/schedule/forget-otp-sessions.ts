import { openDb } from "../db/client.ts";
import { forgetOtpSessions } from "../db/otp-sessions.ts";
import { inPieces } from "./in-pieces.ts";

const pieceRows = 1000;

/** Forgets, piece by piece, the sessions of one-time passwords that have ended. */
export async function forgetOldOtpSessions(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  await inPieces(pieceRows, (limit) => forgetOtpSessions(db, now, limit));
}
