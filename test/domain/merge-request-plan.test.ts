import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { featureLevels, visibilities } from "../../src/domain/identity/visibility.ts";
import { userStates } from "../../src/domain/identity/user-state.ts";
import type { MergePerson, MergeProject, MergeRequestFacts, OpenRequest } from "../../src/domain/push/merge-request-facts.ts";
import type { MergeRequestMarks } from "../../src/domain/push/merge-request-marks.ts";
import { readMergeRequestOptions } from "../../src/domain/push/merge-request-options.ts";
import { planMergeRequests, type MergeRequestPlan, type NewMergeRequest } from "../../src/domain/push/merge-request-plan.ts";
import { hasBranch, isSameNetwork, targetOf } from "../../src/domain/push/merge-request-target.ts";
import { parsePushOptions } from "../../src/domain/push/push-options.ts";
import { pushedBranches } from "../../src/domain/push/pushed-branches.ts";
import { aMembership, blank, newrev, now, oldrev } from "../setup/facts.ts";

const aProject = (changes: Partial<MergeProject> = {}): MergeProject => ({
  id: 42,
  fullPath: "engines/analytical",
  visibility: "private",
  isArchived: false,
  repositoryAccessLevel: "enabled",
  mergeRequestsAccessLevel: "enabled",
  defaultBranch: "main",
  isRepositoryEmpty: false,
  forkedFromProjectId: null,
  networkRootId: 42,
  hasTargetBranch: false,
  ...changes,
});

/** Roles by project. */
const aPerson = (levels: Record<number, number>, changes: Partial<MergePerson> = {}): MergePerson => ({
  id: 7,
  username: "ada",
  state: "active",
  userType: "human",
  isAdmin: false,
  isExternal: false,
  isConfirmed: true,
  isLocked: false,
  lockedUntil: null,
  passwordExpiresAt: null,
  roles: Object.entries(levels).map(([id, level]) => ({
    projectId: Number(id),
    isNamespaceOwner: false,
    memberships: level === 0 ? [] : [aMembership(level)],
  })),
  ...changes,
});

const someFacts = (changes: Partial<MergeRequestFacts> = {}): MergeRequestFacts => ({
  source: aProject(),
  other: null,
  pusher: aPerson({ 42: 30 }),
  named: [],
  open: [],
  ...changes,
});

const optionsOf = (...raw: string[]) => readMergeRequestOptions(parsePushOptions(raw))!;
const pushOf = (...branches: string[]) => ({
  pushed: pushedBranches(branches.map((name) => ({ oldrev, newrev, ref: `refs/heads/${name}` }))),
  defaultBranchBefore: "main",
  now,
});
const plan = (facts: MergeRequestFacts, raw: string[] = ["mr.create"], ...branches: string[]): MergeRequestPlan =>
  planMergeRequests(pushOf(...(branches.length === 0 ? ["fix"] : branches)), optionsOf(...raw), facts);
const openedBy = (planned: MergeRequestPlan): NewMergeRequest[] =>
  "refused" in planned ? [] : planned.branches.flatMap((each) => ("open" in each ? [each.open] : []));
const denied = { refused: ["User access was denied"] };
const deniedBranch = { branches: [{ errors: ["User access was denied"] }] };

describe("options for merge requests", () => {
  it("are none without one of their namespace", () => {
    expect(readMergeRequestOptions(parsePushOptions(["ci.skip", "merge_request.key=x"]))).toBeNull();
  });

  it.each([
    ["mr.squash", true],
    ["mr.squash=", true],
    ["mr.squash=TRUE", true],
    ["mr.squash=anything", true],
    ["mr.squash=False", false],
    ["mr.squash=0", false],
    ["mr.squash=no", false],
    ["mr.squash=off", false],
    ["mr.draft", null],
  ])("%s: squash %s", (raw, squash) => {
    expect(optionsOf(raw).squash).toBe(squash);
  });

  it("look at no more values than anybody needs", () => {
    expect(optionsOf(...Array.from({ length: 1000 }, (_, index) => `mr.label=${index}`)).labels).toHaveLength(200);
  });
});

