import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { deleteProjects } from "../../src/db/deletion.ts";
import { runBatch } from "../../src/db/batch.ts";
import { hookDeliveries, hookRequests, webHooks } from "../../src/db/schema/index.ts";
import { asRoot, withToken, type Reply } from "../setup/call.ts";
import { receivers } from "../setup/receivers.ts";
import { addGroup, addMember, addProject, addToken, addUser, db, setSettings, unique, type Project } from "../setup/world.ts";
import { noteDeliveries } from "../setup/deliveries.ts";
import type { UserRow } from "../../src/db/users.ts";

type Call = ReturnType<typeof withToken>;
let project: Project;
let bob: UserRow;
let asBob: Call;
let asAda: Call;
let asEve: Call;
let hooks: string;

let world: ReturnType<typeof receivers>;

beforeAll(async () => {
  const engines = await addGroup({ name: "Engines" });
  project = await addProject(engines, { name: "Analytical", description: "Mill and store" });
  bob = await addUser({ publicEmail: "bob@public.example.test" });
  await addMember(bob, { project }, 40);
  asBob = withToken(await addToken(bob));
  const ada = await addUser();
  await addMember(ada, { project }, 30);
  asAda = withToken(await addToken(ada));
  asEve = withToken(await addToken(await addUser()));
  hooks = `/projects/${project.id}/hooks`;
});

beforeEach(() => {
  world = receivers();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await setSettings(null);
  await db.query.delete(webHooks);
});

const address = "http://hook.example.test";
const invalidUrl = { error: "Invalid url given" };

async function aHook(params: Record<string, unknown> = {}): Promise<{ id: number; path: string; body: any }> {
  const { status, body } = await asBob("POST", hooks, { json: { url: address, ...params } });
  expect([status, body]).toMatchObject([201, { url: params["url"] ?? address }]);
  return { id: body.id, path: `${hooks}/${body.id}`, body };
}

const refused = (reply: Reply) => [reply.status, reply.body];

