import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deleteUser } from "../../src/db/user-deletion.ts";
import type { UserRow } from "../../src/db/users.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";
import { asShell, call, withToken, type CallOptions } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { testVars } from "../setup/vars.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addProject,
  addUser,
  dayFromNow,
  db,
  personalNamespaceId,
  setSettings,
  unique,
} from "../setup/world.ts";

const path = "/internal/personal_access_token";
const good = { key_id: 11, name: "newtoken", scopes: ["read_api", "read_repository"] };
let rubi: UserRow;

beforeAll(async () => {
  rubi = await addUser({ id: 7, username: "rubi" });
  await addKey(rubi, { id: 11 });
  await addKey(rubi, { id: 13, usage: "signing" });
  await addKey(await addUser({ id: 9, state: "blocked" }), { id: 14 });
  await addKey(null, { id: 31 });
  await addDeployKey(rubi, [{ project: await addProject(await addGroup()) }], { id: 21 });
});
beforeEach(() => setSettings(null));
afterEach(() => setSettings(null));

const ask = (json: unknown) => asShell("POST", path, { json });
const refused = (message: string) => ({ success: false, message });

async function countTokens(): Promise<number> {
  const [row] = await db.query.all<{ n: number }>(sql`select count(*) as n from personal_access_tokens`);
  return row!.n;
}