describe("the target project", () => {
  const fork = aProject({ id: 1, visibility: "internal" });
  it.each<[string, Partial<MergeProject> | null, string[], number | null]>([
    ["itself where it is no fork", null, [], 1],
    ["the parent of a fork", { visibility: "internal" }, [], 2],
    ["the parent that is seen by fewer people", { visibility: "private" }, [], 2],
    ["itself where the parent is seen by more people", { visibility: "public" }, [], 1],
    ["itself where the parent takes no merge requests", { visibility: "private", mergeRequestsAccessLevel: "disabled" }, [], 1],
    ["the parent whose merge requests are for members", { visibility: "private", mergeRequestsAccessLevel: "private" }, [], 2],
    [
      "the one that is named, whoever sees it",
      { visibility: "public", mergeRequestsAccessLevel: "disabled" },
      ["mr.target_project=a/b"],
      2,
    ],
    ["none where the one that is named is not there", null, ["mr.target_project=a/b"], null],
  ])("is %s", (_, other, raw, id) => {
    const target = targetOf({ source: fork, other: other === null ? null : aProject({ id: 2, ...other }) }, optionsOf("mr.create", ...raw));
    expect(target?.id ?? null).toBe(id);
  });
});

describe("a branch of the target", () => {
  it.each<[boolean, string, Partial<MergeProject>, string, "own" | "elsewhere"]>([
    [true, "the default one, where the repository is not empty", {}, "main", "own"],
    [false, "the default one of an empty repository", { isRepositoryEmpty: true }, "main", "own"],
    [true, "the default one that this push makes", { isRepositoryEmpty: true, defaultBranch: "made" }, "made", "own"],
    [false, "the default one that a push elsewhere makes", { isRepositoryEmpty: true, defaultBranch: "made" }, "made", "elsewhere"],
    [true, "a stored one", { hasTargetBranch: true }, "stable", "own"],
    [true, "a stored one, for a push elsewhere", { hasTargetBranch: true }, "stable", "elsewhere"],
    [false, "one that is not stored", {}, "stable", "own"],
    [false, "one that is not stored, for a push elsewhere", {}, "stable", "elsewhere"],
    [true, "one that this push makes", {}, "made", "own"],
    [false, "one that a push elsewhere makes", {}, "made", "elsewhere"],
    [false, "a stored one that this push deletes", { hasTargetBranch: true }, "gone", "own"],
    [true, "a stored one that a push elsewhere deletes", { hasTargetBranch: true }, "gone", "elsewhere"],
    [false, "a tag that this push makes", {}, "v1", "own"],
  ])("is there %s: %s", (isThere, _name, changes, branch, place) => {
    const pushed = pushedBranches([
      { oldrev, newrev, ref: "refs/heads/made" },
      { oldrev, newrev: blank, ref: "refs/heads/gone" },
      { oldrev, newrev, ref: "refs/tags/v1" },
    ]);
    expect(hasBranch(aProject(changes), branch, place === "own" ? pushed : null)).toBe(isThere);
  });

  it("is pushed with its newest commit, in the order of the push, or deleted", () => {
    const pushed = pushedBranches([
      { oldrev, newrev, ref: "refs/heads/z/a" },
      { oldrev, newrev: blank, ref: "refs/heads/old" },
      { oldrev, newrev, ref: "refs/tags/v1" },
      { oldrev, newrev: blank, ref: "refs/tags/v0" },
      { oldrev: newrev, newrev: oldrev, ref: "refs/heads/b" },
    ]);
    expect([...pushed.heads]).toEqual([
      ["z/a", newrev],
      ["b", oldrev],
    ]);
    expect([...pushed.deleted]).toEqual(["old"]);
  });
});

