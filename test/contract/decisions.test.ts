import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { forgetOldDecisions } from "../../src/schedule/forget-decisions.ts";
import { allowedFetch, ask, byKey, byUser, pull, push } from "../setup/allowed.ts";
import { asRoot, asShell, shellHeaders, withToken } from "../setup/call.ts";
import { newrev, oldrev } from "../setup/facts.ts";
import { shellCall } from "../setup/swapped.ts";
import { addGroup, addKey, addMember, addProject, addToken, addUser, db, setSettings, type Project } from "../setup/world.ts";

let ada: UserRow;
let project: Project;
const key: { id: number; blob: string; fingerprintSha256: string } = { id: 0, blob: "", fingerprintSha256: "" };
const here = () => ({ gl_repository: `project-${project.id}` });
const decisions = async (query = ""): Promise<any[]> => (await asRoot("GET", `/operator/decisions${query}`)).body;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  project = await addProject(await addGroup({ path: "engines" }), { path: "analytical", isRepositoryEmpty: false });
  await addMember(ada, { project }, 30);
  Object.assign(key, await addKey(ada));
});
beforeEach(async () => {
  await db.query.delete(schema.decisions);
  await setSettings(null);
});

const day = 86_400_000;
const addDecision = (values: Partial<typeof schema.decisions.$inferInsert> = {}) =>
  db.query.insert(schema.decisions).values({
    createdAt: new Date(),
    call: "allowed",
    action: "git-upload-pack",
    protocol: "ssh",
    isAllowed: true,
    status: 200,
    reason: "allowed",
    requestId: "r",
    ...values,
  });

describe("what is kept of a decision", () => {
  it("an allowed fetch", async () => {
    const reply = await ask({ ...pull, ...byKey(key), project: "/engines/analytical.git", check_ip: "192.0.2.7" });
    expect(reply.status).toBe(200);
    expect(await decisions()).toEqual([
      allowedFetch(key, project, { address: "192.0.2.7", request_id: reply.headers.get("X-Request-Id") }),
    ]);
  });

  it("a refused push: the ref, how many there were, and what nobody could check", async () => {
    const changes = ["x", "main"].map((name) => `${oldrev} ${"0".repeat(40)} refs/heads/${name}`).join("\n");
    await ask({ ...push, ...byUser(ada), ...here(), changes });
    await ask({ ...push, ...byUser(ada), ...here(), changes: `${oldrev} ${newrev} refs/heads/x` });
    expect(await decisions()).toMatchObject([
      { actor: `user-${ada.id}`, allowed: true, reason: "allowed", ref: null, ref_count: 1, not_verified: ["lfs_integrity"] },
      { actor: `user-${ada.id}`, allowed: false, status: 401, reason: "branch_default_deletion", ref: "refs/heads/main", ref_count: 2 },
    ]);
  });

  it("who is nobody, and what is not there", async () => {
    await ask({ ...pull, project: "no/where" });
    await ask({ ...pull, key_id: "987654", gl_repository: "wiki-987654" });
    await ask({ ...pull, username: "nobody", project: "no/where" });
    expect(await decisions()).toMatchObject([
      { actor: null, username: "nobody", status: 404 },
      { actor: "key-987654", username: null, key_fingerprint: null, gl_repository: "wiki-987654", project: null, status: 404 },
      { actor: null, username: null, gl_repository: null, project: "no/where", status: 404, reason: "project_not_found" },
    ]);
  });

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1:4242", "192.0.2.1"],
    ["[2001:db8::1]:4242, 10.0.0.1", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["", null],
  ])("the client's address, as Gitaly tells it: %s", async (header, address) => {
    const json = { ...push, ...byUser(ada), ...here(), changes: `${oldrev} ${newrev} refs/heads/x` };
    await shellCall("/internal/allowed", { json, headers: { ...shellHeaders, "X-Forwarded-For": header } }, {});
    expect(await decisions()).toMatchObject([{ address }]);
  });

  it("long texts are cut, malformed ones do not stop it", async () => {
    await ask({ ...pull, project: "x/".repeat(2000), action: "a".repeat(4000), protocol: "p\u0000" });
    const [row] = await decisions();
    expect(row.project.length).toBeLessThan(300);
    expect(row.action.length).toBeLessThan(300);
    expect(row).toMatchObject({ allowed: false, reason: "command_not_allowed" });
  });

  it("no key and no secret", async () => {
    await ask({ ...pull, ...byKey(key), ...here() });
    const stored = JSON.stringify(await db.query.select().from(schema.decisions));
    expect(stored).not.toContain(key.blob);
    expect(stored).not.toContain("secret");
  });

  it("malformed calls are none; a read-only instance keeps none", async () => {
    await ask({ ...pull, gl_repository: "nonsense" });
    await asShell("POST", "/internal/allowed", { raw: "[]", headers: { "Content-Type": "application/json" } });
    await ask({ ...pull, ...byUser(ada), ...here() }, { READ_ONLY: "on" });
    expect(await decisions()).toEqual([]);
  });
});