describe("POST /projects/:id/hooks", () => {
  it("K252 has a hook called for pushes, and never shows its token", async () => {
    const reply = await asBob("POST", hooks, { json: { url: address, token: "s3cret" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      url: address,
      name: null,
      description: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      push_events: true,
      tag_push_events: false,
      merge_requests_events: false,
      repository_update_events: false,
      enable_ssl_verification: true,
      project_id: project.id,
      issues_events: false,
      confidential_issues_events: false,
      note_events: false,
      confidential_note_events: null,
      pipeline_events: false,
      wiki_page_events: false,
      deployment_events: false,
      feature_flag_events: false,
      job_events: false,
      releases_events: false,
      emoji_events: false,
      milestone_events: false,
      resource_access_token_events: false,
      vulnerability_events: false,
      alert_events: false,
      push_events_branch_filter: null,
      branch_filter_strategy: "wildcard",
      custom_webhook_template: null,
      custom_headers: [],
      url_variables: [],
      alert_status: "executable",
      disabled_until: null,
    });
    const shown = JSON.stringify([
      (await asBob("GET", hooks)).body,
      (await asBob("GET", `${hooks}/${reply.body.id}`)).body,
      (await asBob("PUT", `${hooks}/${reply.body.id}`, { json: { name: "n" } })).body,
    ]);
    expect(shown).not.toContain("s3cret");
  });

  it("takes everything that a hook can be told, from JSON and from forms", async () => {
    const given = {
      name: "Builds",
      description: "Tells the builder",
      push_events: false,
      tag_push_events: true,
      enable_ssl_verification: false,
      push_events_branch_filter: "release/*",
      issues_events: true,
      alert_events: true,
      confidential_note_events: true,
      custom_webhook_template: '{"event":"{{object_kind}}"}',
    };
    const { body } = await aHook({
      ...given,
      url: "https://{host}/in",
      url_variables: [{ key: "host", value: "secret.example.test" }],
      custom_headers: [{ key: "X-Key", value: "custom" }],
    });
    expect(body).toMatchObject({ ...given, custom_headers: [{ key: "X-Key" }], url_variables: [{ key: "host" }] });
    expect(JSON.stringify(body)).not.toMatch(/secret\.example|"custom"/);
    const form =
      "url=http%3A%2F%2Fe.x&push_events=no&custom_headers[][key]=X-A&custom_headers[][value]=1&custom_headers[][key]=X-B&custom_headers[][value]=2";
    const formed = await asBob("POST", hooks, { form });
    expect([formed.status, formed.body]).toMatchObject([201, { push_events: false, custom_headers: [{ key: "X-A" }, { key: "X-B" }] }]);
  });

  it("K254 needs a URL", async () => {
    expect(refused(await asBob("POST", hooks, { json: {} }))).toEqual([400, { error: "url is missing" }]);
    expect(refused(await asBob("POST", hooks, { json: { push_events: true } }))).toEqual([400, { error: "url is missing" }]);
  });

  it.each([
    "ftp://example.com",
    "",
    "hook",
    "http://a b",
    "http://127.0.0.1/",
    "http://0x7f.1/",
    "http://localhost:3000/",
    "http://[::1]/",
    "http://[::ffff:0:7f00:1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://user@10.0.0.1/",
    "https://{unknown}/",
    `http://hook.example.test/${"x".repeat(2048)}`,
    "http://hook.example.test/\u0000",
    "http://hook.example.test/\ud800",
  ])("K255 refuses %j", async (url) => {
    expect(refused(await asBob("POST", hooks, { json: { url } }))).toEqual([422, invalidUrl]);
  });

  it("takes a local address where the instance allows it", async () => {
    await setSettings({ allow_local_requests_from_web_hooks_and_services: true });
    await aHook({ url: "http://127.0.0.1:3000/" });
  });

  it.each([
    { push_events_branch_filter: "~badbranchname/" },
    { push_events_branch_filter: "(", branch_filter_strategy: "regex" },
    { push_events_branch_filter: "((a{100}){100}){100}", branch_filter_strategy: "regex" },
    { push_events_branch_filter: "(a?){500}", branch_filter_strategy: "regex" },
  ])("refuses the filter %j", async (filter) => {
    expect(refused(await asBob("POST", hooks, { json: { url: address, ...filter } }))).toEqual([
      422,
      { error: "Invalid branch filter given" },
    ]);
  });

  it("forgets the filter of a hook that hears of all branches", async () => {
    const { body } = await aHook({ push_events_branch_filter: "~bad(", branch_filter_strategy: "all_branches" });
    expect(body).toMatchObject({ push_events_branch_filter: null, branch_filter_strategy: "all_branches" });
  });

  it("K257 refuses a token of two lines", async () => {
    const reply = await asBob("POST", hooks, { json: { url: "http://e.x", token: "foo\nbar" } });
    expect(refused(reply)).toEqual([422, { message: { token: ["must not contain newlines"] } }]);
  });

  it.each([
    [{ name: "x".repeat(256) }, { name: ["is too long (maximum is 255 characters)"] }],
    [{ description: "x".repeat(2049) }, { description: ["is too long (maximum is 2048 characters)"] }],
    [{ custom_webhook_template: "x".repeat(4097) }, { custom_webhook_template: ["is too long (maximum is 4096 characters)"] }],
    [{ custom_headers: [{ key: "X-A", value: "a\r\nX-B: 1" }] }, { custom_headers: ["must be at most 20 legal headers"] }],
    [{ custom_headers: [{ key: "Content-Length", value: "1" }] }, { custom_headers: ["must be at most 20 legal headers"] }],
  ])("refuses %j", async (params, message) => {
    expect(refused(await asBob("POST", hooks, { json: { url: address, ...params } }))).toEqual([422, { message }]);
  });

  it.each([
    [{ custom_headers: [{ key: "X-A" }] }, "custom_headers[0][value] is missing"],
    [{ custom_headers: "x" }, "custom_headers is invalid"],
    [{ branch_filter_strategy: "glob" }, "branch_filter_strategy does not have a valid value"],
    [{ push_events: "maybe" }, "push_events is invalid"],
  ])("%j is no parameter", async (params, error) => {
    expect(refused(await asBob("POST", hooks, { json: { url: address, ...params } }))).toEqual([400, { error }]);
  });

  it("has a hundred hooks and no more, also where several are asked for at once", async () => {
    await db.query
      .insert(webHooks)
      .values(Array.from({ length: 7 }, () => ({ kind: "project" as const, projectId: project.id, sealed: "" })));
    for (let doubled = 7; doubled < 98; doubled *= 2) {
      await db.query.run(
        sql`insert into web_hooks (kind, project_id, sealed) select kind, project_id, sealed from web_hooks limit ${98 - doubled}`,
      );
    }
    const replies = await Promise.all([1, 2, 3, 4].map(() => asBob("POST", hooks, { json: { url: address } })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 422, 422]);
    expect(replies.find(({ status }) => status === 422)?.body).toEqual({
      message: { base: ["Maximum number of project hooks (100) exceeded"] },
    });
    expect(await db.query.$count(webHooks, eq(webHooks.projectId, project.id))).toBe(100);
  });

  it("is for maintainers, of projects that they see", async () => {
    expect(refused(await asAda("POST", hooks, { json: { url: address } }))).toEqual([403, { message: "403 Forbidden" }]);
    expect(refused(await asEve("POST", hooks, { json: { url: address } }))).toEqual([404, { message: "404 Project Not Found" }]);
    expect((await asRoot("POST", hooks, { json: { url: address } })).status).toBe(201);
  });
});

describe("GET /projects/:id/hooks", () => {
  it("lists the project's own hooks, a page at a time", async () => {
    const ids = [(await aHook()).id, (await aHook()).id, (await aHook()).id];
    const other = await addProject(await addGroup());
    await asRoot("POST", `/projects/${other.id}/hooks`, { json: { url: address } });
    const first = await asBob("GET", `${hooks}?per_page=2`);
    expect(first.body.map(({ id }: { id: number }) => id)).toEqual(ids.slice(0, 2));
    expect([first.headers.get("X-Total"), first.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    expect((await asBob("GET", `${hooks}?per_page=2&page=2`)).body.map(({ id }: { id: number }) => id)).toEqual(ids.slice(2));
  });

  it("is for maintainers", async () => {
    const { path } = await aHook();
    for (const each of [hooks, path, `${path}/events`]) {
      expect(refused(await asAda("GET", each))).toEqual([403, { message: "403 Forbidden" }]);
      expect(refused(await asEve("GET", each))).toEqual([404, { message: "404 Project Not Found" }]);
    }
  });

  it("shows no hook of another project, nor of a group", async () => {
    const other = await addProject(await addGroup());
    const { body } = await asRoot("POST", `/projects/${other.id}/hooks`, { json: { url: address } });
    for (const method of ["GET", "DELETE"]) {
      expect(refused(await asBob(method, `${hooks}/${body.id}`))).toEqual([404, { message: "404 Not found" }]);
    }
    expect(refused(await asBob("PUT", `${hooks}/${body.id}`, { json: { url: "http://e.x" } }))).toEqual([
      404,
      { message: "404 Not found" },
    ]);
    expect(refused(await asBob("POST", `${hooks}/${body.id}/test/push_events`))).toEqual([404, { message: "404 Not found" }]);
    expect(world.sent).toEqual([]);
  });

  it("shows a hook as unreadable where its key is gone, and lets it be mended", async () => {
    const { id, path } = await aHook({ token: "s3cret", custom_headers: [{ key: "X-A", value: "1" }] });
    await db.query.update(webHooks).set({ sealed: "lost" }).where(eq(webHooks.id, id));
    const lost = { id, url: "[unreadable]", custom_headers: [], url_variables: [] };
    expect(refused(await asBob("GET", hooks))).toMatchObject([200, [lost]]);
    expect(refused(await asBob("GET", path))).toMatchObject([200, lost]);
    expect(refused(await asBob("PUT", path, { json: { name: "lost" } }))).toMatchObject([200, { ...lost, name: "lost" }]);
    expect(refused(await asBob("PUT", path, { json: { token: "x" } }))).toEqual([422, invalidUrl]);
    expect(refused(await asBob("PUT", `${path}/custom_headers/X-B`, { json: { value: "2" } }))).toEqual([
      422,
      { message: "The secrets of this hook cannot be read: give it a url anew" },
    ]);
    expect(refused(await asBob("DELETE", `${path}/custom_headers/X-A`))).toEqual([404, { message: "404 Not found" }]);
    expect(refused(await (await aMaintainer())("POST", `${path}/test/push_events`))).toEqual([
      422,
      { message: "The URL of this hook cannot be read: the key it was encrypted with is gone" },
    ]);
    expect(refused(await asBob("PUT", path, { json: { url: address } }))).toMatchObject([200, { url: address, name: "lost" }]);
    expect((await (await aMaintainer())("POST", `${path}/test/push_events`)).status).toBe(201);
    expect(world.sent.map((request) => request.headers.get("X-Gitlab-Token"))).toEqual([null]);
  });
});

describe("PUT /projects/:id/hooks/:hook_id", () => {
  it("K258 changes what it names, and nothing else", async () => {
    const { path, body } = await aHook({ name: "n", token: "s3cret" });
    const reply = await asBob("PUT", path, { json: { push_events: false, job_events: true } });
    expect([reply.status, reply.body]).toEqual([200, { ...body, push_events: false, job_events: true }]);
    expect((await asBob("PUT", path, { json: { tag_push_events: true } })).body).toEqual({
      ...body,
      push_events: false,
      job_events: true,
      tag_push_events: true,
    });
  });

  it("needs something to change", async () => {
    const { path } = await aHook();
    const reply = await asBob("PUT", path, { json: {} });
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatch(/^url, name, .* are missing, at least one parameter must be provided$/);
  });

  it("K260 drops the token with the URL that it was for", async () => {
    const { path } = await aHook({ token: "s3cret" });
    await (
      await aMaintainer()
    )("POST", `${path}/test/push_events`);
    const changed = await asBob("PUT", path, { json: { url: "http://other.example.test" } });
    expect([changed.status, changed.body.url]).toEqual([200, "http://other.example.test"]);
    await (
      await aMaintainer()
    )("POST", `${path}/test/push_events`);
    await asBob("PUT", path, { json: { url: "http://third.example.test", token: "new" } });
    await (
      await aMaintainer()
    )("POST", `${path}/test/push_events`);
    await asBob("PUT", path, { json: { url: "http://third.example.test", name: "as terraform sends it" } });
    await (
      await aMaintainer()
    )("POST", `${path}/test/push_events`);
    expect(world.sent.map((request) => [request.url, request.headers.get("X-Gitlab-Token")])).toEqual([
      ["http://hook.example.test/", "s3cret"],
      ["http://other.example.test/", null],
      ["http://third.example.test/", "new"],
      ["http://third.example.test/", "new"],
    ]);
  });

  it("K261 finds no hook that is not there", async () => {
    const notThere = [404, { message: "404 Not found" }];
    expect(refused(await asBob("PUT", `${hooks}/999999`, { json: { url: "http://e.x" } }))).toEqual(notThere);
    expect(refused(await asBob("DELETE", `${hooks}/999999`))).toEqual(notThere);
    expect(refused(await asBob("DELETE", hooks))).toEqual([404, { message: "404 Not Found" }]);
  });

  it.each([
    [{ url: "http://127.0.0.1/" }, invalidUrl],
    [{ url: "" }, invalidUrl],
    [{ push_events_branch_filter: "a b" }, { error: "Invalid branch filter given" }],
    [{ token: "a\rb" }, { message: { token: ["must not contain newlines"] } }],
    [{ url_variables: [{ key: "1", value: "x" }] }, { message: { url_variables: ["must be at most 20 legal variables"] } }],
  ])("refuses %j, and changes nothing", async (params, body) => {
    const { path, body: before } = await aHook();
    expect(refused(await asBob("PUT", path, { json: params }))).toEqual([422, body]);
    expect((await asBob("GET", path)).body).toEqual(before);
  });

  it("keeps all of several changes that are made at once", async () => {
    const { path } = await aHook();
    const keys = ["X-A", "X-B", "X-C", "X-D"];
    const replies = await Promise.all(keys.map((key) => asBob("PUT", `${path}/custom_headers/${key}`, { json: { value: key } })));
    expect(replies.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    const { custom_headers: kept } = (await asBob("GET", path)).body;
    expect(kept.map(({ key }: { key: string }) => key).toSorted()).toEqual(keys);
    const changes = [{ name: "n" }, { push_events: false }, { tag_push_events: true }, { job_events: true }, { issues_events: true }];
    await Promise.all(changes.map((json) => asBob("PUT", path, { json })));
    expect((await asBob("GET", path)).body).toMatchObject(Object.assign({}, ...changes));
  });

  it("takes null for what is not given, and blanks for nothing", async () => {
    const { path, body } = await aHook({ push_events_branch_filter: "main", custom_webhook_template: "{}", token: "s3cret" });
    expect((await asBob("PUT", path, { json: { url: null, name: null } })).body).toEqual(body);
    const blanked = await asBob("PUT", path, { json: { push_events_branch_filter: "", custom_webhook_template: "", token: "" } });
    expect(blanked.body).toMatchObject({ push_events_branch_filter: null, custom_webhook_template: null });
    await (
      await aMaintainer()
    )("POST", `${path}/test/push_events`);
    expect(world.sent[0]!.headers.has("X-Gitlab-Token")).toBe(false);
  });
});

describe("DELETE /projects/:id/hooks/:hook_id", () => {
  it("deletes a hook once", async () => {
    const { path } = await aHook();
    expect(refused(await asAda("DELETE", path))).toEqual([403, { message: "403 Forbidden" }]);
    expect(refused(await asBob("DELETE", path))).toEqual([204, undefined]);
    expect(refused(await asBob("DELETE", path))).toEqual([404, { message: "404 Not found" }]);
  });

  it("leaves a hook that was changed since the caller saw it", async () => {
    const { path } = await aHook();
    const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2024 00:00:00 GMT" };
    expect(refused(await asBob("DELETE", path, { headers }))).toEqual([412, { message: "412 Precondition Failed" }]);
  });

  it("goes with the project", async () => {
    const doomed = await addProject(await addGroup());
    await asRoot("POST", `/projects/${doomed.id}/hooks`, { json: { url: address } });
    await runBatch(db, deleteProjects(db, sql`select ${doomed.id}`));
    expect(await db.query.$count(webHooks, eq(webHooks.projectId, doomed.id))).toBe(0);
    expect(await db.query.all(sql`pragma foreign_key_check`)).toEqual([]);
  });
});

describe("POST …/hooks/:hook_id/test/:trigger", () => {
  it("K263 calls the hook with a push as it would be told", async () => {
    const { path } = await aHook({ token: "s3cret", url: "http://ada:pass@hook.example.test/in?x=1" });
    const reply = await asBob("POST", `${path}/test/push_events`);
    expect(refused(reply)).toEqual([201, { message: "201 Created" }]);
    const [request] = world.sent;
    expect([request!.method, request!.url]).toEqual(["POST", "http://hook.example.test/in?x=1"]);
    expect(Object.fromEntries(request!.headers)).toEqual({
      "content-type": "application/json",
      "user-agent": "GitLab/18.9.0",
      "x-gitlab-event": "Push Hook",
      "x-gitlab-instance": "http://gitlab.example.test",
      "x-gitlab-webhook-uuid": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-gitlab-event-uuid": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "idempotency-key": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-gitlab-token": "s3cret",
      authorization: `Basic ${btoa("ada:pass")}`,
    });
    expect(JSON.parse(request!.text)).toMatchObject({
      object_kind: "push",
      ref: "refs/heads/main",
      user_id: bob.id,
      user_username: bob.username,
      user_email: "bob@public.example.test",
      project_id: project.id,
      project: { name: "Analytical", path_with_namespace: project.fullPath, git_http_url: expect.stringContaining("gitlab.example.test/") },
    });
  });

  it("tells of a tag, to who asks for tags", async () => {
    const { path } = await aHook();
    await db.query.run(sql`insert into git_refs (project_id, name, sha) values (${project.id}, 'refs/tags/v7', ${"7".repeat(40)})`);
    expect((await (await aMaintainer())("POST", `${path}/test/tag_push_events`)).status).toBe(201);
    expect(world.sent[0]!.headers.get("X-Gitlab-Event")).toBe("Tag Push Hook");
    expect(JSON.parse(world.sent[0]!.text)).toMatchObject({ object_kind: "tag_push", ref: "refs/tags/v7", after: "7".repeat(40) });
  });

  it("K264 knows its triggers, and makes five a minute", async () => {
    const { path } = await aHook();
    expect(refused(await asBob("POST", `${path}/test/bogus`))).toEqual([400, { error: "trigger does not have a valid value" }]);
    const replies: Reply[] = [];
    // As many as are sure to be six within one minute of the clock.
    for (let count = 0; count < 11; count += 1) replies.push(await asRoot("POST", `${path}/test/push_events`));
    expect(replies.slice(0, 5).map(({ status }) => status)).toContain(201);
    const last = replies.find(({ status }) => status !== 201);
    expect(refused(last!)).toEqual([429, { message: { error: "This endpoint has been requested too many times. Try again later." } }]);
    expect(last!.headers.get("Retry-After")).toBe("60");
    expect(world.sent.length).toBeLessThanOrEqual(10);
  });

  it("counts by person and project, and lets everybody pass where nothing can be counted", async () => {
    const { path } = await aHook();
    const keys: string[] = [];
    const limit = ({ key }: { key: string }) => {
      keys.push(key);
      return keys.length < 3 ? Promise.resolve({ success: true }) : Promise.reject(new Error("no such limit"));
    };
    const token = await addToken(bob);
    for (let count = 0; count < 3; count += 1) {
      const request = new Request(`http://gitlab.example.test/api/v4${path}/test/push_events`, {
        method: "POST",
        headers: { "PRIVATE-TOKEN": token },
      });
      const response = await app.request(request, {}, { ...env, HOOK_TRIALS: { limit } }, createExecutionContext());
      expect(response.status).toBe(201);
    }
    expect(new Set(keys)).toEqual(new Set([`test:project:${project.id}:user:${bob.id}`]));
  });

  it("has nothing to send for other events", async () => {
    const { path } = await aHook();
    const reply = await (await aMaintainer())("POST", `${path}/test/issues_events`);
    expect(refused(reply)).toEqual([422, { message: "Nothing is ever delivered for these events" }]);
    expect(world.sent).toEqual([]);
  });
});

/** Somebody who has not tried anything in this minute. */
async function aMaintainer(): Promise<Call> {
  const user = await addUser();
  await addMember(user, { project }, 40);
  return withToken(await addToken(user));
}

describe("a hook that is tried", () => {
  it.each([
    [() => new Response("no", { status: 500 }), "The receiver answered with HTTP 500"],
    [() => new Response(null, { status: 302, headers: { Location: "http://127.0.0.1/" } }), "The receiver answered with HTTP 302"],
    [() => Promise.reject(new Error("http://user:s3cret@hook.example.test failed")), "The receiver could not be reached"],
  ])("422 where it was not taken (%#)", async (refuse, message) => {
    const { path } = await aHook();
    world.answer = refuse;
    const as = await aMaintainer();
    expect(refused(await as("POST", `${path}/test/push_events`))).toEqual([422, { message }]);
    expect(world.sent).toHaveLength(1);
    expect((await as("GET", path)).body.alert_status).toBe("executable");
    expect((await as("GET", `${path}/events`)).body).toMatchObject([{ trigger: "push_hooks" }]);
  });

  it("works again where it takes the trial", async () => {
    const { id, path } = await aHook();
    const as = await aMaintainer();
    const until = new Date(Date.now() + 100_000);
    await db.query.update(webHooks).set({ failures: 7, disabledUntil: until }).where(eq(webHooks.id, id));
    expect((await as("GET", path)).body).toMatchObject({ alert_status: "temporarily_disabled", disabled_until: until.toISOString() });
    await db.query.update(webHooks).set({ failures: 40, disabledUntil: null }).where(eq(webHooks.id, id));
    expect((await as("GET", path)).body).toMatchObject({ alert_status: "disabled", disabled_until: null });
    expect((await as("POST", `${path}/test/push_events`)).status).toBe(201);
    expect((await as("GET", path)).body).toMatchObject({ alert_status: "executable", disabled_until: null });
  });

  it("is not called where the instance has stopped allowing its address", async () => {
    await setSettings({ allow_local_requests_from_web_hooks_and_services: true });
    const { path } = await aHook({ url: "http://127.0.0.1/" });
    await setSettings(null);
    const as = await aMaintainer();
    const message = "Requests to the local network are not allowed";
    expect(refused(await as("POST", `${path}/test/push_events`))).toEqual([422, { message }]);
    expect(world.sent).toEqual([]);
    expect((await as("GET", `${path}/events`)).body).toMatchObject([
      { response_status: "internal error", internal_error_message: message },
    ]);
  });
});

describe("custom headers and URL variables", () => {
  it("K266 are set and taken away by name", async () => {
    const { path } = await aHook();
    expect(refused(await asBob("PUT", `${path}/custom_headers/X-B`, { json: { value: "2" } }))).toEqual([204, undefined]);
    expect((await asBob("GET", path)).body.custom_headers).toEqual([{ key: "X-B" }]);
    expect(refused(await asBob("DELETE", `${path}/custom_headers/x-b`))).toEqual([204, undefined]);
    expect(refused(await asBob("DELETE", `${path}/custom_headers/X-B`))).toEqual([404, { message: "404 Not found" }]);
  });

  it("lead the URL, and take the token away where they lead it elsewhere", async () => {
    const { path } = await aHook({
      url: "https://{host}/{path}",
      token: "s3cret",
      url_variables: [
        { key: "host", value: "h.example.test" },
        { key: "path", value: "a" },
      ],
    });
    const as = await aMaintainer();
    expect((await as("PUT", `${path}/url_variables/path`, { json: { value: "b" } })).status).toBe(204);
    await as("POST", `${path}/test/push_events`);
    const elsewhere = [
      { key: "host", value: "other.example.test" },
      { key: "path", value: "c" },
    ];
    expect((await as("PUT", path, { json: { url_variables: elsewhere } })).status).toBe(200);
    await as("POST", `${path}/test/push_events`);
    expect(world.sent.map((request) => [request.url, request.headers.get("X-Gitlab-Token")])).toEqual([
      ["https://h.example.test/b", "s3cret"],
      ["https://other.example.test/c", null],
    ]);
    const logged = JSON.stringify((await as("GET", `${path}/events`)).body);
    expect(logged).toContain('"url":"https://{host}/{path}"');
    expect(logged).not.toContain("h.example.test/b");
  });

  // The attack: a maintainer who cannot read a variable has it sent to a host of theirs.
  it.each([
    ["PUT", "", { url: "https://evil.example.test/{path}" }],
    ["PUT", "/url_variables/host", { value: "evil.example.test" }],
    ["PUT", "/url_variables/path", { value: "@evil.example.test/" }],
  ])("are not led elsewhere by who does not know them: %s %s %j", async (method, rest, json) => {
    const { path } = await aHook({
      url: "https://{host}{path}",
      url_variables: [
        { key: "host", value: "h.example.test" },
        { key: "path", value: "/s3cret" },
      ],
    });
    const as = await aMaintainer();
    expect(refused(await as(method, `${path}${rest}`, { json }))).toEqual([422, invalidUrl]);
    await as("POST", `${path}/test/push_events`);
    expect(world.sent.map(({ url }) => url)).toEqual(["https://h.example.test/s3cret"]);
  });

  it.each([
    ["custom_headers/X-A", { value: "a\r\nb" }, { message: "Illegal key or value" }],
    ["custom_headers/X-Gitlab-Token", { value: "a" }, { message: "Illegal key or value" }],
    ["custom_headers/X%20A", { value: "a" }, { message: "Illegal key or value" }],
    ["url_variables/-", { value: "a" }, { message: "Illegal key or value" }],
    ["url_variables/a", { value: "" }, { message: "Illegal key or value" }],
    ["url_variables/host", { value: "127.0.0.1" }, invalidUrl],
    ["url_variables/host", { value: "h.example.test@[::1]" }, invalidUrl],
  ])("PUT %s %j is refused", async (name, json, body) => {
    const { path } = await aHook({ url: "https://{host}/", url_variables: [{ key: "host", value: "h.example.test" }] });
    expect(refused(await asBob("PUT", `${path}/${name}`, { json }))).toEqual([422, body]);
  });

  it("stay where the URL needs them", async () => {
    const { path } = await aHook({ url: "https://{host}/", url_variables: [{ key: "host", value: "h.example.test" }] });
    expect(refused(await asBob("DELETE", `${path}/url_variables/host`))).toEqual([422, invalidUrl]);
    expect(refused(await asBob("DELETE", `${path}/url_variables/Host`))).toEqual([404, { message: "404 Not found" }]);
  });

  it("are for maintainers, and need a value", async () => {
    const { path } = await aHook();
    expect(refused(await asAda("PUT", `${path}/custom_headers/X-B`, { json: { value: "2" } }))).toEqual([
      403,
      { message: "403 Forbidden" },
    ]);
    expect(refused(await asBob("PUT", `${path}/custom_headers/X-B`, { json: {} }))).toEqual([400, { error: "value is missing" }]);
  });
});

describe("the log of deliveries", () => {
  it("shows what was sent and answered, without any secret", async () => {
    const { path } = await aHook({
      token: "s3cret-token",
      url: "http://ada:s3cret-password@hook.example.test/{part}",
      url_variables: [{ key: "part", value: "s3cret-part" }],
      custom_headers: [{ key: "X-Key", value: "s3cret-header" }],
    });
    const as = await aMaintainer();
    world.answer = async () =>
      Response.json(
        { seen: Object.fromEntries(world.sent.at(-1)!.headers), url: world.sent.at(-1)!.url },
        { headers: { "X-Echo": "s3cret-token" } },
      );
    await as("POST", `${path}/test/push_events`);
    const reply = await as("GET", `${path}/events`);
    expect(reply.body).toEqual([
      {
        id: expect.any(Number),
        url: "http://hook.example.test/{part}",
        trigger: "push_hooks",
        request_headers: expect.objectContaining({
          "X-Gitlab-Event": "Push Hook",
          "X-Gitlab-Token": "[REDACTED]",
          Authorization: "[REDACTED]",
          "X-Key": "[REDACTED]",
        }),
        request_data: expect.objectContaining({ object_kind: "push", project_id: project.id }),
        response_headers: { "Content-Type": "application/json", "X-Echo": "[REDACTED]" },
        response_body: expect.stringContaining("[REDACTED]"),
        execution_duration: expect.any(Number),
        response_status: "200",
        internal_error_message: null,
        not_verified: ["commits"],
        created_at: expect.any(String),
      },
    ]);
    expect(JSON.stringify(reply.body)).not.toContain("s3cret");
    expect(JSON.stringify(reply.body)).not.toContain(btoa("ada:s3cret-password"));
    expect(JSON.stringify(await db.query.select().from(hookRequests))).not.toContain("s3cret-");
    expect(JSON.stringify(await db.query.select().from(webHooks))).not.toContain("s3cret-");
  });

  it("is filtered by status, newest first, and a week long", async () => {
    const { id, path } = await aHook();
    const statuses = ["200", "204", "301", "404", "422", "500", "599", "internal error"];
    const at = (index: number) => new Date(Date.now() - 60_000 + index);
    const base = {
      hookId: id,
      deliveryId: 1,
      payloadKey: "none",
      trigger: "push_hooks",
      url: address,
      requestHeaders: {},
      executionDuration: 0,
    } as const;
    const logged = [
      ...statuses.map((responseStatus, index) => ({ ...base, responseStatus, createdAt: at(index) })),
      { ...base, responseStatus: "200", createdAt: new Date(Date.now() - 8 * 86_400_000) },
      { ...base, hookId: id + 1_000_000, responseStatus: "200", createdAt: at(0) },
    ];
    for (const row of logged) await db.query.insert(hookRequests).values(row);
    const found = async (query: string) => (await asBob("GET", `${path}/events?${query}`)).body.map((row: any) => row.response_status);
    expect(await found("")).toEqual(statuses.toReversed());
    expect(await found("status=successful")).toEqual(["204", "200"]);
    expect(await found("status=client_failure")).toEqual(["422", "404"]);
    expect(await found("status=server_failure")).toEqual(["internal error", "599", "500"]);
    expect(await found("status=404")).toEqual(["404"]);
    expect(await found("per_page=2&page=2")).toEqual(["500", "422"]);
    expect(refused(await asBob("GET", `${path}/events?status=bogus`))).toEqual([400, { error: "status is invalid" }]);
  });

  it("shows that a body is too long to show", async () => {
    const { id, path } = await aHook();
    await noteDeliveries(db, "long/0", ["x".repeat(100_001)], [], new Date());
    await noteDeliveries(db, "parts/0", ['{"a":', "1}"], [], new Date());
    const base = {
      hookId: id,
      deliveryId: 1,
      trigger: "push_hooks",
      url: address,
      requestHeaders: {},
      executionDuration: 0,
      responseStatus: "200",
    } as const;
    await db.query
      .insert(hookRequests)
      .values(["long/0", "parts/0", "gone"].map((payloadKey) => ({ ...base, payloadKey, createdAt: new Date() })));
    const { body } = await asBob("GET", `${path}/events`);
    expect(body.map((row: any) => row.request_data)).toEqual([{}, { oversize: true }, { oversize: true }]);
  });

  it("has a request made again, under the same key and with the same body", async () => {
    const { id, path } = await aHook();
    const as = await aMaintainer();
    world.answer = () => new Response("busy", { status: 503 });
    await as("POST", `${path}/test/push_events`);
    const [event] = (await as("GET", `${path}/events`)).body;
    world.answer = () => new Response("ok", { status: 202 });
    await db.query.update(webHooks).set({ failures: 40 }).where(eq(webHooks.id, id));
    expect(refused(await as("POST", `${path}/events/${event.id}/resend`))).toEqual([201, { response_status: 202 }]);
    const [first, again] = world.sent;
    expect(again!.text).toBe(first!.text);
    expect(again!.headers.get("Idempotency-Key")).toBe(first!.headers.get("Idempotency-Key"));
    expect(again!.headers.get("X-Gitlab-Event-UUID")).toBe(first!.headers.get("X-Gitlab-Event-UUID"));
    expect(again!.headers.get("X-Gitlab-Webhook-UUID")).not.toBe(first!.headers.get("X-Gitlab-Webhook-UUID"));
    expect((await as("GET", `${path}/events`)).body.map((row: any) => row.response_status)).toEqual(["202", "503"]);
    expect((await as("GET", path)).body.alert_status).toBe("executable");
    world.answer = () => Promise.reject(new Error("gone"));
    expect(refused(await as("POST", `${path}/events/${event.id}/resend`))).toEqual([422, { message: "The receiver could not be reached" }]);
  });

  it("has nothing of another hook made again, nor what is forgotten", async () => {
    const { path } = await aHook();
    const other = await aHook({ name: unique("other") });
    const as = await aMaintainer();
    await as("POST", `${path}/test/push_events`);
    const [event] = (await as("GET", `${path}/events`)).body;
    for (const missing of [`${other.path}/events/${event.id}/resend`, `${path}/events/999999/resend`, `${path}/events/x/resend`]) {
      expect(refused(await as("POST", missing))).toEqual([404, { message: "404 Not found" }]);
    }
    await db.query.run(sql`delete from hook_payloads`);
    expect(refused(await as("POST", `${path}/events/${event.id}/resend`))).toEqual([
      422,
      { message: "The body of this delivery is not kept any more" },
    ]);
    expect(world.sent).toHaveLength(1);
    expect(await db.query.$count(hookDeliveries, eq(hookDeliveries.state, "pending"))).toBe(0);
  });
});

describe("odd values", () => {
  it.each(["\u0000", "a\u0000b", "\ud800", "💥".repeat(120), "'); drop table web_hooks; --", "\u202e\ufeff"])(
    "%j is kept, or refused",
    async (odd) => {
      const { path } = await aHook({ name: odd, description: odd });
      expect((await asBob("GET", path)).status).toBe(200);
      for (const json of [
        { token: odd },
        { custom_webhook_template: odd },
        { push_events_branch_filter: odd },
        { url: `http://e.x/${odd}` },
      ]) {
        expect((await asBob("PUT", path, { json })).status).toBeLessThan(500);
      }
      for (const list of ["custom_headers", "url_variables"]) {
        expect((await asBob("PUT", `${path}/${list}/a`, { json: { value: odd } })).status).toBeLessThan(500);
      }
      const as = await aMaintainer();
      expect((await as("POST", `${path}/test/push_events`)).status).toBeLessThan(500);
      expect((await as("GET", `${path}/events`)).status).toBe(200);
    },
  );
});
