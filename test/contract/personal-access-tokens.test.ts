import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { listTokens } from "../../src/db/token-list.ts";
import { rotateToken } from "../../src/db/tokens.ts";
import type { UserRow } from "../../src/db/users.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { testVars } from "../setup/vars.ts";
import { addToken, addUser, dayFromNow, db, setSettings, unique } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;

let ada: UserRow;
let bob: UserRow;
let asAda: Call;
let asBob: Call;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  bob = await addUser({ username: "bob" });
  asAda = withToken(await addToken(ada));
  asBob = withToken(await addToken(bob));
});
afterEach(() => setSettings(null));

const unauthorized = [401, { message: "401 Unauthorized" }];
const revokedAnswer = [401, { error: "invalid_token", error_description: "Token was revoked. You have to re-authorize from the user." }];
const insufficient = (scope: string) => [
  403,
  {
    error: "insufficient_scope",
    error_description: "The request requires higher privileges than provided by the access token.",
    scope,
  },
];
const said = ({ status, body }: { status: number; body: unknown }) => [status, body];

async function idOf(token: string): Promise<number> {
  const [row] = await db.query.all<{ id: number }>(sql`select id from personal_access_tokens where digest = ${digestOfToken(token)}`);
  return row!.id;
}

/** A token of the user, with its id and a caller who shows it. */
async function newToken(user: UserRow = ada, values: Parameters<typeof addToken>[1] = {}) {
  const token = await addToken(user, values);
  return { id: await idOf(token), token, show: withToken(token) };
}

const isAlive = async (token: string) => (await withToken(token)("GET", "/personal_access_tokens/self")).status === 200;

describe("GET /personal_access_tokens", () => {
  it("shows one's own, and administrators everybody's, without their texts", async () => {
    const own = await asBob("GET", "/personal_access_tokens");
    expect(own.status).toBe(200);
    expect(own.body).toEqual([
      {
        id: expect.any(Number),
        name: "test",
        revoked: false,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        description: null,
        scopes: ["api"],
        user_id: bob.id,
        last_used_at: expect.toSatisfy((value) => value === null || typeof value === "string"),
        active: true,
        expires_at: null,
      },
    ]);
    expect((await asBob("GET", `/personal_access_tokens?user_id=${bob.id}`)).body).toHaveLength(1);
    const all = await asRoot("GET", "/personal_access_tokens?per_page=100");
    expect(new Set(all.body.map((token: any) => token.user_id))).toEqual(new Set([1, ada.id, bob.id]));
    const ofBob = await asRoot("GET", `/personal_access_tokens?user_id=${bob.id}`);
    expect(ofBob.body).toMatchObject([{ user_id: bob.id }]);
    expect(ofBob.headers.get("X-Total")).toBe("1");
  });

  it.each(["user_id=1", "user_id=", "user_id=999999", "user_id=-1", "user_id=9007199254740991"])(
    "D111 nobody but administrators asks for those of others: %s",
    async (query) => {
      expect(said(await asAda("GET", `/personal_access_tokens?${query}`))).toEqual(unauthorized);
    },
  );

  it.each(["user_id=999999", "user_id=", "user_id=0", "user_id=-1"])(
    "D112 administrators are told that there is no such user: %s",
    async (query) => {
      expect(said(await asRoot("GET", `/personal_access_tokens?${query}`))).toEqual([404, { message: "404 Not Found" }]);
    },
  );

  it.each([
    ["A37", "revoked=asdf", "revoked is invalid"],
    ["", "state=asdf", "state does not have a valid value"],
    ["D122", "created_before=asdf", "created_before is invalid"],
    ["", "created_after=2022-02-30", "created_after is invalid"],
    ["", "last_used_before=x", "last_used_before is invalid"],
    ["", "last_used_after=x", "last_used_after is invalid"],
    ["", "expires_before=x", "expires_before is invalid"],
    ["", "expires_after=x", "expires_after is invalid"],
    ["", "user_id=ada", "user_id is invalid"],
    ["", "search[a]=b", "search is invalid"],
  ])("%s refuses ?%s", async (_, query, error) => {
    expect(said(await asRoot("GET", `/personal_access_tokens?${query}`))).toEqual([400, { error }]);
  });

  it("has pages, and no keyset", async () => {
    const user = await addUser();
    for (const name of ["a", "b", "c"]) await addToken(user, { name });
    const list = withToken(await addToken(user, { name: "d" }));
    const page = await list("GET", "/personal_access_tokens?per_page=2&page=2&search=");
    expect(page.body.map(({ name }: any) => name)).toEqual(["c", "d"]);
    expect([page.headers.get("X-Total"), page.headers.get("X-Prev-Page"), page.headers.get("X-Next-Page")]).toEqual(["4", "1", ""]);
    expect(said(await list("GET", "/personal_access_tokens?pagination=keyset"))).toEqual([
      405,
      { error: "Keyset pagination is not yet available for this type of request" },
    ]);
  });

  it("asks for api or read_api", async () => {
    const { show } = await newToken(ada, { scopes: ["read_api"] });
    expect((await show("GET", "/personal_access_tokens")).status).toBe(200);
    const user = await newToken(ada, { scopes: ["read_user", "self_rotate"] });
    expect(said(await user.show("GET", "/personal_access_tokens"))).toEqual(insufficient("api read_api"));
    expect(said(await call("GET", "/personal_access_tokens"))).toEqual(unauthorized);
  });
});

