import { getTableColumns, sql, type SQL } from "drizzle-orm";
import { users } from "./schema/index.ts";

/**
 * Whether an account is locked, for good or until a moment that has not come by `time` (milliseconds since 1970): 0 or 1;
 * `isLockedAt` (domain/identity/account-lock.ts) in SQL. `alias`: the name of `users` in the statement.
 */
export function isLockedAtTime(alias: "users" | "u" | "a" | "c", time: SQL): SQL {
  const user = sql.raw(alias);
  return sql`(${user}.is_locked or coalesce(${user}.locked_until, 0) > ${time})`;
}

/** The same by the database's own clock, where it is shown; what is decided by it compares with the time of the request. */
export function isLockedNow(alias: "users" | "u" | "a" | "c"): SQL {
  return isLockedAtTime(alias, sql`unixepoch('subsec') * 1000`);
}

/** The columns of a user who is shown. */
export const shownUserColumns = {
  ...getTableColumns(users),
  isLocked: isLockedNow("users").mapWith(users.isLocked).as("is_locked_now"),
};
