import { describe, expect, it } from "vitest";
import { firstPush } from "../../src/domain/push/first-push.ts";
import { planRepository } from "../../src/domain/push/repository-plan.ts";
import type { PushedProject } from "../../src/domain/push/pushed-facts.ts";
import { refChanges } from "../../src/domain/push/ref-changes.ts";

const blank = "0".repeat(40);
const [one, two] = ["1".repeat(40), "2".repeat(40)];
const empty = { isRepositoryEmpty: true, defaultBranch: "main" };
const change = (oldrev: string, newrev: string, ref: string) => ({ oldrev, newrev, ref });

describe("the first push of branches (push.md 3.2)", () => {
  it.each([
    ["the stored default branch, wherever it stands", ["refs/heads/a", "refs/heads/main"], "main"],
    ["else the first branch that is created", ["refs/tags/v1", "refs/heads/b", "refs/heads/a"], "b"],
    ["a branch whose name holds slashes", ["refs/heads/x/main"], "x/main"],
  ])("makes the default branch %s", (_, refs, branch) => {
    expect(
      firstPush(
        empty,
        refs.map((ref) => change(blank, one, ref)),
      ),
    ).toEqual({ defaultBranch: branch });
  });

  it.each([
    ["of a repository that is not empty", { ...empty, isRepositoryEmpty: false }, [change(blank, one, "refs/heads/main")]],
    ["of tags", empty, [change(blank, one, "refs/tags/main")]],
    ["of deletions", empty, [change(one, blank, "refs/heads/main")]],
    ["of nothing", empty, []],
  ])("is none where it is a push %s", (_, stored, changes) => {
    expect(firstPush(stored, changes)).toBeNull();
  });

  it("keeps the stored name where branches are only updated, and takes it where it is among them", () => {
    expect(firstPush(empty, [change(one, two, "refs/heads/a")])).toEqual({ defaultBranch: "main" });
    expect(firstPush(empty, [change(blank, two, "refs/heads/a"), change(one, two, "refs/heads/main")])).toEqual({ defaultBranch: "main" });
  });
});

describe("what a push makes of a project", () => {
  const project: PushedProject = {
    id: 1,
    name: "P",
    description: null,
    visibility: "private",
    fullPath: "g/p",
    defaultBranch: "main",
    isRepositoryEmpty: false,
    ciConfigPath: null,
    namespaceName: "G",
    namespaceProtection: null,
    branchRules: [],
    tagRules: [],
    hasOpenMergeRequests: false,
  };
  const plan = (values: Partial<PushedProject>, lines: string[], level = 2) =>
    planRepository({ ...project, ...values }, () => refChanges(lines.join("\n")), { default_branch_protection: level });
  const created = [`${blank} ${one} refs/heads/main`];

  it.each([
    [1, { pushLevel: 30, mergeLevel: 40 }],
    [2, { pushLevel: 40, mergeLevel: 40 }],
    [3, { pushLevel: 40, mergeLevel: 30 }],
    [4, { pushLevel: 40, mergeLevel: 40 }],
    [0, null],
  ])("365 366 protects a created default branch by the instance's level %s", (level, rule) => {
    expect(plan({ isRepositoryEmpty: true }, created, level).newRule).toEqual(rule);
    expect(plan({}, created, level).newRule).toEqual(rule);
  });

  it("asks the namespace's level before the instance's", () => {
    expect(plan({ namespaceProtection: 0 }, created, 2).newRule).toBeNull();
    expect(plan({ namespaceProtection: 1 }, created, 0).newRule).toEqual({ pushLevel: 30, mergeLevel: 40 });
  });

  it.each([["main"], ["ma*"], ["*"]])("makes no rule where %s matches", (rule) => {
    expect(plan({ branchRules: [rule] }, created).newRule).toBeNull();
  });

  it.each([
    ["is updated", [`${one} ${two} refs/heads/main`]],
    ["is another", [`${blank} ${one} refs/heads/other`]],
    ["is a tag's name", [`${blank} ${one} refs/tags/main`]],
    ["is created and deleted at once", [...created, `${one} ${blank} refs/heads/main`]],
    ["is created from nothing to nothing", [`${blank} ${blank} refs/heads/main`]],
  ])("makes no rule where the branch %s", (_, lines) => {
    expect(plan({}, lines).newRule).toBeNull();
  });

  it("tells that the default branch is gone by its last change", () => {
    const gone = `${one} ${blank} refs/heads/main`;
    expect(plan({}, [gone]).losesDefaultBranch).toBe(true);
    expect(plan({}, [gone, ...created]).losesDefaultBranch).toBe(false);
    expect(plan({}, [`${one} ${blank} refs/heads/other`]).losesDefaultBranch).toBe(false);
  });
});
