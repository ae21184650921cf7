import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { byKey, byUser, pull, push } from "../setup/allowed.ts";
import { kasJwt } from "../setup/call.ts";
import { objectOf, withFakeQueue } from "../setup/line.ts";
import { shellCall } from "../setup/swapped.ts";
import { scansOf, watchedDatabase, type Trip } from "../setup/watched-database.ts";
import {
  addAgent,
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addShare,
  addUser,
  db,
  setSettings,
  type Group,
  type Project,
} from "../setup/world.ts";

let ada: UserRow;
let group: Group;
let sub: Group;
let project: Project;
let fork: Project;
let agent: Awaited<ReturnType<typeof addAgent>>;
let agentHeaders: Record<string, string>;
const keys: Record<string, { id: number; blob: string }> = {};

beforeAll(async () => {
  // Git over SSH is asked for a one-time password, so that what tells of one is loaded and found.
  await setSettings({ two_factor_for_cli: true, git_audit_events: true });
  ada = await addUser({ username: "ada", isTwoFactorEnabled: true });
  group = await addGroup({ path: "engines" });
  sub = await addGroup({ parent: group, path: "steam" });
  project = await addProject(sub, { path: "analytical" });
  await addMember(ada, { group }, 30);
  await addMember(ada, { project }, 20);
  const invited = await addGroup();
  await addMember(ada, { group: invited }, 40);
  await addShare(invited, { project }, 30);
  await addShare(invited, { group }, 30);
  keys["own"] = await addKey(ada);
  const expiresAt = new Date(Date.now() + 3_600_000);
  await db.query.insert(schema.otpSessions).values([0, keys["own"].id].map((keyId) => ({ userId: ada.id, keyId, expiresAt })));
  keys["deploy"] = await addDeployKey(ada, [{ project, canPush: true }]);
  await db.query.insert(schema.snippets).values([
    { id: 501, title: "t", authorId: ada.id },
    { id: 502, title: "t", authorId: ada.id, projectId: project.id },
  ]);
  await db.query.insert(schema.redirectRoutes).values({ path: "old/analytical", projectId: project.id });
  await db.query.insert(schema.sshCertificates).values({ namespaceId: group.id, title: "CA", key: "k", fingerprintSha256: authority });
  await db.query
    .insert(schema.upcomingReconciliations)
    .values([group, sub].map(({ id }) => ({ namespaceId: id, nextReconciliationDate: "9999-12-31", displayAlertFrom: "2021-01-01" })));
  await addRules();
  await addFork();
  await addClusters();
  for (const name of [`project-${project.id}`, `project-${fork.id}`, "snippet-502", "project-999999999"])
    await withFakeQueue(objectOf(name));
});

/** Rules of each kind and holder, in the project and in the group at the top. */
async function addRules() {
  const [own, inherited] = await db.query
    .insert(schema.protectedBranches)
    .values([
      { projectId: project.id, name: "main" },
      { namespaceId: group.id, name: "stable" },
    ])
    .returning();
  const [tags] = await db.query.insert(schema.protectedTags).values({ projectId: project.id, name: "v*" }).returning();
  const everybody = [{ accessLevel: 40 }, { userId: ada.id }, { groupId: sub.id }, { deployKeyId: keys["deploy"]!.id }];
  await db.query
    .insert(schema.protectedRefAccessLevels)
    .values([
      ...everybody.map((holder) => ({ protectedBranchId: own!.id, action: "push" as const, ...holder })),
      ...everybody.map((holder) => ({ protectedTagId: tags!.id, action: "create" as const, ...holder })),
      { protectedBranchId: inherited!.id, action: "push" as const, accessLevel: 0 },
    ]);
  await db.query
    .update(schema.projects)
    .set({ isRepositoryEmpty: false, visibility: "internal" })
    .where(eq(schema.projects.id, project.id));
}

