import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { agentActivityEvents } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asKas, asRoot, withToken } from "../setup/call.ts";
import { addAgent, addGroup, addMember, addProject, addToken, addUser, db, type Project } from "../setup/world.ts";

type Call = ReturnType<typeof withToken>;
let project: Project;
let bob: UserRow;
let asBob: Call;
let asAda: Call;
let asGuest: Call;
let asEve: Call;
let agent: Awaited<ReturnType<typeof addAgent>>;
let path: string;

beforeAll(async () => {
  project = await addProject(await addGroup());
  const member = async (level: number | null, user: UserRow) => {
    if (level !== null) await addMember(user, { project }, level);
    return withToken(await addToken(user));
  };
  bob = await addUser();
  asBob = await member(40, bob);
  asAda = await member(30, await addUser());
  asGuest = await member(20, await addUser());
  asEve = await member(null, await addUser());
});
beforeEach(async () => {
  agent = await addAgent(project);
  path = `/projects/${project.id}/cluster_agents/${agent.agent.id}`;
});

describe("GET …/activity_events", () => {
  it("tells who made and revoked tokens, and when the agent came, newest first", async () => {
    await asKas("GET", "/agent_info", { agentToken: agent.token });
    await expect.poll(async () => (await asAda("GET", `${path}/activity_events`)).body).toHaveLength(1);
    const made = await asBob("POST", `${path}/tokens`, { json: { name: "spare" } });
    await asBob("DELETE", `${path}/tokens/${made.body.id}`);
    const reply = await asAda("GET", `${path}/activity_events`);
    const user = { id: bob.id, username: bob.username, name: bob.name };
    const event = (kind: string, token: { id: number; name: string }, by: object | null) => ({
      id: expect.any(Number),
      kind,
      level: "info",
      recorded_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      agent_token: token,
      user: by,
    });
    const spare = { id: made.body.id, name: "spare" };
    expect([reply.status, reply.body]).toEqual([
      200,
      [
        event("token_revoked", spare, user),
        event("token_created", spare, user),
        event("agent_connected", { id: agent.tokenId, name: "test" }, null),
      ],
    ]);
    expect(Math.abs(Date.parse(reply.body[0].recorded_at) - Date.now())).toBeLessThan(60_000);
    const page = await asAda("GET", `${path}/activity_events?per_page=2&page=2`);
    expect([page.body, page.headers.get("X-Total")]).toEqual([reply.body.slice(2), "3"]);
  });

  it("tells nothing of a token that was refused", async () => {
    await asBob("POST", `${path}/tokens`, { json: { name: "second" } });
    const replies = await Promise.all([1, 2, 3].map(() => asBob("POST", `${path}/tokens`, { json: { name: "third" } })));
    expect(replies.map((reply) => reply.status)).toEqual([400, 400, 400]);
    await asBob("DELETE", `${path}/tokens/999999`);
    expect((await asAda("GET", `${path}/activity_events`)).body).toMatchObject([{ kind: "token_created" }]);
  });

  it("leaves out who is gone, and what is a week old", async () => {
    const carol = await addUser();
    const recordedAt = new Date();
    await db.query.insert(agentActivityEvents).values([
      { agentId: agent.agent.id, kind: "token_created", tokenId: agent.tokenId, userId: carol.id, recordedAt },
      { agentId: agent.agent.id, kind: "token_revoked", recordedAt: new Date(Date.now() - 7 * 86_400_000 - 1000) },
    ]);
    expect((await asAda("GET", `${path}/activity_events`)).body).toMatchObject([{ user: { id: carol.id } }]);
    expect((await asRoot("DELETE", `/users/${carol.id}`)).status).toBe(204);
    expect((await asAda("GET", `${path}/activity_events`)).body).toMatchObject([{ kind: "token_created", user: null }]);
  });

  it("is for developers of the agent's project", async () => {
    for (const call of ["activity_events", "status"]) {
      expect((await asGuest("GET", `${path}/${call}`)).body).toEqual({ message: "403 Forbidden" });
      expect((await asEve("GET", `${path}/${call}`)).body).toEqual({ message: "404 Project Not Found" });
      const elsewhere = await addProject(await addGroup());
      for (const id of [agent.agent.id, 999_999, "x"]) {
        const reply = await asRoot("GET", `/projects/${elsewhere.id}/cluster_agents/${id}/${call}`);
        expect([reply.status, reply.body]).toEqual([404, { message: "404 Not found" }]);
      }
    }
  });

  it("asks the database four times, and reads as much however much happened to other agents", async () => {
    const cost = async () => (await asRoot("GET", `${path}/activity_events`)).headers.get("Server-Timing")?.replace(/dur=[^;]*/, "");
    const before = await cost();
    expect(before).toContain("4 trips");
    const { agent: other } = await addAgent(await addProject(await addGroup()));
    await db.query.run(sql`
      insert into agent_activity_events (agent_id, kind, recorded_at)
      select ${other.id}, 'agent_connected', ${Date.now()} from json_each(${JSON.stringify(Array(2000).fill(0))})`);
    expect(await cost()).toBe(before);
  });
});
