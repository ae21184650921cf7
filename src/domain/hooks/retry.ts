/** Seconds before the second, third and fourth try of a delivery. */
const delays = [10, 60, 300];

/** How often a delivery is tried in all (contract push 8.5). */
export const mostTries = delays.length + 1;

/**
 * Seconds until a delivery that has been tried this often is tried again; null: it is not. Spread by up to a fifth, so that
 * what failed together does not come back together. `random`: 0 to 1.
 */
export function retryDelaySeconds(tries: number, random: number): number | null {
  const delay = delays[tries - 1];
  return delay === undefined ? null : Math.ceil(delay * (1 + random / 5));
}
