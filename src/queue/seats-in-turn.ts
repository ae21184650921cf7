import type { Db } from "../db/client.ts";
import { refreshSeats, type RefreshableSubscription } from "../db/seat-refresh.ts";
import { describeFailure } from "../http/errors.ts";
import { log } from "../http/log.ts";

/** So many subscriptions are counted by one statement and written by one. */
export const subscriptionsAtOnce = 20;

/**
 * Refreshes the seats of a piece of subscriptions. Where that fails, each is done alone, so that one that cannot be counted
 * keeps no other from it; it is named in the log (`seats:not-refreshed`), and stays due. Answers how many were refreshed:
 * those that were changed meanwhile are not.
 */
export async function refreshPiece(db: Db, rows: readonly RefreshableSubscription[], now: Date): Promise<number> {
  try {
    return await refreshSeats(db, rows, now);
  } catch (error) {
    if (rows.length > 1) return refreshEach(db, rows, now);
    log.error("seats:not-refreshed", { subscription_ids: rows.map(({ id }) => id), description: describeFailure(error) });
    return 0;
  }
}

async function refreshEach(db: Db, rows: readonly RefreshableSubscription[], now: Date): Promise<number> {
  let refreshed = 0;
  // oxlint-disable-next-line no-await-in-loop -- what fails together is too much at once
  for (const row of rows) refreshed += await refreshPiece(db, [row], now);
  return refreshed;
}
