import { or, sql, type SQL, type SQLWrapper } from "drizzle-orm";

/**
 * Whether one of the columns contains the text, in whatever (ASCII) letter case; no text is no condition. D1 refuses LIKE
 * patterns of more than 50 bytes; instr() has no such limit, and no wildcards to escape.
 */
export function contains(text: string | undefined, ...columns: SQLWrapper[]): SQL | undefined {
  if (text === undefined || text === "") return undefined;
  return or(...columns.map((column) => sql`instr(lower(${column}), lower(${text})) > 0`));
}