describe("accounts 9: refusals", () => {
  it.each<[string, unknown, string]>([
    ["70: a deploy key", { key_id: 21 }, "Deploy keys cannot be used to create personal access tokens"],
    ["a key that is not there", { key_id: 999999 }, "Could not find the given key"],
    ["nobody named", {}, "Could not find the given key"],
    ["a key that only signs", { key_id: 13 }, "Could not find the given key"],
    ["72: a key of nobody", { key_id: 31 }, "Could not find a user for the given key"],
    ["73: a user who is not there", { user_id: 0 }, "Could not find the given user"],
    ["no id at all", { user_id: "7abc" }, "Could not find the given user"],
    ["the key decides alone", { key_id: 999999, user_id: 7 }, "Could not find the given key"],
    ["74: no name", { key_id: 11 }, "No token name specified"],
    ["a blank name", { key_id: 11, name: " \n" }, "No token name specified"],
    ["null for a name", { key_id: 11, name: null }, "No token name specified"],
    ["no scopes", { key_id: 11, name: "newtoken" }, "No token scopes specified"],
    ["76: an empty list", { key_id: 11, name: "newtoken", scopes: [] }, "No token scopes specified"],
    ["an empty text", { key_id: 11, name: "newtoken", scopes: "" }, "No token scopes specified"],
    ["null for scopes", { key_id: 11, name: "newtoken", scopes: null }, "No token scopes specified"],
    ["blank scopes only", { key_id: 11, name: "newtoken", scopes: ["", null] }, "No token scopes specified"],
    ["80: no date", { ...good, scopes: ["api"], expires_at: "invalid-date" }, "Invalid token expiry date: 'invalid-date'"],
    ["a number for a date", { ...good, expires_at: 20210613 }, "Invalid token expiry date: '20210613'"],
    ["a boolean for a date", { ...good, expires_at: false }, "Invalid token expiry date: 'false'"],
    ["a day that no calendar has", { ...good, expires_at: "2021-02-30" }, "Invalid token expiry date: '2021-02-30'"],
    ["a name of 256", { ...good, name: "x".repeat(256) }, "Failed to create token: Name is too long (maximum is 255 characters)"],
    ["a name of megabytes", { ...good, name: "x".repeat(900_000) }, "Failed to create token: Name is too long (maximum is 255 characters)"],
    ["a blocked user", { ...good, key_id: 14 }, "Failed to create token: Not permitted to create"],
    ["a blocked user, named", { ...good, key_id: null, user_id: 9 }, "Failed to create token: Not permitted to create"],
  ])("%s", async (_, json, message) => {
    const before = await countTokens();
    const reply = await ask(json);
    expect([reply.status, reply.body]).toEqual([200, refused(message)]);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect(await countTokens()).toBe(before);
  });

  const valid =
    '["ai_features", "api", "create_runner", "granular", "k8s_proxy", "manage_runner", "mcp", "read_api", "read_registry", "read_repository", "read_user", "self_rotate", "write_registry", "write_repository"]';
  it.each<[string, unknown, string]>([
    ["77, C116: among good ones", ["read_api", "badscope", "read_repository"], "badscope"],
    ["78: only the first is named", ["bad1", "bad2"], "bad1"],
    ["81: before the date", ["x"], "x"],
    ["sudo", ["api", "sudo"], "sudo"],
    ["admin_mode", "admin_mode", "admin_mode"],
    ["a number", [7], "7"],
    ["a boolean", true, "true"],
    ["with spaces", [" api"], " api"],
    ["with commas", "api,read_api", "api,read_api"],
    ["of JavaScript", ["__proto__"], "__proto__"],
    ["half a surrogate pair", ["\ud800"], "\ud800"],
    ["quotes and NUL", ["'\u0000\""], "'\u0000\""],
  ])("an unknown scope: %s", async (_, scopes, named) => {
    const reply = await ask({ ...good, scopes, expires_at: "y" });
    expect([reply.status, reply.body]).toEqual([200, refused(`Invalid scope: '${named}'. Valid scopes are: ${valid}`)]);
  });

  it.each<[string, unknown, string]>([
    ["scopes within objects", { scopes: [{ a: 1 }] }, "scopes[0] is invalid"],
    ["a hash of scopes by name", { scopes: { a: "api" } }, "scopes is invalid"],
    ["lists within lists", { scopes: [["api"]] }, "scopes[0] is invalid"],
    ["1001 scopes", { scopes: Array.from({ length: 1001 }, () => "api") }, "scopes is invalid"],
    ["a list for a name", { name: ["a"] }, "name is invalid"],
    ["a list for a date", { expires_at: ["2021-01-01"] }, "expires_at is invalid"],
  ])("what can be no parameter is a bad request that says so: %s", async (_, values, sentence) => {
    const reply = await ask({ ...good, ...(values as object) });
    expect([reply.status, reply.body]).toEqual([400, { message: `400 Bad request - ${sentence}` }]);
  });

  it("88: a day that is too far names the first that is", async () => {
    await setSettings({ max_personal_access_token_lifetime: 10 });
    const reply = await ask({ ...good, expires_at: dayFromNow(11) });
    expect(reply.body).toEqual(refused(`Failed to create token: Expiration date must be before ${dayFromNow(11)}`));
    expect((await ask({ ...good, expires_at: dayFromNow(10) })).body.expires_at).toBe(dayFromNow(10));
  });

  it("an owner who is deleted meanwhile is one who is not there", async () => {
    const user = await addUser();
    const key = await addKey(user);
    const namespaceId = await personalNamespaceId(user);
    // Deletes the user after what the call is decided by was read, and before the token is written.
    let isFirst = true;
    const DB = {
      withSession: () => {
        const session = env.DB.withSession("first-primary");
        return {
          prepare: (text: string) => session.prepare(text),
          batch: async (statements: D1PreparedStatement[]) => {
            if (!isFirst) await deleteUser(db, user.id, [namespaceId]);
            isFirst = false;
            return session.batch(statements);
          },
          getBookmark: () => session.getBookmark(),
        };
      },
    };
    const reply = await shellCall(path, { json: { ...good, key_id: key.id } }, { DB });
    expect([reply.status, reply.body]).toEqual([200, refused("Could not find the given key")]);
  });
});