describe("one network", () => {
  it.each<[boolean, string, number, number | null, number | null]>([
    [true, "a project and itself, whose beginning was not found", 1, null, null],
    [true, "two with the same beginning", 2, 1, 1],
    [false, "two with different ones", 2, 1, 2],
    [false, "two whose beginnings were not found", 2, null, null],
    [false, "two of which one's was not found", 2, 1, null],
  ])("%s: %s", (isSame, _name, id, rootOfOne, rootOfOther) => {
    expect(isSameNetwork(aProject({ id: 1, networkRootId: rootOfOne }), aProject({ id, networkRootId: rootOfOther }))).toBe(isSame);
  });
});

describe("who may", () => {
  it.each([
    [0, "private", denied],
    [10, "private", denied],
    [15, "private", deniedBranch],
    [20, "private", deniedBranch],
    [30, "private", { branches: [{ open: { authorId: 7 } }] }],
    [0, "public", deniedBranch],
    [10, "internal", deniedBranch],
    [40, "public", { branches: [{ open: { authorId: 7 } }] }],
  ] as const)("create with role %i in a %s project", (level, visibility, expected) => {
    expect(plan(someFacts({ source: aProject({ visibility }), pusher: aPerson({ 42: level }) }))).toMatchObject(expected);
  });

  it("create in the personal namespace of one's own, and as an administrator", () => {
    const owner = aPerson({}, { roles: [{ projectId: 42, isNamespaceOwner: true, memberships: [] }] });
    for (const pusher of [owner, aPerson({}, { isAdmin: true })]) {
      expect(plan(someFacts({ pusher }))).toMatchObject({ branches: [{ open: { authorId: 7 } }] });
    }
  });

  it("no longer, where a membership has ended", () => {
    const roles = [{ projectId: 42, isNamespaceOwner: false, memberships: [aMembership(50, { expiresAt: "2026-03-15" })] }];
    expect(plan(someFacts({ pusher: aPerson({}, { roles }) }))).toEqual(denied);
  });

  it("not by the role in another project", () => {
    const source = aProject({ id: 1, visibility: "public", networkRootId: 42 });
    const other = aProject({ visibility: "public" });
    expect(plan(someFacts({ source, other, pusher: aPerson({ 42: 50, 1: 20 }) }))).toEqual(deniedBranch);
    expect(plan(someFacts({ source, other, pusher: aPerson({ 42: 0, 1: 30 }) }))).toMatchObject({
      branches: [{ open: { targetProjectId: 42 } }],
    });
  });
});

describe("a push is refused as a whole", () => {
  const branchNames = (count: number) => Array.from({ length: count }, (_, index) => `b${index}`);
  const stranger = aProject({ id: 2, fullPath: "looms/jacquard", networkRootId: 2 });
  const pusher = aPerson({ 42: 30, 2: 30 });
  it.each<[string, Partial<MergeRequestFacts>, string[], string[], string[]]>([
    [
      "for another network",
      { other: stranger },
      ["mr.create", "mr.target_project=looms/jacquard"],
      ["fix"],
      ["Projects engines/analytical and looms/jacquard are not in the same network"],
    ],
    [
      "where merge requests are disabled",
      { source: aProject({ mergeRequestsAccessLevel: "disabled" }) },
      ["mr.create"],
      ["fix"],
      ["Merge requests are not enabled for project engines/analytical"],
    ],
    ["with eleven branches", {}, ["mr.create"], branchNames(11), ["Too many branches pushed (11 were pushed, limit is 10)"]],
    [
      "for a target branch that is not there",
      {},
      ["mr.create", "mr.target=stable"],
      ["fix"],
      ["Target branch engines/analytical:stable does not exist"],
    ],
    [
      "for a target branch that is pushed elsewhere",
      { other: aProject({ id: 2, fullPath: "looms/engine" }) },
      ["mr.create", "mr.target=stable"],
      ["fix", "stable"],
      ["Target branch looms/engine:stable does not exist"],
    ],
    [
      "for the default branch of an empty repository, where no branch is pushed",
      { source: aProject({ isRepositoryEmpty: true }) },
      ["mr.create", "mr.target=main"],
      [],
      ["Target branch engines/analytical:main does not exist"],
    ],
    [
      "for all at once, in this order",
      { other: { ...stranger, mergeRequestsAccessLevel: "disabled" } },
      ["mr.create", "mr.target_project=looms/jacquard", "mr.target=stable"],
      branchNames(12),
      [
        "Projects engines/analytical and looms/jacquard are not in the same network",
        "Merge requests are not enabled for project looms/jacquard",
        "Too many branches pushed (12 were pushed, limit is 10)",
        "Target branch looms/jacquard:stable does not exist",
      ],
    ],
  ])("%s", (_name, facts, raw, names, refused) => {
    expect(planMergeRequests(pushOf(...names), optionsOf(...raw), someFacts({ pusher, ...facts }))).toEqual({ refused });
  });

  it("but not with ten branches, nor for the default one besides, which is not looked at", () => {
    const planned = plan(someFacts({ pusher }), ["mr.create"], ...branchNames(5), "main", ...branchNames(10).slice(5));
    expect(openedBy(planned).map(({ sourceBranch }) => sourceBranch)).toEqual(branchNames(10));
  });
});

