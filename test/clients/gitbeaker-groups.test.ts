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

/** Status and message of a fetch over SSH, as gitlab-shell would ask for it. */
async function fetching(project: string, username: string) {
  const response = await fetch(`${gatehouse.url}/api/v4/internal/allowed`, {
    method: "POST",
    headers: { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET), "Content-Type": "application/json" },
    body: JSON.stringify({ username, action: "git-upload-pack", project, protocol: "ssh", changes: "_any" }),
  });
  const { message } = (await response.json()) as { message?: string };
  return { status: response.status, message };
}

const yes = { status: 200, message: undefined };
const notOverSsh = { status: 401, message: "Git access over SSH is not allowed" };

describe("groups, as @gitbeaker/rest changes them", () => {
  it("are renamed with all that is below them", async () => {
    const group = await api.Groups.create("Engines", "engines");
    await api.Groups.create("Steam", "steam", { parentId: group.id });
    const project = await api.Projects.create({ name: "Pump", path: "pump", namespaceId: group.id });
    const edited = await api.Groups.edit(group.id, { path: "motors", description: "of all kinds", lfsEnabled: false });
    expect(edited).toMatchObject({ id: group.id, full_path: "motors", description: "of all kinds", lfs_enabled: false });
    expect((await api.Groups.allSubgroups("motors")).map((each) => each.full_path)).toEqual(["motors/steam"]);
    expect((await api.Groups.allProjects("motors")).map((each) => each.id)).toEqual([project.id]);
    expect(await api.Projects.show("engines/pump")).toMatchObject({ id: project.id, path_with_namespace: "motors/pump" });
    expect(await fetching("motors/pump", "root")).toEqual(yes);
    await api.Groups.edit("motors", { enabledGitAccessProtocol: "http" } as Record<string, string>);
    expect(await fetching("motors/pump", "root")).toEqual(notOverSsh);
  });

  it("E137 are told when a path is taken", async () => {
    await api.Groups.create("One", "one");
    const two = await api.Groups.create("Two", "two");
    await expect(api.Groups.edit(two.id, { path: "one" })).rejects.toThrow("has already been taken");
  });

  it("are listed, all of them through several pages, and found", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await api.Groups.create(`List ${name}`, `list-${name}`, { visibility: "public" });
    const names = ["list-a", "list-b", "list-c", "list-d", "list-e"];
    expect((await api.Groups.all({ search: "list-", perPage: 2 })).map((group) => group.path)).toEqual(names);
    const keyset = await api.Groups.all({ search: "list-", perPage: 2, pagination: "keyset", orderBy: "name", sort: "asc" });
    expect(keyset.map((group) => group.path)).toEqual(names);
    expect((await api.Groups.search("list-c")).map((group) => group.path)).toEqual(["list-c"]);
    const nobody = new Gitlab({ host: gatehouse.url, token: "" });
    expect((await nobody.Groups.all({ search: "list-" })).map((group) => group.path)).toEqual(names);
  });

  it("E143 are removed with their subgroups and projects", async () => {
    const group = await api.Groups.create("Gone", "gone");
    const sub = await api.Groups.create("Sub", "sub", { parentId: group.id });
    const project = await api.Projects.create({ name: "p", namespaceId: sub.id });
    await api.Groups.remove(group.id);
    await expect(api.Groups.show(group.id)).rejects.toThrow("404 Group Not Found");
    await expect(api.Groups.show(sub.id)).rejects.toThrow("404 Group Not Found");
    await expect(api.Projects.show(project.id)).rejects.toThrow("404 Project Not Found");
  });
});

describe("namespaces", () => {
  it("E146 are shown and found by @gitbeaker/rest", async () => {
    const group = await api.Groups.create("Spaces", "spaces");
    expect(await api.Namespaces.show(group.id)).toMatchObject({ id: group.id, kind: "group", full_path: "spaces", plan: "free" });
    expect(await api.Namespaces.show("root")).toMatchObject({ kind: "user", full_path: "root" });
    expect((await api.Namespaces.all({ search: "spac" })).map((each) => each.id)).toEqual([group.id]);
    expect(await api.Namespaces.exists("spaces")).toEqual({ exists: true, suggests: ["spaces1"] });
    await expect(api.Namespaces.show(999_999)).rejects.toThrow("404 Namespace Not Found");
  });
});

describe("the settings of the instance", () => {
  it("are shown and changed by @gitbeaker/rest, and decide on Git at once", async () => {
    const group = await api.Groups.create("Settings", "settings");
    await api.Projects.create({ name: "p", namespaceId: group.id });
    expect(await api.ApplicationSettings.show()).toMatchObject({ id: 1, enabled_git_access_protocol: null, signup_enabled: true });
    const changed = await api.ApplicationSettings.edit({ enabledGitAccessProtocol: "http", restrictedVisibilityLevels: ["public"] });
    expect(changed).toMatchObject({ enabled_git_access_protocol: "http", restricted_visibility_levels: ["public"] });
    expect(await fetching("settings/p", "root")).toEqual(notOverSsh);
    await api.ApplicationSettings.edit({ enabledGitAccessProtocol: "", restrictedVisibilityLevels: [] });
    expect(await fetching("settings/p", "root")).toEqual(yes);
    await expect(api.ApplicationSettings.edit({ maxAttachmentSize: -1 })).rejects.toThrow("must be greater than or equal to 1");
  });
});
