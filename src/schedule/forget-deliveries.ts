import { openDb } from "../db/client.ts";
import { findLostDeliveries, forgetDeliveries } from "../db/forgotten-deliveries.ts";
import { keptDeliveriesSince } from "../domain/hooks/delivery-log.ts";
import { log } from "../http/log.ts";
import type { Job } from "../queue/messages.ts";
import { inPieces } from "./in-pieces.ts";

/** Bodies may have megabytes; a piece of rows is what one statement of D1 can be asked to delete. */
const pieceRows = 1000;

/** Older than any delivery that is still tried in the ordinary way. */
const lostAfterMs = 30 * 60 * 1000;
const mostLost = 1000;
/** What the queue takes at once. */
const messagesAtOnce = 100;

/** Forgets, piece by piece, the requests to web hooks, the deliveries and their bodies that are older than a week. */
export async function forgetOldDeliveries(env: Pick<Env, "DB">, now: Date): Promise<void> {
  const db = openDb(env.DB);
  const before = keptDeliveriesSince(now);
  const { pieces } = await inPieces(pieceRows, (limit) => forgetDeliveries(db, before, limit));
  if (pieces > 1) log.info("hooks:forgotten", { pieces, rows_each: pieceRows, before: before.toISOString() });
}

/** Queues again the deliveries that have been waiting for long and that nobody is trying: their messages were lost. */
export async function resendLostDeliveries(env: Pick<Env, "DB" | "JOBS">, now: Date): Promise<void> {
  const ids = await findLostDeliveries(openDb(env.DB), new Date(now.getTime() - lostAfterMs), now, mostLost);
  for (let from = 0; from < ids.length; from += messagesAtOnce) {
    const bodies = ids.slice(from, from + messagesAtOnce).map((id): Job => ({ kind: "deliver_hook", version: 1, delivery_id: id }));
    // oxlint-disable-next-line no-await-in-loop -- what the queue refuses is found by the next run
    await env.JOBS.sendBatch(bodies.map((body) => ({ body })));
  }
  if (ids.length > 0) log.warn("hooks:resent", { deliveries: ids.length });
}
