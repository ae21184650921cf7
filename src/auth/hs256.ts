import { jwtVerify, type JWTPayload } from "jose";

const keys = new WeakMap<Uint8Array, Promise<CryptoKey>>();

/** Imported once per isolate: a deployment's secrets stay the same objects (config.ts). */
function keyOf(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  let key = keys.get(secret);
  if (key === undefined) {
    key = crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    keys.set(secret, key);
  }
  return key;
}

/**
 * The claims of a compact JWT that is signed with this secret and not out of its time; null for anything else.
 *
 * HS256 only: a token that names another algorithm, `none` included, would let its bearer choose how it is checked.
 */
export async function verifyHs256(
  token: string,
  secret: Uint8Array<ArrayBuffer>,
  expected: { issuer: string; toleranceSeconds: number; now: Date },
): Promise<JWTPayload | null> {
  try {
    const { payload } = await jwtVerify(token, await keyOf(secret), {
      algorithms: ["HS256"],
      issuer: expected.issuer,
      clockTolerance: expected.toleranceSeconds,
      currentDate: expected.now,
    });
    return payload;
  } catch {
    return null;
  }
}
