/** How a hook has fared: the deliveries that failed one after the other, and until when it is not called for that. */
export interface HookHealth {
  failures: number;
  disabledUntil: Date | null;
}

/** Failed deliveries, one after the other, from which on a hook is paused, and at which it is switched off (contract push 8.5). */
const failuresToPause = 4;
export const failuresToDisable = 40;

const firstPauseMs = 60_000;
const longestPauseMs = 24 * 60 * 60 * 1000;

export const alertStatuses = ["executable", "temporarily_disabled", "disabled"] as const;
export type AlertStatus = (typeof alertStatuses)[number];

export function alertStatusOf({ failures, disabledUntil }: HookHealth, now: Date): AlertStatus {
  if (failures >= failuresToDisable) return "disabled";
  return disabledUntil !== null && disabledUntil > now ? "temporarily_disabled" : "executable";
}

/** Whether a push is told to the hook: not while it is paused, and not once it is switched off. */
export function isExecutable(hook: HookHealth, now: Date): boolean {
  return alertStatusOf(hook, now) === "executable";
}

/**
 * Milliseconds for which a hook is paused when this many deliveries have failed one after the other: a minute, doubled by
 * each further one, at most a day. Null: it is not paused, because it failed too seldom or is switched off altogether.
 * A delivery with all its retries counts once.
 */
export function pauseAfter(failures: number): number | null {
  if (failures < failuresToPause || failures >= failuresToDisable) return null;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - failuresToPause));
}
