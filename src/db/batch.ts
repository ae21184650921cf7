import type { BatchItem } from "drizzle-orm/batch";
import type { Db } from "./client.ts";

/** Runs statements whose rows nobody needs, in one round trip: all of them, or none. */
export async function runBatch(db: Db, statements: readonly BatchItem<"sqlite">[]): Promise<void> {
  const [first, ...rest] = statements;
  if (first !== undefined) await db.query.batch([first, ...rest]);
}

/** The same, with a query behind them that sees what they wrote; gives its rows. */
export async function runBatchThen<Rows>(
  db: Db,
  statements: readonly BatchItem<"sqlite">[],
  last: BatchItem<"sqlite"> & PromiseLike<Rows>,
): Promise<Rows> {
  const [first, ...rest] = [...statements, last];
  const results: unknown[] = await db.query.batch([first ?? last, ...rest]);
  return results.at(-1) as Rows;
}
