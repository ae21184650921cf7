import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { webHooks } from "../../src/db/schema/index.ts";
import { asRoot, withToken, type Reply } from "../setup/call.ts";
import { receivers } from "../setup/receivers.ts";
import { addGroup, addProject, addToken, addUser, db } from "../setup/world.ts";

const address = "http://hook.example.test";
const refused = (reply: Reply) => [reply.status, reply.body];
let world: ReturnType<typeof receivers>;

beforeEach(() => {
  world = receivers();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await db.query.delete(webHooks);
});

describe("/hooks", () => {
  it("has a system hook told of each push once, unless it asks for more", async () => {
    const reply = await asRoot("POST", "/hooks", { json: { url: address, name: "n", token: "s3cret" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      url: address,
      name: "n",
      description: null,
      created_at: expect.any(String),
      push_events: false,
      tag_push_events: false,
      merge_requests_events: false,
      repository_update_events: true,
      enable_ssl_verification: true,
      push_events_branch_filter: null,
      branch_filter_strategy: "wildcard",
      custom_webhook_template: null,
      custom_headers: [],
      url_variables: [],
      alert_status: "executable",
      disabled_until: null,
    });
    const path = `/hooks/${reply.body.id}`;
    const json = { push_events: true, repository_update_events: false, merge_requests_events: true };
    expect(refused(await asRoot("PUT", path, { json }))).toEqual([200, { ...reply.body, ...json }]);
    expect(refused(await asRoot("GET", "/hooks"))).toEqual([200, [{ ...reply.body, ...json }]]);
    expect(refused(await asRoot("GET", path))).toMatchObject([200, json]);
    expect(refused(await asRoot("DELETE", path))).toEqual([204, undefined]);
    expect(refused(await asRoot("GET", path))).toEqual([404, { message: "404 Not found" }]);
    expect(refused(await asRoot("DELETE", "/hooks"))).toEqual([404, { message: "404 Not Found" }]);
  });

  it("is for administrators", async () => {
    const { body } = await asRoot("POST", "/hooks", { json: { url: address } });
    const somebody = withToken(await addToken(await addUser()));
    for (const [method, path] of [
      ["GET", "/hooks"],
      ["POST", "/hooks"],
      ["GET", `/hooks/${body.id}`],
      ["PUT", `/hooks/${body.id}`],
      ["POST", `/hooks/${body.id}`],
      ["DELETE", `/hooks/${body.id}`],
      ["GET", `/hooks/${body.id}/events`],
    ] as const) {
      const reply = await somebody(method, path, method === "GET" ? {} : { json: { url: address } });
      expect([method, path, ...refused(reply)]).toEqual([method, path, 403, { message: "403 Forbidden" }]);
    }
    expect(world.sent).toEqual([]);
  });

  it("refuses local addresses, from administrators too", async () => {
    expect(refused(await asRoot("POST", "/hooks", { json: { url: "http://169.254.169.254/" } }))).toEqual([
      422,
      { error: "Invalid url given" },
    ]);
  });

  it("shows no hook of a project or group", async () => {
    const group = await addGroup();
    const project = await addProject(group);
    for (const place of [`/groups/${group.id}`, `/projects/${project.id}`]) {
      const { body } = await asRoot("POST", `${place}/hooks`, { json: { url: address } });
      expect(refused(await asRoot("GET", `/hooks/${body.id}`))).toEqual([404, { message: "404 Not found" }]);
    }
    expect((await asRoot("GET", "/hooks")).body).toEqual([]);
  });

  it("tries a hook with a push, and answers with what was sent", async () => {
    const project = await addProject(await addGroup());
    const { body } = await asRoot("POST", "/hooks", { json: { url: address, token: "s3cret" } });
    const reply = await asRoot("POST", `/hooks/${body.id}`);
    expect(reply.status).toBe(201);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(reply.body).toEqual(JSON.parse(world.sent[0]!.text));
    expect(reply.body).toMatchObject({ event_name: "repository_update", project_id: expect.any(Number), changes: [], refs: [] });
    expect(reply.body.project_id).toBeLessThanOrEqual(project.id);
    expect(world.sent[0]!.headers.get("X-Gitlab-Event")).toBe("System Hook");
    expect(world.sent[0]!.headers.get("X-Gitlab-Token")).toBe("s3cret");
    expect((await asRoot("GET", `/hooks/${body.id}/events`)).body).toMatchObject([{ trigger: "repository_update_hooks" }]);
  });
});
