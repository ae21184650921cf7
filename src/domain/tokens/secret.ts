import { createHash, randomBytes } from "node:crypto";

/** What is stored of a token: SHA-256 of its text, 64 hex digits. Enough for random secrets, which nobody can guess. */
export function digestOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** A new token: the prefix and `length` random characters of the URL-safe alphabet. */
export function makeToken(prefix: string, length: number): string {
  return prefix + randomBytes(length).toString("base64url").slice(0, length);
}
