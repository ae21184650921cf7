import { Gitlab, GitbeakerRequestError, type EditProtectedBranchAllowOptions } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { makeKeyPair, makeWorkplace } from "./setup/ssh.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

const workplace = makeWorkplace();
let gatehouse: Gatehouse;
let api: InstanceType<typeof Gitlab<false>>;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  api = new Gitlab({ host: gatehouse.url, token: testVars.GATEHOUSE_ROOT_TOKEN });
});
afterAll(async () => {
  await gatehouse?.close();
  workplace.remove();
});

const newUser = (username: string) =>
  api.Users.create({
    username,
    name: `Name of ${username}`,
    email: `${username}@example.test`,
    forceRandomPassword: true,
    skipConfirmation: true,
  });
const newKey = (name: string) => makeKeyPair(workplace.path, name).line;

/** What gitlab-shell would ask before a connection to Gitaly. */
async function allowed(actor: Record<string, unknown>, action: string, project: string) {
  const response = await fetch(`${gatehouse.url}/api/v4/internal/allowed`, {
    method: "POST",
    headers: { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET), "Content-Type": "application/json" },
    body: JSON.stringify({ ...actor, action, project, protocol: "ssh", changes: "_any" }),
  });
  const { message } = (await response.json()) as { message?: string };
  return { status: response.status, message };
}
const fetching = (actor: Record<string, unknown>, project: string) => allowed(actor, "git-upload-pack", project);
const pushing = (actor: Record<string, unknown>, project: string) => allowed(actor, "git-receive-pack", project);

const yes = { status: 200, message: undefined };
const no = (message: string, status = 401) => ({ status, message });
const notFound = no("The project you were looking for could not be found or you don't have permission to view it.", 404);

