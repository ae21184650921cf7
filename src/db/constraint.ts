/**
 * Whether the database refused a write because the columns (`routes.path`) are taken already. The code relies on the
 * constraint rather than asking first: two requests at once cannot both pass it.
 */
export function isUniqueViolation(error: unknown, columns: string): boolean {
  return databaseMessage(error).includes(`UNIQUE constraint failed: ${columns}`);
}

/** Whether a write was refused since it gave the column (`projects.namespace_id`) nothing: how a condition within a batch undoes it all. */
export function isNotNullViolation(error: unknown, column: string): boolean {
  return databaseMessage(error).includes(`NOT NULL constraint failed: ${column}`);
}

/** The database's own words: the innermost cause. What wraps it repeats the parameters, which are the caller's words. */
function databaseMessage(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return error.cause instanceof Error ? databaseMessage(error.cause) : error.message;
}

/** Whether the database refused a write because a row that it refers to is not there, e.g. deleted meanwhile. */
export function isForeignKeyViolation(error: unknown): boolean {
  return databaseMessage(error).includes("FOREIGN KEY constraint failed");
}
