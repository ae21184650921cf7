import { parseId } from "../identity/actor.ts";
import type { UserState } from "../identity/user-state.ts";

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
  username: string;
  state: UserState;
  isTwoFactorEnabled: boolean;
  isLocked: boolean;
  lockedUntil: Date | null;
}

/** Whose account it is; `key` is null where the user was named. */
export type Account = { kind: "person"; user: AccountUser; key: AccountKey | null } | { kind: "deploy_key"; key: AccountKey };

export function parseAccountReference(params: { key_id?: unknown; user_id?: unknown }): AccountReference {
  const isKey = (params.key_id ?? null) !== null || (params.user_id ?? null) === null;
  return isKey ? { by: "key", id: parseId(params.key_id) } : { by: "user", id: parseId(params.user_id) };
}

/** The account, or the sentence that says why there is none (contract accounts 7, steps 2 to 4). */
export function accountOf(
  { by }: AccountReference,
  { key, user }: { key: AccountKey | null; user: AccountUser | null },
): Account | { refused: string } {
  if (by === "user") return user === null ? { refused: "Could not find the given user" } : { kind: "person", user, key: null };
  if (key === null) return { refused: "Could not find the given key" };
  if (key.kind === "deploy") return { kind: "deploy_key", key };
  return user === null ? { refused: "Could not find a user for the given key" } : { kind: "person", user, key };
}
