import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { clusterAgents, clusterAgentTokens } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";
import { asKas, asRoot, withToken } from "../setup/call.ts";
import { addAgent, addAgentToken, addGroup, addMember, addProject, addToken, addUser, db, unique, type Project } from "../setup/world.ts";

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
  const group = await addGroup();
  project = await addProject(group);
  other = await addProject(group);
  ({ user: bob, as: asBob } = await aMember(40));
  asAda = (await aMember(30)).as;
  asGuest = (await aMember(10)).as;
  asEve = (await aMember(null)).as;
  agents = `/projects/${project.id}/cluster_agents`;
});

async function anAgent(): Promise<number> {
  return (await asBob("POST", agents, { json: { name: unique("agent-") } })).body.id;
}

const notFound = [404, { message: "404 Not found" }];

describe("POST /projects/:id/cluster_agents/:agent_id/tokens", () => {
  it("J244 shows the token once and keeps its digest", async () => {
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

  it("J247 refuses a third active token, and admits one in place of a revoked one", async () => {
    const id = await anAgent();
    const made = await Promise.all(["a", "b"].map((name) => asBob("POST", `${agents}/${id}/tokens`, { json: { name } })));
    expect(made.map((reply) => reply.status)).toEqual([201, 201]);
    const third = await asBob("POST", `${agents}/${id}/tokens`, { json: { name: "c" } });
    expect(third.status).toBe(400);
    expect(third.body).toEqual({ message: "400 Bad request - An agent can have only two active tokens at a time" });
    await db.query.update(clusterAgentTokens).set({ status: "revoked" }).where(eq(clusterAgentTokens.id, made[0]!.body.id));
    expect((await asBob("POST", `${agents}/${id}/tokens`, { json: { name: "c" } })).status).toBe(201);
  });

  it("J247 makes no third token of requests that come at once", async () => {
    const id = await anAgent();
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => asBob("POST", `${agents}/${id}/tokens`, { json: { name: "t" } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 201, 400, 400, 400]);
    expect(new Set(replies.flatMap((reply) => reply.body.token ?? [])).size).toBe(2);
  });

  it("J250 needs a name and an agent", async () => {
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
    expect((await asGuest("POST", `${agents}/${id}/tokens`, { json: { name: "t" } })).body).toEqual({ message: "403 Forbidden" });
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

describe("GET /projects/:id/cluster_agents/:agent_id/tokens", () => {
  it("J245 lists the active tokens without their text and use, and shows one with its use", async () => {
    const { agent, tokenId } = await addAgent(project);
    const lastUsedAt = new Date("2026-03-01T10:00:00Z");
    const used = await addAgentToken(agent, { name: "used", description: "d", lastUsedAt, createdByUserId: bob.id });
    const revoked = await addAgentToken(agent, { status: "revoked" });
    const list = await asAda("GET", `${agents}/${agent.id}/tokens`);
    const listed = {
      id: used.tokenId,
      name: "used",
      description: "d",
      agent_id: agent.id,
      status: "active",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      created_by_user_id: bob.id,
    };
    expect([list.status, list.body]).toEqual([
      200,
      [{ ...listed, id: tokenId, name: "test", description: null, created_by_user_id: null }, listed],
    ]);
    expect(list.headers.get("X-Total")).toBe("2");
    const shown = await asAda("GET", `${agents}/${agent.id}/tokens/${used.tokenId}`);
    expect([shown.status, shown.body]).toEqual([200, { ...listed, last_used_at: "2026-03-01T10:00:00.000Z" }]);
    const hidden = await asAda("GET", `${agents}/${agent.id}/tokens/${revoked.tokenId}`);
    expect([hidden.status, hidden.body]).toEqual(notFound);
    expect((await asAda("GET", `${agents}/${agent.id}/tokens?per_page=1&page=2`)).body).toEqual([listed]);
  });

  it("finds neither agents nor tokens of another place", async () => {
    const { agent, tokenId } = await addAgent(project);
    const foreign = await addAgent(other);
    for (const path of [
      `${foreign.agent.id}/tokens`,
      `${foreign.agent.id}/tokens/${foreign.tokenId}`,
      `${foreign.agent.id}/tokens/${tokenId}`,
      `${agent.id}/tokens/${foreign.tokenId}`,
      `${agent.id}/tokens/x`,
      `${agent.id}/tokens/99999999999999999999`,
      "999999/tokens",
      "x/tokens",
    ]) {
      const reply = await asRoot("GET", `${agents}/${path}`);
      expect([path, reply.status, reply.body]).toEqual([path, ...notFound]);
    }
  });

  it("is for developers and those above them", async () => {
    const { agent, tokenId } = await addAgent(project);
    for (const path of [`${agents}/${agent.id}/tokens`, `${agents}/${agent.id}/tokens/${tokenId}`]) {
      expect((await asGuest("GET", path)).body).toEqual({ message: "403 Forbidden" });
      expect((await asEve("GET", path)).body).toEqual({ message: "404 Project Not Found" });
    }
  });
});

describe("DELETE /projects/:id/cluster_agents/:agent_id/tokens/:token_id", () => {
  it("J248 revokes a token, which is not found from then on, and makes room for another", async () => {
    const { agent, tokenId, token } = await addAgent(project);
    await addAgentToken(agent);
    const path = `${agents}/${agent.id}/tokens/${tokenId}`;
    expect((await asBob("POST", `${agents}/${agent.id}/tokens`, { json: { name: "third" } })).status).toBe(400);
    const reply = await asBob("DELETE", path);
    expect([reply.status, reply.body]).toEqual([204, undefined]);
    for (const method of ["GET", "DELETE"]) {
      const gone = await asBob(method, path);
      expect([gone.status, gone.body]).toEqual(notFound);
    }
    expect((await asBob("GET", `${agents}/${agent.id}/tokens`)).body).toHaveLength(1);
    expect((await asKas("GET", "/agent_info", { agentToken: token })).status).toBe(401);
    const [row] = await db.query.select().from(clusterAgentTokens).where(eq(clusterAgentTokens.id, tokenId));
    expect(row!.status).toBe("revoked");
    expect((await asBob("POST", `${agents}/${agent.id}/tokens`, { json: { name: "third" } })).status).toBe(201);
  });

  it("revokes once, and tells of it once, of what is asked three times at once", async () => {
    const { agent, tokenId } = await addAgent(project);
    const replies = await Promise.all([1, 2, 3].map(() => asBob("DELETE", `${agents}/${agent.id}/tokens/${tokenId}`)));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
    const events = await db.query.all(sql`select kind, token_id, user_id from agent_activity_events where agent_id = ${agent.id}`);
    expect(events).toEqual([{ kind: "token_revoked", token_id: tokenId, user_id: bob.id }]);
  });

  it("is for maintainers, and for tokens of the named agent", async () => {
    const { agent, tokenId } = await addAgent(project);
    const sibling = await addAgent(project);
    expect((await asAda("DELETE", `${agents}/${agent.id}/tokens/${tokenId}`)).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("DELETE", `${agents}/${agent.id}/tokens/${tokenId}`)).body).toEqual({ message: "404 Project Not Found" });
    const crossed = await asBob("DELETE", `${agents}/${sibling.agent.id}/tokens/${tokenId}`);
    expect([crossed.status, crossed.body]).toEqual(notFound);
    expect((await asBob("GET", `${agents}/${agent.id}/tokens/${tokenId}`)).status).toBe(200);
    expect(await db.query.all(sql`select 1 from agent_activity_events where agent_id in (${agent.id}, ${sibling.agent.id})`)).toEqual([]);
  });
});