/** A fork whose owner lets those who may merge push to one branch. */
async function addFork() {
  const owner = await addUser({ username: "somebody" });
  fork = await addProject(owner, { path: "fork", visibility: "public", isRepositoryEmpty: false });
  await db.query.insert(schema.mergeRequests).values({
    iid: 1,
    title: "t",
    targetProjectId: project.id,
    sourceProjectId: fork.id,
    sourceBranch: "feature",
    targetBranch: "main",
    authorId: owner.id,
    allowsCollaboration: true,
  });
}

/** An agent, and the project that holds its configuration. */
async function addClusters() {
  const clusters = await addProject(sub, { id: 700, path: "clusters" });
  await db.query.insert(schema.redirectRoutes).values({ path: "old/clusters", projectId: clusters.id });
  agent = await addAgent(clusters, { id: 701 });
  agentHeaders = { "Gitlab-Kas-Api-Request": await kasJwt({ exp: undefined }), Authorization: `Bearer ${agent.token}` };
}

const changesOf = (...refs: string[]) => refs.map((ref) => `${"a".repeat(40)} ${"b".repeat(40)} ${ref}\n`).join("");

type Call = [name: string, status: number, path: string, json?: () => Record<string, unknown>];
const allowed = (name: string, status: number, json: () => Record<string, unknown>): Call => [name, status, "/internal/allowed", json];
const reported = (name: string, json: () => Record<string, unknown>): Call => [
  `post_receive, ${name}`,
  200,
  "/internal/post_receive",
  () => ({ gl_repository: `project-${project.id}`, ...json() }),
];
const lfs = (name: string, status: number, json: () => Record<string, unknown>): Call => [
  `lfs_authenticate, ${name}`,
  status,
  "/internal/lfs_authenticate",
  json,
];
const lfsToken = (name: string, json: () => Record<string, unknown>): Call => [
  `lfs/verify_token, ${name}`,
  200,
  "/internal/lfs/verify_token",
  () => ({ token: "t", ...json() }),
];
const ofAgents = "/internal/kubernetes";
const userEvents = "k8s_api_proxy_requests_unique_users_via_ci_access";
const authority = "A".repeat(43);
const there = { project: "engines/steam/analytical.git" };
const calls: Call[] = [
  allowed("a key and a path", 200, () => ({ ...pull, ...byKey(keys["own"]!), ...there })),
  allowed("a user and a path", 200, () => ({ ...push, ...byUser(ada), ...there })),
  allowed("a username", 200, () => ({ ...pull, username: "ADA", ...there })),
  allowed("the identifier of a key", 200, () => ({ ...pull, identifier: `key-${keys["own"]!.id}`, ...there })),
  allowed("a deploy key", 200, () => ({ ...push, ...byKey(keys["deploy"]!), ...there })),
  allowed("gl_repository", 200, () => ({ ...push, ...byUser(ada), gl_repository: `project-${project.id}` })),
  allowed("a wiki by path", 200, () => ({ ...pull, ...byKey(keys["own"]!), project: "engines/steam/analytical.wiki" })),
  allowed("a wiki by identifier", 200, () => ({ ...pull, ...byKey(keys["own"]!), gl_repository: `wiki-${project.id}` })),
  allowed("a personal snippet", 200, () => ({ ...push, ...byKey(keys["own"]!), project: "snippets/501" })),
  allowed("a project's snippet", 200, () => ({ ...push, ...byKey(keys["own"]!), project: "engines/steam/analytical/snippets/502" })),
  allowed("a snippet by identifier", 200, () => ({ ...pull, ...byKey(keys["own"]!), gl_repository: "snippet-502" })),
  allowed("a design", 200, () => ({ ...pull, ...byKey(keys["own"]!), protocol: "web", gl_repository: `design-${project.id}` })),
  allowed("a moved path", 200, () => ({ ...pull, ...byKey(keys["own"]!), project: "old/analytical" })),
  allowed("a moved path of a snippet", 200, () => ({ ...pull, ...byKey(keys["own"]!), project: "old/analytical/snippets/502" })),
  allowed("an address and a certificate", 200, () => ({
    ...pull,
    ...byKey(keys["own"]!),
    ...there,
    check_ip: "192.0.2.1",
    namespace_path: "engines",
  })),
  allowed("nobody", 404, () => ({ ...pull, ...there })),
  allowed("an unknown key", 404, () => ({ ...pull, key_id: "999999999", ...there })),
  allowed("an unknown path", 404, () => ({ ...pull, ...byKey(keys["own"]!), project: "engines/nothing" })),
  allowed("a push where nothing may be created", 404, () => ({ ...push, ...byKey(keys["deploy"]!), project: "engines/steam/nothing" })),
  allowed("malformed changes", 400, () => ({ ...push, ...byUser(ada), ...there, changes: "x" })),
  allowed("branches", 200, () => ({ ...push, ...byUser(ada), ...there, changes: changesOf("refs/heads/main", "refs/heads/x") })),
  allowed("a branch that no level admits", 401, () => ({ ...push, ...byUser(ada), ...there, changes: changesOf("refs/heads/stable") })),
  allowed("a branch from a commit that much else points at", 200, () => ({
    ...push,
    ...byUser(ada),
    ...there,
    changes: `${"0".repeat(40)} ${"b".repeat(40)} refs/heads/new`,
  })),
  allowed("tags, by a deploy key", 200, () => ({
    ...push,
    ...byKey(keys["deploy"]!),
    ...there,
    changes: `${"0".repeat(40)} ${"b".repeat(40)} refs/tags/v1`,
  })),
  allowed("a branch of a fork", 200, () => ({
    ...push,
    ...byUser(ada),
    project: "somebody/fork",
    changes: changesOf("refs/heads/feature"),
  })),
  allowed("some branch of a fork", 200, () => ({ ...push, ...byUser(ada), project: "somebody/fork" })),
  allowed("an unknown command", 401, () => ({ ...pull, ...byKey(keys["own"]!), ...there, action: "x" })),
  reported("a push", () => ({ identifier: `user-${ada.id}`, changes: changesOf("refs/heads/main", "refs/heads/bulk7") })),
  reported("a push by key", () => ({ identifier: `key-${keys["own"]!.id}`, changes: changesOf("refs/heads/x", "refs/tags/y") })),
  reported("a push by deploy key", () => ({ identifier: `key-${keys["deploy"]!.id}`, changes: changesOf("refs/heads/x") })),
  reported("a push to a fork", () => ({
    gl_repository: `project-${fork.id}`,
    identifier: `user-${ada.id}`,
    changes: changesOf("refs/heads/feature"),
  })),
  reported("a push to a snippet", () => ({
    gl_repository: "snippet-502",
    identifier: `user-${ada.id}`,
    changes: changesOf("refs/heads/main"),
  })),
  reported("a push to nothing", () => ({ gl_repository: "project-999999999", identifier: "user-999999999" })),
  ["authorized_keys", 200, "/internal/authorized_keys"],
  ["authorized_keys, unknown", 404, "/internal/authorized_keys?key=AAAA"],
  ["discover, key", 200, "/internal/discover"],
  ["discover, name", 200, "/internal/discover?username=ada"],
  ["discover, nobody", 200, "/internal/discover?key_id=999999999"],
  lfs("a key and a path", 200, () => ({ ...byKey(keys["own"]!), ...there })),
  lfs("a deploy key and a moved path of a wiki", 200, () => ({ identifier: `key-${keys["deploy"]!.id}`, project: "old/analytical.wiki" })),
  lfs("a username and gl_repository", 200, () => ({ username: "ADA", gl_repository: `design-${project.id}` })),
  lfs("a snippet", 404, () => ({ ...byKey(keys["own"]!), project: "engines/steam/analytical/snippets/502" })),
  lfsToken("a user's", () => ({ username: "ada", ...there })),
  lfsToken("a deploy key's", () => ({ username: `lfs+deploy-key-${keys["deploy"]!.id}`, gl_repository: `project-${project.id}` })),
  lfsToken("nobody's", () => ({ username: "nobody" })),
  ["authorized_certs, name", 200, `/internal/authorized_certs?key=${authority}&user_identifier=ADA`],
  ["authorized_certs, e-mail", 200, `/internal/authorized_certs?key=${authority}&user_identifier=ada@example.test`],
  ["authorized_certs, no member", 404, `/internal/authorized_certs?key=${authority}&user_identifier=somebody`],
  ["authorized_certs, unknown", 404, `/internal/authorized_certs?key=${authority.toLowerCase()}&user_identifier=ada`],
  ["agent_info", 200, `${ofAgents}/agent_info`],
  ["project_info, id", 200, `${ofAgents}/project_info?id=700`],
  ["project_info, path", 200, `${ofAgents}/project_info?id=Engines%2Fsteam%2Fclusters`],
  ["project_info, former path", 200, `${ofAgents}/project_info?id=old/clusters`],
  ["project_info, hidden", 404, `${ofAgents}/project_info?id=engines/steam/analytical`],
  ["project_info, unknown", 404, `${ofAgents}/project_info?id=engines/steam/nothing`],
  ["project_info, nothing", 404, `${ofAgents}/project_info`],
  ["verify_project_access, own", 204, `${ofAgents}/verify_project_access?id=700`],
  ["verify_project_access, public", 204, `${ofAgents}/verify_project_access?id=somebody/fork`],
  ["verify_project_access, hidden", 404, `${ofAgents}/verify_project_access?id=old/analytical`],
  [
    "usage_metrics",
    204,
    `${ofAgents}/usage_metrics`,
    () => ({ counters: { gitops_sync: 1, k8s_api_proxy_request: 2 }, unique_counters: { agent_users_using_ci_tunnel: [1, 2, 3] } }),
  ],
  [
    "agent_events",
    204,
    `${ofAgents}/agent_events`,
    () => ({
      events: {
        [userEvents]: [700, project.id, 999_999_999].map((project_id) => ({ user_id: ada.id, project_id })),
        register_agent_at_kas: [700, project.id].map((project_id) => ({ project_id, agent_id: 701, agent_version: "v18.0.0" })),
      },
    }),
  ],
];
/** Answers to agents do not tell what they cost. */
const isTold = (path: string) => !/agent_info|project_/.test(path);

