import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

/**
 * The samples of GitLab's document of the internal API, as they stand there: method, path, headers and bytes of the body,
 * with a JWT and a token that are good (contract kas 13.1).
 */

let gatehouse: Gatehouse;
let agentToken: string;
let projectId: number;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  const group = await provision("POST", "/groups", { name: "Platform", path: "platform" });
  const project = await provision("POST", "/projects", { name: "Clusters", path: "clusters", namespace_id: group.id });
  projectId = project.id;
  const agent = await provision("POST", `/projects/${projectId}/cluster_agents`, { name: "prod-eu" });
  agentToken = (await provision("POST", `/projects/${projectId}/cluster_agents/${agent.id}/tokens`, { name: "first" })).token;
});
afterAll(() => gatehouse?.close());

async function provision(method: string, path: string, body?: object): Promise<any> {
  const headers = { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN, ...(body && { "Content-Type": "application/json" }) };
  const reply = await fetch(`${gatehouse.url}/api/v4${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect(reply.ok).toBe(true);
  return reply.json();
}

/** As the Kubernetes agent server signs: for five seconds. */
function kasJwt(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ aud: ["gitlab"], iss: "gitlab-kas", iat: now, nbf: now - 5, exp: now + 5 })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(Buffer.from(testVars.GITLAB_KAS_SECRET, "base64"));
}

interface Sample {
  method: string;
  path: string;
  isAgents: boolean;
  body?: string;
}

async function send({ method, path, isAgents, body }: Sample): Promise<{ status: number; type: string | null; text: string }> {
  const reply = await fetch(`${gatehouse.url}/api/v4/internal/kubernetes${path}`, {
    method,
    headers: {
      "Gitlab-Kas-Api-Request": await kasJwt(),
      ...(isAgents && { Authorization: `Bearer ${agentToken}` }),
      ...(body && { "Content-Type": "application/json" }),
    },
    ...(body && { body }),
  });
  return { status: reply.status, type: reply.headers.get("Content-Type"), text: await reply.text() };
}

describe("the document's samples", () => {
  it("agent_info", async () => {
    const reply = await send({ method: "GET", path: "/agent_info", isAgents: true });
    expect(reply).toMatchObject({ status: 200, type: "application/json" });
    expect(JSON.parse(reply.text)).toEqual({
      project_id: projectId,
      agent_id: expect.any(Number),
      agent_name: "prod-eu",
      gitaly_info: { address: "tcp://gitaly.example.test:8075", token: "storage-token", features: {} },
      gitaly_repository: {
        storage_name: "default",
        relative_path: expect.stringMatching(/^@hashed\/..\/..\/[0-9a-f]{64}\.git$/),
        gl_repository: `project-${projectId}`,
        gl_project_path: "platform/clusters",
      },
      default_branch: "main",
    });
  });

  it("project_info", async () => {
    const own = await send({ method: "GET", path: `/project_info?id=${projectId}`, isAgents: true });
    expect(own).toMatchObject({ status: 200, type: "application/json" });
    expect(JSON.parse(own.text)).toMatchObject({ project_id: projectId, gitaly_repository: { gl_repository: `project-${projectId}` } });
    expect(await send({ method: "GET", path: "/project_info?id=7000", isAgents: true })).toMatchObject({
      status: 404,
      text: '{"message":"404 Not Found"}',
    });
  });

  it("usage_metrics, without an agent", async () => {
    const sample = { method: "POST", path: "/usage_metrics", isAgents: false, body: '{"gitops_sync_count":1}' };
    const before = (await provision("GET", "/operator/agent_usage")).counters.gitops_sync;
    expect(await send(sample)).toEqual({ status: 204, type: null, text: "" });
    expect((await provision("GET", "/operator/agent_usage")).counters.gitops_sync).toBe(before + 1);
  });

  it("cilium_alert, a JSON text that holds JSON", async () => {
    const alert =
      '"{\\"alert\\":{\\"title\\":\\"minimal\\",\\"message\\":\\"network problem\\",\\"evalMatches\\":[{\\"value\\":1,\\"metric\\":\\"Count\\",\\"tags\\":{}}]}}"';
    const sample = { method: "POST", path: "/modules/cilium_alert", isAgents: true, body: alert };
    expect(await send(sample)).toMatchObject({ status: 200, type: "application/json", text: "200" });
    expect(await send({ ...sample, path: "/modules/cilium_alert/" })).toMatchObject({ status: 200, text: "200" });
    expect(await provision("GET", `/projects/${projectId}/alert_management_alerts`)).toMatchObject([
      { iid: 1, title: "minimal", description: "network problem", severity: "critical", status: "triggered", events: 2 },
    ]);
  });

  it("starboard_vulnerability, the same one however often", async () => {
    const body = `{
"vulnerability": {
"name": "CVE-123-4567 in libc",
"severity": "high",
"confidence": "unknown",
"location": {
"kubernetes_resource": {
"namespace": "production",
"kind": "deployment",
"name": "nginx",
"container": "nginx"
}
},
"identifiers": [
{
"type": "cve",
"name": "CVE-123-4567",
"value": "CVE-123-4567"
}
]
},
"scanner": {
"id": "starboard_trivy",
"name": "Trivy (via Starboard Operator)",
"vendor": "GitLab"
}
}`;
    const sample = { method: "PUT", path: "/modules/starboard_vulnerability", isAgents: true, body };
    const first = await send(sample);
    expect(first).toMatchObject({ status: 200, type: "application/json", text: expect.stringMatching(/^{"uuid":"[0-9a-f-]{36}"}$/) });
    expect(await Promise.all([send(sample), send({ ...sample, path: `${sample.path}/` })])).toEqual([first, first]);
    expect(await provision("GET", `/projects/${projectId}/vulnerabilities`)).toMatchObject([
      { title: "CVE-123-4567 in libc", severity: "high", state: "detected", finding: { uuid: JSON.parse(first.text).uuid } },
    ]);
  });
});
