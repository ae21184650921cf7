import { is, sql } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { expect, it } from "vitest";
import { deleteNamespaces, deleteProjects } from "../../src/db/deletion.ts";
import * as schema from "../../src/db/schema/index.ts";
import { runBatch } from "../../src/db/batch.ts";
import { valuesIn } from "../../src/db/value-list.ts";
import { addAgentToken, addDeployKey, addGroup, addMember, addProject, addShare, addUser, db, unique } from "../setup/world.ts";

const count = async (query: ReturnType<typeof sql>): Promise<number> =>
  (await db.query.all<{ n: number }>(sql`select count(*) as n from (${query})`))[0]!.n;

/** A project that has one row of everything a project can have. */
async function fullProject(place: Parameters<typeof addProject>[0]) {
  const user = await addUser();
  const project = await addProject(place);
  const orphan = await addDeployKey(user, [{ project }]);
  const other = await addProject(place);
  const shared = await addDeployKey(user, [{ project }, { project: other }]);
  const open = await addDeployKey(user, [{ project }], { isPublic: true });
  await addMember(user, { project }, 30);
  await addShare(await addGroup(), { project }, 30);
  const [branch] = await db.query.insert(schema.protectedBranches).values({ projectId: project.id, name: "main" }).returning();
  const [tag] = await db.query.insert(schema.protectedTags).values({ projectId: project.id, name: "v*" }).returning();
  const [otherTag] = await db.query.insert(schema.protectedTags).values({ projectId: other.id, name: "v*" }).returning();
  await db.query.insert(schema.protectedRefAccessLevels).values([
    { protectedBranchId: branch!.id, action: "push", userId: user.id },
    { protectedTagId: tag!.id, action: "create", accessLevel: 40 },
    { protectedTagId: otherTag!.id, action: "create", deployKeyId: orphan.id },
  ]);
  const [agent] = await db.query.insert(schema.clusterAgents).values({ projectId: project.id, name: "agent" }).returning();
  await addAgentParts(agent!, project.id, user.id);
  await db.query.insert(schema.snippets).values({ projectId: project.id, title: "t" });
  await db.query.insert(schema.redirectRoutes).values({ path: unique("old/path"), projectId: project.id });
  const fork = await addProject(await addUser(), { forkedFromProjectId: project.id });
  await db.query.insert(schema.gitRefs).values({ projectId: project.id, name: "refs/heads/main", sha: "a".repeat(40) });
  await db.query.insert(schema.lfsLocks).values({ projectId: project.id, userId: user.id, path: "a" });
  const [label] = await db.query.insert(schema.labels).values({ projectId: project.id, name: "bug", color: "#6699cc" }).returning();
  const [milestone] = await db.query.insert(schema.milestones).values({ projectId: project.id, iid: 1, title: "1.0" }).returning();
  await db.query.insert(schema.webHooks).values({ kind: "project", projectId: project.id, sealed: "" });
  await db.query.insert(schema.pushEvents).values({
    projectId: project.id,
    authorId: user.id,
    createdAt: new Date(),
    pushId: unique("push"),
    changeIndex: 0,
    action: "created",
    refType: "branch",
    ref: "main",
  });
  const merge = { iid: 1, title: "t", sourceBranch: "x", targetBranch: "main", authorId: user.id };
  const [own] = await db.query
    .insert(schema.mergeRequests)
    .values([
      { ...merge, targetProjectId: project.id, sourceProjectId: fork.id, milestoneId: milestone!.id, autoMergeUserId: user.id },
      { ...merge, targetProjectId: fork.id, sourceProjectId: project.id },
    ])
    .returning();
  await db.query.insert(schema.mergeRequestLabels).values({ mergeRequestId: own!.id, labelId: label!.id });
  await db.query.insert(schema.mergeRequestAssignees).values({ mergeRequestId: own!.id, userId: user.id });
  return { project, other, orphan, shared, open, fork, user };
}

/** What an agent has, and what it has found, with an authorization of its project for itself and of a group. */
async function addAgentParts(agent: { id: number }, projectId: number, userId: number) {
  const { tokenId } = await addAgentToken(agent);
  const group = await addGroup();
  await db.query
    .insert(schema.agentActivityEvents)
    .values({ agentId: agent.id, kind: "token_created", tokenId, userId, recordedAt: new Date() });
  await db.query.insert(schema.agentRegistrations).values({ agentId: agent.id, registeredAt: new Date() });
  await db.query.insert(schema.agentAuthorizations).values([
    { agentId: agent.id, access: "ci", projectId },
    { agentId: agent.id, access: "user", namespaceId: group.id },
  ]);
  await db.query.insert(schema.alerts).values({
    projectId,
    iid: 1,
    title: "t",
    hosts: [],
    severity: "critical",
    startedAt: new Date(),
    domain: "operations",
    payload: "{}",
    isAnnounced: true,
  });
  const [scanner] = await db.query.insert(schema.vulnerabilityScanners).values({ projectId, externalId: "s", name: "s" }).returning();
  await db.query.insert(schema.vulnerabilities).values({
    projectId,
    scannerId: scanner!.id,
    agentId: agent.id,
    uuid: unique("uuid"),
    primaryIdentifier: "i",
    locationDigest: "p",
    title: "t",
    name: "t",
    severity: "high",
    confidence: "unknown",
    location: {},
    identifiers: [],
    links: [],
    authorId: userId,
  });
}

