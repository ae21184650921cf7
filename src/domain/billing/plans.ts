/** The plan catalogue (contract customers 4.1), by the names that are on the wire. */
export const planNames = [
  "default",
  "free",
  "bronze",
  "silver",
  "premium",
  "gold",
  "ultimate",
  "ultimate_trial",
  "premium_trial",
  "ultimate_trial_paid_customer",
  "opensource",
] as const;
export type PlanName = (typeof planNames)[number];

const paid: readonly PlanName[] = planNames.filter((name) => name !== "default" && name !== "free");
const top: readonly PlanName[] = ["gold", "ultimate", "opensource"];
const guestFree: readonly PlanName[] = ["gold", "ultimate", "ultimate_trial", "ultimate_trial_paid_customer", "opensource"];

/** Plans that a subscription may have to pay for. */
export const paidPlans = paid;

export function isPaidPlan(plan: PlanName | null): boolean {
  return plan !== null && paid.includes(plan);
}

/** There is nothing above it to go to. */
export function isTopPlan(plan: PlanName | null): boolean {
  return plan !== null && top.includes(plan);
}

/** Guests take no seat. */
export function isGuestFree(plan: PlanName | null): boolean {
  return plan !== null && guestFree.includes(plan);
}

/**
 * The plan that a `plan_code` stands for: exact and in lower case. Null is the free plan; a name that there is not, the
 * empty one among them, is no plan.
 */
export function planOf(code: string | null): PlanName | null {
  if (code === null) return "free";
  return planNames.find((name) => name === code) ?? null;
}

/** Titles that an operator has set, by plan. */
export type PlanTitles = Partial<Record<PlanName, string>>;

/** What a plan is called in answers: its name, unless an operator has set another title. */
export function titleOf(plan: PlanName, titles: PlanTitles): string {
  return titles[plan] ?? plan;
}
