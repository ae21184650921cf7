import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gitRefs, labels, mergeRequestLabels, mergeRequests, projects } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { parsePushOptions } from "../../src/domain/push/push-options.ts";
import { handleMergeRequestOptions, type MergeRequestPush } from "../../src/routes/internal/merge-request-options.ts";
import { blank, newrev, oldrev } from "../setup/facts.ts";
import { addLabel, addMergeRequest, addMilestone, mergeRequestsInto } from "../setup/merge-requests.ts";
import { addGroup, addMember, addProject, addShare, addUser, db, type Group, type Project } from "../setup/world.ts";

let grandparent: Group;
let parent: Group;
let group: Group;
let project: Project;
let ada: UserRow;

beforeEach(async () => {
  grandparent = await addGroup();
  parent = await addGroup({ parent: grandparent });
  group = await addGroup({ parent });
  project = await addProject(group, { isRepositoryEmpty: false });
  ada = await addUser();
  await addMember(ada, { project }, 30);
});

afterEach(() => vi.restoreAllMocks());

const branch = (name: string, rev = newrev) => ({ oldrev, newrev: rev, ref: `refs/heads/${name}` });

/** A push of one commit to `fix` by Ada, unless changed; with these options. */
function push(options: string[], changes: Partial<MergeRequestPush> = {}): Promise<string[]> {
  return handleMergeRequestOptions(db, {
    repositoryType: "project",
    projectId: project.id,
    user: ada,
    changes: [branch("fix")],
    defaultBranchBefore: "main",
    now: new Date(),
    ...changes,
    options: parsePushOptions(options),
  });
}

const create = "merge_request.create";
const denied = ["User access was denied"];
const first = async (into = project) => (await mergeRequestsInto(into))[0];

/** A fork in a group of its own where Ada is a developer, of what she may read as whoever sees it. */
async function addFork(of: Project, values: Partial<typeof projects.$inferInsert> = {}): Promise<Project> {
  const fork = await addProject(await addGroup({ visibility: "public" }), {
    isRepositoryEmpty: false,
    visibility: of.visibility,
    forkedFromProjectId: of.id,
    ...values,
  });
  await addMember(ada, { project: fork }, 30);
  return fork;
}

async function addPublicProject(values: Partial<typeof projects.$inferInsert> = {}): Promise<Project> {
  return addProject(await addGroup({ visibility: "public" }), { visibility: "public", isRepositoryEmpty: false, ...values });
}

