import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addDeployKey, addGroup, addKey, addProject, addToken, addUser, db, newKeyLine, setSettings } from "../setup/world.ts";

const k3 =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCYTAaxbc79U8alz+5Tw8NLgSBjgCHPVw+4tL5BhKkpAOL7TVjUURbWo605bXsPuNUIsOwM531SzcjvzcTz4oFjJEzZ5vuTogekgpM5IPpuduidKFl9da589al7t/zw/VEwZ+QGQT60/1k/BVGGhsYkAzPoGvDmom/iuY9hiUsTIZnUv7sj2JtEhHtsgjnZcDkNmFMmS4vG6tH9LkDeZjZAgELnBCNCzYZ078H93N7azqr1pW8+TRBRk+bQwiACLxYlnZUxarTMLVtYAzRj6yyEbi5O++emiIevUHTPa5IJWHArPE1Xw/uheNjzhgfNn4tbomoHlEmR+XqI6TZRnS+7";
const taken = { fingerprint_sha256: ["has already been taken"], fingerprint: ["has already been taken"] };
const ungenerated = { fingerprint_sha256: ["cannot be generated"], fingerprint: ["cannot be generated"] };

let ada: UserRow;
let bob: UserRow;
let asAda: ReturnType<typeof withToken>;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  bob = await addUser();
  asAda = withToken(await addToken(ada));
});

beforeEach(async () => {
  await db.query.run(sql`delete from keys where kind = 'user'`);
  await setSettings(null);
});

const add = (values: Record<string, unknown> = {}) => asAda("POST", "/user/keys", { json: { title: "t", key: newKeyLine(), ...values } });

describe("POST /user/keys", () => {
  it("C94 registers a key of the caller", async () => {
    const reply = await add({ key: k3 });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      title: "t",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: null,
      key: `${k3} Ada Byron (gitlab.example.test)`,
      usage_type: "auth_and_signing",
    });
    expect((await asRoot("GET", `/users/${ada.id}/keys/${reply.body.id}`)).body).toEqual(reply.body);
  });

  it("keeps expiry and usage", async () => {
    const reply = await add({ expires_at: "2999-01-01", usage_type: "signing" });
    expect(reply.body).toMatchObject({ expires_at: "2999-01-01T00:00:00.000Z", usage_type: "signing" });
  });

  it.each([
    [{ key: undefined }, { error: "key is missing" }],
    [{ title: undefined }, { error: "title is missing" }],
    [{ usage_type: "bogus" }, { error: "usage_type does not have a valid value" }],
    [{ expires_at: "soon" }, { error: "expires_at is invalid" }],
    [{ key: "some key" }, { message: { key: ["is invalid"], ...ungenerated } }],
    [{ title: " " }, { message: { title: ["can't be blank"] } }],
    [{ title: "x".repeat(256) }, { message: { title: ["is too long (maximum is 255 characters)"] } }],
    [{ expires_at: "2001-01-01" }, { message: { key: ["has expired"] } }],
  ])("refuses %j", async (values, body) => {
    const reply = await add(values);
    expect([reply.status, reply.body]).toEqual([400, body]);
  });

  it("refuses what somebody has, also beside what else is wrong", async () => {
    const [bobs, robots] = [newKeyLine(), newKeyLine()];
    await addKey(bob, { line: bobs });
    await addDeployKey(null, [{ project: await addProject(await addGroup()) }], { line: robots });
    for (const key of [bobs, robots]) {
      const reply = await add({ key });
      expect([reply.status, reply.body]).toEqual([400, { message: taken }]);
    }
    expect((await add({ key: bobs, title: "" })).body).toEqual({ message: { title: ["can't be blank"], ...taken } });
  });

  it("of two requests at once with one key, one wins", async () => {
    const key = newKeyLine();
    const replies = await Promise.all([add({ key }), add({ key })]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400]);
  });

  it("refuses what the instance's settings refuse", async () => {
    await setSettings({ rsa_key_restriction: 4096, max_ssh_key_lifetime: 10 });
    const short = await add({ key: k3, expires_at: "2999-01-01" });
    expect(short.body).toEqual({
      message: {
        key: ["must be at least 4096 bits", "has an expiration date that is later than the maximum allowed on this instance"],
      },
    });
  });

  it("acts for whom an administrator acts as", async () => {
    const reply = await asRoot("POST", "/user/keys", { json: { title: "t", key: newKeyLine() }, headers: { Sudo: "ada" } });
    expect(reply.body.key).toMatch(/ Ada Byron \(gitlab\.example\.test\)$/);
    expect((await asAda("GET", "/user/keys")).body).toEqual([reply.body]);
  });

  it("wants a token with the scope api", async () => {
    const json = { title: "t", key: newKeyLine() };
    expect((await call("POST", "/user/keys", { json })).body).toEqual({ message: "401 Unauthorized" });
    const reader = withToken(await addToken(ada, { scopes: ["read_user"] }));
    const reply = await reader("POST", "/user/keys", { json });
    expect([reply.status, reply.body]).toMatchObject([403, { error: "insufficient_scope", scope: "api" }]);
  });

  it("asks the database twice: caller, and the write", async () => {
    const reply = await asRoot("POST", "/user/keys", { json: { title: "t", key: newKeyLine() } });
    expect(reply.headers.get("Server-Timing")).toContain("2 trips");
  });
});