describe("GET /operator/decisions", () => {
  it("filters", async () => {
    await ask({ ...pull, ...byUser(ada), ...here() });
    await ask({ ...pull, ...byKey(key), ...here() });
    await ask({ ...push, ...byUser(await addUser()), ...here() });
    const count = async (query: string) => (await decisions(query)).length;
    expect(await count("?actor=user-" + ada.id)).toBe(1);
    expect(await count(`?actor=key-${key.id}`)).toBe(1);
    expect(await count(`?gl_repository=project-${project.id}`)).toBe(3);
    expect(await count("?gl_repository=project-1234567")).toBe(0);
    expect(await count("?project=Engines%2FAnalytical")).toBe(3);
    expect(await count("?action=git-receive-pack")).toBe(1);
    expect(await count("?call=allowed")).toBe(3);
    expect(await count("?call=git_audit_event")).toBe(0);
    expect(await count("?verb=pull")).toBe(0);
    expect(await count("?allowed=false")).toBe(1);
    expect(await count("?allowed=true&action=git-upload-pack")).toBe(2);
    expect(await count("?reason=project_not_found")).toBe(1);
    const past = new Date(Date.now() - 60_000).toISOString();
    expect(await count(`?since=${past}`)).toBe(3);
    expect(await count(`?until=${past}`)).toBe(0);
  });

  it("is paged, newest first", async () => {
    for (let index = 0; index < 5; index += 1) await addDecision({ requestId: `r${index}` });
    const reply = await asRoot("GET", "/operator/decisions?per_page=2&page=2");
    expect(reply.body.map((row: { request_id: string }) => row.request_id)).toEqual(["r2", "r1"]);
    expect(reply.headers.get("X-Total")).toBe("5");
    expect(reply.headers.get("X-Next-Page")).toBe("3");
  });

  it("gives JSON Lines, all of them, where that is asked for", async () => {
    const rows = Array.from({ length: 45 }, (_, index) => index);
    for (const index of rows) await addDecision({ requestId: `r${index}` });
    const reply = await asRoot("GET", "/operator/decisions?per_page=2", { headers: { Accept: "application/x-ndjson" } });
    expect(reply.headers.get("Content-Type")).toBe("application/x-ndjson");
    const lines = String(reply.body).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).request_id)).toEqual(rows.toReversed().map((index) => `r${index}`));
    await db.query.delete(schema.decisions);
    expect((await asRoot("GET", "/operator/decisions", { headers: { Accept: "application/x-ndjson" } })).body).toBeUndefined();
  });

  it("reads the rows that it shows and counts, however many there are", async () => {
    await env.DB.prepare(
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < 40000)
      insert into decisions (created_at, call, action, protocol, is_allowed, status, reason, request_id, actor, project)
      select ?1 + i, 'allowed', 'a', 'ssh', 1, 200, 'allowed', 'r', 'user-9', 'engines/analytical' from n`,
    )
      .bind(Date.now() - day)
      .run();
    await addDecision({ isAllowed: false, status: 401, reason: "push_code" });
    const rowsRead = async (query: string) => {
      const reply = await asRoot("GET", `/operator/decisions${query}`);
      expect(reply.status).toBe(200);
      return Number(/(\d+) rows? read/.exec(reply.headers.get("Server-Timing")!)![1]);
    };
    const window = `since=${new Date(Date.now() - 2 * day).toISOString()}&until=${new Date().toISOString()}`;
    for (const query of ["", "?allowed=true", "?actor=user-9", "?project=Engines/Analytical", `?${window}`, `?actor=user-9&${window}`]) {
      expect(await rowsRead(query), query).toBeLessThan(10_100);
    }
    for (const query of ["?allowed=false", "?reason=push_code", "?reason=unverified", "?actor=user-8", "?gl_repository=project-1"]) {
      expect(await rowsRead(query), query).toBeLessThan(50);
    }
  });

  it.each(["?allowed=perhaps", "?verb=fetch", "?since=yesterday", "?until=2021-02-31", `?actor=${"x".repeat(5000)}`])(
    "%s: 400",
    async (query) => {
      expect((await asRoot("GET", `/operator/decisions${query}`)).status).toBe(400);
    },
  );

  it("is for administrators", async () => {
    expect((await withToken(await addToken(ada))("GET", "/operator/decisions")).status).toBe(403);
    expect((await asShell("GET", "/operator/decisions")).status).toBe(401);
  });
});

describe("retention", () => {
  const stored = async () => (await db.query.select().from(schema.decisions).where(eq(schema.decisions.call, "allowed"))).length;

  it("what is older than decision_log_days is not shown, and is forgotten by the schedule", async () => {
    await addDecision({ createdAt: new Date(Date.now() - 31 * day) });
    await addDecision({ createdAt: new Date(Date.now() - 29 * day) });
    expect(await decisions()).toHaveLength(1);
    expect(await stored()).toBe(2);
    await forgetOldDecisions(env, new Date());
    expect(await stored()).toBe(1);
    expect((await asRoot("PUT", "/application/settings", { json: { decision_log_days: 7 } })).status).toBe(200);
    expect(await decisions()).toHaveLength(0);
    await forgetOldDecisions(env, new Date());
    expect(await stored()).toBe(0);
  });

  it("0: nothing is kept", async () => {
    await addDecision();
    await setSettings({ decision_log_days: 0 });
    expect((await ask({ ...pull, ...byUser(ada), ...here() })).status).toBe(200);
    expect(await stored()).toBe(1);
    await forgetOldDecisions(env, new Date(Date.now() + 1000));
    expect(await stored()).toBe(0);
  });

  it("many are forgotten piece by piece", async () => {
    const values = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 12000)
      insert into decisions (created_at, call, action, protocol, is_allowed, status, reason, request_id)
      select 0, 'allowed', 'a', 'ssh', 1, 200, 'allowed', 'r' from n`;
    await env.DB.prepare(values).run();
    expect(await stored()).toBe(12_000);
    await forgetOldDecisions(env, new Date());
    expect(await stored()).toBe(0);
  });
});
