import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken, type Reply } from "../setup/call.ts";
import { testVars } from "../setup/vars.ts";
import { addGroup, addKey, addMember, addProject, addToken, addUser, type Project } from "../setup/world.ts";

const unauthorized = { message: "401 Unauthorized" };

let ada: UserRow;
let bob: UserRow;
let tokenOfAda: string;
let asAda: ReturnType<typeof withToken>;
let project: Project;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  bob = await addUser({ username: "bob" });
  tokenOfAda = await addToken(ada);
  asAda = withToken(tokenOfAda);
  project = await addProject(await addGroup({ path: "engines" }), { path: "analytical" });
});

const seen: Reply[] = [];
const remember = (reply: Reply): Reply => {
  seen.push(reply);
  return reply;
};

describe("credentials", () => {
  it("A1 without any: 401, and the type of the answer is exactly application/json", async () => {
    const reply = await call("GET", "/user");
    expect(reply.status).toBe(401);
    expect(reply.body).toEqual(unauthorized);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
  });

  it("A2 a token that nobody has: 401", async () => {
    const reply = await withToken("nonsense")("GET", "/user");
    expect([reply.status, reply.body]).toEqual([401, unauthorized]);
  });

  it("A3 as a bearer token", async () => {
    const reply = remember(await call("GET", "/user", { headers: { Authorization: `Bearer ${tokenOfAda}` } }));
    expect([reply.status, reply.body.username]).toEqual([200, "ada"]);
  });

  it("A5 as a parameter", async () => {
    const reply = remember(await call("GET", `/user?access_token=${tokenOfAda}`));
    expect([reply.status, reply.body.username]).toEqual([200, "ada"]);
  });

  it("A6 a revoked token is told so", async () => {
    const reply = await withToken(await addToken(ada, { revokedAt: new Date() }))("GET", "/user");
    expect(reply.status).toBe(401);
    expect(reply.body).toEqual({
      error: "invalid_token",
      error_description: "Token was revoked. You have to re-authorize from the user.",
    });
  });

  it("an expired token is told so, from the beginning of its last day", async () => {
    const reply = await withToken(await addToken(ada, { expiresAt: new Date().toISOString().slice(0, 10) }))("GET", "/user");
    expect(reply.status).toBe(401);
    expect(reply.body).toEqual({
      error: "invalid_token",
      error_description: "Token is expired. You can either do re-authorization or token refresh.",
    });
  });

  it("A8 a token for repositories reads no user", async () => {
    const reply = await withToken(await addToken(ada, { scopes: ["read_repository"] }))("GET", "/user");
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({
      error: "insufficient_scope",
      error_description: "The request requires higher privileges than provided by the access token.",
      scope: "api read_api read_user",
    });
  });

  it("A9 a token that reads creates nothing", async () => {
    const reply = await withToken(await addToken(ada, { scopes: ["read_api"] }))("POST", "/projects", { json: { name: "x" } });
    expect([reply.status, reply.body.error]).toEqual([403, "insufficient_scope"]);
  });

  it.each(["read_user", "read_api"])("a token with %s alone reads users", async (scope) => {
    const reply = await withToken(await addToken(ada, { scopes: [scope] }))("GET", `/users/${bob.id}`);
    expect([reply.status, reply.body.username]).toEqual([200, "bob"]);
  });

  it("A11 a blocked user's token is refused", async () => {
    const blocked = await addUser({ state: "blocked" });
    const reply = await withToken(await addToken(blocked))("GET", "/user");
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden - Your account has been blocked." }]);
  });
});

