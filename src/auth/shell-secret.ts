import { secretsEqual } from "./constant-time.ts";

/**
 * The seed's way in for gitlab-shell and Gitaly: the shared secret itself (contract accounts 2.1).
 *
 * The parameter `secret_token` decides alone where it is given, raw or in Base64; otherwise the header
 * `Gitlab-Shared-Secret`, in Base64. White space around the candidate is dropped: programs send their secret file with
 * its newline. `secret` is the configured text, trimmed.
 */
export function verifySharedSecret(presented: { parameter: unknown; header: string | null }, secret: string): boolean {
  if (presented.parameter !== undefined && presented.parameter !== null) {
    if (typeof presented.parameter !== "string") return false;
    const text = presented.parameter.trim();
    const isRaw = secretsEqual(text, secret);
    const isBase64 = secretsEqual(decodeLeniently(text), secret);
    return isRaw || isBase64;
  }
  return secretsEqual(decodeLeniently(presented.header ?? ""), secret);
}

/** Base64 whose padding is optional and in which foreign characters are skipped. */
function decodeLeniently(text: string): string {
  return Buffer.from(text, "base64").toString("utf8").trim();
}
