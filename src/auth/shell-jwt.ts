import { verifyHs256 } from "./hs256.ts";

const encoded = new Map<string, Uint8Array<ArrayBuffer>>();

/** The key is the text of the secret as it stands, not its Base64 value. */
function bytesOf(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = encoded.get(secret) ?? Uint8Array.from(Buffer.from(secret));
  encoded.set(secret, bytes);
  return bytes;
}

/**
 * Today's way in for gitlab-shell and Gitaly: `Gitlab-Shell-Api-Request` (contract accounts 2.2).
 *
 * `iat` is not looked at, and `exp` and `nbf` get 60 s, for clocks that differ. There is no replay check: gitlab-shell
 * sends the same token again when it retries.
 */
export async function verifyShellJwt(token: string, secret: string, now: Date): Promise<boolean> {
  const claims = await verifyHs256(token.trim(), bytesOf(secret), { issuer: "gitlab-shell", toleranceSeconds: 60, now });
  return claims !== null;
}