describe("a branch is refused by itself", () => {
  const conflict = "Branch conflict You can't use same project/branch for source and target";
  const request = { id: 5, targetProjectId: 42, sourceBranch: "fix", targetBranch: "main", title: "Fix", authorId: 7 };
  it.each<[string, Partial<MergeRequestFacts>, string[], string]>([
    [
      "without an open merge request, where none is to be made",
      {},
      ["mr.title=T"],
      "A merge_request.create push option is required to create a merge request for branch fix",
    ],
    ["where it is its own target", {}, ["mr.create", "mr.target=fix"], conflict],
    ["where it becomes its own target", { open: [request] }, ["mr.target=fix"], conflict],
    ["with a title that is too long", {}, ["mr.create", `mr.title=${"t".repeat(256)}`], "Title is too long (maximum is 255 characters)"],
    [
      "with a new title that is too long",
      { open: [request] },
      [`mr.title=${"t".repeat(256)}`],
      "Title is too long (maximum is 255 characters)",
    ],
    [
      "with a draft's title that is too long",
      { open: [{ ...request, title: "t".repeat(250) }] },
      ["mr.draft"],
      "Title is too long (maximum is 255 characters)",
    ],
    [
      "where only others may change it",
      { pusher: aPerson({ 42: 20 }), open: [{ ...request, authorId: 8 }] },
      ["mr.title=T"],
      "User access was denied",
    ],
    [
      "where the fork's parent is empty",
      {
        other: aProject({ id: 2, fullPath: "looms/engine", visibility: "private", isRepositoryEmpty: true }),
        pusher: aPerson({ 42: 30, 2: 30 }),
      },
      ["mr.create"],
      "Target branch looms/engine:main does not exist",
    ],
  ])("%s", (_name, facts, raw, error) => {
    expect(plan(someFacts(facts), raw)).toEqual({ branches: [{ errors: [error] }] });
  });

  it("and the others are made", () => {
    expect(plan(someFacts(), ["mr.create", "mr.target=fix"], "fix", "other")).toMatchObject({
      branches: [{ errors: [conflict] }, { open: { sourceBranch: "other", targetBranch: "fix" } }],
    });
  });

  it("but not where the branch of the same name is another project's", () => {
    const other = aProject({ id: 2, visibility: "private", hasTargetBranch: true });
    const facts = someFacts({ other, pusher: aPerson({ 42: 30, 2: 30 }) });
    const changed = { ...facts, open: [{ ...request, targetProjectId: 2 }] };
    expect(plan(facts, ["mr.create", "mr.target=fix"])).toMatchObject({
      branches: [{ open: { targetProjectId: 2, targetBranch: "fix" } }],
    });
    expect(plan(changed, ["mr.target=fix"])).toMatchObject({ branches: [{ change: { id: 5, targetBranch: "fix" } }] });
  });
});

