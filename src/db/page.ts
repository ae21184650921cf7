import { sql, type SQLWrapper } from "drizzle-orm";
import type { Db } from "./client.ts";

/** Which part of a list is asked for. */
export interface PageRange {
  size: number;
  offset: number;
}

/** A part of a list, and how many rows there are in all; beyond 10,000, no less than are known to be there. */
export interface ListPage<Row> {
  rows: Row[];
  total: number;
}

/** Rows are counted up to here; beyond it the answer has no totals. */
export const countedRows = 10_001;

/** Counts the rows of a query that has no limit of its own, for the batch of its page. */
export function countRows(db: Db, rows: SQLWrapper) {
  return db.query.all<{ total: number }>(sql`select count(*) as total from (${rows.getSQL()} limit ${countedRows})`);
}

/** The page of rows of which one more was read than it shows, so that it is known whether another page follows. */
export function toPage<Row>(rows: readonly Row[], counted: readonly { total: number }[], { size, offset }: PageRange): ListPage<Row> {
  const known = rows.length === 0 ? 0 : offset + rows.length;
  return { rows: rows.slice(0, size), total: Math.max(counted[0]?.total ?? 0, known) };
}
