import * as fc from "fast-check";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { mayAgentRead, parseProjectReference } from "../../src/domain/agents/project-access.ts";
import { featureLevels, visibilities } from "../../src/domain/identity/visibility.ts";
import * as schema from "../../src/db/schema/index.ts";
import { asKas, call } from "../setup/call.ts";
import { addAgent, addAgentToken, addGroup, addMember, addProject, addUser, db, type Group, type Project } from "../setup/world.ts";

const notFound = { status: 404, body: { message: "404 Not Found" } };

let group: Group;
const projects: Record<string, Project> = {};
let agent: Awaited<ReturnType<typeof addAgent>>;

beforeAll(async () => {
  group = await addGroup({ path: "platform", visibility: "public" });
  projects["own"] = await addProject(group, { path: "clusters" });
  projects["public"] = await addProject(group, { path: "open", visibility: "public", defaultBranch: "trunk" });
  projects["membersOnly"] = await addProject(group, { path: "code", visibility: "public", repositoryAccessLevel: "private" });
  projects["disabled"] = await addProject(group, { path: "none", visibility: "public", repositoryAccessLevel: "disabled" });
  projects["internal"] = await addProject(group, { path: "inner", visibility: "internal" });
  projects["private"] = await addProject(group, { path: "hidden" });
  await db.query.insert(schema.redirectRoutes).values([
    { path: "former/open", projectId: projects["public"].id },
    { path: "former/hidden", projectId: projects["private"].id },
  ]);
  // An administrator who is a member everywhere: what the creator may do is not what the agent may.
  const creator = await addUser({ isAdmin: true });
  for (const project of Object.values(projects)) await addMember(creator, { project }, 50);
  agent = await addAgent(projects["own"], { createdByUserId: creator.id });
});

const ask = (id: unknown, call_ = "project_info", agentToken = agent.token) =>
  asKas("GET", `/${call_}?id=${encodeURIComponent(String(id))}`, { agentToken });

const table: [row: string, name: string, isOpen: boolean][] = [
  ["133", "public", true],
  ["§3", "membersOnly", false],
  ["§3", "disabled", false],
  ["136", "internal", false],
  ["137", "private", false],
  ["138", "own", true],
];

