import { dayMilliseconds } from "../day.ts";

/** From when on decisions are kept, by the setting `decision_log_days`; with 0 nothing is. */
export function keptSince(days: number, now: Date): Date {
  return new Date(now.getTime() - Math.max(0, days) * dayMilliseconds);
}
