import type { UserFacts } from "../../domain/access/facts.ts";

/** A truth as SQLite has it. */
export type Flag = 0 | 1;

/** A point in time from how it is stored. */
export function toDate(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}

/** The columns of `users` that say who somebody is and what bars them from Git; the terms come besides. */
export interface StatedUserRow extends Pick<UserFacts, "id" | "username" | "state"> {
  user_type: UserFacts["userType"];
  confirmed_at: number | null;
  is_locked: Flag;
  locked_until: number | null;
  password_expires_at: number | null;
}

export function toStatedUser(row: StatedUserRow) {
  return {
    id: row.id,
    username: row.username,
    state: row.state,
    userType: row.user_type,
    isConfirmed: row.confirmed_at !== null,
    isLocked: row.is_locked === 1,
    lockedUntil: toDate(row.locked_until),
    passwordExpiresAt: toDate(row.password_expires_at),
  };
}
