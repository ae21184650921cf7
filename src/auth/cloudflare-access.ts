import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from "jose";

const keySets = new Map<string, JWTVerifyGetKey>();

/** Cached in the isolate for ten minutes; a token signed by an unknown key makes it look again, at most once a second. */
function keySetOf(issuer: string): JWTVerifyGetKey {
  let keySet = keySets.get(issuer);
  if (keySet === undefined) {
    keySet = createRemoteJWKSet(new URL(`${issuer}/cdn-cgi/access/certs`), { cooldownDuration: 1_000, timeoutDuration: 5_000 });
    keySets.set(issuer, keySet);
  }
  return keySet;
}

/** Who passed Cloudflare Access: a person (e-mail address) or a service token (its client id). */
export interface AccessIdentity {
  kind: "person" | "service";
  name: string;
}

export type AccessVerdict = { identity: AccessIdentity } | { refused: "missing" | "invalid" | "keys_unavailable" };

/**
 * Verifies `Cf-Access-Jwt-Assertion`: signed by the team's keys, for this application, not expired. Asymmetric
 * algorithms only: the public keys are public, and must not serve as an HMAC secret.
 */
export async function verifyAccessAssertion(
  assertion: string | null,
  expected: { issuer: string; audience: string },
  now: Date,
): Promise<AccessVerdict> {
  if (assertion === null || assertion === "") return { refused: "missing" };
  try {
    const { payload } = await jwtVerify(assertion, keySetOf(expected.issuer), {
      issuer: expected.issuer,
      audience: expected.audience,
      algorithms: ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"],
      requiredClaims: ["exp"],
      clockTolerance: 5,
      currentDate: now,
    });
    const { common_name: service, email, sub } = payload;
    return {
      identity:
        typeof service === "string" && service !== ""
          ? { kind: "service", name: service }
          : { kind: "person", name: typeof email === "string" ? email : (sub ?? "") },
    };
  } catch (error) {
    return { refused: isKeySetFault(error) ? "keys_unavailable" : "invalid" };
  }
}

/** The key set itself could not be had; everything that is wrong with the token is a fault of the token. */
function isKeySetFault(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  return !(error instanceof errors.JOSEError) || error.code === "ERR_JOSE_GENERIC";
}
