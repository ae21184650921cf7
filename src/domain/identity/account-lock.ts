/** What locks an account: somebody, until somebody unlocks it; or too many wrong one-time passwords, for a while. */
export interface AccountLock {
  isLocked: boolean;
  lockedUntil: Date | null;
}

/** Whether either holds; a lock that ends now has ended. `isLockedAtTime` (db/locked.ts) is the same in SQL. */
export function isLockedAt({ isLocked, lockedUntil }: AccountLock, now: Date): boolean {
  return isLocked || (lockedUntil !== null && lockedUntil > now);
}
