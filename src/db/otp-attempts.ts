import { sql, type SQL } from "drizzle-orm";
import type { Proof } from "../domain/two-factor/attempt.ts";
import type { Db } from "./client.ts";
import { isLockedAtTime } from "./locked.ts";

/** An attempt to show the second factor, as it is written down. */
export interface JudgedAttempt {
  userId: number;
  /** The key of the session that is opened; 0: none. */
  keyId: number;
  proof: Proof;
  now: Date;
  sessionUntil: Date;
  attemptsUntilLock: number;
  lockedUntil: Date;
}

/**
 * What became of it: a session is open; it was wrong, and has been counted; it was wrong and has locked the account; the
 * account was locked, and nothing was written; or the user has no second factor any more.
 */
export type AttemptOutcome = "accepted" | "wrong" | "locking" | "locked" | "off";

type Changed = { user_id: number };

/**
 * Writes an attempt down and tells what became of it, in one transaction: of any number at once, none is accepted after the
 * one that locks the account, and each password and recovery code is accepted once. Every statement asks the database
 * itself whether the account is open and the attempt still good; what was loaded before may be past.
 */
export async function recordAttempt(db: Db, attempt: JudgedAttempt): Promise<AttemptOutcome> {
  const { userId, keyId, proof, now } = attempt;
  const open = sql`not ${isLockedAtTime("u", sql`${now.getTime()}`)}`;
  const isOpen = sql`exists (select 1 from users u where u.id = ${userId} and ${open})`;
  const good = isGood(proof);
  const step = proof.by === "password" ? sql`${proof.step}` : sql`last_used_step`;
  const code = proof.by === "recovery_code" ? proof.digest : null;
  const [counted, locked, , accepted, , left] = await db.query.batch([
    db.query.all<Changed>(sql`
      update two_factors set failed_attempts = (failed_attempts + 1) % ${attempt.attemptsUntilLock}
      where user_id = ${userId} and ${isOpen} and not ${good} returning user_id`),
    // Where the attempt is not good it has just been counted: 0 is what follows the last that is allowed.
    db.query.all<{ id: number }>(sql`
      update users as u set locked_until = ${attempt.lockedUntil.getTime()}
      where u.id = ${userId} and ${open}
        and exists (select 1 from two_factors where user_id = ${userId} and failed_attempts = 0 and not ${good}) returning id`),
    db.query.run(sql`
      insert into otp_sessions (user_id, key_id, expires_at)
      select user_id, ${keyId}, ${attempt.sessionUntil.getTime()} from two_factors where user_id = ${userId} and ${isOpen} and ${good}
      on conflict (user_id, key_id) do update set expires_at = excluded.expires_at`),
    db.query.all<Changed>(sql`
      update two_factors set failed_attempts = 0, last_used_step = ${step}
      where user_id = ${userId} and ${isOpen} and ${good} returning user_id`),
    db.query.run(sql`delete from two_factor_recovery_codes where user_id = ${userId} and digest = ${code} and ${isOpen}`),
    db.query.all<Changed>(sql`select user_id from two_factors where user_id = ${userId}`),
  ]);
  if (accepted.length > 0) return "accepted";
  if (locked.length > 0) return "locking";
  if (counted.length > 0) return "wrong";
  return left.length > 0 ? "locked" : "off";
}

/** Whether a row of two_factors still bears the proof out. The seed's text is compared: another one is another second factor. */
function isGood(proof: Proof): SQL {
  switch (proof.by) {
    case "password":
      return sql`(two_factors.sealed = ${proof.sealed} and coalesce(two_factors.last_used_step < ${proof.step}, true))`;
    case "recovery_code":
      return sql`exists (select 1 from two_factor_recovery_codes c where c.user_id = two_factors.user_id and c.digest = ${proof.digest})`;
    case "nothing":
      return sql`false`;
  }
}
