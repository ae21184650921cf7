import { env } from "cloudflare:workers";

/** A statement as it was asked. */
export interface Seen {
  text: string;
  params: unknown[];
}
/** Statements that went to the database together. */
export interface Trip {
  statements: Seen[];
  rowsRead: number;
}

/** D1 with an eye on it: one list of round trips for each session; the first session is the one the answer waits for. */
export function watchedDatabase() {
  const sessions: Trip[][] = [];
  const seen = new WeakMap<object, Seen & { real: D1PreparedStatement }>();
  const watch = (real: D1PreparedStatement, text: string, params: unknown[], trips: Trip[]): object => {
    const noted = <T>(answer: T, rowsRead: number): T => {
      trips.push({ statements: [{ text, params }], rowsRead });
      return answer;
    };
    const watched = {
      bind: (...values: unknown[]) => watch(real.bind(...values), text, values, trips),
      all: async () => noted(...(await withRows(real.all()))),
      run: async () => noted(...(await withRows(real.run()))),
      raw: async () => noted(await real.raw(), 0),
      first: async () => noted(await real.first(), 0),
    };
    seen.set(watched, { text, params, real });
    return watched;
  };
  const withSession = () => {
    const session = env.DB.withSession("first-primary");
    const trips: Trip[] = [];
    sessions.push(trips);
    return {
      prepare: (text: string) => watch(session.prepare(text), text, [], trips),
      async batch(statements: object[]) {
        const asked = statements.map((statement) => seen.get(statement)!);
        const results = await session.batch(asked.map((each) => each.real));
        trips.push({ statements: asked, rowsRead: results.reduce((sum, result) => sum + result.meta.rows_read, 0) });
        return results;
      },
      getBookmark: () => session.getBookmark(),
    };
  };
  return { binding: { withSession }, sessions };
}

async function withRows(result: Promise<D1Result>): Promise<[D1Result, number]> {
  const answer = await result;
  return [answer, answer.meta.rows_read];
}

/** What a SCAN in a query plan may go over: a row or a few that the statement made itself. */
const ownRows =
  /^SCAN (\w+ VIRTUAL TABLE INDEX 1:|\d+ CONSTANT ROWS?|CONSTANT ROW|target|place|actor|reporting|t|rule|request|\(subquery-\d+\))$/;

/** The tables that a statement walks through from end to end. */
export async function scansOf({ text, params }: Seen): Promise<string[]> {
  const plan = await env.DB.prepare(`explain query plan ${text}`)
    .bind(...params)
    .all<{ detail: string }>();
  return plan.results.map((row) => row.detail).filter((detail) => detail.startsWith("SCAN") && !ownRows.test(detail));
}
