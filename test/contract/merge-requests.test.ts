import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { mergeRequestAssignees, mergeRequestLabels, mergeRequests, projects } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { newrev } from "../setup/facts.ts";
import { addLabel, addMergeRequest, addMilestone, type MergeRequestRow } from "../setup/merge-requests.ts";
import { addGroup, addMember, addProject, addToken, addUser, db, type Group, type Project } from "../setup/world.ts";

const base = "http://gitlab.example.test";
let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let group: Group;
let project: Project;
let asAda: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;
let asGuest: ReturnType<typeof withToken>;
let requests: string;
let full: MergeRequestRow;
const at = (minute: number) => new Date(`2026-03-15T12:0${minute}:00Z`);

beforeAll(async () => {
  [ada, bob, eve] = [await addUser({ name: "Ada Byron" }), await addUser(), await addUser()];
  [asAda, asEve] = [withToken(await addToken(ada)), withToken(await addToken(eve))];
  const guest = await addUser();
  asGuest = withToken(await addToken(guest));
  group = await addGroup({ path: "engines" });
  project = await addProject(group, { path: "analytical" });
  await addMember(ada, { project }, 30);
  await addMember(guest, { project }, 10);
  requests = `/projects/${project.id}/merge_requests`;
  const milestone = await addMilestone({ namespaceId: group.id }, "soon", 4);
  full = await addMergeRequest(project, {
    iid: 1,
    title: "Draft: Pump",
    description: "Line 1\nLine 2",
    isDraft: true,
    authorId: ada.id,
    headSha: newrev,
    squash: true,
    removesSourceBranch: true,
    autoMergeUserId: bob.id,
    autoMergeSha: newrev,
    milestoneId: milestone.id,
    createdAt: at(1),
    updatedAt: at(5),
  });
  for (const user of [bob, ada]) await db.query.insert(mergeRequestAssignees).values({ mergeRequestId: full.id, userId: user.id });
  for (const label of [await addLabel({ projectId: project.id }, "urgent"), await addLabel({ namespaceId: group.id }, "bug")]) {
    await db.query.insert(mergeRequestLabels).values({ mergeRequestId: full.id, labelId: label.id });
  }
  await addMergeRequest(project, { iid: 2, title: "Closed", state: "closed", closedAt: at(4), createdAt: at(2), updatedAt: at(4) });
  await addMergeRequest(project, {
    iid: 3,
    title: "Merged",
    state: "merged",
    mergedAt: at(3),
    sourceBranch: "other",
    targetBranch: "stable",
    sourceProjectId: null,
    createdAt: at(3),
    updatedAt: at(3),
  });
});

const person = (user: UserRow) => ({
  id: user.id,
  username: user.username,
  name: user.name,
  state: "active",
  locked: false,
  avatar_url: null,
  web_url: `${base}/${user.username}`,
});
const iidsOf = (body: { iid: number }[]) => body.map(({ iid }) => iid);

describe("GET /projects/:id/merge_requests/:iid", () => {
  it("shows every field of the public form, what only Git or pipelines could say constant", async () => {
    const reply = await asAda("GET", `${requests}/1`);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: full.id,
      iid: 1,
      project_id: project.id,
      title: "Draft: Pump",
      description: "Line 1\nLine 2",
      state: "opened",
      imported: false,
      imported_from: "none",
      merged_by: null,
      merge_user: person(bob),
      merged_at: null,
      merge_after: null,
      prepared_at: "2026-03-15T12:01:00.000Z",
      closed_by: null,
      closed_at: null,
      created_at: "2026-03-15T12:01:00.000Z",
      updated_at: "2026-03-15T12:05:00.000Z",
      target_branch: "main",
      source_branch: "topic",
      user_notes_count: 0,
      upvotes: 0,
      downvotes: 0,
      author: person(ada),
      assignees: [person(ada), person(bob)],
      assignee: person(ada),
      reviewers: [],
      source_project_id: project.id,
      target_project_id: project.id,
      labels: ["bug", "urgent"],
      draft: true,
      work_in_progress: true,
      milestone: {
        id: full.milestoneId,
        iid: 4,
        group_id: group.id,
        title: "soon",
        description: null,
        state: "active",
        created_at: expect.any(String),
        updated_at: expect.any(String),
        due_date: null,
        start_date: null,
        expired: false,
        web_url: `${base}/groups/engines/-/milestones/4`,
      },
      merge_when_pipeline_succeeds: true,
      merge_status: "unchecked",
      detailed_merge_status: "draft_status",
      sha: newrev,
      merge_commit_sha: null,
      squash_commit_sha: null,
      discussion_locked: null,
      should_remove_source_branch: null,
      force_remove_source_branch: true,
      allow_collaboration: false,
      allow_maintainer_to_push: false,
      reference: "!1",
      references: { short: "!1", relative: "!1", full: "engines/analytical!1" },
      web_url: `${base}/engines/analytical/-/merge_requests/1`,
      time_stats: { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null },
      squash: true,
      squash_on_merge: true,
      task_completion_status: { count: 0, completed_count: 0 },
      has_conflicts: false,
      blocking_discussions_resolved: true,
      approvals_before_merge: null,
      subscribed: false,
      changes_count: null,
      latest_build_started_at: null,
      latest_build_finished_at: null,
      first_deployed_to_production_at: null,
      pipeline: null,
      head_pipeline: null,
      diff_refs: null,
      merge_error: null,
      first_contribution: false,
      user: { can_merge: false },
    });
  });

  it("shows one whose author, source and milestone are gone", async () => {
    const reply = await asAda("GET", `${requests}/3`);
    expect(reply.body).toMatchObject({
      state: "merged",
      author: null,
      assignee: null,
      assignees: [],
      labels: [],
      milestone: null,
      source_project_id: null,
      merged_at: "2026-03-15T12:03:00.000Z",
      detailed_merge_status: "not_open",
      merge_when_pipeline_succeeds: false,
      merge_user: null,
    });
  });

  it.each([
    ["4", 404, { message: "404 Not found" }],
    ["0", 404, { message: "404 Not found" }],
    ["-1", 404, { message: "404 Not found" }],
    ["x", 400, { error: "merge_request_iid is invalid" }],
  ])("answers %s with %i", async (iid, status, body) => {
    const reply = await asAda("GET", `${requests}/${iid}`);
    expect([reply.status, reply.body]).toEqual([status, body]);
  });
});

