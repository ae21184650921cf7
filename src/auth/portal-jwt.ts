import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from "jose";
import * as v from "valibot";
import type { PortalConfig } from "../config.ts";

/** Asymmetric alone: the portal's public keys are public, and must not serve as an HMAC secret. */
const asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const day = 24 * 60 * 60 * 1000;
const quarterOfAnHour = 15 * 60 * 1000;
const timeoutMilliseconds = 5_000;

const Discovered = v.object({ issuer: v.string(), jwks_uri: v.string(), id_token_signing_alg_values_supported: v.array(v.string()) });

interface Keys {
  algorithms: string[];
  keyOf: JWTVerifyGetKey;
}

const given = new WeakMap<PortalConfig, Keys>();
const discovered = new WeakMap<PortalConfig, { keys: Keys; until: number }>();

/**
 * Whether a token is the customers' portal's own (contract customers 1.2): signed by its key, for this API, not out of its
 * time. False for anything else, and where the portal's keys cannot be had, which is tried again with the next call.
 */
export async function verifyPortalJwt(token: string, portal: PortalConfig, now: Date): Promise<boolean> {
  try {
    const { algorithms, keyOf } = await keysOf(portal, now);
    await jwtVerify(token, keyOf, {
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

async function keysOf(portal: PortalConfig, now: Date): Promise<Keys> {
  const { keys } = portal;
  if (keys.kind === "discovery") return discover(portal, now);
  let held = given.get(portal);
  if (held === undefined) {
    held = { algorithms: ["RS256"], keyOf: keys.kind === "inline" ? createLocalJWKSet(keys.jwks) : remoteKeys(keys.url) };
    given.set(portal, held);
  }
  return held;
}

/** The portal says itself where its keys are and how it signs; asked once a day. */
async function discover(portal: PortalConfig, now: Date): Promise<Keys> {
  const kept = discovered.get(portal);
  if (kept !== undefined && kept.until > now.getTime()) return kept.keys;
  const response = await fetch(`${portal.issuer}.well-known/openid-configuration`, {
    headers: { Accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  if (response.status !== 200) throw new Error(`The portal's configuration was answered with ${response.status}.`);
  const found = v.parse(Discovered, await response.json());
  if (found.issuer !== portal.issuer) throw new Error("The portal's configuration is another issuer's.");
  const algorithms = found.id_token_signing_alg_values_supported.filter((algorithm) => asymmetric.includes(algorithm));
  const keys = { algorithms, keyOf: remoteKeys(sameScheme(found.jwks_uri, portal.issuer)) };
  discovered.set(portal, { keys, until: now.getTime() + day });
  return keys;
}

/** Keys that came unprotected could be anybody's. */
function sameScheme(url: string, issuer: string): string {
  if (new URL(url).protocol !== new URL(issuer).protocol) throw new Error("The portal's keys are not where the portal is.");
  return url;
}

/** Cached in the isolate; a key that is not among them makes it look again. */
function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), { cacheMaxAge: quarterOfAnHour, timeoutDuration: timeoutMilliseconds });
}