describe("the filters of GET /personal_access_tokens", () => {
  let user: UserRow;
  const at = (text: string) => new Date(text);

  beforeAll(async () => {
    user = await addUser();
    const add = (name: string, values: Parameters<typeof addToken>[1]) =>
      addToken(user, { name, createdAt: at("2022-01-01T12:30:25Z"), ...values });
    await add("plain", {});
    await add("Used", { lastUsedAt: at("2022-02-01T00:00:00Z"), createdAt: at("2021-01-01T00:00:00Z") });
    await add("Revoked", { revokedAt: at("2022-03-01T00:00:00Z"), createdAt: at("2023-01-01T00:00:00Z") });
    await add("expired", { expiresAt: dayFromNow(0) });
    await add("expires", { expiresAt: dayFromNow(1) });
    await add("100% _both", { revokedAt: at("2022-03-01T00:00:00Z"), expiresAt: "2022-03-01" });
  });

  it.each<[string, string[]]>([
    ["", ["plain", "Used", "Revoked", "expired", "expires", "100% _both"]],
    ["state=active", ["plain", "Used", "expires"]],
    ["state=inactive", ["Revoked", "expired", "100% _both"]],
    ["revoked=true", ["Revoked", "100% _both"]],
    ["revoked=0", ["plain", "Used", "expired", "expires"]],
    ["revoked=false&state=inactive", ["expired"]],
    ["revoked=true&state=active", []],
    ["search=EXPIRE", ["expired", "expires"]],
    ["search=%25", ["100% _both"]],
    ["search=nothing", []],
    ["created_before=2022-01-01T12:30:24", ["Used"]],
    ["created_before=2022-01-01T12:30:25", ["plain", "Used", "expired", "expires", "100% _both"]],
    ["created_after=2022-01-01T12:30:25Z", ["plain", "Revoked", "expired", "expires", "100% _both"]],
    ["created_after=2022-01-01T13:30:26%2B01:00", ["Revoked"]],
    ["created_after=2022-01-02&created_before=", ["Revoked"]],
    ["last_used_before=2022-02-01", ["Used"]],
    ["last_used_after=2022-02-01T00:00:00Z", ["Used"]],
    ["last_used_after=2022-02-01T00:00:01Z", []],
    ["last_used_before=2022-01-31T23:59:59Z", []],
    ["expires_before=2022-03-01", ["100% _both"]],
    ["expires_before=2022-02-28", []],
  ])("D122 ?%s", async (query, names) => {
    const reply = await asRoot("GET", `/personal_access_tokens?user_id=${user.id}&${query}`);
    expect(reply.body.map(({ name }: any) => name)).toEqual(names);
    expect(reply.headers.get("X-Total")).toBe(String(names.length));
  });

  it("days are included by both ends", async () => {
    const names = async (query: string) =>
      (await asRoot("GET", `/personal_access_tokens?user_id=${user.id}&${query}`)).body.map(({ name }: any) => name);
    expect(await names(`expires_after=${dayFromNow(1)}`)).toEqual(["expires"]);
    expect(await names(`expires_after=${dayFromNow(0)}&expires_before=${dayFromNow(0)}`)).toEqual(["expired"]);
  });
});

