import * as v from "valibot";
import { titleOf, type PlanTitles } from "../../domain/billing/plans.ts";
import { isUpgradable, shownSeatsInUse, type BillableMembers } from "../../domain/billing/seats.ts";
import type { SubscriptionTerms } from "../../domain/billing/subscription.ts";

const text = v.nullable(v.string());
const number = v.nullable(v.number());
const flag = v.nullable(v.boolean());

/** A subscription (contract customers 3.5); where there is none every value is null. */
export const Subscription = v.object({
  plan: v.object({ code: text, name: text, trial: flag, auto_renew: flag, upgradable: flag }),
  usage: v.object({ seats_in_subscription: number, seats_in_use: number, max_seats_used: number, seats_owed: number }),
  billing: v.object({ subscription_start_date: text, subscription_end_date: text, trial_ends_on: text }),
});

const none: v.InferOutput<typeof Subscription> = {
  plan: { code: null, name: null, trial: null, auto_renew: null, upgradable: null },
  usage: { seats_in_subscription: null, seats_in_use: null, max_seats_used: null, seats_owed: null },
  billing: { subscription_start_date: null, subscription_end_date: null, trial_ends_on: null },
};

/** `members`: whom it would have to pay for now. */
export function renderSubscription(
  terms: SubscriptionTerms | null,
  members: BillableMembers,
  { today, titles }: { today: string; titles: PlanTitles },
): v.InferOutput<typeof Subscription> {
  if (terms === null) return none;
  const { planCode } = terms;
  return {
    plan: {
      code: planCode,
      name: planCode === null ? null : titleOf(planCode, titles),
      trial: terms.isTrial,
      auto_renew: terms.autoRenew,
      upgradable: isUpgradable(terms, today),
    },
    usage: {
      seats_in_subscription: terms.seats,
      seats_in_use: shownSeatsInUse(terms, members),
      max_seats_used: terms.maxSeatsUsed,
      seats_owed: terms.seatsOwed,
    },
    billing: {
      subscription_start_date: terms.startDate,
      subscription_end_date: terms.endDate,
      trial_ends_on: terms.trialEndsOn,
    },
  };
}
