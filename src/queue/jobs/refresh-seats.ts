import { openDb, type Db } from "../../db/client.ts";
import { findDueSubscriptions, findSubscriptionToRefresh, refreshSeats } from "../../db/seat-refresh.ts";
import type { Settled } from "../consumer.ts";
import type { JobOf } from "../messages.ts";
import { refreshPiece, subscriptionsAtOnce } from "../seats-in-turn.ts";

/** Long enough for whoever changed the subscription to be done. */
const changedRetrySeconds = 15;

/**
 * Counts seats anew because an operator asked for it (contract customers 10): of one namespace, whatever its plan, or piece
 * by piece of all that are on a paid plan; a piece is a job, and the job sends the next. Coming twice it finds refreshed what
 * it was to refresh, and goes on behind it.
 */
export async function refreshSeatsAsAsked(env: Env, job: JobOf<"refresh_seats">): Promise<Settled> {
  const db = openDb(env.DB);
  const now = new Date();
  if (job.namespace_id !== null) return refreshOne(db, job.namespace_id, now);
  const rows = await findDueSubscriptions(db, { since: new Date(job.asked_at), afterId: job.after_id, limit: subscriptionsAtOnce });
  await refreshPiece(db, rows, now);
  const last = rows.at(-1);
  if (last !== undefined && rows.length === subscriptionsAtOnce) await env.JOBS.send({ ...job, after_id: last.id });
  return { done: true };
}

async function refreshOne(db: Db, namespaceId: number, now: Date): Promise<Settled> {
  const rows = await findSubscriptionToRefresh(db, namespaceId);
  const refreshed = await refreshSeats(db, rows, now);
  return refreshed === rows.length ? { done: true } : { retryInSeconds: changedRetrySeconds };
}
