import { dayMilliseconds } from "../day.ts";

/** Whether a use of a key is worth writing down: once a day is often enough (contract accounts 3). */
export function isKeyUseStale(key: { lastUsedAt: Date | null }, now: Date): boolean {
  return key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() >= dayMilliseconds;
}
