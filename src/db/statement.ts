import { fillPlaceholders, type SQL } from "drizzle-orm";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import type { Db } from "./client.ts";

/**
 * A statement whose text is compiled once per isolate and bound per request.
 * Its columns come back under the names the SQL gives them, so every column of a join needs a name of its own.
 */
export interface Statement<Row> {
  bind(session: D1DatabaseSession, values: Record<string, unknown>): D1PreparedStatement;
  /** Never set; carries the type of a row. */
  row?: Row;
}

const dialect = new SQLiteSyncDialect();

/** Placeholders in the SQL are `sql.placeholder("name")`. */
export function statement<Row>(build: () => SQL): Statement<Row> {
  let compiled: { sql: string; params: unknown[] } | undefined;
  return {
    bind(session, values) {
      compiled ??= dialect.sqlToQuery(build());
      return session.prepare(compiled.sql).bind(...fillPlaceholders(compiled.params, values));
    },
  };
}

type RowsOf<Statements> = { [Name in keyof Statements]: Statements[Name] extends Statement<infer Row> ? Row[] : never };

/** Runs the statements in one round trip, all with the same values, and gives the rows of each under its name. */
export async function loadTogether<const Statements extends Record<string, Statement<unknown>>>(
  db: Db,
  statements: Statements,
  values: Record<string, unknown>,
): Promise<RowsOf<Statements>> {
  const names = Object.keys(statements);
  const results = await db.session.batch(names.map((name) => (statements[name] as Statement<unknown>).bind(db.session, values)));
  return Object.fromEntries(names.map((name, index) => [name, results[index]?.results ?? []])) as RowsOf<Statements>;
}