describe("what @gitbeaker/rest creates decides who may fetch and push", () => {
  const project = "engines/analytical";
  let projectId: number;
  let groupId: number;

  beforeAll(async () => {
    const group = await api.Groups.create("Engines", "engines");
    groupId = group.id;
    const created = await api.Projects.create({ name: "Analytical", path: "analytical", namespaceId: group.id });
    expect(created).toMatchObject({ path_with_namespace: project, visibility: "private", namespace: { id: group.id, kind: "group" } });
    projectId = created.id;
  });

  it("a member's role: a developer pushes, a reporter fetches, a guest does neither", async () => {
    const [ada, rob, gus] = [await newUser("ada"), await newUser("rob"), await newUser("gus")];
    const member = await api.ProjectMembers.add(projectId, 30, { userId: ada.id });
    expect(member).toMatchObject({ id: ada.id, username: "ada", access_level: 30 });
    await api.ProjectMembers.add(projectId, 20, { userId: rob.id });
    await api.GroupMembers.add(groupId, 10, { userId: gus.id });
    expect(await pushing({ username: "ada" }, project)).toEqual(yes);
    expect(await fetching({ username: "rob" }, project)).toEqual(yes);
    expect(await pushing({ username: "rob" }, project)).toEqual(no("You are not allowed to push code to this project."));
    expect(await fetching({ username: "gus" }, project)).toEqual(no("You are not allowed to download code from this project."));
  });

  it("a role in the group, which counts in its projects", async () => {
    const max = await newUser("max");
    expect(await fetching({ username: "max" }, project)).toEqual(notFound);
    await api.GroupMembers.add(groupId, 40, { userId: max.id });
    expect(await pushing({ username: "max" }, project)).toEqual(yes);
  });

  it("M300 a key: the user behind it, until it is removed", async () => {
    const kay = await newUser("kay");
    await api.ProjectMembers.add(projectId, 30, { userId: kay.id });
    const line = newKey("kay");
    const key = await api.UserSSHKeys.create("laptop", line, { userId: kay.id });
    expect(key).toMatchObject({ title: "laptop", usage_type: "auth_and_signing", expires_at: null });
    expect((await api.UserSSHKeys.all({ userId: kay.id })).map((each) => each.id)).toEqual([key.id]);
    expect(await pushing({ key_id: String(key.id) }, project)).toEqual(yes);
    await api.UserSSHKeys.remove(key.id, { userId: kay.id });
    expect(await api.UserSSHKeys.all({ userId: kay.id })).toEqual([]);
    expect(await pushing({ key_id: String(key.id) }, project)).toEqual(notFound);
  });

  it("M296 a block, until it is lifted", async () => {
    const dan = await newUser("dan");
    await api.ProjectMembers.add(projectId, 30, { userId: dan.id });
    expect(await api.Users.block(dan.id)).toBe(true);
    expect((await api.Users.show(dan.id)).state).toBe("blocked");
    expect(await fetching({ username: "dan" }, project)).toEqual(no("Your account has been blocked."));
    expect(await api.Users.unblock(dan.id)).toBe(true);
    expect(await pushing({ username: "dan" }, project)).toEqual(yes);
  });

  it("a deploy key: fetches, and pushes where it may", async () => {
    const reader = await api.DeployKeys.create(projectId, "reader", newKey("reader"));
    const writer = await api.DeployKeys.create(projectId, "writer", newKey("writer"), { canPush: true });
    expect(reader).toMatchObject({ title: "reader", can_push: false });
    expect(writer).toMatchObject({ title: "writer", can_push: true });
    expect(await fetching({ key_id: reader.id }, project)).toEqual(yes);
    expect(await pushing({ key_id: reader.id }, project)).toEqual(no("This deploy key does not have write access to this project."));
    expect(await pushing({ key_id: writer.id }, project)).toEqual(yes);
    await api.Projects.create({ name: "other", namespaceId: groupId });
    expect(await fetching({ key_id: writer.id }, "engines/other")).toEqual(notFound);
  });

  it("visibility: a public project is open to everybody's fetches", async () => {
    await newUser("eve");
    const open = await api.Groups.create("Open", "open", { visibility: "public" });
    await api.Projects.create({ name: "book", namespaceId: open.id, visibility: "public" });
    expect(await fetching({ username: "eve" }, "open/book")).toEqual(yes);
    expect(await pushing({ username: "eve" }, "open/book")).toEqual(no("You are not allowed to push code to this project."));
    expect(await fetching({ key_id: "999999" }, "open/book")).toEqual(yes);
  });

  it("a project that is renamed, and one that is gone", async () => {
    const short = await api.Projects.create({ name: "short", namespaceId: groupId });
    const root = { username: "root" };
    await api.Projects.edit(short.id, { path: "longer", name: "longer" });
    expect(await fetching(root, "engines/longer")).toEqual(yes);
    expect(await fetching(root, "engines/short")).toEqual(yes);
    await api.Projects.remove(short.id);
    await expect(api.Projects.show(short.id)).rejects.toThrow("404 Project Not Found");
    expect(await fetching(root, "engines/longer")).toEqual(notFound);
  });

  it("M299 protected branches: sent in the query, with brackets and an asterisk", async () => {
    const [bob, kim] = [await newUser("bob"), await newUser("kim")];
    for (const { id } of [bob, kim]) await api.ProjectMembers.add(projectId, 30, { userId: id });
    const rule = await api.ProtectedBranches.create(project, "release/*", {
      allowedToPush: [{ userId: bob.id }, { userId: kim.id }],
      allowForcePush: true,
    });
    expect(rule).toMatchObject({ name: "release/*", allow_force_push: true });
    expect(rule.push_access_levels).toEqual([
      expect.objectContaining({ user_id: bob.id, access_level: null, access_level_description: "Name of bob" }),
      expect.objectContaining({ user_id: kim.id, access_level: null }),
    ]);
    expect(await api.ProtectedBranches.show(project, "release/*")).toEqual(rule);
    await api.ProtectedBranches.remove(project, "release/*");
    await expect(api.ProtectedBranches.show(project, "release/*")).rejects.toThrow("404 Not found");
  });

  it("M299 protected branches: listed, and edited level by level", async () => {
    const [liz, guests] = [await newUser("liz"), await api.Groups.create("Guests", "guests")];
    await api.ProjectMembers.add(projectId, 30, { userId: liz.id });
    await invite(guests.id);
    const rule = await api.ProtectedBranches.create(project, "hotfix/*", { allowedToPush: [{ userId: liz.id }, { groupId: guests.id }] });
    const [person, group] = rule.push_access_levels ?? [];
    expect([person, group]).toMatchObject([{ user_id: liz.id }, { group_id: guests.id }]);
    // The client's types ask for more than GitLab does.
    const removal = { id: person!.id, _destroy: true } as EditProtectedBranchAllowOptions;
    const edited = await api.ProtectedBranches.edit(project, "hotfix/*", {
      allowForcePush: true,
      allowedToPush: [removal],
      allowedToMerge: [{ userId: liz.id }],
    });
    expect(edited).toMatchObject({ ...rule, allow_force_push: true, push_access_levels: [group], merge_access_levels: expect.any(Array) });
    expect(edited.merge_access_levels).toMatchObject([{ access_level: 40 }, { user_id: liz.id }]);
    await api.ProtectedBranches.create(project, "night/*");
    expect(await api.ProtectedBranches.all(project, { search: "HOTFIX" })).toEqual([edited]);
    const names = (await api.ProtectedBranches.all(project, { perPage: 1 })).map((each) => each.name);
    expect(names).toEqual(expect.arrayContaining(["hotfix/*", "night/*"]));
    await expect(api.ProtectedBranches.edit(project, "hotfix/*", { allowedToPush: [removal] })).rejects.toThrow("404 Not found");
  });

  it("protected tags: sent in the query, listed, shown, removed", async () => {
    const tom = await newUser("thomas");
    await api.ProjectMembers.add(projectId, 30, { userId: tom.id });
    const rule = await api.ProtectedTags.create(project, "v*", { createAccessLevel: 40, allowedToCreate: [{ userId: tom.id }] });
    expect(rule).toMatchObject({ name: "v*", create_access_levels: [{ access_level: 40 }, { user_id: tom.id, access_level: null }] });
    const other = await api.ProtectedTags.create(project, "night/*");
    expect(await api.ProtectedTags.show(project, "v*")).toEqual(rule);
    expect(await api.ProtectedTags.all(project, { perPage: 1 })).toEqual([rule, other]);
    await expect(api.ProtectedTags.create(project, "v*")).rejects.toThrow("Protected tag 'v*' already exists");
    await api.ProtectedTags.remove(project, "night/*");
    await expect(api.ProtectedTags.show(project, "night/*")).rejects.toThrow("404 Not found");
  });

  async function invite(guestGroupId: number): Promise<void> {
    const share = gatehouse.db.prepare("insert into shares (project_id, group_id, access_level) values (?, ?, 30)");
    await share.bind(projectId, guestGroupId).run();
  }
});

