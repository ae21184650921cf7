import { getTableColumns, sql, type SQL } from "drizzle-orm";
import { users } from "./schema/index.ts";

/**
 * Whether an account is locked, for good or until a moment that has not come: 0 or 1, where it is shown. What is decided
 * by it compares with the time of the request instead (domain/identity/account-lock.ts). `alias`: the table's name in
 * the statement.
 */
export function isLockedNow(alias: "users" | "u" | "a" | "c"): SQL {
  return sql.raw(`(${alias}.is_locked or coalesce(${alias}.locked_until, 0) > unixepoch('subsec') * 1000)`);
}

/** The columns of a user who is shown. */
export const shownUserColumns = {
  ...getTableColumns(users),
  isLocked: isLockedNow("users").mapWith(users.isLocked).as("is_locked_now"),
};
