import { openDb } from "../db/client.ts";
import { findDueSubscriptions } from "../db/seat-refresh.ts";
import { startOfDay } from "../domain/day.ts";
import { log } from "../http/log.ts";
import { refreshPiece, subscriptionsAtOnce } from "../queue/seats-in-turn.ts";
import { inPieces } from "./in-pieces.ts";

/**
 * Counts the seats of subscriptions of paid plans anew, piece by piece, unless that was done today (contract customers 5.3):
 * each about daily. What fails, or is changed meanwhile, is the next hour's.
 */
export async function refreshDueSeats(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const since = startOfDay(now);
  let afterId = 0;
  let refreshed = 0;
  const { rows: due } = await inPieces(subscriptionsAtOnce, async (limit) => {
    const rows = await findDueSubscriptions(db, { since, afterId, limit });
    refreshed += await refreshPiece(db, rows, now);
    afterId = rows.at(-1)?.id ?? afterId;
    return rows.length;
  });
  if (due > 0) log.info("seats:refreshed", { due, refreshed });
}
