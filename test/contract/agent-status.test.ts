import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { agentRegistrations, clusterAgentTokens, vulnerabilities, vulnerabilityScanners } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { isConnected } from "../../src/domain/agents/token-use.ts";
import { asKas, asRoot, withToken } from "../setup/call.ts";
import {
  addAgent,
  addAgentToken,
  addGroup,
  addMember,
  addProject,
  addToken,
  addUser,
  db,
  type Group,
  type Project,
} from "../setup/world.ts";

let root: Group;
let project: Project;
let hiddenGroup: Group;
let hidden: Project;
let open: Project;
let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let agent: Awaited<ReturnType<typeof addAgent>>;
let path: string;

beforeAll(async () => {
  root = await addGroup({ visibility: "public" });
  project = await addProject(root);
  hiddenGroup = await addGroup({ parent: root });
  hidden = await addProject(hiddenGroup);
  open = await addProject(root, { visibility: "public" });
  ada = await addUser();
  await addMember(ada, { project }, 30);
  asAda = withToken(await addToken(ada));
});
beforeEach(async () => {
  agent = await addAgent(project);
  path = `/projects/${project.id}/cluster_agents/${agent.agent.id}/status`;
});

const named = (...places: { fullPath: string }[]) => places.map(({ fullPath }) => ({ id: fullPath, default_namespace: "prod" }));
const post = (agentConfig: unknown) =>
  asKas("POST", "/agent_configuration", { json: { agent_id: agent.agent.id, agent_config: agentConfig } });
const config = { default_namespace: "prod" };
const shownProject = ({ id, fullPath }: Project) => ({ id, path_with_namespace: fullPath, config });
const shownGroup = ({ id, fullPath }: Group) => ({ id, full_path: fullPath, config });

describe("GET /projects/:id/cluster_agents/:agent_id/status", () => {
  it("tells nothing of an agent that was never there", async () => {
    const reply = await asAda("GET", path);
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        connected: false,
        last_used_at: null,
        has_vulnerabilities: false,
        registration: null,
        configured_at: null,
        ci_access: { projects: [], groups: [] },
        user_access: null,
      },
    ]);
  });

  it("is connected by the last use of an active token, within the hour", async () => {
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const use = (lastUsedAt: Date, id = agent.tokenId) =>
      db.query.update(clusterAgentTokens).set({ lastUsedAt }).where(eq(clusterAgentTokens.id, id));
    const { tokenId } = await addAgentToken(agent.agent);
    const shown = async () => {
      const { connected, last_used_at: last } = (await asAda("GET", path)).body;
      return [connected, last];
    };
    const [old, young] = [minutesAgo(61), minutesAgo(59)];
    await use(old);
    expect(await shown()).toEqual([false, old.toISOString()]);
    await use(young, tokenId);
    expect(await shown()).toEqual([true, young.toISOString()]);
    await asRoot("DELETE", `/projects/${project.id}/cluster_agents/${agent.agent.id}/tokens/${tokenId}`);
    expect(await shown()).toEqual([false, old.toISOString()]);
    const now = new Date();
    expect([3_599_999, 3_600_000].map((ms) => isConnected(new Date(now.getTime() - ms), now))).toEqual([true, false]);
  });

  it("tells what runs in the cluster", async () => {
    const registeredAt = new Date("2026-03-01T10:00:00Z");
    await db.query.insert(agentRegistrations).values({
      agentId: agent.agent.id,
      agentVersion: "v18.9.0",
      architecture: "arm64",
      kubernetesVersion: "1.33",
      installationMethod: "helm",
      registeredAt,
    });
    expect((await asAda("GET", path)).body.registration).toEqual({
      agent_version: "v18.9.0",
      architecture: "arm64",
      kubernetes_version: "1.33",
      installation_method: "helm",
      helm_chart_version: null,
      registered_at: "2026-03-01T10:00:00.000Z",
    });
  });

  it("has vulnerabilities once it reported one", async () => {
    const [scanner] = await db.query
      .insert(vulnerabilityScanners)
      .values({ projectId: project.id, externalId: "s", name: "S" })
      .returning();
    await db.query.insert(vulnerabilities).values({
      projectId: project.id,
      scannerId: scanner!.id,
      agentId: agent.agent.id,
      uuid: "u",
      primaryIdentifier: "p",
      locationDigest: "p",
      title: "t",
      name: "n",
      severity: "high",
      confidence: "unknown",
      location: {},
      identifiers: [],
      links: [],
    });
    expect((await asAda("GET", path)).body.has_vulnerabilities).toBe(true);
    const sibling = await addAgent(project);
    expect((await asAda("GET", `/projects/${project.id}/cluster_agents/${sibling.agent.id}/status`)).body.has_vulnerabilities).toBe(false);
    await asRoot("DELETE", `/projects/${project.id}/cluster_agents/${agent.agent.id}`);
    expect(await db.query.$count(vulnerabilities)).toBe(1);
  });

  it("tells whom the configuration lets in, by path, without what the reader may not see", async () => {
    await post({
      ci_access: { projects: named(project, hidden, open), groups: named(root, hiddenGroup) },
      user_access: { access_as: { user: {} }, projects: named(hidden), groups: named(root) },
    });
    const seen = await asAda("GET", path);
    const byPath = <Place extends { fullPath: string }>(...places: Place[]) =>
      places.toSorted((a, b) => (a.fullPath < b.fullPath ? -1 : 1));
    expect(seen.body).toMatchObject({
      configured_at: expect.stringMatching(/^\d{4}-/),
      ci_access: { projects: byPath(project, open).map(shownProject), groups: [shownGroup(root)] },
      user_access: { access_as: "user", projects: [], groups: [shownGroup(root)] },
    });
    expect(JSON.stringify(seen.body)).not.toContain(hiddenGroup.fullPath);
    expect((await asRoot("GET", path)).body).toMatchObject({
      ci_access: { projects: byPath(project, open, hidden).map(shownProject), groups: byPath(root, hiddenGroup).map(shownGroup) },
      user_access: { projects: [shownProject(hidden)] },
    });
    await addMember(ada, { project: hidden }, 10);
    expect((await asAda("GET", path)).body.user_access.projects).toEqual([shownProject(hidden)]);
  });

  it.each([
    [{ projects: [] }, null],
    [{ access_as: { agent: {}, user: {} } }, "several"],
    [{ access_as: { agent: {} } }, "agent"],
  ])("tells as whom %j lets people in", async (userAccess, accessAs) => {
    await post({ user_access: userAccess });
    expect((await asAda("GET", path)).body.user_access).toEqual({ access_as: accessAs, projects: [], groups: [] });
  });

  it("asks the database four times, and reads the same rows whatever else there is", async () => {
    await post({ ci_access: { projects: named(project, open), groups: named(root) } });
    // The end of what is the agent's own is seen by the row behind it.
    await addAgent(project);
    await asRoot("GET", path);
    const cost = async () => /(\d+) rows/.exec((await asRoot("GET", path)).headers.get("Server-Timing") ?? "")?.[1];
    const before = await cost();
    for (let count = 0; count < 20; count += 1) await addAgent(await addProject(root, { visibility: "public" }));
    expect(before).toBeDefined();
    expect(await cost()).toBe(before);
    expect((await asRoot("GET", path)).headers.get("Server-Timing")).toMatch(/\b4 trips\b/);
  });
});
