import { sql, type SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** Bytes of the largest value of a column that a list shows whole: a page of the largest there are would not fit into memory. */
export const longestListed = 16 * 1024;

/** Whether a list shows the column's value whole. */
export function fitsList(column: SQLiteColumn): SQL {
  return sql`octet_length(${column}) <= ${longestListed}`;
}
