import type { Account } from "../accounts/account.ts";
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

/** Why no code of this account is looked at, in the contract's order (accounts 8.2, steps 4 to 6); null where one is. */
export function refuseCheck(account: Account, hasTwoFactor: boolean, now: Date): string | null {
  if (account.kind === "deploy_key") return "Deploy keys cannot be used for Two Factor";
  if (!hasTwoFactor) return refusals.off;
  return isLockedAt(account.user, now) ? refusals.locked : null;
}

/**
 * Why this account gets no new recovery codes (accounts 7, steps 6 and 7); null where it does. Where Git over SSH asks for
 * the second factor, so does this: a code opens a session, and whoever has stolen a key would need nothing else.
 */
export function refuseRecoveryCodes(
  account: Account,
  twoFactor: { verifiedUntil: Date | null } | null,
  settings: Pick<InstanceSettings, "two_factor_for_cli">,
  now: Date,
): string | null {
  if (account.kind === "deploy_key") return "Deploy keys cannot be used to retrieve recovery codes";
  if (twoFactor === null) return refusals.off;
  const isVerified = twoFactor.verifiedUntil !== null && twoFactor.verifiedUntil > now;
  return settings.two_factor_for_cli && !isVerified ? refusals.unverified : null;
}
