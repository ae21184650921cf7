import { isGuestFree, isPaidPlan, isTopPlan, type PlanName } from "./plans.ts";
import type { SubscriptionTerms } from "./subscription.ts";

/** People with a role in a namespace, what is below it, or by invitation of their group (contract customers 5.2). */
export interface BillableMembers {
  all: number;
  /** Those among them who are more than a guest somewhere. */
  withoutGuests: number;
}

/** How many people a namespace has to pay for on a plan. */
export function billableOn(plan: PlanName | null, members: BillableMembers): number {
  return isGuestFree(plan) ? members.withoutGuests : members.all;
}

/** Whether seats are paid for: contract customers 5.1. */
export function isPaid({ isTrial, seats, planCode }: Pick<SubscriptionTerms, "isTrial" | "seats" | "planCode">): boolean {
  return !isTrial && seats > 0 && isPaidPlan(planCode);
}

/** Over by the day after its last; one without an end never is. */
export function isExpired({ endDate }: Pick<SubscriptionTerms, "endDate">, today: string): boolean {
  return endDate !== null && endDate < today;
}

/** Whether a higher plan may be bought in its place. */
export function isUpgradable(terms: SubscriptionTerms, today: string): boolean {
  return !isTopPlan(terms.planCode) && isPaid(terms) && !isExpired(terms, today);
}

/** What is shown as in use: what the last refresh counted where seats are paid for, else what is counted now. */
export function shownSeatsInUse(terms: SubscriptionTerms, members: BillableMembers): number {
  return isPaid(terms) ? terms.seatsInUse : billableOn(terms.planCode, members);
}

/** Seats used beyond those that are paid for. */
export function seatsOwed(terms: Pick<SubscriptionTerms, "isTrial" | "seats" | "planCode" | "maxSeatsUsed">): number {
  return isPaid(terms) ? Math.max(0, terms.maxSeatsUsed - terms.seats) : 0;
}

/** What the refresh makes of the seats of a subscription: contract customers 5.3. */
export function refreshedSeats(
  terms: Pick<SubscriptionTerms, "isTrial" | "seats" | "planCode" | "maxSeatsUsed">,
  members: BillableMembers,
): Pick<SubscriptionTerms, "seatsInUse" | "maxSeatsUsed" | "seatsOwed"> {
  const seatsInUse = billableOn(terms.planCode, members);
  const maxSeatsUsed = Math.max(terms.maxSeatsUsed, seatsInUse);
  return { seatsInUse, maxSeatsUsed, seatsOwed: seatsOwed({ ...terms, maxSeatsUsed }) };
}