describe("GET and DELETE /personal_access_tokens/:id", () => {
  it("D114 shows one's own, by its id or as self", async () => {
    const { id, show } = await newToken();
    const byId = await show("GET", `/personal_access_tokens/${id}`);
    expect([byId.status, byId.body.id, byId.body.user_id]).toEqual([200, id, ada.id]);
    const itself = await show("GET", "/personal_access_tokens/self");
    expect(said(itself)).toEqual([200, { ...byId.body, last_used_at: itself.body.last_used_at }]);
  });

  it("A8 needs a scope for the id, and none for self", async () => {
    const { id, show } = await newToken(ada, { scopes: ["read_repository"] });
    expect(said(await show("GET", `/personal_access_tokens/${id}`))).toEqual(insufficient("api read_api"));
    expect((await show("GET", "/personal_access_tokens/self")).body.id).toBe(id);
  });

  it("another's is shown to administrators, and to nobody else", async () => {
    const { id } = await newToken();
    expect((await asRoot("GET", `/personal_access_tokens/${id}`)).body.id).toBe(id);
    expect(said(await asBob("GET", `/personal_access_tokens/${id}`))).toEqual(unauthorized);
  });

  it.each(["999999", "0", "-1", "abc", "9007199254740993", "1e3", "%20"])(
    "of no token %s only administrators are told",
    async (segment) => {
      const paths: [string, string][] = [
        ["GET", `/personal_access_tokens/${segment}`],
        ["DELETE", `/personal_access_tokens/${segment}`],
        ["POST", `/personal_access_tokens/${segment}/rotate`],
      ];
      for (const [method, path] of paths) {
        expect(said(await asRoot(method, path))).toEqual([404, { message: "404 Not Found" }]);
        expect(said(await asBob(method, path))).toEqual(unauthorized);
      }
    },
  );

  it("revokes one's own: it is dead, listed as revoked, and may be revoked again", async () => {
    const { id, token } = await newToken();
    const reply = await asAda("DELETE", `/personal_access_tokens/${id}`, { json: {} });
    expect(said(reply)).toEqual([204, undefined]);
    expect(said(await withToken(token)("GET", "/user"))).toEqual(revokedAnswer);
    expect((await asAda("GET", `/personal_access_tokens/${id}`)).body).toMatchObject({ revoked: true, active: false });
    const [before] = await db.query.all<{ revoked_at: number }>(
      sql`update personal_access_tokens set revoked_at = revoked_at - 1000 where id = ${id} returning revoked_at`,
    );
    expect(before?.revoked_at).toBeLessThan(Date.now());
    expect((await asAda("DELETE", `/personal_access_tokens/${id}`)).status).toBe(204);
    const [after] = await db.query.all<{ revoked_at: number }>(sql`select revoked_at from personal_access_tokens where id = ${id}`);
    expect(after).toEqual(before);
  });

  it("D119 another's is revoked by administrators, and by nobody else", async () => {
    const { id, token } = await newToken();
    expect(said(await asBob("DELETE", `/personal_access_tokens/${id}`))).toEqual([400, { message: "400 Bad request" }]);
    expect(await isAlive(token)).toBe(true);
    expect((await asRoot("DELETE", `/personal_access_tokens/${id}`)).status).toBe(204);
    expect(await isAlive(token)).toBe(false);
  });

  it("D121 any token revokes itself", async () => {
    const { token, show } = await newToken(ada, { scopes: ["read_repository"] });
    expect(said(await show("DELETE", "/personal_access_tokens/self"))).toEqual([204, undefined]);
    expect(await isAlive(token)).toBe(false);
    expect(said(await show("DELETE", "/personal_access_tokens/self"))).toEqual(revokedAnswer);
  });

  it("an administrator who acts as somebody has their tokens, and self is still the token that is presented", async () => {
    const own = (await asRoot("GET", "/personal_access_tokens/self", { headers: { Sudo: "bob" } })).body;
    expect(own.user_id).toBe(1);
    const listed = (await asRoot("GET", "/personal_access_tokens", { headers: { Sudo: "bob" } })).body;
    expect(listed.map((token: any) => token.user_id)).toEqual([bob.id]);
    expect(said(await asRoot("GET", `/personal_access_tokens/${own.id}`, { headers: { Sudo: "bob" } }))).toEqual(unauthorized);
  });

  it("an administrator whose token lacks admin_mode, where it is asked for, is like anybody", async () => {
    const { show } = await newToken(await addUser({ isAdmin: true }));
    const { id } = await newToken();
    await setSettings({ admin_mode: true });
    expect(said(await show("GET", `/personal_access_tokens/${id}`))).toEqual(unauthorized);
    expect(said(await show("DELETE", `/personal_access_tokens/${id}`))).toEqual([400, { message: "400 Bad request" }]);
  });
});

