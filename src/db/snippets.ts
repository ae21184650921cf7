import { and, eq, sql } from "drizzle-orm";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { snippets } from "./schema/index.ts";

/** What a push leaves of a snippet. */
export interface SnippetPush {
  /** Of a snippet that was empty until now; null: it was not. */
  defaultBranch: string | null;
  /** When it was changed; null: it does not count as changed. */
  changedAt: Date | null;
}

/** Writes it, in one round trip; a later change of the snippet stands. */
export async function recordSnippetPush(db: Db, id: number, { defaultBranch, changedAt }: SnippetPush): Promise<void> {
  const pushed = db.query
    .update(snippets)
    .set({ isRepositoryEmpty: false, defaultBranch })
    .where(and(eq(snippets.id, id), eq(snippets.isRepositoryEmpty, true)));
  const touched = db.query.run(sql`
    update snippets set updated_at = ${changedAt?.getTime() ?? 0} where id = ${id} and updated_at < ${changedAt?.getTime() ?? 0}`);
  await runBatch(db, [...(defaultBranch === null ? [] : [pushed]), ...(changedAt === null ? [] : [touched])]);
}