describe("the open merge request that is changed", () => {
  const request = { id: 1, targetProjectId: 42, sourceBranch: "fix", targetBranch: "main", title: "Fix", authorId: 7 };
  const newest = { ...request, id: 9, targetBranch: "next" };
  it.each<[string, string[], OpenRequest[], number]>([
    ["the newest of several", ["mr.title=T"], [newest, request], 9],
    ["the one into the branch that is named", ["mr.target=main"], [newest, request], 1],
    ["the newest, where none is into the branch that is named", ["mr.target=stable"], [newest, request], 9],
    ["none from another branch", ["mr.title=T"], [{ ...newest, sourceBranch: "other" }, request], 1],
    ["none into another project", ["mr.title=T"], [{ ...newest, targetProjectId: 2 }, request], 1],
  ])("is %s", (_name, raw, open, id) => {
    expect(plan(someFacts({ source: aProject({ hasTargetBranch: true }), open }), raw)).toMatchObject({ branches: [{ change: { id } }] });
  });

  it("is given what is said of it", () => {
    const raw = ["mr.target=stable", "mr.title=Draft: T", "mr.description=D", "mr.squash", "mr.remove_source_branch=no", "mr.auto_merge"];
    const marks = { addLabels: [], removeLabels: [], makesLabels: true, milestone: null, assigneeIds: [], unassignedIds: [] };
    const change = {
      id: 1,
      authorId: 7,
      targetBranch: "stable",
      title: "Draft: T",
      isDraft: true,
      description: "D",
      headSha: newrev,
      squash: true,
      removesSourceBranch: false,
      isAutoMerge: true,
      marks,
    };
    const source = { sourceProjectId: 42, sourceBranch: "fix", targetProjectId: 42 };
    expect(plan(someFacts({ source: aProject({ hasTargetBranch: true }), open: [request] }), raw)).toEqual({
      branches: [{ change, source }],
    });
  });
});

describe("a merge request that is opened", () => {
  const marks = { addLabels: [], removeLabels: [], makesLabels: true, milestone: null, assigneeIds: [7], unassignedIds: [] };
  const usual = {
    sourceProjectId: 42,
    sourceBranch: "fix",
    targetProjectId: 42,
    targetBranch: "main",
    authorId: 7,
    title: "Fix",
    isDraft: false,
    description: "",
    headSha: newrev,
    squash: false,
    removesSourceBranch: false,
    isAutoMerge: false,
    marks,
  };
  it.each<[string, string[], Partial<NewMergeRequest>]>([
    ["has its pusher as author and assignee, and nothing else", [], {}],
    ["has the title that is given", ["mr.title=Draft: pump"], { title: "Draft: pump", isDraft: true }],
    ["has the description that is given", ["mr.description=It leaks."], { description: "It leaks." }],
    ["is squashed", ["mr.squash"], { squash: true }],
    ["removes its branch", ["mr.remove_source_branch"], { removesSourceBranch: true }],
    ["is merged as soon as it may be", ["mr.auto_merge"], { isAutoMerge: true }],
    ["goes into the branch that is named", ["mr.target=stable"], { targetBranch: "stable" }],
  ])("%s", (_name, raw, changes) => {
    const facts = someFacts({ source: aProject({ hasTargetBranch: true }) });
    expect(plan(facts, ["mr.create", ...raw])).toEqual({ branches: [{ open: { ...usual, ...changes } }] });
  });

  it("comes from the default branch too where another is named", () => {
    const facts = someFacts({ source: aProject({ hasTargetBranch: true }) });
    expect(plan(facts, ["mr.create", "mr.target=stable"], "main")).toMatchObject({
      branches: [{ open: { sourceBranch: "main", targetBranch: "stable" } }],
    });
  });

  it("of the first push goes into the default branch as it was before, though it was empty", () => {
    const facts = someFacts({ source: aProject({ isRepositoryEmpty: true, defaultBranch: "fix" }) });
    expect(plan(facts)).toEqual({ branches: [{ open: usual }] });
  });

  it("goes likewise where its own project is named as the target", () => {
    const own = aProject({ isRepositoryEmpty: true, defaultBranch: "fix" });
    const raw = ["mr.create", "mr.target_project=engines/analytical"];
    expect(plan(someFacts({ source: own, other: { ...own } }), raw)).toEqual({ branches: [{ open: usual }] });
  });
});

