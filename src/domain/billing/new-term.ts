import { dayOf } from "../identity/access-level.ts";
import { billableOn, isPaid, seatsOwed, type BillableMembers } from "./seats.ts";
import type { SubscriptionTerms } from "./subscription.ts";

/**
 * The terms as they are stored in place of the current ones: what was counted as used is not carried into a new term, into
 * a paid subscription after its trial, or past a start that is later than the count; else a changed maximum is stamped.
 * Seats that are owed are computed by such a reset and by nothing else here (contract customers 5.4).
 */
export function countSeats(current: SubscriptionTerms, next: SubscriptionTerms, members: BillableMembers, now: Date): SubscriptionTerms {
  const isStamped = next.maxSeatsUsed !== current.maxSeatsUsed && !beginsTerm(current, next);
  const stamped = isStamped ? { ...next, maxSeatsUsedChangedAt: now } : next;
  return isReset(current, stamped) ? resetSeats(stamped, members, now) : stamped;
}

function isReset(current: SubscriptionTerms, next: SubscriptionTerms): boolean {
  if (!isPaid(next)) return false;
  return beginsTerm(current, next) || current.isTrial || isCountedBeforeStart(next);
}

/** Both days are others, and the new ones do not reach into the old. */
function beginsTerm(current: SubscriptionTerms, next: SubscriptionTerms): boolean {
  if (next.startDate === current.startDate || next.endDate === current.endDate) return false;
  return current.endDate === null || next.startDate >= current.endDate;
}

function isCountedBeforeStart({ maxSeatsUsedChangedAt, startDate }: SubscriptionTerms): boolean {
  return maxSeatsUsedChangedAt !== null && dayOf(maxSeatsUsedChangedAt) < startDate;
}

function resetSeats(terms: SubscriptionTerms, members: BillableMembers, now: Date): SubscriptionTerms {
  const count = billableOn(terms.planCode, members);
  const counted = { ...terms, seatsInUse: count, maxSeatsUsed: count, maxSeatsUsedChangedAt: now };
  return { ...counted, seatsOwed: seatsOwed(counted) };
}