describe("accounts 9: tokens", () => {
  it("82: without an expiry it lives a year; it is good for what it is for, and only its digest is kept", async () => {
    const reply = await ask(good);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect(reply.body).toEqual({
      success: true,
      token: expect.stringMatching(/^glpat-[\w-]{20}$/),
      scopes: ["read_api", "read_repository"],
      expires_at: dayFromNow(365),
    });
    const { token } = reply.body;
    expect((await withToken(token)("GET", "/user")).body.username).toBe("rubi");
    const [row] = await db.query.all<Record<string, unknown>>(
      sql`select * from personal_access_tokens where digest = ${digestOfToken(token)}`,
    );
    expect(row).toMatchObject({ user_id: 7, name: "newtoken", description: null, revoked_at: null, is_from_deployment: 0 });
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it("82, C110: for ever, where no expiry is required", async () => {
    await setSettings({ require_personal_access_token_expiry: false });
    expect((await ask({ ...good, key_id: undefined, user_id: 7 })).body).toMatchObject({ success: true, expires_at: null });
    expect((await ask({ ...good, expires_at: "9001-11-17" })).body.expires_at).toBe("9001-11-17");
  });

  it("C109: as gitlab-shell asks, with the id of the key as text and its own header", async () => {
    await setSettings({ require_personal_access_token_expiry: false });
    const reply = await call("POST", path, {
      headers: await jwtHeaders(),
      json: { key_id: "11", name: "newtoken", scopes: ["read_api", "read_repository"], expires_at: "9001-11-17" },
    });
    expect(reply.body).toMatchObject({ success: true, scopes: ["read_api", "read_repository"], expires_at: "9001-11-17" });
  });

  it.each([
    ["tomorrow", () => dayFromNow(1), () => dayFromNow(1)],
    ["84: the last day as date and time", () => `${dayFromNow(365)}T23:59:59.999+02:00`, () => dayFromNow(365)],
    ["a day in words", () => "24 Jul 2020", () => "2020-07-24"],
    ["none", () => "", () => dayFromNow(365)],
    ["null", () => null, () => dayFromNow(365)],
  ])("%s", async (_, given, expected) => {
    expect((await ask({ ...good, expires_at: given() })).body).toMatchObject({ success: true, expires_at: expected() });
  });

  it.each(["api", "read_api", "read_user", "read_repository", "write_repository"])("85: scope %s", async (scope) => {
    expect((await ask({ ...good, scopes: [scope] })).body).toMatchObject({ success: true, scopes: [scope] });
  });

  it.each<[string, CallOptions, string[]]>([
    ["a list in a form", { form: "key_id=11&name=n&scopes[]=read_user&scopes[]=api" }, ["read_user", "api"]],
    ["numbered elements", { form: "key_id=11&name=n&scopes[0]=read_user&scopes[1]=api" }, ["read_user", "api"]],
    ["a hash of numbers", { json: { ...good, scopes: { 1: "api", 0: "read_user" } } }, ["read_user", "api"]],
    ["one alone", { json: { ...good, scopes: "api" } }, ["api"]],
    ["repeated", { json: { ...good, scopes: ["read_user", "api", "read_user", "api"] } }, ["read_user", "api"]],
    ["1000", { json: { ...good, scopes: Array.from({ length: 1000 }, () => "api") } }, ["api"]],
  ])("scopes come as %s, are kept in their order, and each once", async (_, options, scopes) => {
    expect((await asShell("POST", path, options)).body).toMatchObject({ success: true, scopes });
  });

  it.each<[string, unknown, string]>([
    ["a number", 42, "42"],
    ["255 characters", "n".repeat(255), "n".repeat(255)],
    ["anything", "'); drop table users; -- 💥\u202e", "'); drop table users; -- 💥\u202e"],
  ])("its name may be %s", async (_, name, stored) => {
    const { token } = (await ask({ ...good, name })).body;
    expect((await withToken(token)("GET", "/personal_access_tokens/self")).body.name).toBe(stored);
  });

  it("90: the seed's own example: a past day is echoed, and the token dead", async () => {
    const form = "user_id=7&name=mytokenname&scopes[]=read_user&scopes[]=read_repository&expires_at=2020-07-24";
    const reply = await asShell("POST", path, { form });
    expect([reply.status, reply.body]).toEqual([
      200,
      { success: true, token: expect.any(String), scopes: ["read_user", "read_repository"], expires_at: "2020-07-24" },
    ]);
    expect((await withToken(reply.body.token)("GET", "/user")).status).toBe(401);
  });

  it("begins as the instance wants it", async () => {
    await setSettings({ personal_access_token_prefix: "" });
    expect((await ask(good)).body.token).toMatch(/^[\w-]{20}$/);
  });

  it("is in the log by the ids of its creator, its owner and itself, and never as text", async () => {
    const written = vi.spyOn(console, "log");
    const { token } = (await ask(good)).body;
    const lines = written.mock.calls.map(([line]) => String(line));
    written.mockRestore();
    const created = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "personal-access-token:created");
    expect(created).toEqual([expect.objectContaining({ creator_id: 7, user_id: 7, token_id: expect.any(Number) })]);
    expect(lines.join("\n")).not.toContain(token.slice("glpat-".length));
  });

  it("takes one round trip to be refused, and two to be made", async () => {
    expect((await ask({ key_id: 11 })).headers.get("Server-Timing")).toContain('desc="1 trip,');
    expect((await ask(good)).headers.get("Server-Timing")).toContain('desc="2 trips,');
  });

  it.each([
    ["a token", good],
    ["a refusal", { key_id: 11 }],
    ["a deploy key", { key_id: 21 }],
  ])("the key was used, also for %s", async (_, json) => {
    const id = json.key_id;
    await db.query.run(sql`update keys set last_used_at = null, updated_at = 1 where id = ${id}`);
    await shellCall(path, { json });
    const [key] = await db.query.all<{ last_used_at: number; updated_at: number }>(
      sql`select last_used_at, updated_at from keys where id = ${id}`,
    );
    expect(Date.now() - key!.last_used_at).toBeLessThan(60_000);
    expect(key!.updated_at).toBe(1);
  });
});

const secretBytes = new TextEncoder().encode(testVars.GITLAB_SHELL_SECRET);

/** As gitlab-shell signs a request, but for a number of its own: two of one second are two. */
async function jwtHeaders(): Promise<Record<string, string>> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: "gitlab-shell", iat, exp: iat + 60, jti: unique("jwt") };
  return { "Gitlab-Shell-Api-Request": await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(secretBytes) };
}

