import type { FieldErrors } from "../fault.ts";
import { dayOf } from "../identity/access-level.ts";
import { countSeats } from "./new-term.ts";
import { planOf } from "./plans.ts";
import type { BillableMembers } from "./seats.ts";
import type { SentTerms, SubscriptionTerms } from "./subscription.ts";

/** Terms that may be stored, or what is wrong with those that were sent, by field. */
export type DecidedTerms = { terms: SubscriptionTerms; errors: null } | { terms: null; errors: FieldErrors };

/** Terms before it is known whether those are there that have to be. */
interface DraftTerms extends Omit<SubscriptionTerms, "seats" | "startDate"> {
  seats: number | null;
  startDate: string | null;
}

/** What a subscription begins as where nothing is said (contract customers 4.3). */
function unsaid(now: Date): SubscriptionTerms {
  return {
    planCode: null,
    seats: 0,
    startDate: dayOf(now),
    endDate: null,
    autoRenew: null,
    isTrial: false,
    trialStartsOn: null,
    trialEndsOn: null,
    trialExtensionType: null,
    seatsInUse: 0,
    maxSeatsUsed: 0,
    seatsOwed: 0,
    maxSeatsUsedChangedAt: null,
  };
}

/** A subscription where there was none. */
export function newSubscription(sent: SentTerms, now: Date): DecidedTerms {
  return checkTerms(mergeTerms(unsaid(now), sent));
}

/** A subscription that is there, with what was sent in the place of what it said (contract customers 3.3, 5.4). */
export function changeSubscription(current: SubscriptionTerms, sent: SentTerms, members: BillableMembers, now: Date): DecidedTerms {
  const { terms, errors } = checkTerms(mergeTerms(current, sent));
  return terms === null ? { terms, errors } : { terms: countSeats(current, terms, members, now), errors };
}

/**
 * A trial that is asked for begins when the subscription does, where no day of its own is sent. Where neither is, it begins
 * when it is known to begin (contract customers 3.2 and 3.3, step 5).
 */
export function withTrialStart(sent: SentTerms): SentTerms {
  return sent.isTrial === true ? { ...sent, trialStartsOn: sent.trialStartsOn ?? sent.startDate ?? undefined } : sent;
}

function mergeTerms(current: SubscriptionTerms, sent: SentTerms): DraftTerms {
  const { seatsInUse, seatsOwed, maxSeatsUsedChangedAt } = current;
  return {
    planCode: sent.planCode === undefined ? current.planCode : planOf(sent.planCode),
    seats: given(sent.seats, current.seats),
    startDate: given(sent.startDate, current.startDate),
    endDate: given(sent.endDate, current.endDate),
    autoRenew: given(sent.autoRenew, current.autoRenew),
    isTrial: given(sent.isTrial, current.isTrial) ?? false,
    trialStartsOn: given(sent.trialStartsOn, current.trialStartsOn),
    trialEndsOn: given(sent.trialEndsOn, current.trialEndsOn),
    trialExtensionType: given(sent.trialExtensionType, current.trialExtensionType),
    seatsInUse,
    maxSeatsUsed: given(sent.maxSeatsUsed, current.maxSeatsUsed) ?? 0,
    seatsOwed,
    maxSeatsUsedChangedAt,
  };
}

function given<T>(sent: T | undefined, current: T): T {
  return sent === undefined ? current : sent;
}

const blank = ["can't be blank"];

/** Contract customers 4.2. */
function checkTerms(draft: DraftTerms): DecidedTerms {
  const { seats, startDate } = draft;
  const errors: FieldErrors = {
    ...(seats === null && { seats: blank }),
    ...(startDate === null && { start_date: blank }),
    ...(draft.isTrial && checkTrial(draft)),
  };
  if (seats === null || startDate === null || Object.keys(errors).length > 0) return { terms: null, errors };
  return { terms: { ...draft, seats, startDate }, errors: null };
}

function checkTrial({ trialStartsOn, trialEndsOn }: DraftTerms): FieldErrors {
  if (trialStartsOn !== null && trialEndsOn !== null) {
    return trialEndsOn > trialStartsOn ? {} : { trial_ends_on: [`must be greater than ${trialStartsOn}`] };
  }
  return {
    ...(trialStartsOn === null && { trial_starts_on: blank }),
    ...(trialEndsOn === null && { trial_ends_on: blank }),
  };
}
