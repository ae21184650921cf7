import type { PlanName } from "./plans.ts";

export const historyChanges = ["gitlab_subscription_updated", "gitlab_subscription_destroyed"] as const;

/** How a trial was given more time: 1 extended, 2 reactivated. */
export const trialExtensionTypes = [1, 2] as const;

/** What a subscription says, without its place and its times. Days are `YYYY-MM-DD`. */
export interface SubscriptionTerms {
  planCode: PlanName | null;
  seats: number;
  startDate: string;
  /** Null never expires. */
  endDate: string | null;
  autoRenew: boolean | null;
  isTrial: boolean;
  trialStartsOn: string | null;
  trialEndsOn: string | null;
  trialExtensionType: (typeof trialExtensionTypes)[number] | null;
  /** Counted by the last refresh. */
  seatsInUse: number;
  maxSeatsUsed: number;
  seatsOwed: number;
  maxSeatsUsedChangedAt: Date | null;
}

/** What of a subscription is given by whoever writes it: undefined is not sent, null is sent as nothing. */
export interface SentTerms {
  /** Any text: a plan that there is not is no plan. */
  planCode?: string | null | undefined;
  seats?: number | null | undefined;
  startDate?: string | null | undefined;
  endDate?: string | null | undefined;
  autoRenew?: boolean | null | undefined;
  isTrial?: boolean | null | undefined;
  trialStartsOn?: string | null | undefined;
  trialEndsOn?: string | null | undefined;
  trialExtensionType?: SubscriptionTerms["trialExtensionType"] | undefined;
  maxSeatsUsed?: number | null | undefined;
}

/** The terms under their names on the wire, without times: what the ledger tells of a subscription. */
export function describeTerms(terms: SubscriptionTerms) {
  return {
    plan_code: terms.planCode,
    seats: terms.seats,
    start_date: terms.startDate,
    end_date: terms.endDate,
    auto_renew: terms.autoRenew,
    trial: terms.isTrial,
    trial_starts_on: terms.trialStartsOn,
    trial_ends_on: terms.trialEndsOn,
    trial_extension_type: terms.trialExtensionType,
    seats_in_use: terms.seatsInUse,
    max_seats_used: terms.maxSeatsUsed,
    seats_owed: terms.seatsOwed,
  };
}