describe("the deployment's token", () => {
  it("is listed and shown like others, and neither rotated nor revoked: its secret makes it", async () => {
    const { id } = (await asRoot("GET", "/personal_access_tokens/self")).body;
    expect((await asRoot("GET", `/personal_access_tokens/${id}`)).body).toMatchObject({ name: "GATEHOUSE_ROOT_TOKEN", active: true });
    const stays = [400, { message: "400 Bad request - The deployment's token is changed by changing its secret" }];
    const paths: [string, string][] = [
      ["DELETE", `/personal_access_tokens/${id}`],
      ["DELETE", "/personal_access_tokens/self"],
      ["POST", `/personal_access_tokens/${id}/rotate`],
      ["POST", "/personal_access_tokens/self/rotate"],
    ];
    for (const [method, path] of paths) expect(said(await asRoot(method, path))).toEqual(stays);
    expect(await isAlive(testVars.GATEHOUSE_ROOT_TOKEN)).toBe(true);
  });
});

describe("rotation", () => {
  it("D115 puts a new token in the place of an old one: same name, description, scopes; a week", async () => {
    const { id, token } = await newToken(ada, { name: "ci", description: "for the build", scopes: ["api", "read_user"] });
    const reply = await asAda("POST", `/personal_access_tokens/${id}/rotate`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect(reply.body).toEqual({
      id: expect.any(Number),
      name: "ci",
      revoked: false,
      created_at: expect.any(String),
      description: "for the build",
      scopes: ["api", "read_user"],
      user_id: ada.id,
      last_used_at: null,
      active: true,
      expires_at: dayFromNow(7),
      token: expect.stringMatching(/^glpat-[\w-]{20}$/),
    });
    expect(reply.body.id).not.toBe(id);
    expect(said(await withToken(token)("GET", "/user"))).toEqual(revokedAnswer);
    expect((await withToken(reply.body.token)("GET", "/user")).body.username).toBe("ada");
    const [stored] = await db.query.all<Record<string, unknown>>(sql`select * from personal_access_tokens where id = ${reply.body.id}`);
    expect(stored).toMatchObject({ family_id: id, digest: digestOfToken(reply.body.token), is_from_deployment: 0 });
    expect(JSON.stringify(stored)).not.toContain(reply.body.token);
  });

  it("D116 with the expiry that is asked for", async () => {
    const { id } = await newToken();
    const reply = await asAda("POST", `/personal_access_tokens/${id}/rotate`, { json: { expires_at: dayFromNow(30) } });
    expect([reply.status, reply.body.expires_at]).toEqual([200, dayFromNow(30)]);
  });

  it("within what the instance allows; for ever where no expiry is required", async () => {
    await setSettings({ max_personal_access_token_lifetime: 5 });
    const { show, token } = await newToken();
    const late = await show("POST", "/personal_access_tokens/self/rotate", { json: { expires_at: dayFromNow(6) } });
    expect(said(late)).toEqual([400, { message: `400 Bad request - Expiration date must be before ${dayFromNow(6)}` }]);
    expect(await isAlive(token)).toBe(true);
    const second = await show("POST", "/personal_access_tokens/self/rotate", { json: { expires_at: null } });
    expect(second.body.expires_at).toBe(dayFromNow(5));
    await setSettings({ require_personal_access_token_expiry: false, max_personal_access_token_lifetime: null });
    const third = await withToken(second.body.token)("POST", "/personal_access_tokens/self/rotate", { json: { expires_at: "" } });
    expect([third.status, third.body.expires_at]).toEqual([200, null]);
    const fourth = await withToken(third.body.token)("POST", "/personal_access_tokens/self/rotate?expires_at=soon");
    expect(said(fourth)).toEqual([400, { error: "expires_at is invalid" }]);
  });

  it("self needs api or self_rotate; an id needs api", async () => {
    const { id, show } = await newToken(ada, { scopes: ["self_rotate"] });
    expect(said(await show("POST", `/personal_access_tokens/${id}/rotate`))).toEqual(insufficient("api"));
    const reply = await show("POST", "/personal_access_tokens/self/rotate");
    expect([reply.status, reply.body.scopes]).toEqual([200, ["self_rotate"]]);
    const reader = await newToken(ada, { scopes: ["read_api"] });
    expect(said(await reader.show("POST", "/personal_access_tokens/self/rotate"))).toEqual(insufficient("api self_rotate"));
    expect(await isAlive(reader.token)).toBe(true);
  });

  it("another's is rotated by administrators, and by nobody else", async () => {
    const { id, token } = await newToken();
    expect(said(await asBob("POST", `/personal_access_tokens/${id}/rotate`))).toEqual(unauthorized);
    expect(await isAlive(token)).toBe(true);
    const reply = await asRoot("POST", `/personal_access_tokens/${id}/rotate`);
    expect([reply.status, reply.body.user_id]).toEqual([200, ada.id]);
  });

  it("a dead token is not brought to life", async () => {
    const revoked = await newToken(ada, { revokedAt: new Date() });
    const expired = await newToken(ada, { expiresAt: dayFromNow(0) });
    const both = await newToken(ada, { expiresAt: dayFromNow(0), revokedAt: new Date() });
    for (const { id, reason } of [
      { ...revoked, reason: "Token already revoked" },
      { ...expired, reason: "Token already expired" },
      { ...both, reason: "Token already revoked" },
    ]) {
      const reply = await asAda("POST", `/personal_access_tokens/${id}/rotate`);
      expect(said(reply)).toEqual([400, { message: `400 Bad request - ${reason}` }]);
    }
    const itself = await expired.show("POST", "/personal_access_tokens/self/rotate");
    expect([itself.status, itself.body.error_description]).toEqual([401, expect.stringContaining("Token is expired.")]);
  });

  it("the text is in no log", async () => {
    const { show } = await newToken();
    const written = vi.spyOn(console, "log");
    const reply = await show("POST", "/personal_access_tokens/self/rotate");
    const lines = written.mock.calls.map(([line]) => String(line)).join("\n");
    written.mockRestore();
    expect(lines).toContain(`"token_id":${reply.body.id}`);
    expect(lines).not.toContain(reply.body.token.slice("glpat-".length));
  });
});

/** A family: tokens each of which took the place of the one before; all but the last are dead. */
async function newFamily(length: number) {
  const family = [await newToken()];
  for (let index = 1; index < length; index += 1) {
    const { body } = await family.at(-1)!.show("POST", "/personal_access_tokens/self/rotate");
    family.push({ id: body.id, token: body.token, show: withToken(body.token) });
  }
  return family;
}

/**
 * Somebody who steals a token rotates it, and keeps out its owner; or steals an old one and tries it. Whoever of the two
 * comes second shows a token that was rotated already: then nobody knows which of them has the one that lives.
 */
describe("a rotated token is presented to be rotated again", () => {
  it.each([0, 1, 2])("D118 number %i of a family of four: it is refused, and the one that lives is dead", async (which) => {
    const family = await newFamily(4);
    const live = family.at(-1)!;
    expect(await isAlive(live.token)).toBe(true);
    expect(said(await family[which]!.show("POST", "/personal_access_tokens/self/rotate"))).toEqual(revokedAnswer);
    expect(await isAlive(live.token)).toBe(false);
  });

  it("by whatever call for it: with its own id, with no id, with a broken body, with no date", async () => {
    const tries: ((call: Call, id: number) => Promise<{ status: number; body: unknown }>)[] = [
      (show, id) => show("POST", `/personal_access_tokens/${id}/rotate`),
      (show) => show("POST", "/personal_access_tokens/999999/rotate"),
      (show) => show("POST", "/personal_access_tokens/self/rotate", { raw: "{", headers: { "Content-Type": "application/json" } }),
      (show) => show("POST", "/personal_access_tokens/self/rotate", { json: { expires_at: "soon" } }),
    ];
    for (const attempt of tries) {
      const [old, live] = await newFamily(2);
      expect(said(await attempt(old!.show, old!.id))).toEqual(revokedAnswer);
      expect(await isAlive(live!.token)).toBe(false);
    }
  });

  it("its id is only named, by its owner or by an administrator: refused, and the one that lives stays", async () => {
    for (const caller of [asAda, asRoot]) {
      const [old, live] = await newFamily(2);
      const reply = await caller("POST", `/personal_access_tokens/${old!.id}/rotate`);
      expect(said(reply)).toEqual([400, { message: "400 Bad request - Token already revoked" }]);
      expect(await isAlive(live!.token)).toBe(true);
    }
  });

  it("its id is tried by somebody else: nothing happens", async () => {
    const [old, live] = await newFamily(2);
    expect(said(await asBob("POST", `/personal_access_tokens/${old!.id}/rotate`))).toEqual(unauthorized);
    expect(await isAlive(live!.token)).toBe(true);
  });

  it("on any other call it is only refused", async () => {
    const [old, live] = await newFamily(2);
    for (const [method, path] of [
      ["GET", "/user"],
      ["GET", "/personal_access_tokens/self"],
      ["DELETE", "/personal_access_tokens/self"],
      ["DELETE", `/personal_access_tokens/${live!.id}`],
    ] as const) {
      expect(said(await old!.show(method, path))).toEqual(revokedAnswer);
    }
    expect(await isAlive(live!.token)).toBe(true);
  });

  it("what belongs to no family takes nothing along", async () => {
    const others = await Promise.all([newToken(), newToken()]);
    const [, live] = await newFamily(2);
    const { show, id } = await newToken(ada, { revokedAt: new Date() });
    expect(said(await show("POST", "/personal_access_tokens/self/rotate"))).toEqual(revokedAnswer);
    expect((await asAda("POST", `/personal_access_tokens/${id}/rotate`)).status).toBe(400);
    for (const { token } of [...others, live!]) expect(await isAlive(token)).toBe(true);
  });

  it("is told in the log, without any token's text", async () => {
    const [old, live] = await newFamily(2);
    const written = vi.spyOn(console, "warn");
    await old!.show("POST", "/personal_access_tokens/self/rotate");
    await old!.show("POST", "/personal_access_tokens/self/rotate");
    const lines = written.mock.calls.map(([line]) => String(line));
    written.mockRestore();
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", event: "personal-access-token:reused", user_id: ada.id, token_id: old!.id, revoked_ids: [live!.id] },
    ]);
  });
});

