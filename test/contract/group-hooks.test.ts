import { sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { runBatch } from "../../src/db/batch.ts";
import { deleteNamespaces } from "../../src/db/deletion.ts";
import { selectHooksOfProject } from "../../src/db/hooks.ts";
import { webHooks } from "../../src/db/schema/index.ts";
import { asRoot, withToken, type Reply } from "../setup/call.ts";
import { receivers } from "../setup/receivers.ts";
import { addGroup, addMember, addProject, addToken, addUser, db, type Group } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;
let engines: Group;
let asOwner: Call;
let asMaintainer: Call;
let hooks: string;
let world: ReturnType<typeof receivers>;

const address = "http://hook.example.test";
const refused = (reply: Reply) => [reply.status, reply.body];

beforeAll(async () => {
  engines = await addGroup({ name: "Engines" });
  hooks = `/groups/${engines.id}/hooks`;
  const [owner, maintainer] = [await addUser(), await addUser()];
  await addMember(owner, { group: engines }, 50);
  await addMember(maintainer, { group: engines }, 40);
  asOwner = withToken(await addToken(owner));
  asMaintainer = withToken(await addToken(maintainer));
});

beforeEach(() => {
  world = receivers();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await db.query.delete(webHooks);
});

describe("/groups/:id/hooks", () => {
  it("K267 has a hook called for all projects of the group", async () => {
    const reply = await asRoot("POST", hooks, { json: { url: address, subgroup_events: true } });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ group_id: engines.id, subgroup_events: true, member_events: false, project_events: false });
    expect(reply.body).not.toHaveProperty("project_id");
    expect(reply.body).not.toHaveProperty("token");
  });

  it("are listed, shown, changed and deleted by owners, by id and by path", async () => {
    const { body } = await asOwner("POST", `/groups/${engines.fullPath}/hooks`, { json: { url: address } });
    expect(refused(await asOwner("GET", hooks))).toEqual([200, [body]]);
    expect(refused(await asOwner("GET", `${hooks}/${body.id}`))).toEqual([200, body]);
    const changed = { ...body, name: "n", member_events: true };
    expect(refused(await asOwner("PUT", `${hooks}/${body.id}`, { json: { name: "n", member_events: true } }))).toEqual([200, changed]);
    expect(refused(await asOwner("PUT", `${hooks}/${body.id}/custom_headers/X-A`, { json: { value: "1" } }))).toEqual([204, undefined]);
    expect(refused(await asOwner("DELETE", `${hooks}/${body.id}`))).toEqual([204, undefined]);
    expect(refused(await asOwner("DELETE", `${hooks}/${body.id}`))).toEqual([404, { message: "404 Not found" }]);
    expect(refused(await asOwner("DELETE", hooks))).toEqual([404, { message: "404 Not Found" }]);
  });

  it("are for owners", async () => {
    const { body } = await asOwner("POST", hooks, { json: { url: address } });
    const forbidden = [403, { message: "403 Forbidden" }];
    expect(refused(await asMaintainer("GET", hooks))).toEqual(forbidden);
    expect(refused(await asMaintainer("POST", hooks, { json: { url: address } }))).toEqual(forbidden);
    expect(refused(await asMaintainer("GET", `${hooks}/${body.id}/events`))).toEqual(forbidden);
    expect(refused(await asMaintainer("POST", `${hooks}/${body.id}/test/push_events`))).toEqual(forbidden);
    const stranger = withToken(await addToken(await addUser()));
    expect(refused(await stranger("GET", hooks))).toEqual([404, { message: "404 Group Not Found" }]);
  });

  it("are not those of a subgroup, nor of a project of the same number", async () => {
    const sub = await addGroup({ parent: engines });
    const { body } = await asOwner("POST", `/groups/${sub.id}/hooks`, { json: { url: address } });
    expect(refused(await asOwner("GET", hooks))).toEqual([200, []]);
    expect(refused(await asOwner("GET", `${hooks}/${body.id}`))).toEqual([404, { message: "404 Not found" }]);
    expect(refused(await asRoot("GET", `/hooks/${body.id}`))).toEqual([404, { message: "404 Not found" }]);
  });

  it("are fifty at most", async () => {
    for (let count = 0; count < 50; count += 1) {
      await db.query.insert(webHooks).values({ kind: "group", namespaceId: engines.id, sealed: "" });
    }
    const message = { base: ["Maximum number of group hooks (50) exceeded"] };
    expect(refused(await asOwner("POST", hooks, { json: { url: address } }))).toEqual([422, { message }]);
  });

  it("are tried with a project below the group, where there is one", async () => {
    const group = await addGroup();
    const path = `/groups/${group.id}/hooks`;
    const { body } = await asRoot("POST", path, { json: { url: address } });
    expect(refused(await asRoot("POST", `${path}/${body.id}/test/push_events`))).toEqual([
      422,
      { message: "Ensure there is a project to tell of" },
    ]);
    const project = await addProject(await addGroup({ parent: group }));
    expect(refused(await asRoot("POST", `${path}/${body.id}/test/push_events`))).toEqual([201, { message: "201 Created" }]);
    expect(JSON.parse(world.sent[0]!.text)).toMatchObject({ object_kind: "push", project_id: project.id });
    expect((await asRoot("GET", `${path}/${body.id}/events`)).body).toMatchObject([{ trigger: "push_hooks", response_status: "200" }]);
  });

  it("go with the group", async () => {
    const doomed = await addGroup();
    await asRoot("POST", `/groups/${doomed.id}/hooks`, { json: { url: address } });
    await runBatch(db, deleteNamespaces(db, sql`select ${doomed.id}`));
    expect(await db.query.$count(webHooks)).toBe(0);
  });
});

describe("the hooks that hear of a project", () => {
  it("are its own, those of the groups above it, and the system's", async () => {
    const sub = await addGroup({ parent: engines });
    const project = await addProject(sub);
    const neighbour = await addProject(engines);
    const elsewhere = await addProject(await addGroup());
    const add = async (path: string) => (await asRoot("POST", `${path}/hooks`, { json: { url: address } })).body.id as number;
    const own = await add(`/projects/${project.id}`);
    const ofNeighbour = await add(`/projects/${neighbour.id}`);
    const ofSub = await add(`/groups/${sub.id}`);
    const ofTop = await add(`/groups/${engines.id}`);
    const system = await add("");
    const found = async (id: number) => (await selectHooksOfProject(db, id)).map((hook) => hook.id);
    expect(await found(project.id)).toEqual([own, ofSub, ofTop, system]);
    expect(await found(neighbour.id)).toEqual([ofNeighbour, ofTop, system]);
    expect(await found(elsewhere.id)).toEqual([system]);
    expect((await selectHooksOfProject(db, project.id))[0]).toEqual({
      id: own,
      kind: "project",
      pushEvents: true,
      tagPushEvents: false,
      repositoryUpdateEvents: false,
      pushEventsBranchFilter: null,
      branchFilterStrategy: "wildcard",
      failures: 0,
      disabledUntil: null,
    });
  });
});