/** All that a namespace can have bought. */
async function addPurchases(namespaceId: number) {
  await db.query.insert(schema.subscriptions).values({ namespaceId, startDate: "2021-06-13" });
  await db.query.insert(schema.addOnPurchases).values({ namespaceId, addOn: "duo_pro", quantity: 1 });
  await db.query
    .insert(schema.minutesPacks)
    .values({ namespaceId, numberOfMinutes: 1, expiresAt: "2021-06-13", purchaseXid: unique("xid") });
  await db.query
    .insert(schema.upcomingReconciliations)
    .values({ namespaceId, nextReconciliationDate: "2021-06-13", displayAlertFrom: "2021-06-06" });
  await db.query.insert(schema.namespaceLimits).values({ namespaceId, sharedRunnersMinutes: 1 });
  await db.query.insert(schema.storageExclusions).values({ namespaceId, reason: "r" });
}

it("a project goes with everything that names it; other projects, shared and public deploy keys and forks stay", async () => {
  const { project, other, orphan, shared, open, fork } = await fullProject(await addGroup());
  await runBatch(db, deleteProjects(db, valuesIn([project.id])));
  expect(await count(sql`select 1 from projects where id = ${project.id}`)).toBe(0);
  expect(await count(sql`select 1 from routes where path = ${project.fullPath}`)).toBe(0);
  expect(await count(sql`select 1 from keys where id = ${orphan.id}`)).toBe(0);
  expect(await count(sql`select 1 from keys where id in (${shared.id}, ${open.id})`)).toBe(2);
  expect(await count(sql`select 1 from projects where id = ${other.id}`)).toBe(1);
  expect(await count(sql`select 1 from projects where id = ${fork.id} and forked_from_project_id is null`)).toBe(1);
  expect(await count(sql`select 1 from merge_requests where target_project_id = ${project.id}`)).toBe(0);
  expect(await count(sql`select 1 from merge_requests where target_project_id = ${fork.id} and source_project_id is null`)).toBe(1);
  expect(await db.query.all(sql`pragma foreign_key_check`)).toEqual([]);
});

/** Tables of a later migration than what they refer to. */
const later = [
  "add_on_purchases",
  "credit_card_validations",
  "minutes_packs",
  "namespace_limits",
  "storage_exclusions",
  "subscriptions",
  "upcoming_reconciliations",
  "agent_activity_events",
  "agent_authorizations",
  "agent_registrations",
  "alerts",
  "vulnerabilities",
  "vulnerability_scanners",
];

it.each(later)("%s lets go of what is deleted, also by code that does not know of it", async (table) => {
  const references = await db.query.all<{ on_delete: string }>(sql`select on_delete from pragma_foreign_key_list(${table})`);
  expect(references.length).toBeGreaterThan(0);
  for (const { on_delete: action } of references) expect(["CASCADE", "SET NULL"]).toContain(action);
});

it("an agent's parts go with its tokens and itself", async () => {
  const { project } = await fullProject(await addGroup());
  const agents = sql`select id from cluster_agents where project_id = ${project.id}`;
  await db.query.run(sql`delete from cluster_agent_tokens where agent_id in (${agents})`);
  await db.query.run(sql`delete from cluster_agents where project_id = ${project.id}`);
  expect(
    await count(sql`select 1 from agent_activity_events e where not exists (select 1 from cluster_agents where id = e.agent_id)`),
  ).toBe(0);
  expect(await count(sql`select 1 from agent_authorizations where project_id = ${project.id}`)).toBe(0);
  expect(await db.query.all(sql`pragma foreign_key_check`)).toEqual([]);
});

