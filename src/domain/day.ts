export const dayMilliseconds = 24 * 60 * 60 * 1000;

/** Midnight before, UTC. */
export function startOfDay(now: Date): Date {
  return new Date(Math.floor(now.getTime() / dayMilliseconds) * dayMilliseconds);
}
