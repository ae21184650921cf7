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
