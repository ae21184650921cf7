import { sql } from "drizzle-orm";
import { mostCounted, type CounterName, type UniqueCounterName } from "../domain/agents/usage.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { jsonChunks } from "./json-chunks.ts";
import { loadTogether, statement } from "./statement.ts";

/** Adds to counters, and ids to unique ones: all of it, or nothing. Of what adds nothing no row is made. */
export async function addUsage(
  db: Db,
  counts: ReadonlyMap<CounterName, number>,
  uniqueIds: ReadonlyMap<UniqueCounterName, ReadonlySet<number>>,
): Promise<void> {
  const added = [...counts].filter(([, count]) => count > 0);
  await runBatch(db, [
    ...(added.length === 0 ? [] : [raiseCounters(db, added)]),
    ...[...uniqueIds].flatMap(([name, ids]) => [...jsonChunks(ids)].map((chunk) => addUniqueIds(db, name, chunk))),
  ]);
}

/** The sum of two counts is far from the largest integer of SQLite. */
function raiseCounters(db: Db, added: readonly [CounterName, number][]) {
  return db.query.run(sql`
    insert into usage_counters (name, value) select key, value from json_each(${JSON.stringify(Object.fromEntries(added))}) where true
    on conflict (name) do update set value = min(${mostCounted}, usage_counters.value + excluded.value)`);
}

function addUniqueIds(db: Db, name: UniqueCounterName, ids: string) {
  return db.query.run(sql`
    insert into usage_unique_values (name, value) select ${name}, value from json_each(${ids}) where true on conflict do nothing`);
}

const counters = statement<{ name: CounterName; value: number }>(() => sql`select name, value from usage_counters`);
const uniqueCounters = statement<{ name: UniqueCounterName; value: number }>(
  () => sql`select name, count(*) as value from usage_unique_values group by name`,
);

/**
 * What was counted so far, and how many ids each unique counter has; only of counters that have something. Reads every id
 * once: as many rows as there are users, agents and projects that were ever counted.
 */
export async function loadUsage(db: Db): Promise<{ counters: Map<CounterName, number>; uniqueCounters: Map<UniqueCounterName, number> }> {
  const rows = await loadTogether(db, { counters, uniqueCounters }, {});
  return {
    counters: new Map(rows.counters.map(({ name, value }) => [name, value])),
    uniqueCounters: new Map(rows.uniqueCounters.map(({ name, value }) => [name, value])),
  };
}
