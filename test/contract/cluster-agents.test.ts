import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { alerts } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asKas, asRoot, call, withToken } from "../setup/call.ts";
import { addAgent, addAgentToken, addGroup, addMember, addProject, addToken, addUser, db, type Project } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;
let bob: UserRow;
let project: Project;
let other: Project;
let asAda: Call;
let asBob: Call;
let asGuest: Call;
let asEve: Call;
let agents: string;

async function aMember(level: number | null): Promise<{ user: UserRow; as: Call }> {
  const user = await addUser();
  if (level !== null) await addMember(user, { project }, level);
  return { user, as: withToken(await addToken(user)) };
}

beforeAll(async () => {
  const engines = await addGroup({ name: "Engines" });
  const steam = await addGroup({ name: "Steam", parent: engines });
  project = await addProject(steam, { name: "Analytical", description: "Mill and store" });
  other = await addProject(steam);
  ({ user: bob, as: asBob } = await aMember(40));
  asAda = (await aMember(30)).as;
  asGuest = (await aMember(10)).as;
  asEve = (await aMember(null)).as;
  agents = `/projects/${project.id}/cluster_agents`;
});

describe("POST /projects/:id/cluster_agents", () => {
  it("J241 registers an agent with the project that holds its configuration", async () => {
    const reply = await asBob("POST", `/projects/${encodeURIComponent(project.fullPath)}/cluster_agents`, { json: { name: "agent-1" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      name: "agent-1",
      config_project: {
        id: project.id,
        description: "Mill and store",
        name: "Analytical",
        name_with_namespace: "Engines / Steam / Analytical",
        path: project.path,
        path_with_namespace: project.fullPath,
        created_at: project.createdAt.toISOString(),
      },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      created_by_user_id: bob.id,
    });
  });

  it("remembers the user in whose name an administrator acts", async () => {
    const reply = await asRoot("POST", agents, { json: { name: "sudone" }, headers: { Sudo: bob.username } });
    expect(reply.body.created_by_user_id).toBe(bob.id);
  });

  it("takes a name once in a project, and again in another", async () => {
    await asBob("POST", agents, { json: { name: "taken" } });
    const again = await asBob("POST", agents, { json: { name: "taken" } });
    expect(again.status).toBe(400);
    expect(again.body).toEqual({ message: "400 Bad request - Name has already been taken" });
    expect((await asRoot("POST", `/projects/${other.id}/cluster_agents`, { json: { name: "taken" } })).status).toBe(201);
  });

  it("registers one of two that ask for a name at once", async () => {
    const replies = await Promise.all([1, 2, 3].map(() => asBob("POST", agents, { json: { name: "race" } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400, 400]);
  });

  it.each(["", " ", "Agent", "-a", "a-", "a_b", "a b", "ä", "a\n", "a\u0000"])("refuses the name %j", async (name) => {
    const reply = await asBob("POST", agents, { json: { name } });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      message: "400 Bad request - Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'",
    });
  });

  it("counts characters and needs a name", async () => {
    expect((await asBob("POST", agents, { json: { name: "a".repeat(63) } })).status).toBe(201);
    const long = await asBob("POST", agents, { json: { name: "a".repeat(64) } });
    expect([long.status, long.body]).toEqual([400, { message: "400 Bad request - Name is too long (maximum is 63 characters)" }]);
    const none = await asBob("POST", agents, { json: {} });
    expect([none.status, none.body]).toEqual([400, { error: "name is missing" }]);
  });

  it("J243 is for maintainers", async () => {
    const reply = await asAda("POST", agents, { json: { name: "no" } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asEve("POST", agents, { json: { name: "no" } })).body).toEqual({ message: "404 Project Not Found" });
    expect((await call("POST", agents, { json: { name: "no" } })).status).toBe(401);
  });
});

describe("GET /projects/:id/cluster_agents/:agent_id", () => {
  it("J243 shows an agent to developers and to nobody below", async () => {
    const created = await asBob("POST", agents, { json: { name: "shown" } });
    const reply = await asAda("GET", `${agents}/${created.body.id}`);
    expect([reply.status, reply.body]).toEqual([200, created.body]);
    expect((await asGuest("GET", `${agents}/${created.body.id}`)).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("GET", `${agents}/${created.body.id}`)).body).toEqual({ message: "404 Project Not Found" });
  });

  it("finds only agents of the project, by a number", async () => {
    const foreign = (await asRoot("POST", `/projects/${other.id}/cluster_agents`, { json: { name: "foreign" } })).body.id;
    for (const id of [foreign, 0, -1, "9007199254740991", "99999999999999999999", "agent-1", "1.0", "%00"]) {
      const reply = await asRoot("GET", `${agents}/${id}`);
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Not found" }]);
    }
  });
});

