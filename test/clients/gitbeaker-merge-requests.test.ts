import { Gitlab } from "@gitbeaker/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVars } from "../setup/vars.ts";
import { startGatehouse, type Gatehouse } from "./setup/worker.ts";

let gatehouse: Gatehouse;
let api: InstanceType<typeof Gitlab<false>>;
let groupId: number;
let projectId: number;
const newrev = "b".repeat(40);

beforeAll(async () => {
  gatehouse = await startGatehouse();
  api = new Gitlab({ host: gatehouse.url, token: testVars.GATEHOUSE_ROOT_TOKEN });
  groupId = (await api.Groups.create("Engines", "engines")).id;
  projectId = (await api.Projects.create({ name: "analytical", namespaceId: groupId })).id;
});
afterAll(() => gatehouse?.close());

/** What Gitaly would tell of a new branch, pushed by the first administrator with these options; answers the messages. */
async function push(branch: string, ...options: string[]): Promise<{ message: string; type: string }[]> {
  const response = await fetch(`${gatehouse.url}/api/v4/internal/post_receive`, {
    method: "POST",
    headers: { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET), "Content-Type": "application/json" },
    body: JSON.stringify({
      gl_repository: `project-${projectId}`,
      identifier: "user-1",
      changes: `${"0".repeat(40)} ${newrev} refs/heads/${branch}\n`,
      push_options: options,
    }),
  });
  const { messages } = await response.json<{ messages: { message: string; type: string }[] }>();
  return messages;
}

describe("merge requests that pushes make, as @gitbeaker/rest reads them", () => {
  it("have the labels and milestones that it made before", async () => {
    const label = await api.ProjectLabels.create(projectId, "bug", "#ff0000", { description: "broken" });
    expect(label).toMatchObject({ name: "bug", color: "#ff0000", is_project_label: true });
    await api.GroupLabels.create(groupId, "urgent", "#00ff00");
    const milestone = await api.GroupMilestones.create(groupId, "soon", { dueDate: "2099-01-31" });
    expect(milestone).toMatchObject({ iid: 1, title: "soon", due_date: "2099-01-31", expired: false });

    const messages = await push("fix-pump", "mr.create", "mr.label=bug", "mr.label=urgent", "mr.milestone=soon");
    const url = `${gatehouse.url}/engines/analytical/-/merge_requests/1`;
    expect(messages).toEqual([{ message: `View merge request for fix-pump:\n  ${url}`, type: "basic" }]);

    const shown = await api.MergeRequests.show(projectId, 1);
    expect(shown).toMatchObject({
      iid: 1,
      title: "Fix pump",
      source_branch: "fix-pump",
      target_branch: "main",
      sha: newrev,
      labels: ["bug", "urgent"],
      milestone: { title: "soon", group_id: groupId },
      author: { username: "root" },
      assignees: [{ username: "root" }],
      web_url: url,
      references: { full: "engines/analytical!1" },
    });
    for (const filter of [{ projectId }, { groupId }, {}, { scope: "all" as const }, { projectId, state: "opened" as const }]) {
      const listed = await api.MergeRequests.all(filter);
      expect(listed).toMatchObject([{ id: shown.id, labels: ["bug", "urgent"] }]);
    }
    expect(await api.MergeRequests.all({ projectId, state: "merged" })).toEqual([]);
  });

  it("are not made where the options are wrong, and the pusher is told", async () => {
    const messages = await push("other", "merge_request.create", "mr.target=nowhere");
    expect(messages[0]).toEqual({
      type: "alert",
      message:
        "WARNINGS:\nError encountered with push options 'merge_request.create' 'mr.target=nowhere': Target branch engines/analytical:nowhere does not exist",
    });
    expect(await api.MergeRequests.all({ projectId, sourceBranch: "other" })).toEqual([]);
  });

  it("lose the labels and milestones that it changes and removes", async () => {
    expect(await api.ProjectLabels.edit(projectId, "bug", { newName: "fault" })).toMatchObject({ name: "fault" });
    expect((await api.ProjectLabels.all(projectId)).map(({ name }) => name)).toEqual(["fault", "urgent"]);
    expect(await api.ProjectLabels.show(projectId, "fault")).toMatchObject({ open_merge_requests_count: 1 });
    await api.ProjectLabels.remove(projectId, "fault");
    const [milestone] = await api.GroupMilestones.all(groupId);
    expect(await api.GroupMilestones.edit(groupId, milestone!.id, { stateEvent: "close" })).toMatchObject({ state: "closed" });
    expect(await api.ProjectMilestones.all(projectId, { includeParentMilestones: true })).toMatchObject([
      { title: "soon", state: "closed" },
    ]);
    await api.GroupMilestones.remove(groupId, milestone!.id);
    expect(await api.MergeRequests.show(projectId, 1)).toMatchObject({ labels: ["urgent"], milestone: null });
  });
});
