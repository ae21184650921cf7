import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { verifyShellJwt } from "../../src/auth/shell-jwt.ts";
import { asShell, call } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { testVars } from "../setup/vars.ts";

const secret = testVars.GITLAB_SHELL_SECRET;
const unauthorized = { message: "401 Unauthorized" };

/** As gitlab-shell signs it, `seconds` from now, with the claims changed. */
function sign(claims: Record<string, unknown> = {}, { seconds = 0, key = secret, alg = "HS256" } = {}): Promise<string> {
  const iat = Math.floor(Date.now() / 1000) + seconds;
  return new SignJWT({ iss: "gitlab-shell", iat, exp: iat + 60, ...claims })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(key));
}

const jwtHeader = (token: string) => ({ "Gitlab-Shell-Api-Request": token });
const secretHeader = (text: string) => ({ "Gitlab-Shared-Secret": text });

describe("accounts 2.1: the shared secret", () => {
  it.each<[string, string, Record<string, string>, number]>([
    ["A1: Base64 in the header", "", secretHeader(btoa(secret)), 200],
    ["A2: Base64 of the secret with its newline", "", secretHeader(btoa(`${secret}\n`)), 200],
    ["A4: raw, as a parameter", `?secret_token=${secret}`, {}, 200],
    ["A5: Base64, as a parameter", `?secret_token=${encodeURIComponent(btoa(secret))}`, {}, 200],
    ["A6, git-side 8: no credential", "", {}, 401],
    ["A8: raw, in the header", "", secretHeader(secret), 401],
    ["A9: a wrong parameter beats a right header", "?secret_token=wrong", secretHeader(btoa(secret)), 401],
    ["an empty parameter beats a right header", "?secret_token=", secretHeader(btoa(secret)), 401],
    ["a list beats a right header", "?secret_token[]=x", secretHeader(btoa(secret)), 401],
    ["without padding", "", secretHeader(btoa(secret).replaceAll("=", "")), 200],
    ["with a line break inside", `?secret_token=${encodeURIComponent(btoa(secret).replace(/^(.{8})/, "$1\n"))}`, {}, 200],
    ["white space around the parameter", `?secret_token=%20${secret}%0A`, {}, 200],
    ["an empty header", "", secretHeader(""), 401],
    ["a header that is no Base64", "", secretHeader("???"), 401],
    ["one character less", `?secret_token=${secret.slice(0, -1)}`, {}, 401],
    ["one character more", `?secret_token=${secret}0`, {}, 401],
    ["another letter case", `?secret_token=${secret.toUpperCase()}`, {}, 401],
    ["Base64 twice", "", secretHeader(btoa(btoa(secret))), 401],
  ])("%s", async (_, query, headers, status) => {
    const reply = await call("GET", `/internal/check${query}`, { headers });
    expect(reply.status).toBe(status);
    if (status === 401) expect(reply.body).toEqual(unauthorized);
  });

  it.each<[string, Parameters<typeof call>[2]]>([
    ["A10: JSON", { json: { secret_token: secret } }],
    ["a form", { form: `secret_token=${secret}` }],
    ["a null is not given: the header counts", { json: { secret_token: null }, headers: secretHeader(btoa(secret)) }],
  ])("the parameter is found in the body, %s", async (_, options) => {
    // Past the credential, a request that names no repository is a bad one.
    expect((await call("POST", "/internal/allowed", options)).status).toBe(400);
  });

  it.each([
    ["JSON number", { secret_token: 1 }],
    ["JSON list", { secret_token: [secret] }],
    ["JSON object", { secret_token: { a: secret } }],
  ])("a %s is no secret", async (_, json) => {
    expect((await call("POST", "/internal/allowed", { json, headers: secretHeader(btoa(secret)) })).status).toBe(401);
  });

  it("no answer repeats the secret", async () => {
    const reply = await call("GET", `/internal/check?secret_token=${secret}wrong`);
    expect(JSON.stringify([reply.body, [...reply.headers]])).not.toContain(secret);
  });
});