describe("GET project_info", () => {
  it.each(table)("%s the %s project: open to the agent is %s", async (_, name, isOpen) => {
    const project = projects[name]!;
    for (const id of [project.id, project.fullPath]) {
      const reply = await ask(id);
      expect(reply.headers.get("Content-Type")).toBe("application/json");
      if (isOpen) expect([reply.status, reply.body.project_id]).toEqual([200, project.id]);
      else expect(reply).toMatchObject(notFound);
    }
  });

  it("133, L197 tells where the code lies", async () => {
    const { id, fullPath } = projects["public"]!;
    expect((await ask(id)).body).toEqual({
      project_id: id,
      gitaly_info: { address: "tcp://gitaly.example.test:8075", token: "storage-token", features: {} },
      gitaly_repository: {
        storage_name: "default",
        relative_path: expect.stringMatching(/^@hashed\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64}\.git$/),
        gl_repository: `project-${id}`,
        gl_project_path: fullPath,
      },
      default_branch: "trunk",
    });
  });

  it("L197 names a branch where the project has none yet", async () => {
    const project = await addProject(group, { visibility: "public", defaultBranch: "" });
    expect((await ask(project.id)).body.default_branch).toBe("main");
  });

  it("134 takes a path in any letter case, escaped or not, in the query or in a body", async () => {
    const { id } = projects["public"]!;
    for (const query of ["platform%2Fopen", "platform/open", "PLATFORM%2FOpen"]) {
      expect(await asKas("GET", `/project_info?id=${query}`, { agentToken: agent.token })).toMatchObject({
        status: 200,
        body: { project_id: id },
      });
    }
  });

  it("follows a former path, unless a project has the path now; and says of a hidden project that moved no more than of none", async () => {
    expect(await ask("Former/OPEN")).toMatchObject({ status: 200, body: { project_id: projects["public"]!.id } });
    expect(await ask("former/hidden")).toMatchObject(notFound);
    const now = await addProject(await addGroup({ path: "former" }), { path: "open", visibility: "public" });
    expect((await ask("former/open")).body.project_id).toBe(now.id);
  });

  it("takes the digits of an id with zeros in front", async () => {
    expect((await ask(`000${projects["public"]!.id}`)).body.project_id).toBe(projects["public"]!.id);
  });

  it.each([
    ["an unknown id", "id=999999"],
    ["an unknown path", "id=platform%2Fnothing"],
    ["a group", "id=platform"],
    ["a path of a group", "id=platform%2F"],
    ["no id", ""],
    ["an empty id", "id="],
    ["a list", "id[]=1&id[]=2"],
    ["an object", "id[a]=1"],
    ["a negative number", "id=-1"],
    ["a broken number", "id=1.5"],
    ["a number with an exponent", "id=1e3"],
    ["a number that no row has", "id=9223372036854775808"],
    ["very many digits", `id=${"9".repeat(5_000)}`],
    ["a very long path", `id=a/${"x".repeat(50_000)}`],
    ["NUL in a path", "id=a/%00"],
    ["half of a surrogate pair in a path", "id=a/%ED%A0%80"],
    ["a quote in a path", "id=platform/open'--"],
    ["a wildcard in a path", "id=platform/%25"],
  ])("answers 404 for %s, never an error of a parameter", async (_, query) => {
    for (const path of ["/project_info", "/verify_project_access"]) {
      expect(await asKas("GET", `${path}?${query}`, { agentToken: agent.token })).toMatchObject(notFound);
    }
  });

  it("does not let its answer tell a hidden project from none", async () => {
    const answers = await Promise.all([projects["private"]!.id, 999_999].map((id) => ask(id)));
    const [hidden, none] = answers.map(({ status, body, headers }) => {
      const told = [...headers].filter(([name]) => !["x-request-id", "x-runtime"].includes(name));
      return JSON.stringify([status, body, told]);
    });
    expect(hidden).toBe(none);
  });

  it("answers an agent nobody knows with 401 before it looks for the project", async () => {
    const revoked = await addAgentToken(agent.agent, { status: "revoked" });
    for (const token of ["glagent-unknown", revoked.token]) {
      for (const id of [projects["public"]!.id, 999_999, "x"]) {
        expect(await ask(id, "project_info", token)).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
      }
    }
  });

  it("gives another agent its own project, and not this one's", async () => {
    const other = await addAgent(projects["private"]!);
    expect((await ask(projects["private"]!.id, "project_info", other.token)).status).toBe(200);
    expect(await ask(projects["own"]!.id, "project_info", other.token)).toMatchObject(notFound);
  });

  it("finds no project that was deleted meanwhile", async () => {
    const project = await addProject(group, { visibility: "public" });
    await db.query.run(sql`delete from routes where project_id = ${project.id}`);
    await db.query.run(sql`delete from projects where id = ${project.id}`);
    expect(await ask(project.id)).toMatchObject(notFound);
  });
});

describe("GET verify_project_access", () => {
  it.each(table)("140, L200, L201 (as %s) the %s project: open to the agent is %s", async (_, name, isOpen) => {
    for (const id of [projects[name]!.id, projects[name]!.fullPath]) {
      const reply = await ask(id, "verify_project_access");
      if (!isOpen) expect(reply).toMatchObject(notFound);
      else expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    }
  });

  it("L201, L202 refuses by 401 and 404, which kas takes for no, and never by 400 or 500", async () => {
    expect(await ask(projects["public"]!.id, "verify_project_access", "unknown")).toMatchObject({
      status: 401,
      body: { message: "401 Unauthorized" },
    });
    const path = `/internal/kubernetes/verify_project_access?id=${projects["public"]!.id}`;
    expect(await call("GET", path)).toMatchObject({ status: 401, body: { message: "KAS JWT authentication invalid" } });
  });
});

describe("the rule", () => {
  const project = { fullPath: "a/b", namespaceId: 1, repositoryStorage: "default", storageVersion: 2, defaultBranch: "main" };

  it("opens what is public in both, and the agent's own project whatever it is", () => {
    for (const visibility of visibilities) {
      for (const repositoryAccessLevel of featureLevels) {
        const own = { ...project, id: 1, visibility, repositoryAccessLevel };
        expect(mayAgentRead({ project: own }, own)).toBe(true);
        expect(mayAgentRead({ project: own }, { ...own, id: 2 })).toBe(visibility === "public" && repositoryAccessLevel === "enabled");
      }
    }
  });

  it("takes for a name what is an integer in whichever form, or has a slash, and nothing else", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (id) => {
        expect([parseProjectReference(id), parseProjectReference(String(id))]).toEqual([{ id }, { id }]);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const reference = parseProjectReference(value);
        if (typeof value === "string" && value.includes("/")) expect(reference).toEqual({ path: value });
        else if (reference !== null) expect(reference).toEqual({ id: Number(value) });
      }),
    );
    expect([[7], { id: 7 }, true, null, undefined, -0.5, "", " 7", "7.0", "०"].map(parseProjectReference)).toEqual(Array(10).fill(null));
  });
});
