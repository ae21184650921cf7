import { beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { ask, byKey, byUser, pull, push } from "../setup/allowed.ts";
import { asRoot, asShell, withToken } from "../setup/call.ts";
import { newrev, oldrev } from "../setup/facts.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addShare,
  addToken,
  addUser,
  db,
  type Group,
  type Project,
} from "../setup/world.ts";

interface GuardLine {
  guard: string;
  outcome: string;
  facts: Record<string, any>;
}
const explain = async (json: Record<string, unknown>) => (await asRoot("POST", "/operator/explain", { json })).body;
const outcomes = (guards: GuardLine[]) => guards.map(({ guard, outcome }) => `${guard}: ${outcome}`);
const factsOf = (guards: GuardLine[], guard: string) => guards.find((each) => each.guard === guard)!.facts;
const update = (...names: string[]) => names.map((name) => `${oldrev} ${newrev} refs/heads/${name}\n`).join("");

let group: Group;
let project: Project;
let developer: UserRow;
let stranger: UserRow;
const here = () => ({ gl_repository: `project-${project.id}` });

beforeAll(async () => {
  group = await addGroup({ path: "engines" });
  project = await addProject(group, { path: "analytical", isRepositoryEmpty: false });
  developer = await addUser({ username: "ada" });
  stranger = await addUser();
  await addMember(developer, { group }, 30);
  const [rule] = await db.query.insert(schema.protectedBranches).values({ projectId: project.id, name: "stable*" }).returning();
  await db.query.insert(schema.protectedRefAccessLevels).values({ protectedBranchId: rule!.id, action: "push", accessLevel: 40 });
});

