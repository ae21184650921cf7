const minute = 60_000;

/**
 * Whether the use of a token is to be written down: where none is, or the last one is older than 40 to 55 minutes, by
 * chance, so that the agents of an instance do not all write at once (contract kas 1.2). `random`: 0 to 1.
 */
export function isUseDue(lastUsedAt: Date | null, now: Date, random: number): boolean {
  return lastUsedAt === null || now.getTime() - lastUsedAt.getTime() > (40 + 15 * random) * minute;
}

/** An agent whose tokens were not used since then was away (contract kas 13). */
export function connectedSince(now: Date): Date {
  return new Date(now.getTime() - 60 * minute);
}

/** Whether an agent is there, by the last use of any of its active tokens (contract kas 13). */
export function isConnected(lastUsedAt: Date | null, now: Date): boolean {
  return lastUsedAt !== null && lastUsedAt > connectedSince(now);
}
