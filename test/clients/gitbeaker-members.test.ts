import { Gitlab } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

let gatehouse: Gatehouse;
let api: InstanceType<typeof Gitlab<false>>;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  api = new Gitlab({ host: gatehouse.url, token: testVars.GATEHOUSE_ROOT_TOKEN });
});
afterAll(() => gatehouse?.close());

const newUser = (username: string) =>
  api.Users.create({
    username,
    name: `Name of ${username}`,
    email: `${username}@example.test`,
    forceRandomPassword: true,
    skipConfirmation: true,
  });

const rolesOf = (members: readonly { username: string; access_level: number }[]) =>
  Object.fromEntries(members.map((member) => [member.username, member.access_level]));

/** What gitlab-shell would be told before a push. */
async function pushing(username: string, project: string): Promise<{ status: number; message?: string | undefined }> {
  const response = await fetch(`${gatehouse.url}/api/v4/internal/allowed`, {
    method: "POST",
    headers: { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET), "Content-Type": "application/json" },
    body: JSON.stringify({ username, project, action: "git-receive-pack", protocol: "ssh", changes: "_any" }),
  });
  const { message } = (await response.json()) as { message?: string };
  return { status: response.status, message };
}

describe("members, as @gitbeaker/rest lists, changes and removes them", () => {
  let groupId: number;
  let projectId: number;
  let [ada, bob] = [0, 0];

  beforeAll(async () => {
    groupId = (await api.Groups.create("Engines", "engines")).id;
    projectId = (await api.Projects.create({ name: "analytical", namespaceId: groupId })).id;
    [ada, bob] = [(await newUser("ada")).id, (await newUser("bob")).id];
    await api.GroupMembers.add(groupId, 20, { userId: ada });
    await api.ProjectMembers.add(projectId, 30, { userId: bob });
  });

  it("of a group", async () => {
    expect(rolesOf(await api.GroupMembers.all(groupId))).toEqual({ root: 50, ada: 20 });
    expect(rolesOf(await api.GroupMembers.all(groupId, { query: "ADA" }))).toEqual({ ada: 20 });
    expect(await api.GroupMembers.show("engines", ada)).toMatchObject({ id: ada, access_level: 20, expires_at: null });
    const edited = await api.GroupMembers.edit(groupId, ada, 30, { expiresAt: "2099-08-05" });
    expect(edited).toMatchObject({ id: ada, access_level: 30, expires_at: "2099-08-05" });
    expect(await api.GroupMembers.show(groupId, ada)).toEqual(edited);
    await expect(api.GroupMembers.remove(groupId, 1)).rejects.toThrow("403 Forbidden");
  });

  it("of a project, with and without those of its group", async () => {
    expect(rolesOf(await api.ProjectMembers.all(projectId))).toEqual({ bob: 30 });
    const all = await api.ProjectMembers.all("engines/analytical", { includeInherited: true });
    expect(rolesOf(all)).toEqual({ root: 50, ada: 30, bob: 30 });
    const paged = await api.ProjectMembers.all(projectId, { includeInherited: true, perPage: 1, page: 2, showExpanded: true });
    expect(paged.paginationInfo).toMatchObject({ total: 3, current: 2, next: 3, previous: 1 });
    await expect(api.ProjectMembers.show(projectId, ada)).rejects.toThrow("404 Not found");
    expect(await api.ProjectMembers.show(projectId, ada, { includeInherited: true })).toMatchObject({ id: ada, access_level: 30 });
  });

  it("whose new role counts at once", async () => {
    expect(await pushing("bob", "engines/analytical")).toMatchObject({ status: 200 });
    await api.ProjectMembers.edit(projectId, bob, 20);
    expect((await pushing("bob", "engines/analytical")).message).toBe("You are not allowed to push code to this project.");
    await api.ProjectMembers.remove(projectId, bob);
    expect(await pushing("bob", "engines/analytical")).toMatchObject({ status: 404 });
    await expect(api.ProjectMembers.remove(projectId, bob)).rejects.toThrow("404 Not found");
  });

  it("whose memberships below end with that of the group", async () => {
    await api.ProjectMembers.add(projectId, 40, { userId: ada });
    await api.GroupMembers.remove(groupId, ada);
    expect(rolesOf(await api.ProjectMembers.all(projectId, { includeInherited: true }))).toEqual({ root: 50 });
  });
});

describe("invited groups and the archive", () => {
  let projectId: number;
  let teamId: number;
  const path = "ships/fleet";

  beforeAll(async () => {
    const ships = await api.Groups.create("Ships", "ships");
    projectId = (await api.Projects.create({ name: "fleet", namespaceId: ships.id })).id;
    teamId = (await api.Groups.create("Team", "team")).id;
    await api.GroupMembers.add(teamId, 40, { userId: (await newUser("tea")).id });
  });

  it("a group that is invited to a project, until it is no longer", async () => {
    expect(await pushing("tea", path)).toMatchObject({ status: 404 });
    await api.Projects.share(projectId, teamId, 30);
    expect((await api.Projects.show(projectId)).shared_with_groups).toMatchObject([{ group_id: teamId, group_access_level: 30 }]);
    expect(await pushing("tea", path)).toMatchObject({ status: 200 });
    expect(rolesOf(await api.ProjectMembers.all(projectId, { includeInherited: true }))).toMatchObject({ tea: 30 });
    await expect(api.Projects.share(projectId, teamId, 30)).rejects.toThrow("already shared");
    await api.Projects.unshare(projectId, teamId);
    expect(await pushing("tea", path)).toMatchObject({ status: 404 });
    await expect(api.Projects.unshare(projectId, teamId)).rejects.toThrow("404 Group Link Not Found");
  });

  it("a group that is invited to a group", async () => {
    const shared = await api.Groups.share("ships", teamId, 30, { expiresAt: "2099-08-05" });
    expect(shared.shared_with_groups).toMatchObject([{ group_id: teamId, group_access_level: 30, expires_at: "2099-08-05" }]);
    expect(await pushing("tea", path)).toMatchObject({ status: 200 });
    await api.Groups.unshare("ships", teamId, {});
    expect(await pushing("tea", path)).toMatchObject({ status: 404 });
  });

  it("M302 a project in the archive takes no pushes, and out of it does again", async () => {
    await api.ProjectMembers.add(projectId, 40, { username: "tea" });
    expect(await api.Projects.archive(projectId)).toMatchObject({ id: projectId, archived: true });
    expect((await pushing("tea", path)).message).toMatch(/archived/);
    expect(await api.Projects.unarchive(projectId)).toMatchObject({ id: projectId, archived: false });
    expect(await pushing("tea", path)).toMatchObject({ status: 200 });
  });

  it("the groups and users of a project", async () => {
    expect(await api.Projects.allGroups(projectId)).toMatchObject([{ full_path: "ships" }]);
    const users = await api.Projects.allUsers(projectId);
    expect(users.map(({ username }) => username).toSorted()).toEqual(["root", "tea"]);
  });
});