async function watchedCall([, status, path, json]: Call) {
  const { binding, sessions } = watchedDatabase();
  // Taking what is stored for a person is a trip more, where something is.
  await run("delete from stored_messages where gl_repository not like 'bulk-%'");
  const query: Record<string, string> = {
    "/internal/authorized_keys": `?key=${encodeURIComponent(keys["own"]!.blob)}`,
    "/internal/discover": `?key_id=${keys["own"]!.id}`,
  };
  const headers = path.startsWith(ofAgents) ? agentHeaders : {};
  const sent = json === undefined ? { headers } : { headers, json: json() };
  const reply = await shellCall(`${path}${query[path] ?? ""}`, sent, { DB: binding });
  expect(reply.status).toBe(status);
  return { reply, trips: sessions[0]!, later: sessions.slice(1).flat() };
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

it.each(calls)("one round trip before the answer: %s", async (...asked) => {
  const { reply, trips, later } = await watchedCall(asked);
  expect(trips).toHaveLength(1);
  const [{ statements, rowsRead }] = trips as [Trip];
  const timing = `"${counted(1, "trip")}, ${counted(statements.length, "statement")}, ${counted(rowsRead, "row")} read"`;
  if (isTold(asked[2])) expect(reply.headers.get("Server-Timing")).toMatch(/^d1;dur=\d+;desc=/);
  expect(reply.headers.get("Server-Timing") ?? "").toContain(isTold(asked[2]) ? timing : "");
  // What is written after the answer goes in one trip too.
  expect(later.length).toBeLessThanOrEqual(1);
});

it.each(["git-upload-pack", "git-receive-pack"])("an audit event of %s: facts, and the event", async (action) => {
  const json = () => ({ ...pull, action, username: "ada", key_id: keys["own"]!.id, gl_repository: `project-${project.id}` });
  const { trips, later } = await watchedCall(["audit", 200, "/internal/shellhorse/git_audit_event", json]);
  expect(trips.map(({ statements }) => statements.length)).toEqual([expect.any(Number), 1]);
  expect(trips[1]!.statements[0]!.text).toMatch(/^insert into "decisions"/);
  for (const statement of trips[0]!.statements) expect(await scansOf(statement)).toEqual([]);
  expect(later).toEqual([]);
});

it("a push that creates a project: facts, creation, facts again", async () => {
  const { trips } = await watchedCall(allowed("creation", 200, () => ({ ...push, ...byUser(ada), project: "engines/steam/created" })));
  expect(trips).toHaveLength(3);
});

it.each(calls)("no statement walks through a table: %s", async (...asked) => {
  const { trips } = await watchedCall(asked);
  for (const statement of trips[0]!.statements) expect(await scansOf(statement)).toEqual([]);
});

it("a statement that did would be noticed", async () => {
  expect(await scansOf({ text: "select u.id from users u join members m on m.user_id = u.id where u.name = ?", params: ["x"] })).toEqual([
    expect.stringMatching(/^SCAN [um]/),
  ]);
});

const run = (text: string) => db.query.run(sql.raw(text));

/** Adds the rows `from` to `to` of everything: unrelated ones, and ones in the very same place. */
async function fill(from: number, to: number): Promise<void> {
  const numbers = `with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`;
  await run(`insert into users (id, username, name, email, password_stamp)
    ${numbers} select 1000000 + i, 'bulk' || i, 'Bulk', 'bulk' || i || '@example.test', '0' from n`);
  await run(`insert into members (user_id, namespace_id, access_level) ${numbers} select 1000000 + i, ${group.id}, 30 from n`);
  await run(`insert into members (user_id, project_id, access_level) ${numbers} select 1000000 + i, ${project.id}, 30 from n`);
  await run(`insert into projects (id, namespace_id, name, path) ${numbers} select 1000000 + i, ${sub.id}, 'bulk', 'bulk' || i from n`);
  await run(`insert into routes (path, project_id) ${numbers} select 'engines/steam/bulk' || i, 1000000 + i from n`);
  await run(`insert into redirect_routes (path, project_id) ${numbers} select 'old/bulk' || i, ${project.id} from n`);
  // The user's own memberships and keys, and the deploy key's projects.
  await run(`insert into members (user_id, project_id, access_level) ${numbers} select ${ada.id}, 1000000 + i, 30 from n`);
  for (const [offset, kind] of [
    [1_000_000, "user"],
    [2_000_000, "deploy"],
  ] as const) {
    await run(`insert into keys (id, kind, user_id, title, algorithm, blob, key_type, bits, fingerprint_sha256, fingerprint_md5)
      ${numbers} select ${offset} + i, '${kind}', ${ada.id}, 'bulk', 'ssh-ed25519', 'A', 'ed25519', 256, '${kind}' || i, '${kind}' || i from n`);
  }
  // Sessions of the user's other keys, and of other people's keys of the same number.
  await run(`insert into otp_sessions (user_id, key_id, expires_at)
    ${numbers} select ${ada.id}, 1000000 + i, 99999999999999 from n union all select 1000000 + i, ${keys["own"]!.id}, 99999999999999 from n`);
  await run(`insert into deploy_key_projects (deploy_key_id, project_id) ${numbers} select ${keys["deploy"]!.id}, 1000000 + i from n`);
  await run(`insert into deploy_key_projects (deploy_key_id, project_id) ${numbers} select 2000000 + i, ${project.id} from n`);
  for (const id of [project.id, fork.id]) {
    await run(`insert into git_refs (project_id, name, sha) ${numbers} select ${id}, 'refs/heads/bulk' || i, '${"c".repeat(40)}' from n`);
    await run(`insert into git_refs (project_id, name, sha) ${numbers} select ${id}, 'refs/tags/bulk' || i, '${"b".repeat(40)}' from n`);
    await run(`insert into lfs_locks (project_id, user_id, path) ${numbers} select ${id}, ${ada.id}, 'bulk' || i from n`);
    await run(`insert into merge_requests (target_project_id, iid, source_project_id, source_branch, target_branch, author_id, title, state)
      ${numbers} select ${project.id}, ${id} * 1000000 + i, ${id}, 'bulk', 'main', ${ada.id}, 't', 'merged' from n`);
    await run(`insert into merge_requests (target_project_id, iid, source_project_id, source_branch, target_branch, author_id, title)
      ${numbers} select ${project.id}, ${id} * 1000000 + 500000 + i, ${id}, 'bulk' || i, 'main', ${ada.id}, 't' from n`);
  }
  await run(`insert into ssh_certificates (namespace_id, title, key, fingerprint_sha256)
    ${numbers} select ${group.id}, 'CA', 'k', 'bulk' || i from n`);
  await run(`insert into cluster_agents (id, project_id, name) ${numbers} select 1000000 + i, 700, 'bulk-' || i from n`);
  await run(`insert into cluster_agent_tokens (agent_id, name, digest) ${numbers} select ${agent.agent.id}, 'bulk', 'bulk' || i from n`);
  await run(
    `insert into agent_activity_events (agent_id, kind, recorded_at) ${numbers} select ${agent.agent.id}, 'agent_connected', 1 from n`,
  );
  await run(`insert into agent_registrations (agent_id, registered_at) ${numbers} select 1000000 + i, 1 from n`);
  await run(`insert into usage_unique_values (name, value)
    ${numbers} select 'agent_users_using_ci_tunnel', 1000000 + i from n union all select '${userEvents}', 1000000 + i from n`);
  await run(`insert into protected_branches (project_id, name) ${numbers} select 1000000 + i, '*' from n`);
  await run(`insert into decisions (created_at, call, actor, project, action, protocol, is_allowed, status, reason, request_id)
    ${numbers} select 1, 'allowed', 'user-${ada.id}', 'engines/steam/analytical', 'a', 'ssh', 1, 200, 'allowed', 'r' from n`);
  await run(`insert into broadcast_messages (message, starts_at, ends_at) ${numbers} select 'past', 1, 2 from n`);
  await run(`insert into stored_messages (kind, user_id, gl_repository, text, expires_at)
    ${numbers} select 'moved', ${ada.id}, 'bulk-' || i, 't', 99999999999999 from n`);
  await run(
    `insert into reference_counters (gl_repository, value, expires_at, version) ${numbers} select 'bulk-' || i, 1, 99999999999999, 1 from n`,
  );
  await run(`insert into snippets (id, title, author_id, project_id) ${numbers} select 1000000 + i, 't', ${ada.id}, ${project.id} from n`);
  await run(
    `insert into namespaces (id, kind, name, path, parent_id) ${numbers} select 1000000 + i, 'group', 'b', 'b' || i, ${group.id} from n`,
  );
  await run(`insert into upcoming_reconciliations (namespace_id, next_reconciliation_date, display_alert_from)
    ${numbers} select 1000000 + i, '9999-12-31', '2021-01-01' from n`);
  await run(`insert into namespace_ancestors (namespace_id, ancestor_id, depth)
    ${numbers} select 1000000 + i, 1000000 + i, 0 from n union all select 1000000 + i, ${group.id}, 1 from n`);
}

describe("ten of everything, and a hundred thousand", () => {
  const rowsRead = new Map<string, number>();

  beforeAll(async () => {
    await fill(1, 10);
    for (const asked of calls) {
      await watchedCall(asked);
      // Once more, when key use and activity are written.
      rowsRead.set(asked[0], (await watchedCall(asked)).trips[0]!.rowsRead);
    }
    await fill(11, 100_000);
  }, 120_000);

  it.each(calls)("the same rows are read: %s", async (...asked) => {
    expect((await watchedCall(asked)).trips.map((trip) => trip.rowsRead)).toEqual([rowsRead.get(asked[0])]);
  });

  it("and they are few, of very many", async () => {
    const [total] = await db.query.all<{ n: number }>(sql`select (select count(*) from members) + (select count(*) from keys) as n`);
    expect(total!.n).toBeGreaterThan(500_000);
    expect(Math.max(...rowsRead.values())).toBeLessThan(250);
  });
});
