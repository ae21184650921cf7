import { sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";

/** A table that holds sealed text, in its column `sealed`, and the column that tells its rows apart. */
export type SealedTable = (typeof sealedTables)[keyof typeof sealedTables];

export const sealedTables = {
  hooks: { name: "web_hooks", id: "id" },
  twoFactors: { name: "two_factors", id: "user_id" },
} as const;

export interface SealedRow {
  id: number;
  sealed: string;
}

/** A row as it was read, with the text that its secrets are under from now on. */
export interface ResealedRow extends SealedRow {
  resealed: string;
}

/** Compared with `substr`, since D1 takes no patterns of this length. */
const begins = (start: string): SQL => sql`substr(sealed, 1, ${start.length}) = ${start}`;

/** The rows after this id whose sealed text begins otherwise, in their order, at most `limit`. */
export function findSealedOtherwise(db: Db, table: SealedTable, start: string, afterId: number, limit: number): Promise<SealedRow[]> {
  const id = sql.identifier(table.id);
  return db.query.all<SealedRow>(sql`
    select ${id} as id, sealed from ${sql.identifier(table.name)}
    where ${id} > ${afterId} and not ${begins(start)} order by ${id} limit ${limit}`);
}

/** How many rows have a sealed text that begins otherwise. Looks at every row. */
export async function countSealedOtherwise(db: Db, table: SealedTable, start: string): Promise<number> {
  const [row] = await db.query.all<{ count: number }>(sql`
    select count(*) as count from ${sql.identifier(table.name)} where not ${begins(start)}`);
  return row?.count ?? 0;
}

/**
 * Writes the new texts where those that were read are still there; how many that were. Whoever asks for a row finds it
 * unchanged, and so does `If-Unmodified-Since`.
 */
export async function recordResealed(db: Db, table: SealedTable, rows: readonly ResealedRow[]): Promise<number> {
  const [first, ...rest] = rows.map(({ id, sealed, resealed }) =>
    db.query.run(sql`
      update ${sql.identifier(table.name)} set sealed = ${resealed}
      where ${sql.identifier(table.id)} = ${id} and sealed = ${sealed}`),
  );
  if (first === undefined) return 0;
  const results = await db.query.batch([first, ...rest]);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}
