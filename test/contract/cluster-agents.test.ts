import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { clusterAgents, clusterAgentTokens } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addMember, addProject, addToken, addUser, db, unique, type Project } from "../setup/world.ts";

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

async function anAgent(): Promise<number> {
  return (await asBob("POST", agents, { json: { name: unique("agent-") } })).body.id;
}

describe("POST /projects/:id/cluster_agents", () => {
  it("241 registers an agent with the project that holds its configuration", async () => {
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

  it("243 is for maintainers", async () => {
    const reply = await asAda("POST", agents, { json: { name: "no" } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asEve("POST", agents, { json: { name: "no" } })).body).toEqual({ message: "404 Project Not Found" });
    expect((await call("POST", agents, { json: { name: "no" } })).status).toBe(401);
  });
});

describe("GET /projects/:id/cluster_agents/:agent_id", () => {
  it("243 shows an agent to developers and to nobody below", async () => {
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

describe("POST /projects/:id/cluster_agents/:agent_id/tokens", () => {
  it("244 shows the token once and keeps its digest", async () => {
    const id = await anAgent();
    const reply = await asBob("POST", `${agents}/${id}/tokens`, { json: { name: "t1", description: "d" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      name: "t1",
      description: "d",
      agent_id: id,
      status: "active",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      created_by_user_id: bob.id,
      last_used_at: null,
      token: expect.stringMatching(/^glagent-[A-Za-z0-9_-]{50}$/),
    });
    const [row] = await db.query.select().from(clusterAgentTokens).where(eq(clusterAgentTokens.id, reply.body.id));
    expect(row).toMatchObject({ digest: digestOfToken(reply.body.token), status: "active", agentId: id, createdByUserId: bob.id });
    expect(JSON.stringify(row)).not.toContain(reply.body.token);
    expect(Math.abs(row!.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it("247 refuses a third active token, and admits one in place of a revoked one", async () => {
    const id = await anAgent();
    const made = await Promise.all(["a", "b"].map((name) => asBob("POST", `${agents}/${id}/tokens`, { json: { name } })));
    expect(made.map((reply) => reply.status)).toEqual([201, 201]);
    const third = await asBob("POST", `${agents}/${id}/tokens`, { json: { name: "c" } });
    expect(third.status).toBe(400);
    expect(third.body).toEqual({ message: "400 Bad request - An agent can have only two active tokens at a time" });
    await db.query.update(clusterAgentTokens).set({ status: "revoked" }).where(eq(clusterAgentTokens.id, made[0]!.body.id));
    expect((await asBob("POST", `${agents}/${id}/tokens`, { json: { name: "c" } })).status).toBe(201);
  });

  it("247 makes no third token of requests that come at once", async () => {
    const id = await anAgent();
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => asBob("POST", `${agents}/${id}/tokens`, { json: { name: "t" } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 201, 400, 400, 400]);
    expect(new Set(replies.flatMap((reply) => reply.body.token ?? [])).size).toBe(2);
  });

  it("250 needs a name and an agent", async () => {
    const id = await anAgent();
    const unnamed = await asBob("POST", `${agents}/${id}/tokens`, { json: {} });
    expect([unnamed.status, unnamed.body]).toEqual([400, { error: "name is missing" }]);
    for (const [name, description, text] of [
      [" ", undefined, "Name can't be blank"],
      ["n".repeat(256), undefined, "Name is too long (maximum is 255 characters)"],
      ["n", "d".repeat(1025), "Description is too long (maximum is 1024 characters)"],
    ]) {
      const reply = await asBob("POST", `${agents}/${id}/tokens`, { json: { name, description } });
      expect([reply.status, reply.body]).toEqual([400, { message: `400 Bad request - ${text}` }]);
    }
    const foreign = (await asRoot("POST", `/projects/${other.id}/cluster_agents`, { json: { name: "foreign-too" } })).body.id;
    for (const missing of [foreign, 999_999, "x", "99999999999999999999"]) {
      for (const name of ["t", " "]) {
        const reply = await asRoot("POST", `${agents}/${missing}/tokens`, { json: { name } });
        expect([missing, reply.status, reply.body]).toEqual([missing, 404, { message: "404 Not found" }]);
      }
    }
  });

  it("is for maintainers", async () => {
    const id = await anAgent();
    expect((await asAda("POST", `${agents}/${id}/tokens`, { json: { name: "t" } })).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("POST", `${agents}/${id}/tokens`, { json: { name: "t" } })).body).toEqual({ message: "404 Project Not Found" });
    expect(await db.query.select().from(clusterAgentTokens).where(eq(clusterAgentTokens.agentId, id))).toEqual([]);
  });

  it("asks the database four times: caller, project, memberships, and the write", async () => {
    const id = await anAgent();
    const reply = await asRoot("POST", `${agents}/${id}/tokens`, { json: { name: "t" } });
    expect(reply.headers.get("Server-Timing")).toContain("4 trips");
    expect(await db.query.select().from(clusterAgents).where(eq(clusterAgents.id, id))).toHaveLength(1);
  });
});
