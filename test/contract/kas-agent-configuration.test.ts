import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { replaceAgentConfiguration } from "../../src/db/agent-configuration.ts";
import { agentAuthorizations, clusterAgents } from "../../src/db/schema/index.ts";
import { readAgentConfiguration } from "../../src/domain/agents/configuration.ts";
import { asKas, asRoot, call, kasJwt } from "../setup/call.ts";
import { addAgent, addGroup, addProject, addUser, db, unique, type Group, type Project } from "../setup/world.ts";

let root: Group;
let inner: Group;
let foreign: Group;
let project: Project;
let sibling: Project;
let hidden: Project;
let agentId: number;

beforeAll(async () => {
  root = await addGroup();
  inner = await addGroup({ parent: await addGroup({ parent: root }) });
  project = await addProject(inner);
  sibling = await addProject(root);
  foreign = await addGroup();
  hidden = await addProject(foreign);
});
beforeEach(async () => {
  agentId = (await addAgent(project)).agent.id;
});

const post = (agentConfig: unknown, id: unknown = agentId) =>
  asKas("POST", "/agent_configuration", { json: { agent_id: id, agent_config: agentConfig } });
const named = (...places: { fullPath: string }[]) => places.map(({ fullPath }) => ({ id: fullPath }));
const configured = async (id = agentId) => (await db.query.select().from(clusterAgents).where(eq(clusterAgents.id, id)))[0]!;

/** `ci project 7` of each authorization of the agent. */
async function authorized(id = agentId): Promise<string[]> {
  const rows = await db.query.select().from(agentAuthorizations).where(eq(agentAuthorizations.agentId, id));
  return rows
    .map(({ access, projectId, namespaceId }) => `${access} ${projectId === null ? "group" : "project"} ${projectId ?? namespaceId}`)
    .toSorted();
}

