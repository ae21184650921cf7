import { Gitlab } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

let gatehouse: Gatehouse;
let api: InstanceType<typeof Gitlab<false>>;
let projectId: number;
const path = "engines/analytical";
const sha = "0123456789abcdef0123456789abcdef01234567";

beforeAll(async () => {
  gatehouse = await startGatehouse();
  api = new Gitlab({ host: gatehouse.url, token: testVars.GATEHOUSE_ROOT_TOKEN });
  const group = await api.Groups.create("Engines", "engines");
  projectId = (await api.Projects.create({ name: "analytical", namespaceId: group.id })).id;
  const refs = ["refs/heads/main", "refs/heads/feature/x", "refs/tags/v1.0", "refs/tags/v1.1"];
  await gatehouse.db.batch([
    gatehouse.db.prepare("update projects set is_repository_empty = 0"),
    ...refs.map((name) => gatehouse.db.prepare("insert into git_refs (project_id, name, sha) values (?, ?, ?)").bind(projectId, name, sha)),
    ...refs.map((name, index) =>
      gatehouse.db
        .prepare(
          `insert into push_events (project_id, author_id, created_at, push_id, change_index, action, ref_type, ref, commit_to)
          values (?, 1, ?, 'push', ?, 'created', ?, ?, ?)`,
        )
        .bind(projectId, Date.UTC(2026, 0, 1, index), index, name.startsWith("refs/tags") ? "tag" : "branch", name.slice(10), sha),
    ),
  ]);
});
afterAll(() => gatehouse?.close());

describe("what was pushed, read by @gitbeaker/rest", () => {
  it("branches are listed, searched and shown", async () => {
    const branches = await api.Branches.all(path, { perPage: 1 });
    expect(branches.map((branch) => branch.name)).toEqual(["feature/x", "main"]);
    expect(await api.Branches.all(projectId, { search: "^fea" })).toEqual([branches[0]]);
    expect(await api.Branches.show(projectId, "feature/x")).toEqual(branches[0]);
    expect(branches[1]).toMatchObject({ protected: true, default: true, can_push: true, commit: { id: sha, short_id: "01234567" } });
    await expect(api.Branches.show(path, "none")).rejects.toThrow("404 Branch Not Found");
  });

  it("tags are listed, sorted and shown", async () => {
    const tags = await api.Tags.all(path, { orderBy: "name", sort: "asc", perPage: 1 });
    expect(tags.map((tag) => tag.name)).toEqual(["v1.0", "v1.1"]);
    expect(await api.Tags.show(projectId, "v1.1")).toEqual(tags[1]);
    await expect(api.Tags.show(path, "v9")).rejects.toThrow("404 Tag Not Found");
  });

  it("another branch becomes the default one, if it is there", async () => {
    expect(await api.Projects.edit(path, { defaultBranch: "feature/x" })).toMatchObject({ default_branch: "feature/x", empty_repo: false });
    await expect(api.Projects.edit(path, { defaultBranch: "none" })).rejects.toThrow("Could not change HEAD: branch 'none' does not exist");
  });

  it("events are listed by project, by user, and the caller's own", async () => {
    const events = await api.Events.all({ projectId, perPage: 3 });
    expect(events).toHaveLength(4);
    expect(events[0]).toMatchObject({ action_name: "pushed new", author_username: "root", push_data: { ref_type: "tag", commit_to: sha } });
    expect(await api.Events.all({ userId: 1, action: "pushed" })).toEqual(events);
    expect(await api.Events.all({ sort: "asc" })).toEqual(events.toReversed());
    expect(await api.Events.all({ before: "2026-01-01" })).toEqual([]);
    expect(await api.Users.allEvents(1, { after: "2025-12-31" })).toEqual(events);
  });
});

describe("projects, listed by @gitbeaker/rest", () => {
  it("all, as the caller sees them, by pages and by id", async () => {
    const user = await api.Users.create({
      username: "ada",
      name: "Ada",
      email: "ada@example.test",
      forceRandomPassword: true,
      skipConfirmation: true,
    });
    const gift = await api.Projects.create({ name: "gift", userId: user.id });
    expect(gift).toMatchObject({ path_with_namespace: "ada/gift" });
    expect((await api.Projects.all({ perPage: 1 })).map((project) => project.id)).toEqual([gift.id, projectId]);
    const byId = await api.Projects.all({ pagination: "keyset", orderBy: "id", sort: "asc", perPage: 1 });
    expect(byId.map((project) => project.id)).toEqual([projectId, gift.id]);
    expect((await api.Projects.search("ANA")).map((project) => project.id)).toEqual([projectId]);
    expect((await api.Users.allProjects(user.id)).map((project) => project.id)).toEqual([gift.id]);
    expect((await api.Projects.all({ membership: true, owned: true })).map((project) => project.id)).toEqual([projectId]);
  });
});

describe("broadcast messages, by @gitbeaker/rest", () => {
  it("are created, listed, shown, edited and removed", async () => {
    const message = await api.BroadcastMessages.create({
      message: "Deploy",
      startsAt: "2026-01-01T10:00:00Z",
      targetAccessLevels: [10, 30],
      targetPath: "/engines/*",
      broadcastType: "banner",
      dismissable: true,
    });
    expect(message).toMatchObject({ target_access_levels: [10, 30], target_path: "/engines/*", ends_at: "2026-01-01T11:00:00.000Z" });
    expect(await api.BroadcastMessages.all()).toEqual([message]);
    expect(await api.BroadcastMessages.show(message.id)).toEqual(message);
    const edited = await api.BroadcastMessages.edit(message.id, { color: "#444444" });
    expect(edited).toEqual({ ...message, color: "#444444" });
    await api.BroadcastMessages.remove(message.id);
    await expect(api.BroadcastMessages.show(message.id)).rejects.toThrow("404 Not found");
  });
});
