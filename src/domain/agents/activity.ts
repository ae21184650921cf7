import { dayMilliseconds } from "../day.ts";

/** What is told of an agent's life. */
export const activityKinds = ["token_created", "token_revoked", "agent_connected"] as const;
export type ActivityKind = (typeof activityKinds)[number];

const keptDays = 7;

/** Events from before then are forgotten, and not shown where they are still stored. */
export function keptActivitySince(now: Date): Date {
  return new Date(now.getTime() - keptDays * dayMilliseconds);
}
