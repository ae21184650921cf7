import { openDb } from "../db/client.ts";
import { forgetOtpSessions } from "../db/otp-sessions.ts";

const pieceRows = 1000;
const mostPieces = 200;

/** Forgets, piece by piece, the sessions of one-time passwords that have ended. */
export async function forgetOldOtpSessions(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  for (let piece = 0; piece < mostPieces; piece += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each piece is gone before the next one is looked for
    if ((await forgetOtpSessions(db, now, pieceRows)) < pieceRows) return;
  }
}
