import { and, asc, gt, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { referenceCounters } from "./schema/index.ts";

/** A counter's state as its object told it; an older one than what is stored is not taken. */
export async function recordCounter(
  db: Db,
  glRepository: string,
  { value, expiresAt, version }: { value: number; expiresAt: number; version: number },
): Promise<void> {
  await db.query.run(sql`
    insert into reference_counters (gl_repository, value, expires_at, version)
    values (${glRepository.toWellFormed()}, ${value}, ${expiresAt}, ${version})
    on conflict (gl_repository) do update set value = excluded.value, expires_at = excluded.expires_at, version = excluded.version
    where excluded.version > reference_counters.version`);
}

export interface ListedCounter {
  glRepository: string;
  value: number;
  expiresAt: Date;
}

/** The counters above 0 that have not expired, the ones that end first first. */
export async function listCounters(db: Db, now: Date, page: PageRange): Promise<ListPage<ListedCounter>> {
  const { glRepository, value, expiresAt } = referenceCounters;
  const counts = and(gt(expiresAt, now), gt(value, 0));
  const [rows, counted] = await db.query.batch([
    db.query
      .select({ glRepository, value, expiresAt })
      .from(referenceCounters)
      .where(counts)
      .orderBy(asc(expiresAt), asc(glRepository))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ glRepository }).from(referenceCounters).where(counts)),
  ]);
  return toPage(rows, counted, page);
}

/** Forgets what has not counted since then: at most `limit` rows; answers how many. */
export async function forgetCounters(db: Db, before: Date, limit: number): Promise<number> {
  const result = await db.query.run(sql`
    delete from reference_counters where gl_repository in (
      select gl_repository from reference_counters where expires_at < ${before.getTime()} limit ${limit})`);
  return result.meta.changes;
}
