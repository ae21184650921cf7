import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import sshpk from "sshpk";

const keyFile = ".gatehouse/demo_ed25519";
const agentTokenFile = ".gatehouse/demo_agent_token";
const agentName = "demo";

export interface Demo {
  keyId: number;
  projectPath: string;
}

type Call = ReturnType<typeof caller>;

/** A key pair for the demo user, made once: a login can be tried with it. */
function demoKey(): string {
  if (!existsSync(keyFile)) {
    mkdirSync(".gatehouse", { recursive: true });
    const key = sshpk.generatePrivateKey("ed25519");
    key.comment = "ada@example.test";
    writeFileSync(keyFile, key.toString("openssh"), { mode: 0o600 });
    writeFileSync(`${keyFile}.pub`, `${key.toPublic().toString("ssh")}\n`);
  }
  return readFileSync(`${keyFile}.pub`, "utf8").trim();
}

/** One user with a key, a group, a project, a membership and an agent, through the API itself. What exists is left as it is. */
export async function seedDemo(base: string, rootToken: string): Promise<Demo> {
  const call = caller(base, rootToken);
  const user =
    (await call("GET", "/users?username=ada"))?.[0] ??
    (await call("POST", "/users", {
      username: "ada",
      name: "Ada Byron",
      email: "ada@example.test",
      force_random_password: true,
      skip_confirmation: true,
    }));
  const key = demoKey();
  const blob = key.split(" ")[1] ?? "";
  const keys = (await call("GET", `/users/${user.id}/keys?per_page=100`)) as { id: number; key: string }[];
  const demoKeyRow = keys.find((each) => each.key.includes(blob)) ?? (await call("POST", `/users/${user.id}/keys`, { title: "demo", key }));
  const group =
    (await call("GET", "/groups/engines?with_projects=false")) ?? (await call("POST", "/groups", { name: "Engines", path: "engines" }));
  const project =
    (await call("GET", "/projects/engines%2Fanalytical")) ??
    (await call("POST", "/projects", { name: "Analytical", path: "analytical", namespace_id: group.id }));
  await call("POST", `/projects/${project.id}/members`, { user_id: user.id, access_level: 30 });
  await seedAgent(call, project.id);
  return { keyId: demoKeyRow.id, projectPath: project.path_with_namespace };
}

/** The token of an agent is told once: it is kept beside the demo key, until the agent is gone with the data. */
async function seedAgent(call: Call, projectId: number): Promise<void> {
  const agents = `/projects/${projectId}/cluster_agents`;
  const known = ((await call("GET", `${agents}?per_page=100`)) as { id: number; name: string }[]).find(({ name }) => name === agentName);
  if (known !== undefined && existsSync(agentTokenFile)) return;
  const agent = known ?? (await call("POST", agents, { name: agentName }));
  const { token } = await call("POST", `${agents}/${agent.id}/tokens`, { name: "demo" });
  writeFileSync(agentTokenFile, `${token}\n`, { mode: 0o600 });
}

/** Null for what is not there (404) and for what is there already (409). */
function caller(base: string, token: string) {
  // The answers are this API's own; each use names the fields it needs.
  // oxlint-disable-next-line typescript/no-explicit-any
  return async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${base}/api/v4${path}`, {
      method,
      headers: { "PRIVATE-TOKEN": token, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 404 || response.status === 409) return null;
    if (!response.ok) throw new Error(`Seeding failed: ${method} ${path} answered ${response.status} ${await response.text()}`);
    return response.json();
  };
}

/** What a newcomer pastes next. */
export function demoLines(base: string, vars: Record<string, string>, demo: Demo): string {
  const secret = Buffer.from(vars["GITLAB_SHELL_SECRET"] ?? "").toString("base64");
  return `
  Administrator's token   ${vars["GATEHOUSE_ROOT_TOKEN"]}
  Demo user               ada, key ${demo.keyId} (private key in ${keyFile})
  Demo project            ${demo.projectPath}, ada is a developer
  Demo agent              ${agentName}, of that project (its token is in ${agentTokenFile})

Try:

  curl -H 'Gitlab-Shared-Secret: ${secret}' ${base}/api/v4/internal/check

  curl -H 'Gitlab-Shared-Secret: ${secret}' '${base}/api/v4/internal/discover?key_id=${demo.keyId}'

  curl -H 'Gitlab-Shared-Secret: ${secret}' -d 'key_id=${demo.keyId}&project=${demo.projectPath}&action=git-upload-pack&protocol=ssh&changes=_any' \\
    ${base}/api/v4/internal/allowed

  curl -H 'PRIVATE-TOKEN: ${vars["GATEHOUSE_ROOT_TOKEN"]}' ${base}/api/v4/projects/${encodeURIComponent(demo.projectPath)}

  curl -H "Gitlab-Kas-Api-Request: $(npm run --silent kas-jwt)" -H "Authorization: Bearer $(cat ${agentTokenFile})" \\
    ${base}/api/v4/internal/kubernetes/agent_info
`;
}
