import { Gitlab } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

let gatehouse: Gatehouse;
let root: InstanceType<typeof Gitlab<false>>;
let projectId: number;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  root = new Gitlab({ host: gatehouse.url, token: testVars.GATEHOUSE_ROOT_TOKEN });
  const group = await root.Groups.create("Platform", "platform");
  projectId = (await root.Projects.create({ name: "Clusters", path: "clusters", namespaceId: group.id })).id;
});
afterAll(() => gatehouse?.close());

/** This client lists tokens where it means to make one: its `createToken` sends a GET. */
async function makeToken(agentId: number, name: string): Promise<{ id: number; token: string }> {
  const reply = await fetch(`${gatehouse.url}/api/v4/projects/${projectId}/cluster_agents/${agentId}/tokens`, {
    method: "POST",
    headers: { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN, "Content-Type": "application/json" },
    body: JSON.stringify({ name, description: "for the cluster" }),
  });
  return reply.json() as Promise<{ id: number; token: string }>;
}

describe("agents, by @gitbeaker/rest", () => {
  it("J241 are registered, listed, shown and unregistered", async () => {
    const agent = await root.Agents.register(projectId, "agent-1");
    expect(agent).toMatchObject({ name: "agent-1", config_project: { id: projectId, path_with_namespace: "platform/clusters" } });
    expect(await root.Agents.show(projectId, agent.id)).toEqual(agent);
    expect(await root.Agents.all("platform/clusters")).toEqual([agent]);
    await expect(root.Agents.register(projectId, "agent-1")).rejects.toThrow("has already been taken");
    await root.Agents.unregister(projectId, agent.id);
    await expect(root.Agents.show(projectId, agent.id)).rejects.toThrow("404 Not found");
    expect(await root.Agents.all(projectId)).toEqual([]);
  });

  it("J244, J245, J247, J248 have at most two active tokens, whose text is told once", async () => {
    const agent = await root.Agents.register(projectId, "agent-2");
    const [one, two] = [await makeToken(agent.id, "one"), await makeToken(agent.id, "two")];
    expect(one.token).toMatch(/^glagent-[\w-]{50}$/);
    expect(await makeToken(agent.id, "three")).toEqual({
      message: "400 Bad request - An agent can have only two active tokens at a time",
    });
    const shown = await root.Agents.showToken(projectId, agent.id, one.id);
    expect(shown).toMatchObject({
      id: one.id,
      name: "one",
      description: "for the cluster",
      agent_id: agent.id,
      status: "active",
      last_used_at: null,
    });
    expect(shown).not.toHaveProperty("token");
    const listed = await root.Agents.allTokens(projectId, agent.id);
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set([one.id, two.id]));
    expect(listed[0]).not.toHaveProperty("last_used_at");
    expect(await root.Agents.createToken(projectId, agent.id, "really a list")).toEqual(listed);
    await root.Agents.removeToken(projectId, agent.id, one.id);
    await expect(root.Agents.showToken(projectId, agent.id, one.id)).rejects.toThrow("404 Not found");
    expect((await root.Agents.allTokens(projectId, agent.id)).map(({ id }) => id)).toEqual([two.id]);
    expect(await makeToken(agent.id, "three")).toMatchObject({ name: "three" });
  });

  it("have vulnerabilities and alerts that nobody reported yet", async () => {
    expect(await root.ProjectVulnerabilities.all(projectId)).toEqual([]);
    const reply = await fetch(`${gatehouse.url}/api/v4/projects/${projectId}/alert_management_alerts`, {
      headers: { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN },
    });
    expect([reply.status, reply.headers.get("X-Total"), await reply.json()]).toEqual([200, "0", []]);
  });
});