describe("two at once", () => {
  it.each([
    ["self", () => "self", [401]],
    ["an id", (id: number) => String(id), [400, 401]],
  ])("rotations of %s: one is answered with a token, the others as of a revoked one", async (_, segmentOf, losers) => {
    const { id, show } = await newToken();
    const caller = segmentOf(id) === "self" ? show : asAda;
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => caller("POST", `/personal_access_tokens/${segmentOf(id)}/rotate`)));
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 200).every((status) => losers.includes(status))).toBe(true);
    // A repeat that presents the old token may count as its reuse, one that names it does not.
    if (caller !== show) expect(await isAlive(replies.find(({ status }) => status === 200)!.body.token)).toBe(true);
    const [row] = await db.query.all<{ n: number }>(sql`select count(*) as n from personal_access_tokens where family_id = ${id}`);
    expect(row!.n).toBe(1);
  });

  it("a rotation that is overtaken by another, while it runs, makes nothing and ends nothing", async () => {
    const { id } = await newToken();
    const next = () => ({ digest: digestOfToken(unique("digest")), expiresAt: null });
    const first = await rotateToken(db, id, next(), new Date());
    expect(await rotateToken(db, id, next(), new Date())).toBeNull();
    expect(await rotateToken(db, 999_999, next(), new Date())).toBeNull();
    const rows = await db.query.all<{ id: number; revoked_at: number | null }>(
      sql`select id, revoked_at from personal_access_tokens where family_id = ${id}`,
    );
    expect(rows).toEqual([{ id: first!.id, revoked_at: null }]);
  });

  it("a rotation that fails half leaves the old token alive", async () => {
    const { id, token } = await newToken();
    const taken = digestOfToken((await newToken()).token);
    await expect(rotateToken(db, id, { digest: taken, expiresAt: null }, new Date())).rejects.toThrow();
    expect(await isAlive(token)).toBe(true);
  });

  it("a rotation and a revocation: never two that live", async () => {
    const { id, token } = await newToken();
    const [rotated] = await Promise.all([
      asAda("POST", `/personal_access_tokens/${id}/rotate`),
      asAda("DELETE", `/personal_access_tokens/${id}`),
    ]);
    expect(await isAlive(token)).toBe(false);
    expect([200, 400]).toContain(rotated.status);
  });
});

