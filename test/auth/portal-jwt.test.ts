import { generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { verifyPortalJwt } from "../../src/auth/portal-jwt.ts";
import type { PortalConfig } from "../../src/config.ts";
import { portalJwt } from "../setup/call.ts";
import { portalKeySet, portalPrivateKey } from "../setup/portal-key.ts";

const issuer = "https://customers.example.test/";
const configurationUrl = `${issuer}.well-known/openid-configuration`;
const keysUrl = "https://customers.example.test/oauth/discovery/keys";
const configuration = { issuer, jwks_uri: keysUrl, id_token_signing_alg_values_supported: ["RS256"] };
const minute = 60_000;

/** A new object each time: what was fetched is kept by it. */
const inline = (): PortalConfig => ({ issuer, keys: { kind: "inline", jwks: portalKeySet } });
const atAddress = (): PortalConfig => ({ issuer, keys: { kind: "url", url: keysUrl } });
const bySelf = (): PortalConfig => ({ issuer, keys: { kind: "discovery" } });

/** What the portal answers by address, and what it was asked; anything else is a connection that fails. */
let answers: Map<string, () => Response>;
let asked: string[];

beforeEach(() => {
  asked = [];
  answers = new Map([
    [configurationUrl, () => Response.json(configuration)],
    [keysUrl, () => Response.json(portalKeySet)],
  ]);
  vi.stubGlobal("fetch", async (input: RequestInfo | URL) => {
    const url = input instanceof Request ? input.url : String(input);
    asked.push(url);
    const answer = answers.get(url);
    if (answer === undefined) throw new TypeError("network connection lost");
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const verify = async (portal: PortalConfig, token?: string) => verifyPortalJwt(token ?? (await portalJwt()), portal, new Date());
const seconds = () => Math.floor(Date.now() / 1000);

describe.each([
  ["keys that are given", inline],
  ["keys at an address", atAddress],
  ["keys that the portal tells of", bySelf],
])("%s", (_, portalOf) => {
  let portal: PortalConfig;
  beforeEach(() => {
    portal = portalOf();
  });

  it("let the portal's own token in, as often as it comes", async () => {
    const token = await portalJwt();
    expect(await Promise.all([verify(portal, token), verify(portal, token)])).toEqual([true, true]);
    expect(await verify(portal, await portalJwt({ aud: ["other", "gitlab-subscriptions"], exp: undefined, iat: undefined }))).toBe(true);
  });

  it.each([
    ["another issuer", { iss: "https://customers.example.test" }],
    ["no issuer", { iss: undefined }],
    ["another subject", { sub: "somebody" }],
    ["no subject", { sub: undefined }],
    ["another audience", { aud: "gitlab" }],
    ["no audience", { aud: undefined }],
    ["an end a second ago", { exp: seconds() - 1 }],
    ["an end that is no number", { exp: "tomorrow" }],
    ["a beginning that is to come", { nbf: seconds() + 60 }],
  ])("refuse a token with %s", async (_name, claims) => {
    expect(await verify(portal, await portalJwt(claims))).toBe(false);
  });

  it("are found by name alone", async () => {
    for (const kid of ["another", undefined, "", 1])
      expect([kid, await verify(portal, await portalJwt({}, { kid }))]).toEqual([kid, false]);
  });

  it("refuse what another key signed under the name of the portal's", async () => {
    const { privateKey } = await generateKeyPair("RS256");
    const forged = await new SignJWT({ iss: issuer, sub: "customers-dot-internal-api", aud: "gitlab-subscriptions" })
      .setProtectedHeader({ alg: "RS256", kid: portalPrivateKey.kid })
      .sign(privateKey);
    expect(await verify(portal, forged)).toBe(false);
  });

  it("refuse the public key as a secret, no signature, and other algorithms of the same key", async () => {
    const claims = { iss: issuer, sub: "customers-dot-internal-api", aud: "gitlab-subscriptions" };
    const { kid } = portalPrivateKey;
    const publicKey = portalKeySet.keys[0]!;
    const secrets = [JSON.stringify(publicKey), publicKey.n, JSON.stringify(portalKeySet)].map((text) => new TextEncoder().encode(text));
    const forged = await Promise.all(secrets.map((secret) => new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid }).sign(secret)));
    const unsigned = new UnsecuredJWT(claims).encode();
    const none = btoa(JSON.stringify({ alg: "none", kid })).replaceAll("=", "");
    const otherwise = await Promise.all(
      ["RS384", "PS256"].map(async (alg) =>
        new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(await importJWK({ ...portalPrivateKey, alg }, alg)),
      ),
    );
    const withoutSignature = (await portalJwt()).replace(/[^.]+$/, "");
    const embedded = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: "own", jwk: publicKey, jku: keysUrl })
      .sign((await generateKeyPair("RS256")).privateKey);
    const all = [...forged, unsigned, `${none}.${unsigned.split(".")[1]}.`, ...otherwise, withoutSignature, embedded];
    for (const token of all) expect([token, await verify(portal, token)]).toEqual([token, false]);
  });

  it("refuse what is no token", async () => {
    for (const token of ["", ".", "..", "a.b.c", "{}", "\u0000", "💥", "x".repeat(100_000), "null.null.null"]) {
      expect(await verify(portal, token)).toBe(false);
    }
  });
});

it("keys that are given are asked of nobody", async () => {
  expect(await verify(inline())).toBe(true);
  expect(asked).toEqual([]);
});

describe("224 what the portal does not say", () => {
  it.each([
    ["nothing at all", null],
    ["a failure", () => new Response("", { status: 503 })],
    ["no JSON", () => new Response("<html>")],
    ["a way elsewhere", () => Response.redirect("https://elsewhere.example.test/")],
    ["another issuer", () => Response.json({ ...configuration, issuer: "https://elsewhere.example.test/" })],
    ["no address of keys", () => Response.json({ ...configuration, jwks_uri: undefined })],
    ["an address that is none", () => Response.json({ ...configuration, jwks_uri: "keys" })],
    ["keys that come unprotected", () => Response.json({ ...configuration, jwks_uri: keysUrl.replace("https", "http") })],
    ["no algorithm", () => Response.json({ ...configuration, id_token_signing_alg_values_supported: [] })],
  ])("refuses all, and is asked for again: %s", async (name, answer) => {
    const portal = bySelf();
    const good = answers.get(configurationUrl)!;
    if (answer === null) answers.delete(configurationUrl);
    else answers.set(configurationUrl, answer);
    expect(await verify(portal)).toBe(false);
    answers.set(configurationUrl, good);
    // What was well said is believed for its day, be it that nothing is good enough.
    expect(await verify(portal)).toBe(name !== "no algorithm");
  });

  it.each([
    ["nothing at all", null],
    ["a failure", () => new Response("", { status: 500 })],
    ["no keys", () => Response.json({})],
    ["a way elsewhere", () => Response.redirect("https://elsewhere.example.test/")],
  ])("refuses all, and is asked for again: %s where the keys are", async (_name, answer) => {
    for (const portal of [atAddress(), bySelf()]) {
      if (answer === null) answers.delete(keysUrl);
      else answers.set(keysUrl, answer);
      expect(await verify(portal)).toBe(false);
      answers.set(keysUrl, () => Response.json(portalKeySet));
      expect(await verify(portal)).toBe(true);
    }
  });

  it("never makes a secret of a public key, whatever the portal calls an algorithm", async () => {
    answers.set(configurationUrl, () => Response.json({ ...configuration, id_token_signing_alg_values_supported: ["HS256", "none"] }));
    const secret = new TextEncoder().encode(portalKeySet.keys[0]!.n);
    answers.set(keysUrl, () =>
      Response.json({ keys: [{ kty: "oct", kid: "s", alg: "HS256", k: btoa("secret of thirty-two letters, no?") }] }),
    );
    const claims = { iss: issuer, sub: "customers-dot-internal-api", aud: "gitlab-subscriptions" };
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "s" }).sign(secret);
    const portal = bySelf();
    for (const token of [forged, await portalJwt()]) expect(await verify(portal, token)).toBe(false);
  });

  it("takes what algorithm the portal says it signs with", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...((await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey), kid: "ec" };
    answers.set(configurationUrl, () => Response.json({ ...configuration, id_token_signing_alg_values_supported: ["ES256"] }));
    answers.set(keysUrl, () => Response.json({ keys: [jwk, ...portalKeySet.keys] }));
    const claims = { iss: issuer, sub: "customers-dot-internal-api", aud: "gitlab-subscriptions" };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "ec" }).sign(privateKey);
    const portal = bySelf();
    expect([await verify(portal, token), await verify(portal)]).toEqual([true, false]);
  });
});

