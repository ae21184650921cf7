import { jwtVerify } from "jose";

const keys = new Map<string, Promise<CryptoKey>>();

/** The key is the text of the secret as it stands, not its Base64 value; imported once per isolate. */
function keyOf(secret: string): Promise<CryptoKey> {
  let key = keys.get(secret);
  if (key === undefined) {
    key = crypto.subtle.importKey("raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    keys.set(secret, key);
  }
  return key;
}

/**
 * Today's way in for gitlab-shell and Gitaly: `Gitlab-Shell-Api-Request` (contract accounts 2.2).
 *
 * HS256 only: a token that names another algorithm, `none` included, would let its bearer choose how it is checked.
 * `iat` is not looked at, and `exp` and `nbf` get 60 s, for clocks that differ. There is no replay check: gitlab-shell
 * sends the same token again when it retries.
 */
export async function verifyShellJwt(token: string, secret: string, now: Date): Promise<boolean> {
  try {
    await jwtVerify(token.trim(), await keyOf(secret), {
      algorithms: ["HS256"],
      issuer: "gitlab-shell",
      clockTolerance: 60,
      currentDate: now,
    });
    return true;
  } catch {
    return false;
  }
}