describe("the marks of a merge request", () => {
  const grace = aPerson({ 42: 30 }, { id: 8, username: "Grace" });
  const guest = aPerson({ 42: 10 }, { id: 9, username: "guest" });
  const digits = aPerson({ 42: 30 }, { id: 10, username: "8" });
  const mixed = aPerson({ 42: 30 }, { id: 11, username: "8ball" });
  const ending = aPerson({ 42: 30 }, { id: 12, username: "ball8" });
  const none = { addLabels: [], removeLabels: [], makesLabels: true, milestone: null, assigneeIds: [7], unassignedIds: [] };
  const named = [digits, aPerson({ 42: 30 }), grace, guest, mixed, ending];
  it.each<[string, string[], Partial<MergeRequestMarks>]>([
    ["has the labels that are given", ["label=bug", "label=pump"], { addLabels: ["bug", "pump"] }],
    ["loses a label", ["unlabel=bug"], { removeLabels: ["bug"] }],
    ["loses what is given and taken", ["label=bug", "label=pump", "unlabel=bug"], { addLabels: ["pump"], removeLabels: ["bug"] }],
    ["has a milestone", ["milestone=v1"], { milestone: "v1" }],
    ["has an assignee by name, in whatever case", ["assign=gRACE"], { assigneeIds: [7, 8] }],
    ["has an assignee by id, whoever is called so", ["assign=8"], { assigneeIds: [7, 8] }],
    ["has an assignee by an id of several digits", ["assign=10"], { assigneeIds: [7, 10] }],
    ["has an assignee by a name that begins with digits", ["assign=8ball"], { assigneeIds: [7, 11] }],
    ["has an assignee by a name that ends with digits", ["assign=ball8"], { assigneeIds: [7, 12] }],
    ["has each assignee once, the pusher first", ["assign=grace", "assign=8", "assign=ada"], { assigneeIds: [7, 8] }],
    ["has nobody who is not there", ["assign=nobody", "assign=99"], {}],
    ["has nobody who cannot read it", ["assign=guest"], {}],
    ["loses somebody who cannot read it", ["unassign=guest"], { unassignedIds: [9] }],
    ["loses its pusher", ["unassign=7"], { assigneeIds: [], unassignedIds: [7] }],
    ["loses who is given and taken", ["assign=grace", "assign=8ball", "unassign=8"], { assigneeIds: [7, 11], unassignedIds: [8] }],
  ])("%s", (_name, raw, changes) => {
    const planned = plan(someFacts({ named }), ["mr.create", ...raw.map((each) => `mr.${each}`)]);
    expect(openedBy(planned).map(({ marks }) => marks)).toEqual([{ ...none, ...changes }]);
  });

  const everything = ["mr.label=bug", "mr.unlabel=old", "mr.milestone=v1", "mr.assign=grace", "mr.unassign=guest"];
  const marksInto = (level: number) => {
    const source = aProject({ id: 1, visibility: "public", networkRootId: 42 });
    const other = aProject({ visibility: "public" });
    const planned = plan(someFacts({ source, other, named, pusher: aPerson({ 1: 30, 42: level }) }), ["mr.create", ...everything]);
    return openedBy(planned).map(({ marks }) => marks);
  };
  const all = { addLabels: ["bug"], removeLabels: ["old"], milestone: "v1", assigneeIds: [7, 8], unassignedIds: [9] };
  it.each<[string, number, MergeRequestMarks]>([
    ["nobody else's, without a role in the target", 0, { ...none, makesLabels: false }],
    ["nobody else's, with minimal access", 5, { ...none, makesLabels: false }],
    ["a guest's to give, but for labels that are not there yet", 10, { ...all, makesLabels: false }],
    ["a planner's to give", 15, { ...all, makesLabels: true }],
  ])("are %s", (_name, level, marks) => {
    expect(marksInto(level)).toEqual([marks]);
  });

  it("are given to one that is open without assigning its pusher anew", () => {
    const open = [{ id: 5, targetProjectId: 42, sourceBranch: "fix", targetBranch: "main", title: "Fix", authorId: 7 }];
    const planned = plan(someFacts({ named, open }), everything);
    expect(planned).toMatchObject({ branches: [{ change: { marks: { ...all, makesLabels: true, assigneeIds: [8] } } }] });
  });
});