describe("POST /user/personal_access_tokens", () => {
  const path = "/user/personal_access_tokens";

  it("makes a token that lives to the end of the day", async () => {
    const reply = await asAda("POST", path, { json: { name: "proxy", description: "cluster", scopes: ["k8s_proxy"] } });
    expect(reply.status).toBe(201);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect(reply.body).toMatchObject({
      name: "proxy",
      description: "cluster",
      scopes: ["k8s_proxy"],
      user_id: ada.id,
      active: true,
      expires_at: dayFromNow(1),
      token: expect.stringMatching(/^glpat-[\w-]{20}$/),
    });
    expect((await withToken(reply.body.token)("GET", "/personal_access_tokens/self")).body.id).toBe(reply.body.id);
  });

  it.each([
    [{ name: "n", scopes: ["api"] }, "scopes does not have a valid value"],
    [{ name: "n", scopes: ["k8s_proxy", "read_user"] }, "scopes does not have a valid value"],
    [{ name: "n" }, "scopes is missing"],
    [{}, "name is missing, scopes is missing"],
    [{ name: "n", scopes: ["k8s_proxy"], expires_at: "soon" }, "expires_at is invalid"],
  ])("refuses %j", async (json, error) => {
    expect(said(await asAda("POST", path, { json }))).toEqual([400, { error }]);
  });

  it("with the expiry that is asked for, within what the instance allows", async () => {
    const json = { name: "n", scopes: "self_rotate,k8s_proxy", expires_at: dayFromNow(20) };
    const reply = await asAda("POST", path, { json });
    expect([reply.status, reply.body.expires_at, reply.body.scopes]).toEqual([201, dayFromNow(20), ["self_rotate", "k8s_proxy"]]);
    await setSettings({ max_personal_access_token_lifetime: 10 });
    expect(said(await asAda("POST", path, { json }))).toEqual([422, { message: `Expiration date must be before ${dayFromNow(11)}` }]);
    await setSettings({ require_personal_access_token_expiry: false });
    expect((await asAda("POST", path, { json: { ...json, expires_at: null } })).body.expires_at).toBe(dayFromNow(1));
  });

  it("needs scope api", async () => {
    const { show } = await newToken(ada, { scopes: ["read_api"] });
    expect(said(await show("POST", path, { json: { name: "n", scopes: ["k8s_proxy"] } }))).toEqual(insufficient("api"));
  });
});

