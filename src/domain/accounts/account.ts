import { parseId } from "../identity/actor.ts";
import type { UserState } from "../identity/user-state.ts";
import type { InstanceSettings } from "../settings.ts";

/** Whom a call about an account names: `key_id` where it is given, which then decides alone, else `user_id`. */
export interface AccountReference {
  by: "key" | "user";
  /** Null: what was given is no id, or nothing was. */
  id: number | null;
}

export interface AccountKey {
  id: number;
  kind: "user" | "deploy";
  lastUsedAt: Date | null;
}

export interface AccountUser {
  id: number;
  state: UserState;
  isTwoFactorEnabled: boolean;
  isLocked: boolean;
  lockedUntil: Date | null;
}

/** A user's second factor. */
export interface TwoFactorFacts {
  /** The seed, sealed. */
  sealed: string;
  lastUsedStep: number | null;
  /** Hex. */
  recoverySalt: string;
  /** How long the one-time password counts that was shown for the key named, or without one for the user named. */
  verifiedUntil: Date | null;
}

/** What the calls about an account look at. Loaded once (db/facts/account-facts.ts). */
export interface AccountFacts {
  settings: InstanceSettings;
  /** Null also for a key that only signs. */
  key: AccountKey | null;
  /** The user named, or the owner of the key named; of a deploy key its creator. */
  user: AccountUser | null;
  twoFactor: TwoFactorFacts | null;
}

/** Whose account it is; `key` is null where the user was named. */
export type Account = { kind: "person"; user: AccountUser; key: AccountKey | null } | { kind: "deploy_key"; key: AccountKey };

/** The sentence that says why a call about an account does nothing. */
export interface Refused {
  refused: string;
}

export function parseAccountReference(params: { key_id?: unknown; user_id?: unknown }): AccountReference {
  const isKey = (params.key_id ?? null) !== null || (params.user_id ?? null) === null;
  return isKey ? { by: "key", id: parseId(params.key_id) } : { by: "user", id: parseId(params.user_id) };
}

/** What a call is told whose reference leads nowhere. */
export function notFoundText({ by }: AccountReference): string {
  return `Could not find the given ${by}`;
}

/** The account, or the sentence that says why there is none (contract accounts 7, steps 2 to 4). */
export function accountOf(reference: AccountReference, { key, user }: Pick<AccountFacts, "key" | "user">): Account | Refused {
  if (reference.by === "user") return user === null ? { refused: notFoundText(reference) } : { kind: "person", user, key: null };
  if (key === null) return { refused: notFoundText(reference) };
  if (key.kind === "deploy") return { kind: "deploy_key", key };
  return user === null ? { refused: "Could not find a user for the given key" } : { kind: "person", user, key };
}
