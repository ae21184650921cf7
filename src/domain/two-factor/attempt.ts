import type { Account, AccountKey, AccountUser, Refused, TwoFactorFacts } from "../accounts/account.ts";
import { isLockedAt } from "../identity/account-lock.ts";
import type { InstanceSettings } from "../settings.ts";

/** What somebody shows as their second factor, by its form; `other` is none that could be right. */
export interface Attempt {
  kind: "password" | "recovery_code" | "other";
  /** Without white space; a recovery code in small letters. */
  text: string;
}

/** What an attempt proves, if what it names is still unused when it is written down. */
export type Proof =
  /** The password of a step, of the seed that is sealed so. */
  | { by: "password"; step: number; sealed: string }
  /** A recovery code with this digest, if the user has one. */
  | { by: "recovery_code"; digest: string }
  | { by: "nothing" };

/** So many wrong attempts in a row lock the account, for so long (contract accounts 8.2). */
export const attemptsUntilLock = 10;
export const lockMilliseconds = 10 * 60 * 1000;

export const refusals = {
  off: "Two-factor authentication is not enabled for this user",
  locked: "Your account is locked",
  wrong: "Invalid OTP",
  unverified: "OTP verification is required to make new recovery codes.",
} as const;

/** Null for a blank attempt, which is none. White space may stand anywhere, as people copy codes. */
export function readAttempt(sent: string): Attempt | null {
  const text = sent.replace(/\s+/g, "");
  if (text === "") return null;
  if (/^[0-9]{6}$/.test(text)) return { kind: "password", text };
  if (/^[0-9a-fA-F]{16}$/.test(text)) return { kind: "recovery_code", text: text.toLowerCase() };
  return { kind: "other", text };
}

/** Somebody with a second factor, and the key that they came with; null where none was named. */
export interface TwoFactorHolder {
  user: AccountUser;
  key: AccountKey | null;
  twoFactor: TwoFactorFacts;
}

/** Whose codes are looked at, or the first sentence that says why none is (contract accounts 8.2, steps 3 to 6). */
export function decideCheck(account: Account | Refused, twoFactor: TwoFactorFacts | null, now: Date): TwoFactorHolder | Refused {
  if ("refused" in account) return account;
  if (account.kind === "deploy_key") return { refused: "Deploy keys cannot be used for Two Factor" };
  if (twoFactor === null) return { refused: refusals.off };
  const { user, key } = account;
  return isLockedAt(user, now) ? { refused: refusals.locked } : { user, key, twoFactor };
}

/**
 * Who gets new recovery codes, or the first sentence that says why nobody does (contract accounts 7, steps 2 to 7). Where
 * Git over SSH asks for the second factor, so does this: a code opens a session, and whoever has stolen a key would need
 * nothing else.
 */
export function decideRecoveryCodes(
  account: Account | Refused,
  twoFactor: TwoFactorFacts | null,
  settings: Pick<InstanceSettings, "two_factor_for_cli">,
  now: Date,
): TwoFactorHolder | Refused {
  if ("refused" in account) return account;
  if (account.kind === "deploy_key") return { refused: "Deploy keys cannot be used to retrieve recovery codes" };
  if (twoFactor === null) return { refused: refusals.off };
  const isVerified = twoFactor.verifiedUntil !== null && twoFactor.verifiedUntil > now;
  if (settings.two_factor_for_cli && !isVerified) return { refused: refusals.unverified };
  return { user: account.user, key: account.key, twoFactor };
}
