import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { featureLevels, visibilities } from "../../src/domain/identity/visibility.ts";
import { userStates } from "../../src/domain/identity/user-state.ts";
import type { MergePerson, MergeProject, MergeRequestFacts } from "../../src/domain/push/merge-request-facts.ts";
import { readMergeRequestOptions } from "../../src/domain/push/merge-request-options.ts";
import { planMergeRequests, type MergeRequestPlan, type NewMergeRequest } from "../../src/domain/push/merge-request-plan.ts";
import { targetOf } from "../../src/domain/push/merge-request-target.ts";
import { parsePushOptions } from "../../src/domain/push/push-options.ts";
import { pushedBranches } from "../../src/domain/push/pushed-branches.ts";
import { aMembership, newrev, now, oldrev } from "../setup/facts.ts";

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
  hasAcceptedTerms: false,
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

const openedBy = (planned: MergeRequestPlan): NewMergeRequest[] =>
  "refused" in planned ? [] : planned.branches.flatMap((each) => ("open" in each ? [each.open] : []));

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
