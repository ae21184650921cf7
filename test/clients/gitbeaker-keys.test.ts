import { Gitlab } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { makeKeyPair, makeWorkplace } from "./setup/ssh.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

const workplace = makeWorkplace();
let gatehouse: Gatehouse;
let api: InstanceType<typeof Gitlab<false>>;
let projectId: number;
let otherId: number;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  api = new Gitlab({ host: gatehouse.url, token: testVars.GATEHOUSE_ROOT_TOKEN });
  const group = await api.Groups.create("Engines", "engines");
  projectId = (await api.Projects.create({ name: "analytical", namespaceId: group.id })).id;
  otherId = (await api.Projects.create({ name: "difference", namespaceId: group.id })).id;
});
afterAll(async () => {
  await gatehouse?.close();
  workplace.remove();
});

const newKey = (name: string) => makeKeyPair(workplace.path, name).line;

/** What gitlab-shell would ask before a connection to Gitaly. */
async function allowed(keyId: number, action: string, project: string): Promise<number> {
  const response = await fetch(`${gatehouse.url}/api/v4/internal/allowed`, {
    method: "POST",
    headers: { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET), "Content-Type": "application/json" },
    body: JSON.stringify({ key_id: keyId, action, project, protocol: "ssh", changes: "_any" }),
  });
  return response.status;
}

describe("deploy keys, by @gitbeaker/rest", () => {
  it("are listed by project, by instance and by user, shown and edited", async () => {
    const key = await api.DeployKeys.create(projectId, "robot", newKey("robot"), { canPush: true });
    expect(await api.DeployKeys.all({ projectId })).toEqual([key]);
    expect(await api.DeployKeys.all({ projectId: "engines/analytical" })).toEqual([key]);
    expect(await api.DeployKeys.show(projectId, key.id)).toEqual(key);
    const [listed, ...others] = await api.DeployKeys.all();
    expect(others).toEqual([]);
    expect(listed).toMatchObject({
      id: key.id,
      projects_with_write_access: [{ id: projectId, path_with_namespace: "engines/analytical" }],
    });
    expect(await api.DeployKeys.all({ public: true })).toEqual([]);
    const { id: userId } = await api.Users.showCurrentUser();
    expect((await api.DeployKeys.all({ userId })).map((each) => each.id)).toEqual([key.id]);
    const edited = await api.DeployKeys.edit(projectId, key.id, { title: "reader", canPush: false });
    expect(edited).toEqual({ ...key, title: "reader", can_push: false });
  });

  it("open another project once they are enabled there, and none once they are removed", async () => {
    const { id } = await api.DeployKeys.create(projectId, "wanderer", newKey("wanderer"), { canPush: true });
    expect(await allowed(id, "git-upload-pack", "engines/difference")).toBe(404);
    expect(await api.DeployKeys.enable(otherId, id)).toMatchObject({ id, can_push: false });
    expect(await allowed(id, "git-upload-pack", "engines/difference")).toBe(200);
    expect(await allowed(id, "git-receive-pack", "engines/difference")).toBe(401);
    await api.DeployKeys.edit(otherId, id, { canPush: true });
    expect(await allowed(id, "git-receive-pack", "engines/difference")).toBe(200);
    await api.DeployKeys.remove(projectId, id);
    await expect(api.DeployKeys.show(projectId, id)).rejects.toThrow("404 Not found");
    expect(await allowed(id, "git-upload-pack", "engines/analytical")).toBe(404);
    await api.DeployKeys.remove(otherId, id);
    await expect(api.DeployKeys.enable(otherId, id)).rejects.toThrow("404 Deploy Key Not Found");
    await expect(api.Keys.show({ keyId: id })).rejects.toThrow("404 Not found");
  });
});

describe("keys, by @gitbeaker/rest", () => {
  it("the caller's own are made, listed, shown and removed", async () => {
    const key = await api.UserSSHKeys.create("laptop", newKey("laptop"), { usageType: "auth" });
    expect(key).toMatchObject({ title: "laptop", usage_type: "auth", expires_at: null });
    expect(await api.UserSSHKeys.all()).toEqual([key]);
    expect(await api.UserSSHKeys.show(key.id)).toEqual(key);
    await api.UserSSHKeys.remove(key.id);
    expect(await api.UserSSHKeys.all()).toEqual([]);
    await expect(api.UserSSHKeys.show(key.id)).rejects.toThrow("404 Key Not Found");
  });

  it("M300 any key is shown with its user; the client loses the query of a fingerprint", async () => {
    const key = await api.UserSSHKeys.create("desk", newKey("desk"));
    const shown = await api.Keys.show({ keyId: key.id });
    expect(shown).toMatchObject({ ...key, user: { username: "root" } });
    await expect(api.Keys.show({ fingerprint: "SHA256:x" })).rejects.toThrow("fingerprint is missing");
  });
});