describe("GET /projects/:id/merge_requests", () => {
  it.each([
    ["", [3, 2, 1]],
    ["?state=all", [3, 2, 1]],
    ["?state=opened", [1]],
    ["?state=closed", [2]],
    ["?state=merged", [3]],
    ["?state=locked", []],
    ["?source_branch=topic", [2, 1]],
    ["?target_branch=stable", [3]],
    ["?source_branch=topic&state=closed", [2]],
    ["?iids[]=1&iids[]=3&iids[]=9", [3, 1]],
    ["?search=pUmP", [1]],
    ["?search=line 2", [1]],
    ["?search=%25", []],
    ["?sort=asc", [1, 2, 3]],
    ["?order_by=updated_at", [1, 2, 3]],
    ["?order_by=updated_at&sort=asc", [3, 2, 1]],
    ["?order_by=title&sort=asc", [2, 1, 3]],
    ["?scope=created_by_me", [1]],
    ["?scope=assigned-to-me", [1]],
    ["?scope=all", [3, 2, 1]],
    ["?author_id=0", []],
    ["?per_page=2", [3, 2]],
    ["?per_page=2&page=2", [1]],
  ])("%s", async (query, iids) => {
    const reply = await asAda("GET", `${requests}${query}`);
    expect([reply.status, iidsOf(reply.body)]).toEqual([200, iids]);
  });

  it("says how many there are", async () => {
    const { headers } = await asAda("GET", `${requests}?per_page=2`);
    expect([headers.get("X-Total"), headers.get("X-Next-Page"), headers.get("X-Total-Pages")]).toEqual(["3", "2", "2"]);
  });

  it("shows of each what the one by itself shows, but for what is only there", async () => {
    const { body } = await asAda("GET", `${requests}/1`);
    const [listed] = (await asAda("GET", `${requests}?iids[]=1`)).body;
    expect(body).toMatchObject(listed);
    expect(Object.keys(listed)).not.toContain("subscribed");
  });

  it.each([
    ["?state=open", "state does not have a valid value"],
    ["?order_by=id", "order_by does not have a valid value"],
    ["?scope=mine", "scope does not have a valid value"],
    ["?iids[]=x", "iids[0] is invalid"],
  ])("400 for %s", async (query, error) => {
    const reply = await asAda("GET", `${requests}${query}`);
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it("is open to whoever sees the project", async () => {
    expect((await asGuest("GET", requests)).status).toBe(200);
    expect((await asRoot("GET", requests)).status).toBe(200);
    for (const reply of [await asEve("GET", requests), await call("GET", requests), await asEve("GET", `${requests}/1`)]) {
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Project Not Found" }]);
    }
    const open = await addProject(await addGroup({ visibility: "public" }), { visibility: "public" });
    expect(await call("GET", `/projects/${open.id}/merge_requests`)).toMatchObject({ status: 200, body: [] });
  });

  it.each([
    ["merge requests", "mergeRequestsAccessLevel"],
    ["the repository, whose branches they name,", "repositoryAccessLevel"],
  ] as const)("403 where %s are disabled, or for members only", async (_, feature) => {
    const open = await addProject(await addGroup({ visibility: "public" }), { visibility: "public" });
    await addMergeRequest(open, { iid: 1 });
    const place = `/projects/${open.id}/merge_requests`;
    const set = (level: "disabled" | "private") =>
      db.query
        .update(projects)
        .set({ [feature]: level })
        .where(eq(projects.id, open.id));
    const refusal = [403, { message: "403 Forbidden" }];
    await set("private");
    for (const path of [place, `${place}/1`]) {
      for (const reply of [await asEve("GET", path), await call("GET", path)]) expect([reply.status, reply.body]).toEqual(refusal);
      expect((await asRoot("GET", path)).status).toBe(200);
    }
    await addMember(eve, { project: open }, 10);
    expect((await asEve("GET", place)).status).toBe(200);
    await set("disabled");
    for (const reply of [await asEve("GET", place), await asRoot("GET", place)]) expect([reply.status, reply.body]).toEqual(refusal);
  });
});

describe("GET /merge_requests and /groups/:id/merge_requests", () => {
  let asCarl: ReturnType<typeof withToken>;
  let carl: UserRow;
  let top: Group;
  let seen: MergeRequestRow[];
  const idsOf = (body: { id: number }[]) => body.map(({ id }) => id).toSorted((a, b) => a - b);

  beforeAll(async () => {
    carl = await addUser();
    asCarl = withToken(await addToken(carl));
    top = await addGroup({ visibility: "public" });
    const sub = await addGroup({ visibility: "public", parent: top });
    const own = await addProject(carl);
    const open = await addProject(top, { visibility: "public" });
    const inner = await addProject(sub, { visibility: "internal" });
    const hidden = await addProject(sub);
    const membersOnly = await addProject(top, { visibility: "public", mergeRequestsAccessLevel: "private" });
    const withoutCode = await addProject(top, { visibility: "public", repositoryAccessLevel: "private" });
    const off = await addProject(carl, { mergeRequestsAccessLevel: "disabled" });
    const codeless = await addProject(carl, { repositoryAccessLevel: "disabled" });
    const joined = await addProject(await addGroup(), { mergeRequestsAccessLevel: "private" });
    await addMember(carl, { project: joined }, 10);
    seen = [];
    for (const each of [own, open, inner, joined]) seen.push(await addMergeRequest(each, { authorId: eve.id }));
    for (const each of [hidden, membersOnly, withoutCode, off, codeless])
      await addMergeRequest(each, { authorId: carl.id, sourceBranch: "unseen" });
    seen.push(await addMergeRequest(own, { authorId: carl.id, sourceBranch: "mine" }));
    await db.query.insert(mergeRequestAssignees).values({ mergeRequestId: seen[1]!.id, userId: carl.id });
  });

  it("lists the caller's own that they may still see", async () => {
    for (const query of ["", "?scope=created_by_me", "?scope=created-by-me", `?scope=all&author_id=${carl.id}`]) {
      const { body } = await asCarl("GET", `/merge_requests${query}`);
      expect([query, idsOf(body)]).toEqual([query, [seen[4]!.id]]);
      expect(body[0].references.relative).toBe(body[0].references.full);
    }
  });

  it("lists those that are assigned to the caller", async () => {
    expect(idsOf((await asCarl("GET", "/merge_requests?scope=assigned_to_me")).body)).toEqual([seen[1]!.id]);
  });

  it("lists all that the caller may see, and none that they may not", async () => {
    expect(idsOf((await asCarl("GET", "/merge_requests?scope=all&per_page=100")).body)).toEqual(seen.map(({ id }) => id));
    const all = await db.query.select({ id: mergeRequests.id }).from(mergeRequests);
    const shown = idsOf((await asRoot("GET", "/merge_requests?scope=all&per_page=100")).body);
    // But for those in the projects where they, or the repository, are disabled.
    expect(shown).toHaveLength(all.length - 2 * 2);
  });

  it("401 for nobody in particular", async () => {
    expect(await call("GET", "/merge_requests?scope=all")).toMatchObject({ status: 401 });
  });

  it("lists those of a group and of the groups below it", async () => {
    const place = `/groups/${top.id}/merge_requests`;
    expect(idsOf((await asCarl("GET", place)).body)).toEqual([seen[1]!.id, seen[2]!.id]);
    expect(idsOf((await call("GET", place)).body)).toEqual([seen[1]!.id]);
    expect(idsOf((await call("GET", `${place}?scope=created_by_me`)).body)).toEqual([]);
    expect((await asRoot("GET", place)).body).toHaveLength(5);
    const secret = await addGroup();
    const reply = await asCarl("GET", `/groups/${secret.id}/merge_requests`);
    expect([reply.status, reply.body]).toEqual([404, { message: "404 Group Not Found" }]);
  });
});
