import { beforeAll, describe, expect, it } from "vitest";
import { call, kasJwt } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { addAgent, addGroup, addProject, addUser, type Project } from "../setup/world.ts";

/** Older servers ask at the first path, today's at the second. */
const paths = ["/internal/kubernetes/agent_info", "/internal/agents/agentk/agent_info"];

let project: Project;
let agent: Awaited<ReturnType<typeof addAgent>>;

beforeAll(async () => {
  project = await addProject(await addGroup({ path: "platform" }), { id: 42, path: "clusters", defaultBranch: "trunk" });
  agent = await addAgent(project, { id: 11, name: "prod-eu" });
});

const headersOf = async (token: string) => ({ "Gitlab-Kas-Api-Request": await kasJwt(), Authorization: `Bearer ${token}` });

async function ask(token: string, path = paths[0]!) {
  return call("GET", path, { headers: await headersOf(token) });
}

/** With other vars than those of the deployment. */
async function askWith(token: string, vars: Partial<Record<keyof Env, string>>) {
  return shellCall(paths[0]!, { headers: await headersOf(token) }, vars);
}

describe.each(paths)("GET %s", (path) => {
  it("132, L196 tells who the agent is and where its configuration lies, every field of its type", async () => {
    const reply = await ask(agent.token, path);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(reply.body).toEqual({
      project_id: 42,
      agent_id: 11,
      agent_name: "prod-eu",
      gitaly_info: { address: "tcp://gitaly.example.test:8075", token: "storage-token", features: {} },
      gitaly_repository: {
        storage_name: "default",
        relative_path: "@hashed/73/47/73475cb40a568e8da8a045ced110137e159f890ac4da883b6b17dc651b3a8049.git",
        gl_repository: "project-42",
        gl_project_path: "platform/clusters",
      },
      default_branch: "trunk",
    });
  });

  it("takes no parameters: what is sent changes nothing", async () => {
    const plain = await ask(agent.token, path);
    const reply = await ask(agent.token, `${path}?id=1&agent_id=999&token=x`);
    expect([reply.status, reply.body]).toEqual([200, plain.body]);
  });
});

it("answers the same in kas's own header, with a slash behind, and for every token of the agent", async () => {
  const plain = await ask(agent.token);
  const own = await call("GET", `${paths[0]}/`, {
    headers: { "Gitlab-Kas-Api-Request": await kasJwt(), "Gitlab-Agent-Api-Request": agent.token, "Content-Type": "application/json" },
  });
  expect([own.status, own.body]).toEqual([200, plain.body]);
});

it("L196 names a branch where the project has none yet", async () => {
  const { token } = await addAgent(await addProject(await addGroup(), { defaultBranch: "" }));
  expect((await ask(token)).body.default_branch).toBe("main");
});

it("L196 tells Gitaly's features as texts, and those of this project alone where a feature is for some", async () => {
  const features = { on_for_all: true, off: false, for_this: ["platform/clusters"], for_another: ["platform/other"] };
  const reply = await askWith(agent.token, { GITALY_FEATURES: JSON.stringify(features) });
  expect(reply.body.gitaly_info.features).toEqual({
    "gitaly-feature-on-for-all": "true",
    "gitaly-feature-off": "false",
    "gitaly-feature-for-this": "true",
    "gitaly-feature-for-another": "false",
  });
});

it("names the storage of the project, and no token where it has none", async () => {
  const { token } = await addAgent(await addProject(await addGroup(), { repositoryStorage: "second" }));
  const storages = { second: { address: "tls://second.example.test:9999" } };
  const { body } = await askWith(token, { GITALY_STORAGES: JSON.stringify(storages) });
  expect(body.gitaly_info).toEqual({ address: "tls://second.example.test:9999", token: null, features: {} });
  expect(body.gitaly_repository.storage_name).toBe("second");
});

it("names the directory of a project that lies under its path", async () => {
  const ada = await addUser({ username: "ada" });
  const { token } = await addAgent(await addProject(ada, { path: "legacy", storageVersion: 0 }));
  expect((await ask(token)).body.gitaly_repository).toMatchObject({ relative_path: "ada/legacy.git", gl_project_path: "ada/legacy" });
});

it("says nothing of what it cost: agents read answers", async () => {
  expect((await ask(agent.token)).headers.get("Server-Timing")).toBeNull();
});
