import type { BatchItem } from "drizzle-orm/batch";
import type { Db } from "./client.ts";

/** Statements of one round trip: a few megabytes where each has as much as it may. */
const statementsPerTrip = 12;

/**
 * Runs statements, however many, in order: a bounded number in each round trip, which all happen or none. They are made
 * as they are needed. `beforeTrip` may throw, and nothing more is written then. Gives the rows of those that read.
 */
export async function runInBatches<Row>(db: Db, statements: Iterable<BatchItem<"sqlite">>, beforeTrip: () => void): Promise<Row[]> {
  let rows: Row[] = [];
  for (const [first, ...rest] of inGroups(statements, statementsPerTrip)) {
    if (first === undefined) continue;
    beforeTrip();
    // oxlint-disable-next-line no-await-in-loop -- in order, and a few in memory at a time
    const results: unknown[] = await db.query.batch([first, ...rest]);
    rows = rows.concat(results.filter((result) => Array.isArray(result)).flat() as Row[]);
  }
  return rows;
}

function* inGroups<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let group: Item[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
