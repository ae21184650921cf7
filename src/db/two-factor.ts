import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { RecoveryCodes } from "../domain/two-factor/recovery-codes.ts";
import { runBatch, runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { twoFactors } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";

/** What is stored of a set of recovery codes. */
export type StoredCodes = Pick<RecoveryCodes, "salt" | "digests">;

/**
 * Gives a user a second factor, with its recovery codes. Throws the database's refusal (constraint.ts) where they have one
 * (unique `two_factors.user_id`) or are gone (foreign key): of two at once one is refused, and has written nothing.
 */
export async function enableTwoFactor(db: Db, userId: number, sealed: string, codes: StoredCodes, now: Date): Promise<void> {
  await runBatch(db, [
    db.query.insert(twoFactors).values({ userId, sealed, recoverySalt: codes.salt, createdAt: now, updatedAt: now }),
    ...replaceCodes(db, userId, codes),
    db.query.run(sql`update users set is_two_factor_enabled = 1, updated_at = ${now.getTime()} where id = ${userId}`),
  ]);
}

/**
 * Takes a user's second factor away with all that hangs on it: codes, sessions and a lock. Whether there was one to take; an
 * administrator keeps theirs.
 */
export async function disableTwoFactor(db: Db, userId: number, now: Date): Promise<boolean> {
  const theUser = sql`id = ${userId} and is_two_factor_enabled and not is_admin`;
  const forget = (table: string) =>
    db.query.run(sql`delete from ${sql.identifier(table)} where user_id = (select id from users where ${theUser})`);
  const rows = await runBatchThen(
    db,
    ["two_factor_recovery_codes", "otp_sessions", "two_factors"].map(forget),
    db.query.all<{ id: number }>(sql`
      update users set is_two_factor_enabled = 0, locked_until = null, updated_at = ${now.getTime()}
      where ${theUser} returning id`),
  );
  return rows.length > 0;
}

/** Replaces the recovery codes of a user, all at once; false where they have no second factor (any more). */
export async function replaceRecoveryCodes(db: Db, userId: number, codes: StoredCodes, now: Date): Promise<boolean> {
  const rows = await runBatchThen(
    db,
    replaceCodes(db, userId, codes),
    db.query.all<{ user_id: number }>(sql`
      update two_factors set recovery_salt = ${codes.salt}, updated_at = ${now.getTime()} where user_id = ${userId} returning user_id`),
  );
  return rows.length > 0;
}

function replaceCodes(db: Db, userId: number, { digests }: StoredCodes): BatchItem<"sqlite">[] {
  return [
    db.query.run(sql`delete from two_factor_recovery_codes where user_id = ${userId}`),
    db.query.run(sql`
      insert into two_factor_recovery_codes (user_id, digest)
      select t.user_id, d.value from two_factors t, (${valuesIn(digests)}) d where t.user_id = ${userId}`),
  ];
}