describe("GET /projects/:id/cluster_agents", () => {
  it("J241 lists the agents of a project in the order of their registration, a page at a time", async () => {
    const place = await addProject(await addGroup());
    const path = `/projects/${place.id}/cluster_agents`;
    const registered = [];
    for (const name of ["c", "a", "b"]) registered.push((await asRoot("POST", path, { json: { name } })).body);
    const all = await asRoot("GET", path);
    expect([all.status, all.body]).toEqual([200, registered]);
    const second = await asRoot("GET", `${path}?per_page=2&page=2`);
    expect(second.body).toEqual(registered.slice(2));
    expect([second.headers.get("X-Total"), second.headers.get("X-Prev-Page"), second.headers.get("X-Next-Page")]).toEqual(["3", "1", ""]);
    expect((await asRoot("GET", `${path}?pagination=keyset`)).status).toBe(405);
  });

  it("J243 is for developers and those above them", async () => {
    expect((await asAda("GET", agents)).status).toBe(200);
    const refused = await asGuest("GET", agents);
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asEve("GET", agents)).body).toEqual({ message: "404 Project Not Found" });
  });

  it("reads the same rows however many agents other projects have", async () => {
    const path = `/projects/${(await addProject(await addGroup())).id}/cluster_agents`;
    const cost = async () => /(\d+) rows/.exec((await asRoot("GET", path)).headers.get("Server-Timing") ?? "")?.[1];
    await cost();
    const before = await cost();
    for (let count = 0; count < 20; count += 1) await addAgent(other);
    expect(before).toBeDefined();
    expect(await cost()).toBe(before);
  });
});

describe("DELETE /projects/:id/cluster_agents/:agent_id", () => {
  it("J251 deletes an agent with its tokens, which are refused from then on", async () => {
    const { agent, token } = await addAgent(project);
    expect((await asKas("GET", "/agent_info", { agentToken: token })).status).toBe(200);
    expect((await asAda("DELETE", `${agents}/${agent.id}`)).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("DELETE", `${agents}/${agent.id}`)).body).toEqual({ message: "404 Project Not Found" });
    const reply = await asBob("DELETE", `${agents}/${agent.id}`);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    const use = await asKas("GET", "/agent_info", { agentToken: token });
    expect([use.status, use.body]).toEqual([401, { message: "401 Unauthorized" }]);
    for (const method of ["GET", "DELETE"]) {
      expect((await asBob(method, `${agents}/${agent.id}`)).body).toEqual({ message: "404 Not found" });
    }
  });

  it("takes along all that is the agent's own, and leaves the others' and what it reported", async () => {
    const { agent, tokenId } = await addAgent(project);
    await addAgentToken(agent, { status: "revoked" });
    const kept = await addAgent(project);
    for (const [id, token] of [
      [agent.id, tokenId],
      [kept.agent.id, kept.tokenId],
    ]) {
      await db.query.run(
        sql`insert into agent_activity_events (agent_id, kind, token_id, recorded_at) values (${id}, 'agent_connected', ${token}, 1)`,
      );
      await db.query.run(sql`insert into agent_registrations (agent_id, registered_at) values (${id}, 1)`);
      await db.query.run(sql`insert into agent_authorizations (agent_id, access, project_id) values (${id}, 'ci', ${other.id})`);
    }
    await db.query.insert(alerts).values({
      projectId: project.id,
      iid: 1,
      title: "t",
      hosts: [],
      severity: "high",
      startedAt: new Date(),
      domain: "operations",
      payload: "{}",
      isAnnounced: true,
    });
    await asBob("DELETE", `${agents}/${agent.id}`);
    const left = (id: number) =>
      db.query.all<{ rows: number }>(sql`
        select (select count(*) from cluster_agent_tokens where agent_id = ${id}) + (select count(*) from agent_activity_events where agent_id = ${id})
          + (select count(*) from agent_registrations where agent_id = ${id}) + (select count(*) from agent_authorizations where agent_id = ${id}) as rows`);
    expect([await left(agent.id), await left(kept.agent.id)]).toEqual([[{ rows: 0 }], [{ rows: 4 }]]);
    expect(await db.query.$count(alerts)).toBe(1);
  });

  it("deletes once of what is asked three times at once", async () => {
    const { agent } = await addAgent(project);
    const replies = await Promise.all([1, 2, 3].map(() => asBob("DELETE", `${agents}/${agent.id}`)));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
  });

  it("deletes no agent of another project", async () => {
    const { agent } = await addAgent(other);
    expect((await asBob("DELETE", `${agents}/${agent.id}`)).body).toEqual({ message: "404 Not found" });
    expect((await asRoot("GET", `/projects/${other.id}/cluster_agents/${agent.id}`)).status).toBe(200);
  });

  it("deletes nothing that changed since the caller looked", async () => {
    const { agent } = await addAgent(project);
    const since = (date: string) => asBob("DELETE", `${agents}/${agent.id}`, { headers: { "If-Unmodified-Since": date } });
    expect((await since("Sat, 01 Jan 2000 00:00:00 GMT")).status).toBe(412);
    expect((await since(new Date(Date.now() + 60_000).toUTCString())).status).toBe(204);
  });
});