describe("what is planned", () => {
  it("is nothing for a push without branches to consider", () => {
    expect(plan(someFacts(), ["mr.create"], "main")).toEqual({ branches: [] });
  });

  it("changes nothing of an open merge request that is not spoken of", () => {
    const open = [{ id: 5, targetProjectId: 42, sourceBranch: "fix", targetBranch: "main", title: "Draft: x", authorId: 7 }];
    const marks = { addLabels: [], removeLabels: [], makesLabels: true, milestone: null, assigneeIds: [], unassignedIds: [] };
    expect(plan(someFacts({ open }))).toEqual({
      branches: [
        {
          change: {
            id: 5,
            authorId: 7,
            targetBranch: null,
            title: null,
            isDraft: null,
            description: null,
            headSha: newrev,
            squash: null,
            removesSourceBranch: null,
            isAutoMerge: null,
            marks,
          },
          source: { sourceProjectId: 42, sourceBranch: "fix", targetProjectId: 42 },
        },
      ],
    });
  });

  it.each([
    ["fix-the_pump", "Fix the pump"],
    ["feature/x-y", "Feature/x y"],
    ["éclair", "Éclair"],
    ["--x", "X"],
    ["ALL", "ALL"],
    ["draft-x", "Draft x"],
  ])("is called after the branch %s: %s", (branch, title) => {
    const planned = plan(someFacts(), ["mr.create"], branch);
    expect(planned).toMatchObject({ branches: [{ open: { title, isDraft: false } }] });
  });

  it.each([
    ["Draft: a", true, "Draft: a"],
    ["[draft] a", true, "[draft] a"],
    ["(DRAFT)a", true, "(DRAFT)a"],
    ["a", true, "Draft: a"],
    ["Drafts", true, "Draft: Drafts"],
    ["Draft: [Draft] a", false, "a"],
    ["Drafts", false, "Drafts"],
  ])("%s, draft=%s: %s", (title, isDraft, expected) => {
    const planned = plan(someFacts(), ["mr.create", `mr.title=${title}`, `mr.draft=${isDraft}`]);
    expect(planned).toMatchObject({ branches: [{ open: { title: expected, isDraft } }] });
  });
});

const anyPerson = fc
  .record({
    levels: fc.record({ 1: fc.constantFrom(0, 5, 10, 15, 20, 30, 40, 50), 2: fc.constantFrom(0, 5, 10, 15, 20, 30, 40, 50) }),
    isAdmin: fc.boolean(),
    isExternal: fc.boolean(),
    isLocked: fc.boolean(),
    state: fc.constantFrom(...userStates),
  })
  .map(({ levels, ...changes }) => aPerson(levels, changes));
const anyProject = (id: number) =>
  fc
    .record({
      visibility: fc.constantFrom(...visibilities),
      isArchived: fc.boolean(),
      repositoryAccessLevel: fc.constantFrom(...featureLevels),
      mergeRequestsAccessLevel: fc.constantFrom(...featureLevels),
      isRepositoryEmpty: fc.boolean(),
      networkRootId: fc.constantFrom(1, 2, null),
      hasTargetBranch: fc.boolean(),
    })
    .map((changes) => aProject({ id, fullPath: `group/project-${id}`, ...changes }));