it("a namespace goes with the groups below it and all their projects; its neighbours stay", async () => {
  const owner = await addUser();
  const top = await addGroup({ owner });
  const sub = await addGroup({ parent: top });
  const neighbour = await addGroup({ owner });
  const { project } = await fullProject(sub);
  const kept = await addProject(neighbour);
  await addShare(sub, { project: kept }, 30);
  await addShare(neighbour, { group: sub }, 30);
  await db.query.insert(schema.redirectRoutes).values({ path: unique("old"), namespaceId: sub.id });
  await db.query.insert(schema.labels).values({ namespaceId: top.id, name: "bug", color: "#6699cc" });
  await db.query.insert(schema.milestones).values({ namespaceId: top.id, iid: 1, title: "1.0" });
  await db.query.insert(schema.webHooks).values({ kind: "group", namespaceId: top.id, sealed: "" });
  await db.query.insert(schema.sshCertificates).values({ namespaceId: top.id, title: "t", key: "k", fingerprintSha256: unique("f") });
  await addPurchases(top.id);
  const [rule] = await db.query.insert(schema.protectedBranches).values({ namespaceId: top.id, name: "main" }).returning();
  const [keptRule] = await db.query.insert(schema.protectedBranches).values({ projectId: kept.id, name: "main" }).returning();
  await db.query.insert(schema.protectedRefAccessLevels).values([
    { protectedBranchId: rule!.id, action: "push", accessLevel: 40 },
    { protectedBranchId: keptRule!.id, action: "push", groupId: sub.id },
  ]);
  await runBatch(db, deleteNamespaces(db, valuesIn([top.id])));
  expect(await count(sql`select 1 from namespaces where id in (${top.id}, ${sub.id})`)).toBe(0);
  expect(await count(sql`select 1 from namespace_ancestors where namespace_id in (${top.id}, ${sub.id})`)).toBe(0);
  expect(await count(sql`select 1 from projects where id = ${project.id}`)).toBe(0);
  expect(await count(sql`select 1 from projects where id = ${kept.id}`)).toBe(1);
  expect(await count(sql`select 1 from namespaces where id = ${neighbour.id}`)).toBe(1);
  expect(await db.query.all(sql`pragma foreign_key_check`)).toEqual([]);
});

it("no column refers to projects, namespaces or users that deletion does not know of", () => {
  const references = Object.values(schema)
    .filter((each) => is(each, SQLiteTable))
    .flatMap((table) => {
      const { name, foreignKeys } = getTableConfig(table);
      return foreignKeys
        .map((key) => key.reference())
        .map(({ columns, foreignTable }) => [`${name}.${columns[0]!.name}`, getTableConfig(foreignTable).name]);
    });
  const referringTo = (target: string) =>
    references.flatMap(([column, table]) => (table === target ? [column!] : [])).toSorted((a, b) => a.localeCompare(b));
  expect(referringTo("projects")).toEqual([
    "agent_authorizations.project_id",
    "alerts.project_id",
    "cluster_agents.project_id",
    "deploy_key_projects.project_id",
    "git_refs.project_id",
    "labels.project_id",
    "lfs_locks.project_id",
    "members.project_id",
    "merge_requests.source_project_id",
    "merge_requests.target_project_id",
    "milestones.project_id",
    "projects.forked_from_project_id",
    "protected_branches.project_id",
    "protected_tags.project_id",
    "push_events.project_id",
    "redirect_routes.project_id",
    "routes.project_id",
    "shares.project_id",
    "snippets.project_id",
    "vulnerabilities.project_id",
    "vulnerability_scanners.project_id",
    "web_hooks.project_id",
  ]);
  expect(referringTo("namespaces")).toEqual([
    "add_on_purchases.namespace_id",
    "agent_authorizations.namespace_id",
    "labels.namespace_id",
    "members.namespace_id",
    "milestones.namespace_id",
    "minutes_packs.namespace_id",
    "namespace_ancestors.ancestor_id",
    "namespace_ancestors.namespace_id",
    "namespace_limits.namespace_id",
    "namespaces.parent_id",
    "projects.namespace_id",
    "protected_branches.namespace_id",
    "protected_ref_access_levels.group_id",
    "redirect_routes.namespace_id",
    "routes.namespace_id",
    "shares.group_id",
    "shares.namespace_id",
    "ssh_certificates.namespace_id",
    "storage_exclusions.namespace_id",
    "subscriptions.namespace_id",
    "upcoming_reconciliations.namespace_id",
    "web_hooks.namespace_id",
  ]);
  expect(referringTo("users")).toEqual([
    "agent_activity_events.user_id",
    "cluster_agent_tokens.created_by_user_id",
    "cluster_agents.created_by_user_id",
    "credit_card_validations.user_id",
    "identities.user_id",
    "keys.user_id",
    "lfs_locks.user_id",
    "members.created_by_id",
    "members.user_id",
    "merge_request_assignees.user_id",
    "merge_requests.author_id",
    "merge_requests.auto_merge_user_id",
    "namespaces.owner_id",
    "otp_sessions.user_id",
    "personal_access_tokens.user_id",
    "projects.creator_id",
    "protected_ref_access_levels.user_id",
    "push_events.author_id",
    "snippets.author_id",
    "stored_messages.user_id",
    "two_factor_recovery_codes.user_id",
    "two_factors.user_id",
    "users.created_by_id",
    "vulnerabilities.author_id",
  ]);
});
