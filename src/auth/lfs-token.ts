import { jwtVerify, SignJWT } from "jose";
import * as v from "valibot";
import { LfsClaims, type newLfsClaims } from "../domain/lfs/claims.ts";

/** Characters of a token beyond which it is not looked at. */
const longestToken = 4096;
/** Seconds that a token is taken for younger or older than it is. */
const leeway = 60;

const encode = (secret: string) => new TextEncoder().encode(secret);

/** A token as its holder shows it to the LFS server: a JWT by HS256 (contract accounts 10.1). */
export function signLfsToken(claims: ReturnType<typeof newLfsClaims>, secret: string): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(encode(secret));
}

/**
 * What a token says, where it was signed with one of the secrets and is neither too young nor too old: good until 60 s
 * after its end. Null otherwise, without a reason.
 *
 * HS256 only: a token that names another algorithm, `none` included, would let its bearer choose how it is checked.
 */
export async function verifyLfsToken(token: string, secrets: readonly string[], now: Date): Promise<LfsClaims | null> {
  if (token.length > longestToken) return null;
  for (const secret of secrets) {
    const claims = await verifyWith(token, secret, now);
    if (claims !== null) return claims;
  }
  return null;
}

async function verifyWith(token: string, secret: string, now: Date): Promise<LfsClaims | null> {
  try {
    const { payload } = await jwtVerify(token, encode(secret), {
      algorithms: ["HS256"],
      requiredClaims: ["iat", "exp"],
      clockTolerance: leeway,
      currentDate: now,
    });
    return v.parse(LfsClaims, payload);
  } catch {
    return null;
  }
}
