import { SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { makeSigningKey, signAssertion, startKeyServer, type KeyServer, type SigningKey } from "./setup/access-keys.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

const audience = "0f2ca9d4e1b64d0b8b1c9d5a7e3f6a2b0f2ca9d4e1b64d0b8b1c9d5a7e3f6a2b";
const forbidden = { status: 403, body: { message: "403 Forbidden - Cloudflare Access" } };
const keysUnavailable = { status: 503, body: { message: "503 Service Unavailable - the keys of Cloudflare Access could not be loaded" } };

let rsa: SigningKey;
let ec: SigningKey;
let keyServer: KeyServer;
let gatehouse: Gatehouse;

beforeAll(async () => {
  [rsa, ec, keyServer] = await Promise.all([makeSigningKey("rsa-1", "RS256"), makeSigningKey("ec-1", "ES256"), startKeyServer()]);
  gatehouse = await startGatehouse({ ACCESS: "on", ACCESS_TEAM_DOMAIN: keyServer.issuer, ACCESS_AUD: audience });
});
afterAll(async () => {
  keyServer?.close();
  await gatehouse?.close();
});
beforeEach(() => keyServer.serve([rsa, ec]));

const shellHeader = { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET) };

async function ask(assertion: string | null, path = "/api/v4/internal/check", init: RequestInit = {}) {
  const headers = { ...shellHeader, ...(assertion === null ? {} : { "Cf-Access-Jwt-Assertion": assertion }) };
  const response = await fetch(`${gatehouse.url}${path}`, { ...init, headers, redirect: "manual" });
  return { status: response.status, body: await response.json() };
}

const person = (more: Record<string, unknown> = {}) => ({
  iss: keyServer.issuer,
  aud: [audience],
  sub: "7335d417-61da-459d-899c-0a01c76a2f94",
  email: "ada@example.test",
  ...more,
});
const nowSeconds = () => Math.floor(Date.now() / 1000);

describe("an assertion that Cloudflare Access made for this application", () => {
  it("lets a person in, signed with RS256", async () => {
    expect((await ask(await signAssertion(rsa, person()))).status).toBe(200);
  });

  it("lets a person in, signed with ES256", async () => {
    expect((await ask(await signAssertion(ec, person()))).status).toBe(200);
  });

  it("lets a service token in, which has a common_name and an empty subject", async () => {
    const service = { iss: keyServer.issuer, aud: [audience], sub: "", common_name: "8f0c1b.access" };
    expect((await ask(await signAssertion(rsa, service))).status).toBe(200);
  });

  it("is taken with this application's audience among several", async () => {
    expect((await ask(await signAssertion(rsa, person({ aud: ["another application", audience] })))).status).toBe(200);
  });

  it("does not stand in for the caller's own credential", async () => {
    const assertion = await signAssertion(rsa, person());
    const response = await fetch(`${gatehouse.url}/api/v4/internal/check`, { headers: { "Cf-Access-Jwt-Assertion": assertion } });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: "401 Unauthorized" });
  });

  it("is asked for before the routes: with it an unknown address is 404 and a wrong verb 405", async () => {
    const assertion = await signAssertion(rsa, person());
    expect(await ask(assertion, "/api/v4/internal/nothing")).toEqual({ status: 404, body: { error: "404 Not Found" } });
    expect((await ask(assertion, "/api/v4/internal/check", { method: "PUT" })).status).toBe(405);
  });
});

describe("403 with the one text", () => {
  const paths = [
    "/api/v4/internal/check",
    "/api/v4/user",
    "/api/v4/internal/nothing",
    "/",
    "/api/v4/openapi.json",
    "/openapi.json",
    "/-/readiness",
  ];
  it.each(paths)("no assertion: %s", async (path) => {
    expect(await ask(null, path)).toEqual(forbidden);
  });

  it("no assertion, wrong verb", async () => {
    expect(await ask(null, "/api/v4/internal/check", { method: "DELETE" })).toEqual(forbidden);
  });

  const claims: [string, () => Record<string, unknown>][] = [
    ["another application's audience", () => ({ aud: ["0000"] })],
    ["no audience", () => ({ aud: undefined })],
    ["another team's issuer", () => ({ iss: "https://another.cloudflareaccess.com" })],
    ["no issuer", () => ({ iss: undefined })],
    ["expired a minute ago", () => ({ iat: nowSeconds() - 400, nbf: nowSeconds() - 400, exp: nowSeconds() - 60 })],
    ["no expiry", () => ({ exp: undefined })],
    ["not valid yet", () => ({ nbf: nowSeconds() + 120 })],
    ["an expiry that is text", () => ({ exp: "tomorrow" })],
  ];
  it.each(claims)("%s", async (_name, more) => {
    expect(await ask(await signAssertion(rsa, person(more())))).toEqual(forbidden);
  });

  it.each(["", "x", "a.b.c", "..", "eyJhbGciOiJSUzI1NiJ9.e30.", `${"a".repeat(4_000)}.b.c`])("not a token: %s", async (text) => {
    expect(await ask(text)).toEqual(forbidden);
  });

  it("unsigned (alg none)", async () => {
    const token = new UnsecuredJWT(person()).setIssuedAt().setExpirationTime("5m").encode();
    expect(await ask(token)).toEqual(forbidden);
  });

  // The key set is public: whoever has it could sign with its text, if the token's own `alg` chose the way of checking.
  it.each(["publicPem", "publicJwk"] as const)("HS256, with the public key as its secret (%s)", async (form) => {
    const text = form === "publicPem" ? rsa.publicPem : JSON.stringify(rsa.publicJwk);
    const token = await new SignJWT(person())
      .setProtectedHeader({ alg: "HS256", kid: rsa.kid })
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode(text));
    expect(await ask(token)).toEqual(forbidden);
  });

  it("signed by a stranger under the name of a known key", async () => {
    const stranger = await makeSigningKey(rsa.kid, "RS256");
    expect(await ask(await signAssertion(stranger, person()))).toEqual(forbidden);
  });

  it("signed with a key of another kind than the one it names", async () => {
    expect(await ask(await signAssertion({ ...ec, kid: rsa.kid }, person()))).toEqual(forbidden);
  });

  it("changed after it was signed", async () => {
    const [head, , signature] = (await signAssertion(rsa, person())).split(".");
    const body = Buffer.from(JSON.stringify(person({ email: "eve@example.test", exp: nowSeconds() + 300 }))).toString("base64url");
    expect(await ask(`${head}.${body}.${signature}`)).toEqual(forbidden);
  });
});

