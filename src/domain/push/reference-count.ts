/** How many pushes to a repository are between their pre-receive and their post-receive. */
export interface ReferenceCount {
  value: number;
  /** When it is forgotten, however high: a push that never ended must not count for ever. */
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

/** Never below zero; does not lengthen the life. */
export function decreaseCount(stored: ReferenceCount | null, now: number): ReferenceCount {
  const current = currentCount(stored, now);
  return { value: Math.max(0, current.value - 1), expiresAt: current.expiresAt };
}