describe("create", () => {
  it("305 opens a merge request into the default branch, by and for the pusher, named after the branch", async () => {
    const now = new Date("2026-03-15T12:00:00.123Z");
    expect(await push([create], { changes: [{ ...branch("fix-the_pump"), oldrev: blank }], now })).toEqual([]);
    expect(await mergeRequestsInto(project)).toEqual([
      {
        id: expect.any(Number),
        iid: 1,
        targetProjectId: project.id,
        sourceProjectId: project.id,
        sourceBranch: "fix-the_pump",
        targetBranch: "main",
        authorId: ada.id,
        title: "Fix the pump",
        description: "",
        state: "opened",
        allowsCollaboration: false,
        inProgressMergeCommitSha: null,
        isDraft: false,
        headSha: newrev,
        squash: false,
        removesSourceBranch: false,
        autoMergeUserId: null,
        autoMergeSha: null,
        milestoneId: null,
        mergedAt: null,
        closedAt: null,
        createdAt: now,
        updatedAt: now,
        assigneeIds: [ada.id],
        labels: [],
      },
    ]);
  });

  it("305 opens one for an existing branch whose merge requests are closed or merged", async () => {
    await addMergeRequest(project, { sourceBranch: "fix", state: "closed", iid: 5 });
    await addMergeRequest(project, { sourceBranch: "fix", state: "merged", iid: 6 });
    expect(await push([create])).toEqual([]);
    expect((await mergeRequestsInto(project)).map(({ iid, state }) => [iid, state])).toEqual([
      [5, "closed"],
      [6, "merged"],
      [7, "opened"],
    ]);
  });

  it("306 opens none where one is open, and notes the new commit", async () => {
    const open = await addMergeRequest(project, { sourceBranch: "fix", headSha: oldrev });
    expect(await push([create])).toEqual([]);
    expect(await mergeRequestsInto(project)).toMatchObject([{ id: open.id, headSha: newrev, title: "Title", assigneeIds: [] }]);
  });

  it("306 two at once open one", async () => {
    const replies = await Promise.all([1, 2, 3].map(() => push([create])));
    const [opened] = await mergeRequestsInto(project);
    const overtaken = `Validate branches Another open merge request already exists for this source branch: !${opened?.iid}`;
    for (const errors of replies) expect([[], [overtaken]]).toContainEqual(errors);
    expect(await mergeRequestsInto(project)).toHaveLength(1);
  });

  it("numbers within the target project, however many are opened at once", async () => {
    await Promise.all(Array.from({ length: 8 }, (_, index) => push([create], { changes: [branch(`b${index}`)] })));
    expect((await mergeRequestsInto(project)).map(({ iid }) => iid)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each(["false", "0", "no"])("opens none for create=%s", async (word) => {
    expect(await push([`${create}=${word}`])).toEqual([
      "A merge_request.create push option is required to create a merge request for branch fix",
    ]);
  });

  it("308 does nothing for the default branch, a deleted branch, a tag", async () => {
    const changes = [branch("main"), { oldrev, newrev: blank, ref: "refs/heads/gone" }, { oldrev: blank, newrev, ref: "refs/tags/v1" }];
    expect(await push([create, "mr.title=Title"], { changes })).toEqual([]);
    expect(await mergeRequestsInto(project)).toEqual([]);
  });

  it("308 the default branch is what it was before this push", async () => {
    expect(await push([create], { changes: [branch("main"), branch("old")], defaultBranchBefore: "old" })).toEqual([]);
    expect(await mergeRequestsInto(project)).toMatchObject([{ sourceBranch: "main", targetBranch: "old" }]);
  });

  it("309 opens one for the default branch too where a target is named", async () => {
    await db.query.insert(gitRefs).values({ projectId: project.id, name: "refs/heads/stable", sha: oldrev });
    expect(await push([create, "merge_request.target=stable"], { changes: [branch("main")] })).toEqual([]);
    expect(await mergeRequestsInto(project)).toMatchObject([{ sourceBranch: "main", targetBranch: "stable", title: "Main" }]);
  });

  it("320 opens one for each of two branches", async () => {
    expect(await push([create], { changes: [branch("one"), branch("two", "c".repeat(40))] })).toEqual([]);
    expect(await mergeRequestsInto(project)).toMatchObject([
      { sourceBranch: "one", headSha: newrev },
      { sourceBranch: "two", headSha: "c".repeat(40) },
    ]);
  });

  it("the first push to an empty project has its default branch, and its own branches", async () => {
    const fresh = await addProject(group);
    await addMember(ada, { project: fresh }, 30);
    const changes = [branch("topic"), branch("other")];
    expect(await push([create, "mr.target=other"], { projectId: fresh.id, changes: [branch("topic"), branch("other")] })).toEqual([
      "Branch conflict You can't use same project/branch for source and target",
    ]);
    expect(await push([create], { projectId: fresh.id, changes })).toEqual([]);
    expect(await mergeRequestsInto(fresh)).toMatchObject([
      { sourceBranch: "topic", targetBranch: "other" },
      { sourceBranch: "other", targetBranch: "main" },
    ]);
  });
});

describe("without create", () => {
  it.each(["title=New", "description=x", "label=a", "unlabel=a", "target=main", "draft", "squash", "remove_source_branch", "assign=ada"])(
    "310 merge_request.%s changes what is open, and is refused where nothing is",
    async (option) => {
      expect(await push([`merge_request.${option}`])).toEqual([
        "A merge_request.create push option is required to create a merge request for branch fix",
      ]);
      await addMergeRequest(project, { sourceBranch: "fix" });
      expect(await push([`merge_request.${option}`])).toEqual([]);
    },
  );

  it("nothing is done where no option for merge requests was given", async () => {
    expect(await push(["ci.skip"], { user: null })).toEqual([]);
    expect(await push(["merge_request.nonsense"], { repositoryType: "wiki" })).toEqual([]);
  });

  it("of several open ones the newest is changed, or that into the branch that is named", async () => {
    await db.query.insert(gitRefs).values({ projectId: project.id, name: "refs/heads/stable", sha: oldrev });
    await addMergeRequest(project, { sourceBranch: "fix", targetBranch: "stable" });
    await addMergeRequest(project, { sourceBranch: "fix", targetBranch: "main" });
    await push(["mr.title=Newest"]);
    await push(["mr.title=Named", "mr.target=stable"]);
    expect(await mergeRequestsInto(project)).toMatchObject([
      { targetBranch: "stable", title: "Named" },
      { targetBranch: "main", title: "Newest" },
    ]);
  });
});

/** Each of these with create, and then on an open merge request. */
async function both(options: string[], expected: object, changes: Partial<MergeRequestPush> = {}): Promise<void> {
  expect(await push([create, ...options], { changes: [branch("made")], ...changes })).toEqual([]);
  await addMergeRequest(project, { sourceBranch: "fix" });
  expect(await push(options, { changes: [branch("fix")], ...changes })).toEqual([]);
  expect(await mergeRequestsInto(project)).toMatchObject([expected, expected]);
}

describe("what is set, with create and on an open one", () => {
  it("title", () => both(["mr.title=A better title"], { title: "A better title", isDraft: false }));
  it("description", () => both(["mr.description=why"], { description: "why" }));
  it("317 a description of several lines", () => both(["mr.description=Line 1\\nLine 2"], { description: "Line 1\nLine 2" }));
  it("313 remove_source_branch", () => both(["mr.remove_source_branch"], { removesSourceBranch: true }));
  it.each([true, false])("314 squash=%s", (squash) => both([`mr.squash=${squash}`], { squash }));
  it("draft", async () => {
    await both(["mr.draft", "mr.title=Pump"], { title: "Draft: Pump", isDraft: true });
    await push(["mr.draft"]);
    await push(["mr.title=draft: pump", "mr.draft"], { changes: [branch("made")] });
    expect(await mergeRequestsInto(project)).toMatchObject([
      { title: "draft: pump", isDraft: true },
      { title: "Draft: Pump", isDraft: true },
    ]);
    await push(["mr.draft=false"]);
    await push(["mr.title=Ready"], { changes: [branch("made")] });
    expect(await mergeRequestsInto(project)).toMatchObject([
      { title: "Ready", isDraft: false },
      { title: "Pump", isDraft: false },
    ]);
  });
  it.each(["merge_when_pipeline_succeeds", "auto_merge"])("312 %s, by the pusher for the new commit", (option) =>
    both([`merge_request.${option}`], { autoMergeUserId: expect.any(Number), autoMergeSha: newrev }),
  );
  it("312 auto_merge=false takes it back, and so does a push of another commit without a word", async () => {
    await addMergeRequest(project, { sourceBranch: "fix", autoMergeUserId: ada.id, autoMergeSha: newrev });
    await push(["mr.title=Same commit"]);
    expect(await first()).toMatchObject({ autoMergeUserId: ada.id, autoMergeSha: newrev });
    await push(["mr.title=Other commit"], { changes: [branch("fix", "c".repeat(40))] });
    expect(await first()).toMatchObject({ autoMergeUserId: null, autoMergeSha: null, headSha: "c".repeat(40) });
    await push(["mr.auto_merge"]);
    await push(["mr.auto_merge=false"]);
    expect(await first()).toMatchObject({ autoMergeUserId: null, autoMergeSha: null });
  });
  it("target", async () => {
    await db.query.insert(gitRefs).values({ projectId: project.id, name: "refs/heads/stable", sha: oldrev });
    await both(["mr.target=stable"], { targetBranch: "stable" });
  });
});

describe("labels", () => {
  it("316 two are added, known ones and new ones; then one and an unknown one are taken away", async () => {
    const known = await addLabel({ namespaceId: grandparent.id }, "from above");
    const own = await addLabel({ projectId: project.id }, "own");
    expect(await push([create, "mr.label=from above", "mr.label=new", "mr.label=own"])).toEqual([]);
    expect(await first()).toMatchObject({ labels: ["from above", "new", "own"] });
    expect(await push(["mr.unlabel=from above", "mr.unlabel=unknown", "mr.label=own"])).toEqual([]);
    expect(await first()).toMatchObject({ labels: ["new", "own"] });
    const stored = await db.query.select().from(labels).where(eq(labels.projectId, project.id)).orderBy(labels.id);
    expect(stored).toMatchObject([
      { id: own.id, color: "#ff0000" },
      { name: "new", color: "#6699cc", description: null },
    ]);
    expect(await db.query.select().from(labels).where(eq(labels.name, "from above"))).toMatchObject([{ id: known.id }]);
  });

  it("are given once each where project and groups have one of the name: the nearest", async () => {
    for (const place of [grandparent, parent, group]) await addLabel({ namespaceId: place.id }, "bug");
    const own = await addLabel({ projectId: project.id }, "bug");
    await addLabel({ namespaceId: grandparent.id }, "far");
    const near = await addLabel({ namespaceId: parent.id }, "far");
    expect(await push([create, "mr.label=bug", "mr.label=far"])).toEqual([]);
    expect(await first()).toMatchObject({ labels: ["bug", "far"] });
    const used = await db.query.select({ id: mergeRequestLabels.labelId }).from(mergeRequestLabels);
    expect(used.map(({ id }) => id)).toEqual(expect.arrayContaining([own.id, near.id]));
  });

  it("may be called anything but what no label may be called", async () => {
    const odd = ["__proto__", "constructor", "'); drop table labels; --", "💥", "%", "A", "a"];
    expect(await push([create, ...[...odd, "a,b", "x".repeat(256)].map((label) => `mr.label=${label}`)])).toEqual([]);
    expect(await first()).toMatchObject({ labels: odd.toSorted() });
  });

  it("are not made where the pusher is a guest of the target project, though known ones are given", async () => {
    project = await addPublicProject();
    await addLabel({ projectId: project.id }, "known");
    const fork = await addFork(project);
    await addMember(ada, { project }, 10);
    expect(await push([create, "mr.label=known", "mr.label=new"], { projectId: fork.id })).toEqual([]);
    expect(await first()).toMatchObject({ labels: ["known"] });
  });

  it("are not the same in projects that do not belong together", async () => {
    const stranger = await addProject(await addGroup());
    const foreign = await addLabel({ projectId: stranger.id }, "bug");
    await push([create, "mr.label=bug"]);
    expect(await first()).toMatchObject({ labels: ["bug"] });
    const used = await db.query.all(sql`select * from merge_request_labels where label_id = ${foreign.id}`);
    expect(used).toEqual([]);
  });
});

describe("milestones", () => {
  it("318 of the project, of the group, of its parent and grandparent; the nearest of several; an unknown one is none", async () => {
    const ids: Record<string, number> = {};
    for (const [title, place] of [
      ["own", { projectId: project.id }],
      ["near", { namespaceId: group.id }],
      ["above", { namespaceId: parent.id }],
      ["top", { namespaceId: grandparent.id }],
    ] as const) {
      ids[title] = (await addMilestone(place, title)).id;
    }
    await addMilestone({ namespaceId: grandparent.id }, "own", 2);
    await addMilestone({ namespaceId: grandparent.id }, "near", 3);
    await addMilestone({ namespaceId: (await addGroup({ parent: group })).id }, "below");
    for (const title of Object.keys(ids)) {
      expect(await push([create, `mr.milestone=${title}`], { changes: [branch(title)] })).toEqual([]);
      expect((await mergeRequestsInto(project)).at(-1)).toMatchObject({ sourceBranch: title, milestoneId: ids[title] });
    }
    for (const title of ["unknown", "below", ""]) {
      expect(await push([`mr.milestone=${title}`], { changes: [branch("own")] })).toEqual([]);
      expect(await push([create, `mr.milestone=${title}`], { changes: [branch(`no-${title}`)] })).toEqual([]);
    }
    const rows = await mergeRequestsInto(project);
    expect(rows.map(({ milestoneId }) => milestoneId)).toEqual([...Object.values(ids), null, null, null]);
  });
});

describe("assignees", () => {
  it("are added by id or by name, whatever its letter case, and taken away again", async () => {
    const [bob, eve] = [await addUser({ username: "Bob" }), await addUser()];
    for (const user of [bob, eve]) await addMember(user, { project }, 20);
    await push([create, "mr.assign=bOB", `mr.assign=${eve.id}`, "mr.assign=nobody", "mr.assign=99999999999999999999"]);
    expect(await first()).toMatchObject({ assigneeIds: [ada.id, bob.id, eve.id] });
    await push([`mr.unassign=${bob.id}`, `mr.unassign=${ada.username}`, "mr.unassign=0"]);
    expect(await first()).toMatchObject({ assigneeIds: [eve.id] });
  });

  it("the pusher who takes themselves out is not assigned", async () => {
    await push([create, `mr.unassign=${ada.username}`]);
    expect(await first()).toMatchObject({ assigneeIds: [] });
  });

  it("are those who could read the merge request", async () => {
    const [guest, stranger, blocked, reader, viaGroup] = await Promise.all([
      addUser(),
      addUser(),
      addUser({ state: "blocked" }),
      addUser(),
      addUser(),
    ]);
    await addMember(guest, { project }, 10);
    await addMember(blocked, { project }, 40);
    await addMember(reader, { group: grandparent }, 20);
    const invited = await addGroup();
    await addMember(viaGroup, { group: invited }, 40);
    await addShare(invited, { project }, 20);
    await push([create, ...[guest, stranger, blocked, reader, viaGroup].map(({ id }) => `mr.assign=${id}`)]);
    expect(await first()).toMatchObject({ assigneeIds: [ada, reader, viaGroup].map(({ id }) => id).toSorted((a, b) => a - b) });
  });
});

describe("validation", () => {
  it("322 says that a user is required, and nothing else", async () => {
    const changes = Array.from({ length: 11 }, (_, index) => branch(`b${index}`));
    expect(await push([create, "mr.target=missing"], { user: null, changes })).toEqual(["User is required"]);
  });

  it("is for projects only", async () => {
    for (const repositoryType of ["wiki", "snippet", "design"] as const) {
      expect(await push([create], { repositoryType, user: null })).toEqual(["Push options are only supported for projects"]);
    }
    expect(await push([create], { projectId: null })).toEqual([]);
    expect(await push([create], { projectId: 987_654_321 })).toEqual([]);
  });

  it("321 counts too many branches, without the default branch", async () => {
    const branches = (count: number) => ["main", ...Array.from({ length: count }, (_, index) => `b${index}`)].map((name) => branch(name));
    expect(await push([create], { changes: branches(11) })).toEqual(["Too many branches pushed (11 were pushed, limit is 10)"]);
    expect(await push([create], { changes: branches(100_000) })).toEqual(["Too many branches pushed (100000 were pushed, limit is 10)"]);
    expect(await mergeRequestsInto(project)).toEqual([]);
    expect(await push([create], { changes: branches(10) })).toEqual([]);
    expect(await mergeRequestsInto(project)).toHaveLength(10);
  });

  it("325 names the target branch that is missing", async () => {
    expect(await push([create, "mr.target=my-branch"])).toEqual([`Target branch ${project.fullPath}:my-branch does not exist`]);
    const changes = [branch("fix"), { oldrev, newrev: blank, ref: "refs/heads/my-branch" }];
    await db.query.insert(gitRefs).values({ projectId: project.id, name: "refs/heads/my-branch", sha: oldrev });
    expect(await push([create, "mr.target=my-branch"], { changes })).toEqual([
      `Target branch ${project.fullPath}:my-branch does not exist`,
    ]);
    expect(await push([create, "mr.target=my-branch"])).toEqual([]);
  });

  it("325 a tag of the name is no branch, and one that only the fork has is not the target's", async () => {
    await db.query.insert(gitRefs).values({ projectId: project.id, name: "refs/tags/stable", sha: oldrev });
    expect(await push([create, "mr.target=stable"])).toEqual([`Target branch ${project.fullPath}:stable does not exist`]);
    const upstream = await addPublicProject();
    const fork = await addFork(upstream);
    await db.query.insert(gitRefs).values({ projectId: fork.id, name: "refs/heads/stable", sha: oldrev });
    const expected = [`Target branch ${upstream.fullPath}:stable does not exist`];
    expect(await push([create, "mr.target=stable"], { projectId: fork.id })).toEqual(expected);
    expect(await push([create, "mr.target=stable"], { projectId: fork.id, changes: [branch("stable")] })).toEqual(expected);
  });

  it("325 an empty fork parent has no branch to be merged into", async () => {
    const upstream = await addPublicProject({ isRepositoryEmpty: true });
    const fork = await addFork(upstream);
    expect(await push([create], { projectId: fork.id })).toEqual([`Target branch ${upstream.fullPath}:main does not exist`]);
  });

  it("326 says that merge requests are not enabled, with whatever else is wrong", async () => {
    await db.query.update(projects).set({ mergeRequestsAccessLevel: "disabled" }).where(eq(projects.id, project.id));
    const disabled = `Merge requests are not enabled for project ${project.fullPath}`;
    expect(await push([create])).toEqual([disabled]);
    const changes = Array.from({ length: 11 }, (_, index) => branch(`b${index}`));
    expect(await push([create, "mr.target=missing"], { changes })).toEqual([
      disabled,
      "Too many branches pushed (11 were pushed, limit is 10)",
      `Target branch ${project.fullPath}:missing does not exist`,
    ]);
  });

  it("says that projects have nothing to do with each other", async () => {
    const stranger = await addPublicProject();
    expect(await push([create, `mr.target_project=${stranger.fullPath}`])).toEqual([
      `Projects ${project.fullPath} and ${stranger.fullPath} are not in the same network`,
    ]);
  });

  it("forks in a circle are in no network", async () => {
    const [one, two] = [await addPublicProject(), await addPublicProject()];
    const elsewhere = await addFork(two);
    await db.query.update(projects).set({ forkedFromProjectId: two.id }).where(eq(projects.id, one.id));
    await db.query.update(projects).set({ forkedFromProjectId: one.id }).where(eq(projects.id, two.id));
    expect(await push([create, `mr.target_project=${one.fullPath}`], { projectId: elsewhere.id })).toEqual([
      `Projects ${elsewhere.fullPath} and ${one.fullPath} are not in the same network`,
    ]);
  });
});

describe("target_project", () => {
  it("328 itself, what it was forked from, and what that was forked from", async () => {
    const base = await addPublicProject();
    const middle = await addFork(base);
    const fork = await addFork(middle);
    for (const target of [fork, middle, base]) {
      expect(await push([create, `mr.target_project=${target.fullPath.toUpperCase()}`], { projectId: fork.id })).toEqual([]);
      expect(await mergeRequestsInto(target)).toMatchObject([{ sourceProjectId: fork.id, targetProjectId: target.id, iid: 1 }]);
    }
    const sibling = await addFork(base);
    expect(await push([create, `mr.target_project=${sibling.fullPath}`], { projectId: fork.id })).toEqual([]);
    expect(await mergeRequestsInto(sibling)).toHaveLength(1);
  });

  it("without it, a fork's merge requests go to its parent", async () => {
    const base = await addPublicProject();
    const fork = await addFork(base);
    expect(await push([create], { projectId: fork.id })).toEqual([]);
    expect(await mergeRequestsInto(base)).toMatchObject([{ sourceProjectId: fork.id, assigneeIds: [ada.id] }]);
  });

  it.each<[string, Partial<typeof projects.$inferInsert>, Partial<typeof projects.$inferInsert>]>([
    ["takes no merge requests", { mergeRequestsAccessLevel: "disabled" }, {}],
    ["is seen by more people", {}, { visibility: "private" }],
  ])("without it, they stay in the fork where the parent %s", async (_, ofBase, ofFork) => {
    const base = await addPublicProject(ofBase);
    const fork = await addFork(base, ofFork);
    expect(await push([create], { projectId: fork.id })).toEqual([]);
    expect([await mergeRequestsInto(base), (await mergeRequestsInto(fork)).length]).toEqual([[], 1]);
  });

  it("an open merge request into another project is another one", async () => {
    const base = await addPublicProject();
    const fork = await addFork(base);
    await addMergeRequest(fork, { sourceBranch: "fix" });
    expect(await push([create], { projectId: fork.id })).toEqual([]);
    expect(await mergeRequestsInto(base)).toHaveLength(1);
  });
});

describe("rights", () => {
  const hidden = async () => {
    const secret = await addProject(await addGroup(), { isRepositoryEmpty: false, mergeRequestsAccessLevel: "disabled" });
    return `mr.target_project=${secret.fullPath}`;
  };

  it("a target that is not there, is hidden, or whose code is closed to the pusher is the same refusal", async () => {
    const guarded = await addProject(await addGroup(), { isRepositoryEmpty: false });
    await addMember(ada, { project: guarded }, 10);
    const closed = await addPublicProject({ repositoryAccessLevel: "private" });
    const off = await addPublicProject({ repositoryAccessLevel: "disabled" });
    const named = [guarded, closed, off].map(({ fullPath }) => `mr.target_project=${fullPath}`);
    for (const option of ["mr.target_project=no/such", "mr.target_project", "mr.target_project=a\0b", await hidden(), ...named]) {
      expect([option, await push([create, "mr.target=x", option])]).toEqual([option, denied]);
    }
  });

  it("external users do not read what is internal", async () => {
    const inner = await addProject(await addGroup({ visibility: "internal" }), { visibility: "internal", isRepositoryEmpty: false });
    const fork = await addFork(inner);
    expect(await push([create, "mr.target=x"], { projectId: fork.id })).toEqual([`Target branch ${inner.fullPath}:x does not exist`]);
    ada = await addUser({ isExternal: true });
    await addMember(ada, { project: fork }, 30);
    expect(await push([create, "mr.target=x"], { projectId: fork.id })).toEqual(denied);
  });

  it.each<Partial<Parameters<typeof addUser>[0] & object>>([
    { state: "blocked" },
    { state: "deactivated" },
    { state: "banned" },
    { isLocked: true },
    { confirmedAt: null },
    { userType: "ghost" },
    { state: "blocked", isAdmin: true },
  ])("whoever may not use Git has no rights: %j", async (values) => {
    const user = await addUser(values);
    await addMember(user, { project }, 50);
    await addMergeRequest(project, { authorId: user.id, sourceBranch: "fix" });
    expect(await push([create, "mr.title=Mine"], { user })).toEqual(denied);
  });

  it("nobody behind a deploy key without an owner has rights, nor has an account that is gone", async () => {
    project = await addPublicProject();
    for (const user of [{ id: null }, { id: 0 }, { id: -1 }, { id: 987_654_321 }]) {
      expect(await push([create], { user })).toEqual(denied);
    }
  });

  it("only who could push to the source may create, and only who may write in the target", async () => {
    const base = await addPublicProject();
    const fork = await addFork(base);
    ada = await addUser();
    expect(await push([create], { projectId: fork.id })).toEqual(denied);
    await addMember(ada, { project: fork }, 20);
    expect(await push([create], { projectId: fork.id })).toEqual(denied);
    await addMember(ada, { project: base }, 20);
    expect(await push([create], { projectId: fork.id })).toEqual(denied);
    expect(await mergeRequestsInto(base)).toEqual([]);
  });

  it.each<[string, (id: number) => Promise<unknown>]>([
    ["archived", (id) => db.query.update(projects).set({ isArchived: true }).where(eq(projects.id, id))],
    [
      "where merge requests are for members",
      (id) => db.query.update(projects).set({ mergeRequestsAccessLevel: "private" }).where(eq(projects.id, id)),
    ],
    [
      "in an archived group",
      (id) => db.query.run(sql`update namespaces set is_archived = 1 where id = (select namespace_id from projects where id = ${id})`),
    ],
  ])("nothing is created or changed in a project %s", async (_, close) => {
    const base = await addPublicProject();
    const fork = await addFork(base);
    await addMergeRequest(base, { sourceProjectId: fork.id, sourceBranch: "open", authorId: ada.id });
    await close(base.id);
    expect(await push([create, "mr.title=New"], { projectId: fork.id, changes: [branch("open"), branch("fix")] })).toEqual([
      ...denied,
      ...denied,
    ]);
    expect(await mergeRequestsInto(base)).toMatchObject([{ title: "Title" }]);
  });

  it("a merge request is changed by its author and by who could push, and by nobody else who merely sees it", async () => {
    const base = await addPublicProject();
    const fork = await addFork(base);
    const request = await addMergeRequest(base, { sourceProjectId: fork.id, sourceBranch: "fix" });
    const changed = (user: UserRow) => push(["mr.title=New"], { projectId: fork.id, user });
    const [stranger, author, maintainer] = [await addUser(), await addUser(), await addUser()];
    await addMember(maintainer, { project: base }, 30);
    expect(await changed(stranger)).toEqual(denied);
    expect(await changed(author)).toEqual(denied);
    await db.query.update(mergeRequests).set({ authorId: author.id }).where(eq(mergeRequests.id, request.id));
    for (const user of [author, maintainer, ada]) expect(await changed(user)).toEqual([]);
    expect(await changed(await addUser({ isAdmin: true }))).toEqual([]);
  });

  it("whoever does not belong to the target project neither sorts nor hands out its work", async () => {
    const base = await addPublicProject();
    const bob = await addUser();
    await addMember(bob, { project: base }, 40);
    await addLabel({ projectId: base.id }, "urgent");
    await addMilestone({ projectId: base.id }, "soon");
    const fork = await addFork(base);
    const marks = ["mr.label=urgent", "mr.label=new", "mr.milestone=soon", `mr.assign=${bob.id}`];
    expect(await push([create, ...marks], { projectId: fork.id })).toEqual([]);
    expect(await mergeRequestsInto(base)).toMatchObject([{ labels: [], milestoneId: null, assigneeIds: [ada.id] }]);
    expect(await db.query.select().from(labels).where(eq(labels.projectId, base.id))).toHaveLength(1);
  });
});

/** The database with another way to load facts. */
function withBatch(batch: D1DatabaseSession["batch"]): typeof db {
  const { session } = db;
  return { ...db, session: { prepare: (text) => session.prepare(text), getBookmark: () => session.getBookmark(), batch } };
}

describe("what goes wrong with one branch", () => {
  it("324 an unexpected failure is told as such and logged; the others are processed", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    await db.query.run(sql`
      create trigger broken before insert on merge_requests when new.source_branch = 'broken'
      begin select raise(abort, 'the disk is full'); end`);
    try {
      const changes = [branch("one"), branch("broken"), branch("two")];
      expect(await push([create, "mr.description=hidden"], { changes })).toEqual(["An unknown error occurred"]);
    } finally {
      await db.query.run(sql`drop trigger broken`);
    }
    expect((await mergeRequestsInto(project)).map(({ sourceBranch }) => sourceBranch)).toEqual(["one", "two"]);
    expect(logged).toHaveBeenCalledOnce();
    const line: unknown = JSON.parse(String(logged.mock.calls[0]?.[0]));
    expect(line).toMatchObject({ event: "merge-request-options:failed", project_id: project.id });
    expect(JSON.stringify(line)).toContain("the disk is full");
    expect(JSON.stringify(line)).not.toContain("hidden");
  });

  it("324 a database that does not answer is told as such", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const options = parsePushOptions([create]);
    const lost = withBatch(() => Promise.reject(new Error("no answer")));
    const errors = await handleMergeRequestOptions(lost, {
      repositoryType: "project",
      projectId: project.id,
      user: ada,
      changes: [branch("fix")],
      defaultBranchBefore: "main",
      options,
      now: new Date(),
    });
    expect(errors).toEqual(["An unknown error occurred"]);
  });

  it("329 another open merge request, which this one would be the same as", async () => {
    await db.query.insert(gitRefs).values({ projectId: project.id, name: "refs/heads/stable", sha: oldrev });
    const other = await addMergeRequest(project, { sourceBranch: "fix", targetBranch: "stable" });
    const newest = await addMergeRequest(project, { sourceBranch: "fix", targetBranch: "main" });
    // Chosen before the other one was opened.
    await db.query.update(mergeRequests).set({ state: "closed" }).where(eq(mergeRequests.id, other.id));
    const overtaken = withBatch(async (statements) => {
      const loaded = await db.session.batch<never>(statements);
      await db.query.update(mergeRequests).set({ state: "opened" }).where(eq(mergeRequests.id, other.id));
      return loaded;
    });
    const options = parsePushOptions(["mr.target=stable", "mr.title=Stable"]);
    const errors = await handleMergeRequestOptions(overtaken, {
      repositoryType: "project",
      projectId: project.id,
      user: ada,
      changes: [branch("fix")],
      defaultBranchBefore: "main",
      options,
      now: new Date(),
    });
    expect(errors).toEqual([`Validate branches Another open merge request already exists for this source branch: !${other.iid}`]);
    expect(await mergeRequestsInto(project)).toMatchObject([
      { id: other.id, title: "Title" },
      { id: newest.id, title: "Title", targetBranch: "main" },
    ]);
  });

  it.each([
    ["329 a blank title", "_", [], ["Title can't be blank"]],
    ["329 a title that is too long", "fix", [`mr.title=${"x".repeat(256)}`], ["Title is too long (maximum is 255 characters)"]],
    ["329 a branch whose name is too long for a title", "b".repeat(256), [], ["Title is too long (maximum is 255 characters)"]],
    [
      "329 a title that is too long as a draft",
      "fix",
      ["mr.draft", `mr.title=${"x".repeat(249)}`],
      ["Title is too long (maximum is 255 characters)"],
    ],
    [
      "329 source and target the same",
      "fix",
      ["mr.target=fix"],
      ["Branch conflict You can't use same project/branch for source and target"],
    ],
  ])("%s", async (_, name, options, errors) => {
    expect(await push([create, ...options], { changes: [branch(name)] })).toEqual(errors);
    expect(await mergeRequestsInto(project)).toEqual([]);
  });

  it("329 what is wrong with one branch keeps no other from being processed, and one that is open from being changed", async () => {
    const changes = [branch("_"), branch("good"), branch("b".repeat(256))];
    expect(await push([create], { changes })).toEqual(["Title can't be blank", "Title is too long (maximum is 255 characters)"]);
    expect(await push([`mr.title=${"x".repeat(256)}`, "mr.squash"], { changes: [branch("good")] })).toEqual([
      "Title is too long (maximum is 255 characters)",
    ]);
    expect(await mergeRequestsInto(project)).toMatchObject([{ sourceBranch: "good", title: "Good", squash: false }]);
  });

  it("329 255 characters are not too many, however many bytes they are", async () => {
    expect(await push([create, `mr.title=${"💥".repeat(255)}`])).toEqual([]);
  });

  it("takes any text without failing", async () => {
    const odd = ["\0", "a\0b", "\ud800", "\u202e", "💥".repeat(2000), "'); drop table users; --", "9".repeat(5000)];
    for (const text of odd) {
      const keys = ["title", "description", "milestone", "label", "unlabel", "assign", "unassign", "target", "target_project"];
      for (const key of keys) {
        const errors = await push([create, `mr.${key}=${text}`]);
        expect([key, errors]).not.toEqual([key, ["An unknown error occurred"]]);
      }
    }
  });
});

describe("the database", () => {
  it("is asked once for the facts and once for each branch", async () => {
    const before = db.meter.trips;
    await push([create, "mr.label=a", "mr.milestone=m", "mr.assign=nobody"], { changes: [branch("one"), branch("two")] });
    expect(db.meter.trips - before).toBe(3);
  });
});
