/** How many pushes to a repository are between their pre-receive and their post-receive. */
export interface ReferenceCount {
  value: number;
  /** When it is forgotten, however high: a push that never ended must not count for ever. Milliseconds; 0: never set. */
  expiresAt: number;
}

/** Seconds from the last increase. */
export const countLifeSeconds = 600;

const none: ReferenceCount = { value: 0, expiresAt: 0 };

/** What still counts at `now` (milliseconds). */
export function currentCount(stored: ReferenceCount | null, now: number): ReferenceCount {
  return stored === null || stored.expiresAt <= now ? none : stored;
}

export function increaseCount(stored: ReferenceCount | null, now: number): ReferenceCount {
  return { value: currentCount(stored, now).value + 1, expiresAt: now + countLifeSeconds * 1000 };
}

/**
 * Never below zero; does not lengthen the life. `wasReset`: there was nothing to take away, which a caller who counts in
 * and out in pairs only sees when the count has expired between the two.
 */
export function decreaseCount(stored: ReferenceCount | null, now: number): ReferenceCount & { wasReset: boolean } {
  const current = currentCount(stored, now);
  return current.value <= 1 ? { ...none, wasReset: current.value === 0 } : { ...current, value: current.value - 1, wasReset: false };
}

/** Seconds until the count is forgotten; 0 where nothing counts. */
export function remainingLife(count: ReferenceCount, now: number): number {
  return count.value === 0 ? 0 : Math.max(0, Math.ceil((count.expiresAt - now) / 1000));
}
