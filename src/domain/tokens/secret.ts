import { createHash, createHmac, randomBytes } from "node:crypto";

/** What is stored of a token: SHA-256 of its text, 64 hex digits. Enough for random secrets, which nobody can guess. */
export function digestOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** A new token: the prefix and `length` random characters of the URL-safe alphabet. */
export function makeToken(prefix: string, length: number): string {
  return prefix + randomBytes(length).toString("base64url").slice(0, length);
}

/**
 * The token that belongs to a request: the prefix and `length` characters (6 bits each) that only a holder of the key can
 * tell from random ones, and that are the same whenever the same parts are given. The parts are written down so that no
 * two lists of them look alike.
 */
export function deriveToken(prefix: string, length: number, key: string, parts: readonly unknown[]): string {
  return prefix + createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url").slice(0, length);
}
