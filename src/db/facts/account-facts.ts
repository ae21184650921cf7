import { sql } from "drizzle-orm";
import type { AccountKey, AccountReference, AccountUser } from "../../domain/accounts/account.ts";
import { readSettings, type InstanceSettings } from "../../domain/settings.ts";
import type { Db } from "../client.ts";
import { loadTogether, statement } from "../statement.ts";
import { toDate, type Flag } from "./rows.ts";

/** What the calls about an account look at. */
export interface AccountFacts {
  settings: InstanceSettings;
  /** Null also for a key that only signs. */
  key: AccountKey | null;
  /** The user named, or the owner of the key named; of a deploy key its creator. */
  user: AccountUser | null;
  twoFactor: TwoFactorFacts | null;
}

/** The user's second factor, where there is one. */
export interface TwoFactorFacts {
  /** The seed, sealed. */
  sealed: string;
  lastUsedStep: number | null;
  /** Hex. */
  recoverySalt: string;
  /** How long the one-time password counts that was shown for the key named, or without one for the user named. */
  verifiedUntil: Date | null;
}

interface KeyRow {
  id: number;
  kind: AccountKey["kind"];
  last_used_at: number | null;
}
interface UserRow extends Pick<AccountUser, "id" | "username" | "state"> {
  is_two_factor_enabled: Flag;
  is_locked: Flag;
  locked_until: number | null;
}
interface TwoFactorRow {
  sealed: string;
  last_used_step: number | null;
  recovery_salt: string;
  verified_until: number | null;
}

const keyId = sql.placeholder("keyId");
const userId = sql`coalesce(${sql.placeholder("userId")}, (select user_id from keys where id = ${keyId} and usage <> 'signing'))`;

const statements = {
  settings: statement<{ values: string }>(() => sql`select "values" from settings where id = 1`),
  keys: statement<KeyRow>(() => sql`select id, kind, last_used_at from keys where id = ${keyId} and usage <> 'signing'`),
  users: statement<UserRow>(
    () => sql`select id, username, state, is_two_factor_enabled, is_locked, locked_until from users where id = ${userId}`,
  ),
  twoFactors: statement<TwoFactorRow>(
    () => sql`
      select sealed, last_used_step, recovery_salt, (
          select expires_at from otp_sessions
          where user_id = two_factors.user_id and key_id = coalesce(${keyId}, 0)) as verified_until
      from two_factors where user_id = ${userId}`,
  ),
};

/** Everything about the account that a shell caller names, in one round trip. */
export async function loadAccountFacts(db: Db, { by, id }: AccountReference): Promise<AccountFacts> {
  const rows = await loadTogether(db, statements, { keyId: by === "key" ? id : null, userId: by === "user" ? id : null });
  const [settings] = rows.settings;
  if (settings === undefined) throw new Error("The row of instance settings is missing: apply the migrations.");
  const [key] = rows.keys;
  const [user] = rows.users;
  const [twoFactor] = rows.twoFactors;
  return {
    settings: readSettings(JSON.parse(settings.values) as Record<string, unknown>),
    key: key === undefined ? null : { id: key.id, kind: key.kind, lastUsedAt: toDate(key.last_used_at) },
    user: user === undefined ? null : toUser(user),
    twoFactor: twoFactor === undefined ? null : toTwoFactor(twoFactor),
  };
}

function toTwoFactor(row: TwoFactorRow): TwoFactorFacts {
  return {
    sealed: row.sealed,
    lastUsedStep: row.last_used_step,
    recoverySalt: row.recovery_salt,
    verifiedUntil: toDate(row.verified_until),
  };
}

function toUser(row: UserRow): AccountUser {
  return {
    id: row.id,
    username: row.username,
    state: row.state,
    isTwoFactorEnabled: row.is_two_factor_enabled === 1,
    isLocked: row.is_locked === 1,
    lockedUntil: toDate(row.locked_until),
  };
}
