import { and, asc, eq, gt, inArray, isNull, lt, or, sql, type SQL } from "drizzle-orm";
import { paidPlans } from "../domain/billing/plans.ts";
import { refreshedSeats } from "../domain/billing/seats.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { countBillable, toBillable } from "./billable-members.ts";
import type { Db } from "./client.ts";
import { subscriptions } from "./schema/index.ts";

/** A subscription as it was read, for its seats to be counted. */
export type RefreshableSubscription = Awaited<ReturnType<typeof findDueSubscriptions>>[number];

/** Which subscriptions are due: of paid plans, not refreshed since `since`; those after this id, at most `limit`. */
export interface DuePiece {
  since: Date;
  afterId: number;
  limit: number;
}

/** In order of id. */
export function findDueSubscriptions(db: Db, { since, afterId, limit }: DuePiece) {
  const isDue = or(isNull(subscriptions.lastSeatRefreshAt), lt(subscriptions.lastSeatRefreshAt, since));
  return selectRefreshable(db, and(gt(subscriptions.id, afterId), inArray(subscriptions.planCode, paidPlans), isDue)).limit(limit);
}

/** The subscription of a namespace, due or not and whatever its plan: one, or none. */
export function findSubscriptionToRefresh(db: Db, namespaceId: number) {
  return selectRefreshable(db, eq(subscriptions.namespaceId, namespaceId));
}

function selectRefreshable(db: Db, condition: SQL | undefined) {
  const { id, namespaceId, planCode, seats, maxSeatsUsed, isTrial, lockVersion } = subscriptions;
  return (
    db.query
      .select({ id, namespaceId, planCode, seats, maxSeatsUsed, isTrial, lockVersion })
      .from(subscriptions)
      .where(condition)
      // The primary key finds what comes after an id; an index over times would have to be sorted again for each piece.
      .orderBy(asc(id))
      .$dynamic()
  );
}

/**
 * Counts the seats of subscriptions anew, and writes what follows from it (contract customers 5.3): two round trips for
 * all of them. One that was changed since it was read keeps that change, and is due as before. Answers how many were
 * written.
 */
export async function refreshSeats(db: Db, rows: readonly RefreshableSubscription[], now: Date): Promise<number> {
  if (rows.length === 0) return 0;
  const counted = await countBillable(
    db,
    rows.map((row) => row.namespaceId),
    dayOf(now),
  );
  const billable = toBillable(counted);
  const refreshed = rows.map((row) => ({
    id: row.id,
    lockVersion: row.lockVersion,
    ...refreshedSeats(row, billable(row.namespaceId)),
  }));
  const result = await db.query.run(sql`
    update subscriptions set
      seats_in_use = new.value ->> 'seatsInUse',
      max_seats_used = new.value ->> 'maxSeatsUsed',
      max_seats_used_changed_at =
        case when max_seats_used = new.value ->> 'maxSeatsUsed' then max_seats_used_changed_at else ${now.getTime()} end,
      seats_owed = new.value ->> 'seatsOwed',
      last_seat_refresh_at = ${now.getTime()},
      lock_version = lock_version + 1,
      updated_at = ${now.getTime()}
    from json_each(${JSON.stringify(refreshed)}) as new
    where subscriptions.id = new.value ->> 'id' and subscriptions.lock_version = new.value ->> 'lockVersion'
    returning subscriptions.id`);
  return result.results.length;
}