describe("the team's keys", () => {
  beforeEach(async () => {
    await gatehouse.configure({});
  });

  it("are fetched once for many requests", async () => {
    const assertion = await signAssertion(rsa, person());
    const before = keyServer.requests();
    for (let count = 0; count < 5; count += 1) expect((await ask(assertion)).status).toBe(200);
    expect(keyServer.requests()).toBe(before + 1);
  });

  it("are had by many requests that come at once, before they are known", async () => {
    const assertion = await signAssertion(rsa, person());
    const replies = await Promise.all(Array.from({ length: 12 }, () => ask(assertion)));
    expect(replies.map((reply) => reply.status)).toEqual(Array.from({ length: 12 }, () => 200));
  });

  it("are fetched again when a token names a key that is not among them, so that keys can be rotated", async () => {
    expect((await ask(await signAssertion(rsa, person()))).status).toBe(200);
    const next = await makeSigningKey("rsa-2", "RS256");
    keyServer.serve([next]);
    await passed(1_100);
    const before = keyServer.requests();
    expect((await ask(await signAssertion(next, person()))).status).toBe(200);
    expect(keyServer.requests()).toBe(before + 1);
    expect(await ask(await signAssertion(rsa, person()))).toEqual(forbidden);
  });

  it("are not fetched for every token that names an unknown key: a flood of them asks about once a second", async () => {
    expect((await ask(await signAssertion(rsa, person()))).status).toBe(200);
    const unknown = await signAssertion({ ...rsa, kid: "unknown" }, person());
    const before = keyServer.requests();
    for (let count = 0; count < 10; count += 1) expect(await ask(unknown)).toEqual(forbidden);
    expect(keyServer.requests()).toBeLessThanOrEqual(before + 3);
  });

  it("are not asked for at all by what cannot be a good token", async () => {
    const before = keyServer.requests();
    await ask(null);
    await ask("x");
    await ask(new UnsecuredJWT(person()).encode());
    expect(keyServer.requests()).toBe(before);
  });

  const broken: [string, { status: number; text: string }][] = [
    ["an error", { status: 500, text: "{}" }],
    ["a redirect", { status: 302, text: "" }],
    ["no JSON", { status: 200, text: "<html>" }],
    ["no key set", { status: 200, text: '{"public_certs":[]}' }],
  ];
  it.each(broken)("503 where their server answers with %s, and good again afterwards", async (_name, answer) => {
    const assertion = await signAssertion(rsa, person());
    keyServer.serve(answer);
    expect(await ask(assertion)).toEqual(keysUnavailable);
    keyServer.serve([rsa]);
    expect((await ask(assertion)).status).toBe(200);
  });

  it("503 where their server is down", async () => {
    const other = await startKeyServer();
    other.close();
    await gatehouse.configure({ ACCESS_TEAM_DOMAIN: other.issuer });
    expect(await ask(await signAssertion(rsa, person({ iss: other.issuer })))).toEqual(keysUnavailable);
  });
});

const notConfigured = (names: string) => ({
  status: 503,
  body: {
    message: `503 Service Unavailable - Cloudflare Access is not configured: set ${names} (README, Deploy). Until then every call is refused.`,
  },
});

describe("a deployment whose Access is not configured", () => {
  const paths = ["/api/v4/internal/check", "/api/v4/user", "/api/v4/internal/nothing", "/anything", "/api/v4/openapi.json"];

  it("refuses every route, unknown ones too, and names both settings; only /-/health answers", async () => {
    const assertion = await signAssertion(rsa, person());
    await gatehouse.configure({ ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: "" });
    for (const path of paths) expect(await ask(assertion, path)).toEqual(notConfigured("ACCESS_TEAM_DOMAIN and ACCESS_AUD"));
    expect(await ask(null, "/-/health")).toEqual({ status: 200, body: { status: "ok" } });
  });

  it("names the one setting that is missing", async () => {
    await gatehouse.configure({ ACCESS_AUD: " " });
    expect(await ask(null)).toEqual(notConfigured("ACCESS_AUD"));
    await gatehouse.configure({ ACCESS_TEAM_DOMAIN: "" });
    expect(await ask(null)).toEqual(notConfigured("ACCESS_TEAM_DOMAIN"));
  });

  it.each(["staging", "production"])("may not switch it off in %s", async (environment) => {
    await gatehouse.configure({ ACCESS: "off", ENVIRONMENT: environment });
    const message = '503 Service Unavailable - ACCESS is "off", which only ENVIRONMENT "development" may have';
    for (const path of paths) expect(await ask(null, path)).toEqual({ status: 503, body: { message } });
    expect((await ask(null, "/-/health")).status).toBe(200);
  });
});

it("/-/health needs no assertion", async () => {
  await gatehouse.configure({});
  expect(await ask(null, "/-/health")).toEqual({ status: 200, body: { status: "ok" } });
});

/** jose reads the clock itself for its cool-down, inside the Worker: real time has to pass. */
function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