const anyFacts = fc.record({
  source: anyProject(1),
  other: fc.option(anyProject(2)),
  pusher: fc.option(anyPerson),
  named: fc.array(anyPerson, { maxLength: 1 }),
  open: fc.array(
    fc.record({
      id: fc.nat(),
      targetProjectId: fc.constantFrom(1, 2),
      sourceBranch: fc.constantFrom("a", "b"),
      targetBranch: fc.constantFrom("main", "stable"),
      title: fc.string(),
      authorId: fc.constantFrom(7, 8, null),
    }),
    { maxLength: 3 },
  ),
});
const anyOptions = fc
  .subarray(
    [
      "mr.create",
      "mr.target=stable",
      "mr.target_project=group/x",
      "mr.title=T",
      "mr.label=l",
      "mr.milestone=m",
      "mr.assign=ada",
      "mr.draft",
    ],
    {
      minLength: 1,
    },
  )
  .map((raw) => optionsOf(...raw));

describe("any push", () => {
  const branches = fc.subarray(["a", "b", "main"]);
  const each = (check: (planned: MergeRequestPlan, facts: MergeRequestFacts, names: string[], target: MergeProject | null) => void) =>
    fc.assert(
      fc.property(anyFacts, anyOptions, branches, (facts, options, names) => {
        check(planMergeRequests(pushOf(...names), options, facts), facts, names, targetOf(facts, options));
      }),
      { numRuns: 3000 },
    );

  it("opens nothing but between branches of one network, into what takes merge requests, for who may push and is not barred", () => {
    each((planned, { source, pusher }, names, target) => {
      for (const open of openedBy(planned)) {
        expect(names).toContain(open.sourceBranch);
        expect(open.targetProjectId).toBe(target?.id);
        expect(target?.id === source.id || target?.networkRootId === source.networkRootId).toBe(true);
        expect(target?.mergeRequestsAccessLevel).not.toBe("disabled");
        expect([target?.isArchived, source.isArchived]).toEqual([false, false]);
        expect([pusher?.state, pusher?.isLocked]).toEqual(["active", false]);
        const level = pusher?.roles.find(({ projectId }) => projectId === source.id)?.memberships[0]?.accessLevel ?? 0;
        expect(pusher?.isAdmin === true || level >= 30).toBe(true);
        expect([source.id, open.sourceBranch]).not.toEqual([open.targetProjectId, open.targetBranch]);
      }
    });
  });

  it("tells whoever may not read the target nothing of it", () => {
    each((planned, { pusher }, _, target) => {
      const level = pusher?.roles.find(({ projectId }) => projectId === target?.id)?.memberships[0]?.accessLevel ?? 0;
      const isHidden = target === null || pusher === null || (!pusher.isAdmin && target.visibility === "private" && level < 15);
      if (isHidden) expect(planned).toEqual(denied);
    });
  });

  it("gives labels, milestones and other people's part to nobody's work but their own project's", () => {
    each((planned, { pusher }, _, target) => {
      const level = pusher?.roles.find(({ projectId }) => projectId === target?.id)?.memberships[0]?.accessLevel ?? 0;
      if (pusher?.isAdmin === true || level >= 10) return;
      for (const { marks } of openedBy(planned)) {
        expect(marks).toEqual({
          addLabels: [],
          removeLabels: [],
          makesLabels: false,
          milestone: null,
          assigneeIds: [7],
          unassignedIds: [],
        });
      }
    });
  });

  it("says something of every branch, or refuses as a whole", () => {
    each((planned, _facts, names) => {
      if ("refused" in planned) expect(planned.refused.length).toBeGreaterThan(0);
      else expect(names.length - planned.branches.length).toBeLessThanOrEqual(1);
    });
  });
});