/**
 * gitlab-shell sends a request again, with the same JWT, where the answer got lost. Without care each of them would make a
 * token that nobody ever saw.
 */
describe("the same request again", () => {
  it("with the same JWT gives the same token, one row, also ten at once", async () => {
    const headers = await jwtHeaders();
    const before = await countTokens();
    const replies = await Promise.all(Array.from({ length: 10 }, () => call("POST", path, { headers, json: good })));
    replies.push(
      await call("POST", path, { headers: { "Gitlab-Shell-Api-Request": ` ${headers["Gitlab-Shell-Api-Request"]}\t` }, json: good }),
    );
    replies.push(await call("POST", path, { headers, json: { ...good, key_id: "011" } }));
    for (const reply of replies) expect(reply.body).toEqual({ ...replies[0]!.body, success: true });
    expect(await countTokens()).toBe(before + 1);
    expect((await withToken(replies[0]!.body.token)("GET", "/user")).status).toBe(200);
  });

  it("its expiry stays what it was, whatever the instance wants meanwhile", async () => {
    const headers = await jwtHeaders();
    const first = await call("POST", path, { headers, json: good });
    await setSettings({ max_personal_access_token_lifetime: 10 });
    expect((await call("POST", path, { headers, json: good })).body).toEqual(first.body);
  });

  it("is logged once", async () => {
    const headers = await jwtHeaders();
    const json = { ...good, name: "logged once" };
    const written = vi.spyOn(console, "log");
    for (let time = 0; time < 3; time += 1) await call("POST", path, { headers, json });
    const created = written.mock.calls.filter(([line]) => String(line).includes("personal-access-token:created"));
    written.mockRestore();
    expect(created).toHaveLength(1);
  });

  it("with anything else in it gives another token", async () => {
    const headers = await jwtHeaders();
    const others: unknown[] = [
      good,
      { ...good, name: "other" },
      { ...good, name: "newtoken " },
      { ...good, scopes: ["read_repository", "read_api"] },
      { ...good, scopes: ["read_api"] },
      { ...good, expires_at: dayFromNow(365) },
      { ...good, expires_at: dayFromNow(364) },
      { ...good, key_id: undefined, user_id: 7 },
    ];
    const tokens: string[] = [];
    for (const json of others) tokens.push((await call("POST", path, { headers, json })).body.token);
    for (const _ of [1, 2]) tokens.push((await call("POST", path, { headers: await jwtHeaders(), json: good })).body.token);
    expect(tokens.every((token) => /^glpat-[\w-]{20}$/.test(token))).toBe(true);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it("with the secret alone gives another every time, also beside a JWT that is not good", async () => {
    const headers = { "Gitlab-Shell-Api-Request": "not.a.jwt" };
    const replies = [await ask(good), await ask(good)];
    for (const _ of [1, 2]) replies.push(await asShell("POST", path, { headers, json: good }));
    expect(new Set(replies.map(({ body }) => body.token)).size).toBe(4);
  });

  it("a token of the request cannot be made by somebody who has the shell's secret and no key of the instance", async () => {
    const headers = await jwtHeaders();
    const theirs = await shellCall(path, { json: good, headers }, { GATEHOUSE_ENCRYPTION_KEY: btoa("k".repeat(32)), SHELL_AUTH: "jwt" });
    const ours = await call("POST", path, { headers, json: good });
    expect(theirs.body.success).toBe(true);
    expect(theirs.body.token).not.toBe(ours.body.token);
  });
});
