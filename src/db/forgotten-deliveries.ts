import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

const tables = ["hook_requests", "hook_deliveries", "hook_payloads"] as const;

/**
 * Forgets at most `limit` rows each of the delivery log, the deliveries and their bodies from before then; answers the most
 * that any of them lost.
 */
export async function forgetDeliveries(db: Db, before: Date, limit: number): Promise<number> {
  const [first, ...rest] = tables.map((table) =>
    db.query.run(sql`
      delete from ${sql.identifier(table)} where rowid in (
        select rowid from ${sql.identifier(table)} where created_at < ${before.getTime()} order by created_at limit ${limit})`),
  );
  if (first === undefined) return 0;
  const results = await db.query.batch([first, ...rest]);
  return Math.max(...results.map(({ meta }) => meta.changes));
}

/** Deliveries from before then that are still to be sent and that nobody holds, oldest first, at most `limit`. */
export async function findLostDeliveries(db: Db, before: Date, now: Date, limit: number): Promise<number[]> {
  const rows = await db.query.all<{ id: number }>(sql`
    select id from hook_deliveries
    where state = 'pending' and created_at < ${before.getTime()} and (leased_until is null or leased_until < ${now.getTime()})
    order by created_at limit ${limit}`);
  return rows.map(({ id }) => id);
}
