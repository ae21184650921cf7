import { and, desc, eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { deadLetters } from "./schema/index.ts";

export type DeadLetterRow = typeof deadLetters.$inferSelect;
/** Without the body. */
export type DeadLetterSummary = Omit<DeadLetterRow, "body">;

export interface NewDeadLetter {
  key: string;
  kind: string | null;
  version: number | null;
  attempts: number;
  error: string;
  body: unknown;
  at: Date;
}

/** Keeps a job that nobody tries any more; one that was replayed and died again is the same row, not replayed any more. */
export async function recordDeadLetter(db: Db, letter: NewDeadLetter): Promise<void> {
  const { at, body, ...rest } = letter;
  const row = { ...rest, body: asJson(body), createdAt: at, replayedAt: null };
  await db.query
    .insert(deadLetters)
    .values(row)
    .onConflictDoUpdate({
      target: deadLetters.key,
      set: {
        kind: row.kind,
        version: row.version,
        attempts: row.attempts,
        error: row.error,
        body: row.body,
        createdAt: at,
        replayedAt: null,
      },
    });
}

/** A message may be anything that can be cloned, also what JSON has no words for. */
function asJson(body: unknown): string {
  try {
    return JSON.stringify(body) ?? "null";
  } catch {
    return JSON.stringify(String(body));
  }
}

/** Newest first. */
export async function listDeadLetters(db: Db, kind: string | undefined, page: PageRange): Promise<ListPage<DeadLetterSummary>> {
  const where = and(kind === undefined ? undefined : eq(deadLetters.kind, kind));
  const { id, key, kind: kindColumn, version, attempts, error, createdAt, replayedAt } = deadLetters;
  const [rows, counted] = await db.query.batch([
    db.query
      .select({ id, key, kind: kindColumn, version, attempts, error, createdAt, replayedAt })
      .from(deadLetters)
      .where(where)
      .orderBy(desc(createdAt), desc(id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id }).from(deadLetters).where(where)),
  ]);
  return toPage(rows, counted, page);
}

export async function findDeadLetter(db: Db, id: number): Promise<DeadLetterRow | null> {
  const [row] = await db.query.select().from(deadLetters).where(eq(deadLetters.id, id)).limit(1);
  return row ?? null;
}

export async function markReplayed(db: Db, id: number, now: Date): Promise<void> {
  await db.query.update(deadLetters).set({ replayedAt: now }).where(eq(deadLetters.id, id));
}

/** Whether there was one. */
export async function deleteDeadLetter(db: Db, id: number): Promise<boolean> {
  const result = await db.query.run(sql`delete from dead_letters where id = ${id}`);
  return result.meta.changes > 0;
}
