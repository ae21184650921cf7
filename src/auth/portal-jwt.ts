import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from "jose";
import * as v from "valibot";
import type { PortalConfig } from "../config.ts";
import { dayMilliseconds } from "../domain/day.ts";

/** Asymmetric alone: the portal's public keys are public, and must not serve as an HMAC secret. */
const asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const keySetMilliseconds = 15 * 60 * 1000;
const timeoutMilliseconds = 5_000;

const PortalConfiguration = v.object({
  issuer: v.string(),
  jwks_uri: v.string(),
  id_token_signing_alg_values_supported: v.array(v.string()),
});

/** How the portal signs, and where its keys are found. */
interface Verification {
  algorithms: string[];
  keyOf: JWTVerifyGetKey;
}

/** By configuration, of which an isolate has one. */
const configured = new WeakMap<PortalConfig, Verification>();
const discovered = new WeakMap<PortalConfig, { verification: Verification; until: number }>();

/**
 * Whether a token is the customers' portal's own (contract customers 1.2): signed by its key, for this API, not out of its
 * time. False for anything else, and where the portal's keys cannot be had, which is tried again with the next call.
 */
export async function verifyPortalJwt(token: string, portal: PortalConfig, now: Date): Promise<boolean> {
  try {
    const { algorithms, keyOf } = portal.keys.kind === "discovery" ? await discover(portal, now) : asConfigured(portal, portal.keys);
    await jwtVerify(token, byName(keyOf), {
      algorithms,
      issuer: portal.issuer,
      subject: "customers-dot-internal-api",
      audience: "gitlab-subscriptions",
      currentDate: now,
    });
    return true;
  } catch {
    return false;
  }
}

/** A token names its key: without a name, whichever key there is would do. */
function byName(keyOf: JWTVerifyGetKey): JWTVerifyGetKey {
  return (header, token) => {
    if (typeof header.kid !== "string") throw new Error("The token does not name its key.");
    return keyOf(header, token);
  };
}

function asConfigured(portal: PortalConfig, keys: Exclude<PortalConfig["keys"], { kind: "discovery" }>): Verification {
  const kept = configured.get(portal);
  if (kept !== undefined) return kept;
  const keyOf = keys.kind === "inline" ? createLocalJWKSet(keys.jwks) : remoteKeys(keys.url);
  const verification = { algorithms: ["RS256"], keyOf };
  configured.set(portal, verification);
  return verification;
}

/** The portal says itself where its keys are and how it signs; asked once a day. */
async function discover(portal: PortalConfig, now: Date): Promise<Verification> {
  const kept = discovered.get(portal);
  if (kept !== undefined && kept.until > now.getTime()) return kept.verification;
  const response = await fetch(`${portal.issuer}.well-known/openid-configuration`, {
    headers: { Accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  if (response.status !== 200) throw new Error(`The portal's configuration was answered with ${response.status}.`);
  const found = v.parse(PortalConfiguration, await response.json());
  if (found.issuer !== portal.issuer) throw new Error("The portal's configuration is another issuer's.");
  const algorithms = found.id_token_signing_alg_values_supported.filter((algorithm) => asymmetric.includes(algorithm));
  const verification = { algorithms, keyOf: remoteKeys(sameScheme(found.jwks_uri, portal.issuer)) };
  discovered.set(portal, { verification, until: now.getTime() + dayMilliseconds });
  return verification;
}

/** Keys that came unprotected could be anybody's. */
function sameScheme(url: string, issuer: string): string {
  if (new URL(url).protocol !== new URL(issuer).protocol) throw new Error("The portal's keys are not where the portal is.");
  return url;
}

/** Cached in the isolate; a key that is not among them makes it look again. */
function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), { cacheMaxAge: keySetMilliseconds, timeoutDuration: timeoutMilliseconds });
}
