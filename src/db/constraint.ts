/**
 * Whether the database refused a write because the columns (`routes.path`) are taken already. The code relies on the
 * constraint rather than asking first: two requests at once cannot both pass it.
 */
export function isUniqueViolation(error: unknown, columns: string): boolean {
  return messagesOf(error).some((message) => message.includes(`UNIQUE constraint failed: ${columns}`));
}

function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.message, ...messagesOf(error.cause)];
}

/** Whether the database refused a write because a row that it refers to is not there, e.g. deleted meanwhile. */
export function isForeignKeyViolation(error: unknown): boolean {
  return messagesOf(error).some((message) => message.includes("FOREIGN KEY constraint failed"));
}
