import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/** Forgets at most `limit` sessions that have ended by then; how many it were. */
export async function forgetOtpSessions(db: Db, now: Date, limit: number): Promise<number> {
  const { meta } = await db.query.run(sql`
    delete from otp_sessions where rowid in (
      select rowid from otp_sessions where expires_at <= ${now.getTime()} order by expires_at limit ${limit})`);
  return meta.changes;
}
