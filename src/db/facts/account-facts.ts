import { sql } from "drizzle-orm";
import type { AccountFacts, AccountKey, AccountReference, AccountUser, TwoFactorFacts } from "../../domain/accounts/account.ts";
import type { Db } from "../client.ts";
import { selectSettings, toSettings, type SettingsText } from "../settings.ts";
import { loadTogether, statement } from "../statement.ts";
import { toDate, type Flag } from "./rows.ts";

interface KeyRow {
  id: number;
  kind: AccountKey["kind"];
  last_used_at: number | null;
}
interface UserRow extends Pick<AccountUser, "id" | "state"> {
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
  settings: statement<SettingsText>(() => selectSettings),
  keys: statement<KeyRow>(() => sql`select id, kind, last_used_at from keys where id = ${keyId} and usage <> 'signing'`),
  users: statement<UserRow>(() => sql`select id, state, is_two_factor_enabled, is_locked, locked_until from users where id = ${userId}`),
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
  const [key] = rows.keys;
  const [user] = rows.users;
  const [twoFactor] = rows.twoFactors;
  return {
    settings: toSettings(rows.settings),
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
    state: row.state,
    isTwoFactorEnabled: row.is_two_factor_enabled === 1,
    isLocked: row.is_locked === 1,
    lockedUntil: toDate(row.locked_until),
  };
}