describe("accounts 2.2: the JWT", () => {
  const vector =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJnaXRsYWItc2hlbGwiLCJpYXQiOjE2MjM1ODU2MDAsImV4cCI6MTYyMzU4NTY2MH0.pgd9X1dMexBW840ydLGwEupq5R-6hPV-NPJejMPgvWc";
  it.each<[string, number, boolean]>([
    ["at iat", 1623585600, true],
    ["long before iat", 1623500000, true],
    ["at exp", 1623585660, true],
    ["59 s after exp", 1623585719, true],
    ["60 s after exp", 1623585720, false],
  ])("the contract's vector %s", async (_, seconds, isValid) => {
    expect(await verifyShellJwt(vector, secret, new Date(seconds * 1000))).toBe(isValid);
    expect(await verifyShellJwt(vector, `${secret}0`, new Date(seconds * 1000))).toBe(false);
  });

  it.each<[string, () => Promise<string>, number]>([
    ["A13, git-side 1: as gitlab-shell signs it", () => sign(), 200],
    ["A14: made 10 s in the future", () => sign({}, { seconds: 10 }), 200],
    ["git-side 3: made two minutes ago", () => sign({}, { seconds: -121 }), 401],
    ["made 110 s ago: within the leeway", () => sign({}, { seconds: -110 }), 200],
    ["A16, git-side 4: of workhorse", () => sign({ iss: "gitlab-workhorse" }), 401],
    ["A18: without a signature", async () => new UnsecuredJWT({ iss: "gitlab-shell" }).encode(), 401],
    ["without an issuer", () => sign({ iss: undefined }), 401],
    ["with a list for an issuer", () => sign({ iss: ["gitlab-shell"] }), 401],
    ["without exp", () => sign({ exp: undefined }), 200],
    ["exp is no number", () => sign({ exp: "soon" }), 401],
    ["iat is nonsense", () => sign({ iat: 99_999_999_999 }), 200],
    ["nbf in 50 s: within the leeway", () => sign({ nbf: Math.floor(Date.now() / 1000) + 50 }), 200],
    ["nbf in two minutes", () => sign({ nbf: Math.floor(Date.now() / 1000) + 120 }), 401],
    ["of any audience", () => sign({ aud: "somebody else", sub: "x", jti: "1" }), 200],
    ["signed with another key", () => sign({}, { key: `${secret}0` }), 401],
    ["signed with the decoded secret", () => sign({}, { key: atob(secret) }), 401],
    ["HS512", () => sign({}, { alg: "HS512" }), 401],
    ["behind Bearer", async () => `Bearer ${await sign()}`, 401],
    ["nothing", async () => "", 401],
    ["nonsense", async () => "a.b.c", 401],
  ])("%s", async (_, token, status) => {
    const reply = await call("GET", "/internal/check", { headers: jwtHeader(await token()) });
    expect(reply.status).toBe(status);
    if (status === 401) expect(reply.body).toEqual(unauthorized);
  });

  it("the same token serves twice: gitlab-shell repeats it", async () => {
    const headers = jwtHeader(await sign());
    expect((await call("GET", "/internal/check", { headers })).status).toBe(200);
    expect((await call("GET", "/internal/check", { headers })).status).toBe(200);
  });
});

describe("SHELL_AUTH", () => {
  const good = secretHeader(btoa(secret));
  const none = secretHeader("");
  /* Columns: both, jwt, secret. */
  it.each<[string, string, () => Promise<Record<string, string>>, number[]]>([
    ["A17, git-side 5: the secret in the header", "", async () => good, [200, 401, 200]],
    ["git-side 7: the secret as a parameter", `?secret_token=${secret}`, async () => none, [200, 401, 200]],
    ["A13: the JWT", "", async () => ({ ...none, ...jwtHeader(await sign()) }), [200, 200, 401]],
    ["a bad JWT with a good secret", "", async () => ({ ...good, ...jwtHeader("a.b.c") }), [200, 401, 200]],
    ["a good JWT with a bad secret", "?secret_token=wrong", async () => ({ ...none, ...jwtHeader(await sign()) }), [200, 200, 401]],
    ["both bad", "?secret_token=wrong", async () => ({ ...none, ...jwtHeader("a.b.c") }), [401, 401, 401]],
  ])("%s", async (_, query, headers, statuses) => {
    for (const [index, SHELL_AUTH] of ["both", "jwt", "secret"].entries()) {
      const reply = await shellCall(`/internal/check${query}`, { headers: await headers() }, { SHELL_AUTH });
      expect(reply.status).toBe(statuses[index]);
    }
  });
});

describe("the credential comes before everything else", () => {
  it.each<[string, string, string, Parameters<typeof call>[2]]>([
    ["A12: a missing parameter", "GET", "/internal/authorized_keys", {}],
    ["discover", "GET", "/internal/discover", {}],
    ["no repository", "POST", "/internal/allowed", { json: {} }],
    ["a body that is no JSON", "POST", "/internal/allowed", { raw: "{", headers: { "Content-Type": "application/json" } }],
    ["a bad parameter", "POST", "/internal/allowed", { json: { username: [], secret_token: "wrong" } }],
    ["a body of an unknown kind", "POST", "/internal/allowed", { raw: "x", headers: { "Content-Type": "text/plain" } }],
    ["a personal access token", "GET", "/internal/check", { headers: { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN } }],
  ])("%s", async (_, method, path, options) => {
    const reply = await call(method, path, options);
    expect(reply.status).toBe(401);
    expect(reply.body).toEqual(unauthorized);
    expect(reply.headers.get("Content-Type")).toContain("application/json");
  });

  it.each([
    ["POST", "/internal/check", "GET, HEAD"],
    ["POST", "/internal/discover", "GET, HEAD"],
    ["POST", "/internal/authorized_keys", "GET, HEAD"],
    ["GET", "/internal/allowed", "POST"],
  ])("but a wrong verb is no secret: %s %s", async (method, path, allow) => {
    const reply = await call(method, path);
    expect(reply.status).toBe(405);
    expect(reply.body).toEqual({ error: "405 Not Allowed" });
    expect(reply.headers.get("Allow")!.split(", ").sort().join(", ")).toBe(allow);
  });
});

it("the shell secret opens no call of the public API", async () => {
  expect((await asShell("GET", "/projects/1/protected_branches/main")).status).toBe(401);
  expect((await call("GET", "/projects/1/protected_branches/main", { headers: jwtHeader(await sign()) })).status).toBe(401);
});
