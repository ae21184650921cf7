import { sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";

export interface SealedHook {
  id: number;
  sealed: string;
}

/** A hook as it was read, with the text that its secrets are under from now on. */
export interface ResealedHook extends SealedHook {
  resealed: string;
}

/** Compared with `substr`, since D1 takes no patterns of this length. */
const begins = (start: string): SQL => sql`substr(sealed, 1, ${start.length}) = ${start}`;

/** The hooks after this id whose sealed text begins otherwise, in their order, at most `limit`. */
export function findHooksSealedOtherwise(db: Db, start: string, afterId: number, limit: number): Promise<SealedHook[]> {
  return db.query.all<SealedHook>(sql`
    select id, sealed from web_hooks where id > ${afterId} and not ${begins(start)} order by id limit ${limit}`);
}

/** How many hooks have a sealed text that begins otherwise. Looks at every hook. */
export async function countHooksSealedOtherwise(db: Db, start: string): Promise<number> {
  const [row] = await db.query.all<{ count: number }>(sql`select count(*) as count from web_hooks where not ${begins(start)}`);
  return row?.count ?? 0;
}

/**
 * Writes the new texts where those that were read are still there; how many that were. Whoever asks for a hook finds it
 * unchanged, and so does `If-Unmodified-Since`.
 */
export async function recordResealed(db: Db, hooks: readonly ResealedHook[]): Promise<number> {
  const [first, ...rest] = hooks.map(({ id, sealed, resealed }) =>
    db.query.run(sql`update web_hooks set sealed = ${resealed} where id = ${id} and sealed = ${sealed}`),
  );
  if (first === undefined) return 0;
  const results = await db.query.batch([first, ...rest]);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}