describe("POST /internal/kubernetes/agent_configuration", () => {
  it("204 L198 lets in what is named, with what is said of it, for an id in digits", async () => {
    const entry = { id: sibling.fullPath, default_namespace: "prod", environments: ["a", "b"] };
    const reply = await post({ ci_access: { projects: [entry], groups: named(inner) } }, String(agentId));
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    expect(await authorized()).toEqual([`ci group ${inner.id}`, `ci project ${sibling.id}`]);
    const [row] = await db.query.select().from(agentAuthorizations).where(eq(agentAuthorizations.projectId, sibling.id));
    expect(row!.config).toEqual({ default_namespace: "prod", environments: ["a", "b"] });
    expect(Math.abs((await configured()).configuredAt!.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it("takes the place of what was posted before, and keeps the rows that are named again", async () => {
    await post({
      ci_access: { projects: named(project, sibling), groups: named(root) },
      user_access: { access_as: { agent: {} }, projects: named(project) },
    });
    const idOf = async () =>
      (
        await db.query.all<{ id: number }>(
          sql`select id from agent_authorizations where agent_id = ${agentId} and project_id = ${sibling.id} and access = 'ci'`,
        )
      )[0]!.id;
    const before = await idOf();
    expect((await configured()).userAccess).toBe("agent");
    await post({
      ci_access: { projects: [{ id: sibling.fullPath, default_namespace: "n" }], groups: named(inner) },
      user_access: { access_as: { user: {} } },
    });
    expect(await authorized()).toEqual([`ci group ${inner.id}`, `ci project ${sibling.id}`]);
    expect([await idOf(), (await configured()).userAccess]).toEqual([before, "user"]);
    const other = (await addAgent(project)).agent.id;
    await post({ user_access: { projects: named(project) } }, other);
    await post({});
    expect([await authorized(), (await configured()).userAccess]).toEqual([[], null]);
    expect([await authorized(other), (await configured(other)).userAccess]).toEqual([[`user project ${project.id}`], "unstated"]);
  });

  it("writes next to nothing where it is posted again, in two round trips", async () => {
    const config = { ci_access: { projects: named(project, sibling), groups: named(root) } };
    const written = async (now: Date) => {
      const before = { ...db.meter };
      await replaceAgentConfiguration(db, agentId, readAgentConfiguration(config), now);
      return [db.meter.rowsWritten - before.rowsWritten, db.meter.trips - before.trips];
    };
    await written(new Date(1));
    // The time, and the sequence of ids that no row was given one of.
    expect(await written(new Date(2))).toEqual([2, 2]);
    expect((await configured()).configuredAt).toEqual(new Date(2));
    expect(await authorized()).toHaveLength(3);
  });

  it("finds paths in whatever letter case, and none of what was there before", async () => {
    const moved = await addProject(root);
    expect((await asRoot("PUT", `/projects/${moved.id}`, { json: { path: unique("moved") } })).status).toBe(200);
    await post({
      ci_access: { projects: [...named(moved), { id: sibling.fullPath.toUpperCase() }], groups: [{ id: root.fullPath.toUpperCase() }] },
    });
    expect(await authorized()).toEqual([`ci group ${root.id}`, `ci project ${sibling.id}`]);
  });

  it("lets in nothing of another root, nothing unknown, and no project for a group or the other way round", async () => {
    await post({
      ci_access: {
        projects: [...named(hidden, root, inner), { id: "nobody/nothing" }],
        groups: [...named(foreign, project), { id: "nobody" }],
      },
      user_access: { access_as: { agent: {} }, projects: named(hidden), groups: named(foreign) },
    });
    expect(await authorized()).toEqual([]);
  });

  it("lets in projects, and no group, of the personal namespace that its project is in", async () => {
    const user = await addUser();
    const own = await addProject(user);
    const { agent } = await addAgent(own);
    await post({ ci_access: { projects: named(own, project), groups: [{ id: user.username }, ...named(root)] } }, agent.id);
    expect(await authorized(agent.id)).toEqual([`ci project ${own.id}`]);
    await post({ ci_access: { projects: named(own) } });
    expect(await authorized()).toEqual([]);
  });

  it("counts the first 500 entries of a list, in a bounded number of statements", async () => {
    const entries = Array.from({ length: 500 }, (_, index) => ({ id: `${root.fullPath}/none-${index}` }));
    await post({ ci_access: { projects: [...entries, ...named(project)], groups: [...named(root), ...entries] } });
    expect(await authorized()).toEqual([`ci group ${root.id}`]);
    await post({ ci_access: { projects: [...entries.slice(1), ...named(project)] } });
    expect(await authorized()).toEqual([`ci project ${project.id}`]);
  });

  it("takes 500 of each at once, of a body of megabytes", { timeout: 60_000 }, async () => {
    const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)`;
    const base = 5_000_000;
    await db.query.run(
      sql`insert into namespaces (id, kind, name, path, parent_id) ${numbers} select ${base} + i, 'group', 'g', 'g' || i, ${root.id} from n`,
    );
    await db.query.run(sql`insert into routes (path, namespace_id) ${numbers} select ${root.fullPath} || '/g' || i, ${base} + i from n`);
    await db.query.run(sql`
      insert into namespace_ancestors (namespace_id, ancestor_id, depth)
      ${numbers} select ${base} + i, ${base} + i, 0 from n union all select ${base} + i, ${root.id}, 1 from n`);
    await db.query.run(
      sql`insert into projects (id, namespace_id, name, path) ${numbers} select ${base} + i, ${root.id}, 'p', 'p' || i from n`,
    );
    await db.query.run(sql`insert into routes (path, project_id) ${numbers} select ${root.fullPath} || '/p' || i, ${base} + i from n`);
    const list = (letter: string) =>
      Array.from({ length: 500 }, (_, index) => ({ id: `${root.fullPath}/${letter}${index + 1}`, text: '"\\\u0000\ud800é'.repeat(60) }));
    const lists = { projects: list("p"), groups: list("g") };
    const reply = await post({ ci_access: lists, user_access: { access_as: { user: {} }, ...lists } });
    expect([reply.status, (await authorized()).length]).toEqual([204, 2000]);
    expect(reply.headers.get("Server-Timing")).toMatch(/\b2 trips\b/);
    const [row] = await db.query
      .select()
      .from(agentAuthorizations)
      .where(eq(agentAuthorizations.projectId, base + 1));
    expect(row!.config).toEqual({ text: '"\\\u0000\ud800é'.repeat(60) });
    await post({});
    expect(await authorized()).toEqual([]);
  });

  it("passes over what is no list and no entry", async () => {
    const odd = [null, 7, "x", [], [[]], {}, { id: {} }, { id: "a\u0000b" }, { id: "\ud800" }, { id: "x".repeat(1_000_000) }];
    for (const section of [null, 7, "x", [], odd, { projects: odd, groups: odd }, { projects: "x", groups: {} }]) {
      expect((await post({ ci_access: section, user_access: section })).status).toBe(204);
    }
    const nested = JSON.parse(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`) as object;
    expect((await post({ ci_access: { projects: [{ id: sibling.fullPath, nested }] }, nested })).status).toBe(204);
    expect(await authorized()).toEqual([`ci project ${sibling.id}`]);
  });

  it.each([999_999, "999999", 0, -1, "9007199254740991"])("205 knows no agent %j", async (id) => {
    const reply = await post({ ci_access: { projects: named(project) } }, id);
    expect([reply.status, reply.body]).toEqual([404, { message: "404 Not found" }]);
  });

  it("is told of what is missing or invalid", async () => {
    const bad = async (json: unknown) => asKas("POST", "/agent_configuration", { json });
    for (const [json, error] of [
      [{}, "agent_id is missing, agent_config is missing"],
      [{ agent_id: agentId }, "agent_config is missing"],
      [{ agent_config: {} }, "agent_id is missing"],
      [{ agent_id: "x", agent_config: {} }, "agent_id is invalid"],
      [{ agent_id: 1.5, agent_config: {} }, "agent_id is invalid"],
      [{ agent_id: "9".repeat(20), agent_config: {} }, "agent_id is invalid"],
      [{ agent_id: agentId, agent_config: [] }, "agent_config is invalid"],
      [{ agent_id: agentId, agent_config: "ci_access" }, "agent_config is invalid"],
      [{ agent_id: [], agent_config: 7 }, "agent_id is invalid, agent_config is invalid"],
    ]) {
      const reply = await bad(json);
      expect([json, reply.status, reply.body]).toEqual([json, 400, { error }]);
    }
  });

  it("is kas's alone: an agent's token does not make up for its JWT", async () => {
    const { token } = await addAgent(project);
    const json = { agent_id: agentId, agent_config: { ci_access: { projects: named(project) } } };
    const reply = await call("POST", "/internal/kubernetes/agent_configuration", { json, headers: { Authorization: `Bearer ${token}` } });
    expect([reply.status, reply.body, await authorized()]).toEqual([401, { message: "KAS JWT authentication invalid" }, []]);
    expect(
      (await call("POST", "/internal/kubernetes/agent_configuration", { json, headers: { "Gitlab-Kas-Api-Request": await kasJwt() } }))
        .status,
    ).toBe(204);
  });

  it("ends as one of the configurations that are posted at once, entirely", async () => {
    const one = {
      ci_access: { projects: named(project), groups: named(root) },
      user_access: { access_as: { agent: {} }, projects: named(project) },
    };
    const two = {
      ci_access: { projects: named(sibling), groups: named(inner) },
      user_access: { access_as: { user: {} }, groups: named(root) },
    };
    const ends = [
      ["agent", `ci group ${root.id}`, `ci project ${project.id}`, `user project ${project.id}`],
      ["user", `ci group ${inner.id}`, `ci project ${sibling.id}`, `user group ${root.id}`],
    ];
    for (let round = 0; round < 5; round += 1) {
      const replies = await Promise.all([one, two, one, two].map((config) => post(config)));
      expect(replies.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
      expect(ends).toContainEqual([(await configured()).userAccess, ...(await authorized())]);
    }
  });

  it("stands whatever is deleted meanwhile", async () => {
    const gone = await addProject(root);
    const replies = await Promise.all([
      post({ ci_access: { projects: named(gone) } }),
      asRoot("DELETE", `/projects/${gone.id}`),
      post({ ci_access: { projects: named(gone) } }),
      asRoot("DELETE", `/projects/${project.id}/cluster_agents/${agentId}`),
      post({ ci_access: { projects: named(gone) } }),
    ]);
    for (const { status } of replies) expect(status).toBeLessThan(500);
    expect(await authorized()).toEqual([]);
    expect((await post({})).status).toBe(404);
  });

  it("finds places by their paths, and reads no more for what else there is", async () => {
    const cost = async () =>
      Number(
        /(\d+) rows/.exec(
          (await post({ ci_access: { projects: named(sibling), groups: named(inner) } })).headers.get("Server-Timing") ?? "",
        )?.[1],
      );
    await cost();
    const before = await cost();
    for (let count = 0; count < 30; count += 1) await addAgent(await addProject(await addGroup({ parent: root })));
    expect(await cost()).toBe(before);
    expect(before).toBeLessThan(60);
  });
});