describe("GET /user/keys", () => {
  it("lists the caller's keys, in pages, and shows one", async () => {
    const keys = [await addKey(ada), await addKey(ada), await addKey(ada)];
    await addKey(bob);
    await addDeployKey(ada, [{ project: await addProject(await addGroup()) }]);
    const reply = await asAda("GET", "/user/keys?per_page=2");
    expect(reply.body.map((key: { id: number }) => key.id)).toEqual([keys[0]!.id, keys[1]!.id]);
    expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    const one = await asAda("GET", `/user/keys/${keys[0]!.id}`);
    expect([one.status, one.body]).toEqual([200, reply.body[0]]);
  });

  it("has numbered pages only", async () => {
    const reply = await asAda("GET", "/user/keys?pagination=keyset");
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it("does not find what is not the caller's", async () => {
    const bobs = await addKey(bob);
    const robots = await addDeployKey(ada, [{ project: await addProject(await addGroup()) }]);
    for (const id of [bobs.id, robots.id, 999_999, "x", "99999999999999999999"]) {
      const reply = await asAda("GET", `/user/keys/${id}`);
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Key Not Found" }]);
    }
  });

  it("wants a token that reads users", async () => {
    const { id } = await addKey(ada);
    for (const path of ["/user/keys", `/user/keys/${id}`]) {
      expect((await call("GET", path)).body).toEqual({ message: "401 Unauthorized" });
      expect((await withToken(await addToken(ada, { scopes: ["read_user"] }))("GET", path)).status).toBe(200);
      expect((await withToken(await addToken(ada, { scopes: ["read_repository"] }))("GET", path)).status).toBe(403);
    }
  });
});

describe("DELETE /user/keys/:key_id", () => {
  it("deletes once", async () => {
    const { id } = await addKey(ada);
    const reply = await asAda("DELETE", `/user/keys/${id}`);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    const again = await asAda("DELETE", `/user/keys/${id}`);
    expect([again.status, again.body]).toEqual([404, { message: "404 Key Not Found" }]);
  });

  it("neither another user's key, nor a deploy key that the caller made", async () => {
    const robots = await addDeployKey(ada, [{ project: await addProject(await addGroup()) }]);
    for (const { id } of [await addKey(bob), robots]) expect((await asAda("DELETE", `/user/keys/${id}`)).status).toBe(404);
  });

  it("not what changed since", async () => {
    const { id } = await addKey(ada);
    const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" };
    const reply = await asAda("DELETE", `/user/keys/${id}`, { headers });
    expect([reply.status, reply.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    expect((await asAda("GET", `/user/keys/${id}`)).status).toBe(200);
  });
});
