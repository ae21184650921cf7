import { Fault } from "../fault.ts";

/** 401 of a token that was revoked (contract accounts 12). */
export function revokedToken(): Fault {
  return new Fault("invalidToken", "token_revoked", "Token was revoked. You have to re-authorize from the user.");
}

/** Throws 401 where a token is revoked, or expired on `today`: it is dead from the first moment of the day it expires on. */
export function refuseDeadToken(token: { revokedAt: Date | null; expiresAt: string | null }, today: string): void {
  if (token.revokedAt !== null) throw revokedToken();
  if (token.expiresAt !== null && token.expiresAt <= today) {
    throw new Fault("invalidToken", "token_expired", "Token is expired. You can either do re-authorization or token refresh.");
  }
}