describe("what it costs", () => {
  it("one trip to prove the caller, and one or two more", async () => {
    const trips = async (show: Call, method: string, path: string) =>
      /desc="(\d+) trip/.exec((await show(method, path)).headers.get("Server-Timing") ?? "")?.[1];
    const admin = await addUser({ isAdmin: true });
    const { show, id } = await newToken(admin);
    const other = await newToken();
    expect(await trips(show, "GET", "/personal_access_tokens/self")).toBe("1");
    expect(await trips(show, "GET", `/personal_access_tokens/${id}`)).toBe("2");
    expect(await trips(show, "GET", "/personal_access_tokens")).toBe("2");
    expect(await trips(show, "POST", `/personal_access_tokens/${other.id}/rotate`)).toBe("3");
    expect(await trips(show, "POST", "/personal_access_tokens/self/rotate")).toBe("2");
  });

  it("the tokens of one cost the same, however many others have", async () => {
    const rowsRead = async () => {
      const metered = openDb(env.DB);
      await listTokens(metered, { userId: bob.id, today: dayFromNow(0), search: "test", isActive: true }, { size: 20, offset: 0 });
      return metered.meter.rowsRead;
    };
    const before = await rowsRead();
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
      insert into personal_access_tokens (user_id, name, digest, scopes) select ${ada.id}, 'test', printf('%064d', i), '[]' from n`);
    expect(await rowsRead()).toBe(before);
    expect(before).toBeLessThan(20);
  });

  it("a page of all tokens is read by their order, and families by their index", async () => {
    const plan = async (query: ReturnType<typeof sql>) =>
      (await db.query.all<{ detail: string }>(sql`explain query plan ${query}`)).map(({ detail }) => detail).join("; ");
    expect(await plan(sql`select * from personal_access_tokens order by id limit 21 offset 40`)).not.toContain("TEMP B-TREE");
    expect(await plan(sql`update personal_access_tokens set revoked_at = 1 where family_id = 7 and revoked_at is null`)).toContain(
      "USING INDEX personal_access_tokens_family",
    );
  });
});
