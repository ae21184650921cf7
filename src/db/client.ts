import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import * as schema from "./schema/index.ts";

/** What a request has asked of D1 so far: what users wait for, so it is counted, shown (`Server-Timing`) and tested. */
export interface D1Meter {
  trips: number;
  statements: number;
  rowsRead: number;
  rowsWritten: number;
  milliseconds: number;
}

export interface Db {
  /** Queries that are built per request: provisioning, lists, writes. */
  query: DrizzleD1Database<typeof schema>;
  /** The session itself, for statements that are compiled once per isolate (statement.ts). */
  session: D1DatabaseSession;
  meter: D1Meter;
}

/** A session that begins at the primary, so that what was written before is seen. */
export function openDb(database: D1Database): Db {
  const meter: D1Meter = { trips: 0, statements: 0, rowsRead: 0, rowsWritten: 0, milliseconds: 0 };
  const session = metered(database.withSession("first-primary"), meter);
  // drizzle's type asks for a whole D1Database; it uses prepare() and batch(), which a session has.
  const query = drizzle(session as unknown as D1Database, { schema });
  return { query: Object.assign(query, { batch: batchIn(session) }), session, meter };
}

interface PreparedQuery {
  getQuery(): { sql: string; params: unknown[] };
  mapResult(result: unknown, isFromBatch: boolean): unknown;
}

/** In place of drizzle's own batch for D1, which cannot bind the parameters of raw statements (`run(sql…)`, `all(sql…)`). */
function batchIn(session: D1DatabaseSession): DrizzleD1Database<typeof schema>["batch"] {
  const run = async (statements: readonly unknown[]): Promise<unknown[]> => {
    // oxlint-disable-next-line no-underscore-dangle -- the method's name in drizzle
    const prepared = statements.map((statement) => (statement as { _prepare(): PreparedQuery })._prepare());
    const results = await session.batch(
      prepared.map((each) => {
        const { sql, params } = each.getQuery();
        return session.prepare(sql).bind(...params);
      }),
    );
    return prepared.map((each, index) => each.mapResult(results[index], true));
  };
  return run as DrizzleD1Database<typeof schema>["batch"];
}

const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

function metered(session: D1DatabaseSession, meter: D1Meter): D1DatabaseSession {
  return {
    prepare: (query) => meteredStatement(session.prepare(query), meter),
    batch: <T>(statements: D1PreparedStatement[]) =>
      count(meter, statements.length, () => session.batch<T>(statements.map((statement) => originals.get(statement) ?? statement))),
    getBookmark: () => session.getBookmark(),
  };
}

function meteredStatement(statement: D1PreparedStatement, meter: D1Meter): D1PreparedStatement {
  const wrapper = {
    bind: (...values: unknown[]) => meteredStatement(statement.bind(...values), meter),
    all: () => count(meter, 1, () => statement.all()),
    run: () => count(meter, 1, () => statement.run()),
    raw: (options?: { columnNames?: false }) => count(meter, 1, () => statement.raw(options)),
    first: (column?: string) => count(meter, 1, () => (column === undefined ? statement.first() : statement.first(column))),
  } as D1PreparedStatement;
  originals.set(wrapper, statement);
  return wrapper;
}

/** `raw()` and `first()` give no meta: their rows are not counted, their trip is. */
async function count<T>(meter: D1Meter, statements: number, run: () => Promise<T>): Promise<T> {
  meter.trips += 1;
  meter.statements += statements;
  const started = Date.now();
  try {
    const result = await run();
    for (const each of Array.isArray(result) ? result : [result]) {
      const meta = (each as Partial<D1Result> | null)?.meta;
      meter.rowsRead += meta?.rows_read ?? 0;
      meter.rowsWritten += meta?.rows_written ?? 0;
    }
    return result;
  } finally {
    meter.milliseconds += Date.now() - started;
  }
}