describe("POST /operator/explain", () => {
  it("shows every guard of a fetch in its order, with what it looked at", async () => {
    const answer = await explain({ ...pull, ...byUser(developer), project: "engines/analytical" });
    expect(answer).toMatchObject({
      allowed: true,
      status: 200,
      message: null,
      reason: "allowed",
      stopped_by: null,
      not_verified: [],
      refs: [],
      refs_total: 0,
    });
    expect(outcomes(answer.guards)).toEqual(
      [
        "scoped_user",
        "operation_limit",
        "protocol",
        "key",
        "user_state",
        "two_factor_session",
        "command",
        "cannot_push_to_read_only",
        "container",
        "repository",
        "download",
      ].map((guard) => `${guard}: passed`),
    );
    expect(factsOf(answer.guards, "container")).toMatchObject({
      found: true,
      path: "engines/analytical",
      visibility: "private",
      access_level: 30,
      access_level_from: { source: "namespace", id: group.id, access_level: 30 },
      is_admin: false,
    });
    expect(factsOf(answer.guards, "user_state")).toMatchObject({ user: "ada", state: "active" });
  });

  it("shows where it stopped; what comes after is skipped", async () => {
    const answer = await explain({ ...pull, ...byUser(stranger), ...here() });
    expect(answer).toMatchObject({
      allowed: false,
      status: 404,
      reason: "project_not_found",
      stopped_by: "container",
      message: "The project you were looking for could not be found or you don't have permission to view it.",
    });
    expect(outcomes(answer.guards).slice(-4)).toEqual([
      "cannot_push_to_read_only: passed",
      "container: stopped",
      "repository: skipped",
      "download: skipped",
    ]);
    expect(factsOf(answer.guards, "container")).toMatchObject({ access_level: 0, access_level_from: null });
  });

  it("names the share that gives a role, and its limit", async () => {
    const friend = await addUser();
    const invited = await addGroup();
    await addMember(friend, { group: invited }, 50);
    await addShare(invited, { project }, 20);
    const answer = await explain({ ...pull, ...byUser(friend), ...here() });
    expect(factsOf(answer.guards, "container").access_level_from).toEqual({
      source: "share",
      id: invited.id,
      access_level: 50,
      capped_to: 20,
    });
  });

  it("of a push, shows the refs that were refused with all their guards and the rules that matched", async () => {
    const answer = await explain({ ...push, ...byUser(developer), ...here(), changes: update("x", "stable-1", "y", "stable-2") });
    expect(answer).toMatchObject({ allowed: false, status: 401, reason: "branch_push", stopped_by: "branch_push", refs_total: 2 });
    expect(answer.refs.map((each: { ref: string }) => each.ref)).toEqual(["refs/heads/stable-1", "refs/heads/stable-2"]);
    const [first] = answer.refs;
    expect(first).toMatchObject({ oldrev, newrev });
    expect(outcomes(first.guards)).toEqual([
      "push_code: passed",
      "branch_default_deletion: passed",
      "branch_hash_name: passed",
      "branch_name: passed",
      "branch_protection: passed",
      "branch_force_push: not_verified",
      "branch_delete: passed",
      "branch_create: passed",
      "branch_create_basis: passed",
      "branch_create_web_only: passed",
      "branch_push: stopped",
      "web_author: skipped",
      "lfs_locks: skipped",
    ]);
    expect(factsOf(first.guards, "branch_push")).toMatchObject({
      may_push: false,
      access_level: 30,
      rules: [{ name: "stable*", inherited: false, allow_force_push: false, levels: [{ access_level: 40 }] }],
    });
    expect(outcomes(answer.guards).slice(-3)).toEqual(["push_any: passed", "refs: stopped", "lfs_integrity: skipped"]);
    expect(factsOf(answer.guards, "refs")).toEqual({ count: 4, refused: 2 });
  });

  it("of a push that is allowed, says what nobody could check", async () => {
    const answer = await explain({ ...push, ...byUser(developer), ...here(), changes: update("x") });
    expect(answer).toMatchObject({ allowed: true, not_verified: ["lfs_integrity"], refs: [], refs_total: 0 });
    expect(answer.guards.at(-1)).toMatchObject({ guard: "lfs_integrity", outcome: "not_verified", facts: { lfs_enabled: true } });
  });

  it("shows a hundred refused refs of many, and counts them all", async () => {
    const names = Array.from({ length: 250 }, (_, index) => `stable-${index}`);
    const answer = await explain({ ...push, ...byUser(developer), ...here(), changes: update(...names) });
    expect(answer.refs).toHaveLength(100);
    expect(answer.refs_total).toBe(250);
  });

  it("shows what a key is", async () => {
    const key = await addDeployKey(developer, [{ project, canPush: true }]);
    const answer = await explain({ ...push, ...byKey(key), ...here() });
    expect(factsOf(answer.guards, "key")).toMatchObject({ id: key.id, kind: "deploy", type: "ed25519", bits: 256 });
    expect(factsOf(answer.guards, "deploy_key_upload")).toEqual({ enabled: true, can_push: true });
  });

  it("decides as /allowed does, whatever is asked", async () => {
    const questions: Record<string, unknown>[] = [
      { ...pull, ...byUser(developer), project: "engines/analytical" },
      { ...pull, project: "engines/analytical" },
      { ...push, ...byUser(stranger), project: `${stranger.username}/new` },
      { ...push, ...byUser(developer), ...here(), changes: "nonsense" },
      { ...push, ...byUser(developer), ...here(), changes: update("stable") },
      { ...pull, ...byUser(developer), gl_repository: "wiki-99999" },
      { ...pull, ...byUser(developer), gl_repository: "snippet-99999" },
      { ...push, ...byUser(developer), ...here(), action: "nonsense" },
    ];
    for (const json of questions) {
      const explained = await explain(json);
      const answered = await ask(json);
      expect({ status: explained.status, message: explained.message }, JSON.stringify(json)).toEqual({
        status: answered.status,
        message: answered.status === 200 ? null : answered.body.message,
      });
    }
  });

  it("writes nothing, creates nothing, counts nothing", async () => {
    const key = await addKey(stranger);
    const before = await db.query.select().from(schema.decisions);
    const answer = await explain({ ...push, ...byKey(key), project: `${stranger.username}/never-made` });
    expect(answer).toMatchObject({ allowed: true, reason: "allowed" });
    expect((await asRoot("GET", `/projects/${stranger.username}%2Fnever-made`)).status).toBe(404);
    expect(await db.query.select().from(schema.decisions)).toEqual(before);
    const rows = await db.query.select().from(schema.keys);
    expect(rows.find((row) => row.id === key.id)!.lastUsedAt).toBeNull();
  });

  it.each<[string, Record<string, unknown>, string | null]>([
    ["a user", { user_id: "987654" }, "user 987654"],
    ["a name", { username: "nobody" }, "nobody"],
    ["a key", { key_id: "987654" }, "key 987654"],
    ["nobody", {}, null],
  ])("tells whom the call named where there is none: %s", async (_, who, named) => {
    const answer = await explain({ ...pull, ...who, ...here() });
    expect(factsOf(answer.guards, "user_state")).toEqual({ named, user: null });
  });

  it("tells what a push would bring into being", async () => {
    const answer = await explain({ ...push, ...byUser(stranger), project: `${stranger.username}/newer` });
    expect(factsOf(answer.guards, "container")).toMatchObject({ found: false, creates: "newer" });
    const named = await explain({ ...push, ...byUser(stranger), project: `${stranger.username}/newer`, changes: update("x") });
    expect(factsOf(named.guards, "container")).toMatchObject({ found: false, creates: null });
  });

  it("is for administrators", async () => {
    const json = { ...pull, ...here() };
    expect((await withToken(await addToken(developer))("POST", "/operator/explain", { json })).status).toBe(403);
    expect((await asShell("POST", "/operator/explain", { json })).status).toBe(401);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no repository", pull, "400 Bad request - project or gl_repository is missing"],
    ["an invalid one", { ...pull, gl_repository: "nonsense" }, "400 Bad request - gl_repository is invalid"],
  ])("%s: 400", async (_, json, message) => {
    const reply = await asRoot("POST", "/operator/explain", { json });
    expect([reply.status, reply.body]).toEqual([400, { message }]);
  });
});