describe("sudo", () => {
  it("A12 an administrator acts with another user's rights", async () => {
    const reply = remember(await asRoot("GET", "/user", { headers: { Sudo: "ADA" } }));
    expect([reply.status, reply.body.username]).toEqual([200, "ada"]);
    expect(reply.body).not.toHaveProperty("is_admin");
  });

  it("A14 nobody else does", async () => {
    const reply = await asAda("GET", "/user", { headers: { Sudo: "bob" } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden - Must be admin to use sudo" }]);
  });

  it("A15 the token needs its scope", async () => {
    const admin = await addUser({ isAdmin: true });
    const reply = await withToken(await addToken(admin))("GET", "/user", { headers: { Sudo: "ada" } });
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({
      error: "insufficient_scope",
      error_description: "The request requires higher privileges than provided by the access token.",
      scope: "sudo",
    });
  });

  it("an unknown user is named", async () => {
    const reply = await asRoot("GET", "/user?sudo=999999");
    expect([reply.status, reply.body]).toEqual([404, { message: "404 User with ID or username '999999' Not Found" }]);
  });
});

describe("addresses and bodies", () => {
  it("A17 an unknown address is 404 in JSON", async () => {
    const reply = await asRoot("GET", "/no/such/route");
    expect([reply.status, reply.body]).toEqual([404, { error: "404 Not Found" }]);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
  });

  it("A18 version 3 is gone", async () => {
    const reply = await call("GET", "http://gitlab.example.test/api/v3/projects");
    expect([reply.status, reply.body]).toEqual([410, { error: "API V3 is no longer supported. Use API V4 instead." }]);
  });

  it("a wrong verb is 405 and says which are right", async () => {
    const reply = await asRoot("PATCH", "/users");
    expect([reply.status, reply.body]).toEqual([405, { error: "405 Not Allowed" }]);
    expect(reply.headers.get("Allow")).toContain("POST");
  });

  it("A20 a broken body is 400", async () => {
    const reply = await asRoot("POST", "/users", { raw: '{"email":', headers: { "Content-Type": "application/json" } });
    expect([reply.status, reply.body]).toEqual([400, { error: "message body does not match declared format" }]);
  });

  it("A21 a GET may announce JSON and send none", async () => {
    const reply = remember(await asAda("GET", "/user", { headers: { "Content-Type": "application/json" } }));
    expect(reply.status).toBe(200);
  });

  it("A22 a DELETE may carry an empty object; the answer is empty and has no type", async () => {
    const key = await addKey(ada);
    const reply = await asRoot("DELETE", `/users/${ada.id}/keys/${key.id}`, { json: {} });
    expect([reply.status, reply.body]).toEqual([204, undefined]);
    expect(reply.headers.get("Content-Type")).toBeNull();
  });

  it("a POST may announce JSON and send nothing", async () => {
    const user = await addUser();
    const reply = await asRoot("POST", `/users/${user.id}/block`, { headers: { "Content-Type": "application/json" } });
    expect([reply.status, reply.body]).toEqual([201, true]);
  });

  it("A24 a project is found by its full path", async () => {
    const reply = remember(await asRoot("GET", "/projects/engines%2Fanalytical"));
    expect([reply.status, reply.body.id]).toEqual([200, project.id]);
  });

  it("A26 and not with a slash", async () => {
    const reply = await asRoot("GET", "/projects/engines/analytical");
    expect([reply.status, reply.body]).toEqual([404, { error: "404 Not Found" }]);
  });

  it("one trailing slash is dropped", async () => {
    expect((await asRoot("GET", "/users/")).status).toBe(200);
  });

  it("A27 HEAD has the headers of GET, and no body", async () => {
    const reply = await asRoot("HEAD", "/users");
    expect([reply.status, reply.body]).toEqual([200, undefined]);
    expect(reply.headers.get("X-Total")).toMatch(/^\d+$/);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
  });

  it("A39 what was changed since is not deleted", async () => {
    await addMember(bob, { project }, 40);
    const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" };
    const reply = await asRoot("DELETE", `/projects/${project.id}`, { headers });
    expect([reply.status, reply.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    expect((await asRoot("GET", `/projects/${project.id}`)).status).toBe(200);
  });
});

describe("pages", () => {
  beforeAll(async () => {
    for (const n of [1, 2, 3, 4, 5]) await addUser({ username: `paged-${n}`, email: `paged-${n}@example.test` });
  });
  const pageHeaders = ["X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page"];

  it("A29 a page in the middle leads both ways", async () => {
    const reply = remember(await asRoot("GET", "/users?search=paged-&per_page=2&page=2&order_by=id&sort=asc"));
    expect(reply.body.map((user: { username: string }) => user.username)).toEqual(["paged-3", "paged-4"]);
    expect(pageHeaders.map((name) => reply.headers.get(name))).toEqual(["5", "3", "2", "2", "3", "1"]);
    const link = reply.headers.get("Link") ?? "";
    expect([...link.matchAll(/rel="(\w+)"/g)].map((match) => match[1])).toEqual(["prev", "next", "first", "last"]);
    expect(link).toContain('<http://gitlab.example.test/api/v4/users?search=paged-&per_page=2&page=3&order_by=id&sort=asc>; rel="next"');
  });

  it("A30 the last page leads on to none", async () => {
    const reply = remember(await asRoot("GET", "/users?search=paged-&per_page=2&page=3"));
    expect(reply.body).toHaveLength(1);
    expect(reply.headers.get("X-Next-Page")).toBe("");
    expect(reply.headers.get("Link")).not.toContain('rel="next"');
  });

  it("a page beyond the end is empty", async () => {
    const reply = await asRoot("GET", "/users?search=paged-&page=9");
    expect([reply.status, reply.body, reply.headers.get("X-Total")]).toEqual([200, [], "5"]);
  });

  it("A32 more than 100 a page are 100", async () => {
    const reply = remember(await asRoot("GET", "/users?per_page=500"));
    expect([reply.status, reply.headers.get("X-Per-Page")]).toEqual([200, "100"]);
  });

  it("A33 none a page is refused", async () => {
    const reply = await asRoot("GET", "/users?per_page=0");
    expect([reply.status, reply.body]).toEqual([400, { error: "per_page has a value not allowed" }]);
  });

  it("a token in the query is not repeated in the links", async () => {
    const reply = await call("GET", `/users?private_token=${tokenOfAda}&per_page=1`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("Link")).not.toContain(tokenOfAda);
  });

  it("A40 no answer speaks of rate limits", () => {
    expect(seen.length).toBeGreaterThan(5);
    for (const reply of seen) expect(reply.headers.get("RateLimit-Limit")).toBeNull();
  });
});

describe("GET /version and /metadata", () => {
  it("tell the configured version to whoever has a token", async () => {
    expect((await asAda("GET", "/version")).body).toEqual({ version: "18.9.0", revision: "unknown" });
    expect((await asAda("GET", "/metadata")).body).toEqual({
      version: "18.9.0",
      revision: "unknown",
      kas: { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null },
      enterprise: false,
    });
    expect((await call("GET", "/version")).status).toBe(401);
    expect((await call("GET", "/metadata")).status).toBe(401);
  });

  it.each([
    ["wss://git.example.test/-/kubernetes-agent/", "https://git.example.test/-/kubernetes-agent/k8s-proxy/"],
    ["grpcs://kas.example.test:8150", "https://kas.example.test:8150/k8s-proxy/"],
    ["ws://127.0.0.1:8150", "http://127.0.0.1:8150/k8s-proxy/"],
  ])("tells where agents connect: %s", async (externalUrl, externalK8sProxyUrl) => {
    const headers = { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN };
    const url = "http://gitlab.example.test/api/v4/metadata";
    const reply = await app.request(url, { headers }, { ...env, KAS_EXTERNAL_URL: externalUrl }, createExecutionContext());
    expect(await reply.json()).toMatchObject({ kas: { enabled: true, externalUrl, externalK8sProxyUrl, version: "18.9.0" } });
  });
});

describe("whatever a parameter holds, the answer is no failure of ours", () => {
  const odd = [
    null,
    "",
    " ",
    0,
    -1,
    1e300,
    2 ** 53,
    true,
    "\u0000",
    "\ud800",
    "\u{1F600}",
    "x".repeat(100_000),
    [],
    ["x"],
    [[1]],
    {},
    { a: { b: 1 } },
  ];
  const users =
    "username name email password reset_password admin external can_create_group projects_limit note private_profile theme_id bio location public_email commit_email provider extern_uid terms_accepted";
  const keys = "title key expires_at usage_type";
  const tokens = "name scopes description expires_at";
  const lists = "username search active created_after order_by sort two_factor without_projects page per_page pagination cursor provider";

  it.each([
    ["POST", "/users", users],
    ["PUT", "/users/:id", users],
    ["POST", "/users/:id/keys", keys],
    ["POST", "/users/:id/personal_access_tokens", tokens],
    ["GET", "/users", lists],
    ["GET", "/users/:id/keys", lists],
    ["DELETE", "/users/999999", "hard_delete"],
  ])("%s %s", async (method, path, names) => {
    const user = await addUser();
    const whole: Record<string, unknown> =
      method === "GET"
        ? { pagination: "keyset" }
        : path === "/users"
          ? { email: "odd@example.test", username: "odd", name: "Odd", force_random_password: true }
          : path.endsWith("keys")
            ? { title: "t", key: "ssh-rsa AAAA" }
            : { name: "n", scopes: ["api"] };
    for (const name of names.split(" ")) {
      for (const value of odd) {
        const raw = JSON.stringify({ ...(path === "/users/:id" ? {} : whole), [name]: value });
        const options = method === "GET" ? {} : { raw, headers: { "Content-Type": "application/json" } };
        const query =
          method === "GET"
            ? `?${name}=${encodeURIComponent(typeof value === "string" ? value.toWellFormed().slice(0, 2000) : JSON.stringify(value))}&pagination=keyset`
            : "";
        const reply = await asRoot(method, path.replace(":id", String(user.id)) + query, options);
        expect(reply.status, `${name}: ${JSON.stringify(value).slice(0, 50)}`).toBeLessThan(500);
      }
    }
  });
});

const timing = (reply: Reply) => reply.headers.get("Server-Timing");
const kept = (what: string) => ({ message: `403 Forbidden - The first administrator cannot be ${what}` });

describe("what an answer tells", () => {
  it("its cost only to administrators, since a hidden project costs a row more than none", async () => {
    for (const path of [`/projects/${project.id}`, "/projects/999999", "/user"]) {
      expect(timing(await asAda("GET", path))).toBeNull();
      expect(timing(await call("GET", path))).toBeNull();
      expect(timing(await asRoot("GET", path))).toMatch(/^d1;dur=\d+;desc="\d trips?, /);
    }
  });

  it("never the token of the request, where a moved project leads on", async () => {
    const moved = await addProject(await addGroup({ path: "movers" }), { path: "before" });
    await asRoot("PUT", `/projects/${moved.id}`, { json: { path: "after" } });
    const rootToken = "glpat-root-token-of-tests";
    const reply = await call("GET", `/projects/movers%2Fbefore?license=true&private_token=${rootToken}`);
    expect(reply.status).toBe(301);
    expect(reply.headers.get("Location")).toBe(`http://gitlab.example.test/api/v4/projects/${moved.id}?license=true`);
    expect(reply.body).not.toContain(rootToken);
  });
});

describe("who may not act", () => {
  it.each([
    [{ confirmedAt: null }, /^403 Forbidden - Your primary email address is not confirmed/],
    [{ passwordExpiresAt: new Date(0) }, /^403 Forbidden - Your password expired/],
    [{ isLocked: true }, /^403 Forbidden - Your account has been blocked\.$/],
    [{ userType: "ghost" as const }, /^403 Forbidden - This action cannot be performed by internal users$/],
  ])("a user with %j is told why", async (values, text) => {
    const reply = await withToken(await addToken(await addUser(values)))("GET", "/user");
    expect(reply.status).toBe(403);
    expect(reply.body.message).toMatch(text);
  });

  it("the first administrator stays one, so that the deployment's token stays good", async () => {
    const asOther = withToken(await addToken(await addUser({ isAdmin: true }), { scopes: ["api"] }));
    expect((await asOther("POST", "/users/1/block")).body).toEqual(kept("blocked"));
    expect((await asOther("PUT", "/users/1", { json: { admin: false } })).body).toEqual(kept("demoted"));
    expect((await asOther("DELETE", "/users/1")).body).toEqual(kept("removed"));
    expect((await asRoot("GET", "/user")).body.is_admin).toBe(true);
  });
});

describe("much of one thing", () => {
  it("a list of a hundred thousand is refused in one short sentence", async () => {
    const reply = await asRoot("POST", `/users/${ada.id}/personal_access_tokens`, {
      json: { name: "many", scopes: Array.from({ length: 100_000 }, () => ({})) },
    });
    expect([reply.status, reply.body]).toEqual([400, { error: "scopes is invalid" }]);
  });

  it("a time of a megabyte is refused at once", async () => {
    const started = Date.now();
    const json = { title: "t", key: "ssh-rsa AAAA", expires_at: `2021-01-01${"T".repeat(900_000)}` };
    expect((await asRoot("POST", `/users/${ada.id}/keys`, { json })).body).toEqual({ error: "expires_at is invalid" });
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});