describe("225 what the portal said", () => {
  const at = (milliseconds: number) => vi.setSystemTime(milliseconds);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });

  it("is kept while the portal is down: its keys for a quarter of an hour", async () => {
    for (const portal of [atAddress(), bySelf()]) {
      const start = Date.now();
      answers.set(keysUrl, () => Response.json(portalKeySet));
      expect(await verify(portal)).toBe(true);
      answers.delete(keysUrl);
      at(start + 14 * minute);
      expect(await verify(portal)).toBe(true);
      at(start + 16 * minute);
      expect(await verify(portal)).toBe(false);
      answers.set(keysUrl, () => Response.json(portalKeySet));
      expect(await verify(portal)).toBe(true);
    }
  });

  it("is asked for once: the configuration a day, the keys every quarter of an hour", async () => {
    const portal = bySelf();
    const start = Date.now();
    for (const minutes of [0, 1, 14, 16, 30, 32]) {
      at(start + minutes * minute);
      expect(await verify(portal)).toBe(true);
    }
    expect(asked).toEqual([configurationUrl, keysUrl, keysUrl, keysUrl]);
    asked = [];
    at(start + 24 * 60 * minute - 1);
    expect(await verify(portal)).toBe(true);
    expect(asked).toEqual([keysUrl]);
    answers.delete(configurationUrl);
    at(start + 24 * 60 * minute + 1);
    expect(await verify(portal)).toBe(false);
    answers.set(configurationUrl, () => Response.json(configuration));
    expect(await verify(portal)).toBe(true);
  });

  it("is asked for again for a key that is new, but not by everybody who makes one up", async () => {
    const portal = atAddress();
    const start = Date.now();
    answers.set(keysUrl, () => Response.json({ keys: [{ ...portalKeySet.keys[0], kid: "old" }] }));
    expect(await verify(portal)).toBe(false);
    answers.set(keysUrl, () => Response.json(portalKeySet));
    at(start + minute);
    expect(await verify(portal)).toBe(true);
    asked = [];
    const madeUp = await portalJwt({}, { kid: "made-up" });
    for (let count = 0; count < 10; count += 1) expect(await verify(portal, madeUp)).toBe(false);
    expect(asked.length).toBeLessThanOrEqual(1);
  });
});