describe("users", () => {
  it("M296 are edited by multipart, also by one without a part", async () => {
    const lea = await newUser("lea");
    expect(await api.Users.edit(lea.id, { name: "Lea", admin: true })).toMatchObject({ id: lea.id, name: "Lea", is_admin: true });
    expect(await api.Users.edit(lea.id, {})).toMatchObject({ id: lea.id, name: "Lea", is_admin: true, username: "lea" });
  });

  it("are found by name, and gone when removed", async () => {
    const tom = await newUser("tom");
    expect(await api.Users.all({ username: "TOM" })).toEqual([expect.objectContaining({ id: tom.id, username: "tom" })]);
    await api.Users.remove(tom.id);
    await expect(api.Users.show(tom.id)).rejects.toThrow("404 User Not Found");
  });

  it("M297 are paged: all of them, or one page with its numbers", async () => {
    const { results } = (await gatehouse.db.prepare("select count(*) as n from users").all()) as unknown as { results: [{ n: number }] };
    for (let count = results[0].n; count < 45; count += 1) await newUser(`page${count}`);
    expect(await api.Users.all({ perPage: 20 })).toHaveLength(45);
    const { data, paginationInfo } = await api.Users.all({ perPage: 20, page: 1, showExpanded: true });
    expect(data).toHaveLength(20);
    expect(paginationInfo).toEqual({ total: 45, current: 1, next: 2, previous: null, perPage: 20, totalPages: 3 });
    const last = await api.Users.all({ perPage: 20, page: 3, showExpanded: true });
    expect(last.data).toHaveLength(5);
    expect(last.paginationInfo).toMatchObject({ current: 3, next: null, previous: 2 });
  });
});

describe("tokens and agents", () => {
  it("a token that was created works, with the rights of its user", async () => {
    const pat = await newUser("pat");
    const token = await api.PersonalAccessTokens.create(pat.id, "script", ["api"]);
    expect(token).toMatchObject({ name: "script", scopes: ["api"], active: true, revoked: false, user_id: pat.id });
    const own = new Gitlab({ host: gatehouse.url, token: token.token });
    expect(await own.Users.showCurrentUser()).toMatchObject({ id: pat.id, username: "pat" });
    await expect(own.Users.create({ username: "x", name: "x", email: "x@example.test", resetPassword: true })).rejects.toThrow(
      "403 Forbidden",
    );
  });

  it("works as a bearer token too", async () => {
    const bearer = new Gitlab({ host: gatehouse.url, oauthToken: testVars.GATEHOUSE_ROOT_TOKEN });
    expect((await bearer.Users.showCurrentUser()).username).toBe("root");
  });

  it("an agent is registered", async () => {
    const group = await api.Groups.create("Ships", "ships");
    const project = await api.Projects.create({ name: "fleet", namespaceId: group.id });
    const agent = await api.Agents.register(project.id, "harbour");
    expect(agent).toMatchObject({ name: "harbour", config_project: { id: project.id, path_with_namespace: "ships/fleet" } });
  });
});

describe("refusals are read by the client as GitLab's are", () => {
  it.each([
    ["a wrong token", () => new Gitlab({ host: gatehouse.url, token: "glpat-wrong" }).Users.showCurrentUser(), 401, "401 Unauthorized"],
    ["a project that does not exist", () => api.Projects.show("no/where"), 404, "404 Project Not Found"],
    ["a path that is taken", () => api.Groups.create("Root", "root"), 400, /has already been taken/],
    ["a missing parameter", () => api.Users.create({ name: "x", username: "x" }), 400, /email is missing/],
  ] as const)("%s", async (_name, ask, status, text) => {
    const error = await ask().then(
      () => null,
      (reason: unknown) => reason as GitbeakerRequestError,
    );
    expect(error).toBeInstanceOf(GitbeakerRequestError);
    expect(error!.message).toMatch(text);
    expect((error!.cause as { response: Response }).response.status).toBe(status);
  });
});
