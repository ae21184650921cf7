import { describe, expect, it } from "vitest";
import type { PushedProject } from "../../src/domain/push/pushed-facts.ts";
import { refChanges } from "../../src/domain/push/ref-changes.ts";
import { planRepository } from "../../src/domain/push/repository-plan.ts";

const blank = "0".repeat(40);
const one = "1".repeat(40);
const project: PushedProject = {
  id: 1,
  name: "P",
  description: null,
  visibility: "private",
  fullPath: "g/p",
  defaultBranch: "main",
  isRepositoryEmpty: true,
  ciConfigPath: null,
  namespaceName: "G",
  namespaceProtection: null,
  branchRules: [],
  tagRules: [],
  hasOpenMergeRequests: false,
};
const full = { pushLevel: 40, mergeLevel: 40 };
const created = (ref: string) => `${blank} ${one} ${ref}`;
const deleted = (ref: string) => `${one} ${blank} ${ref}`;

describe("what a push makes of a repository", () => {
  it.each([
    [
      "a first push with the stored default branch",
      {},
      [created("refs/heads/a"), created("refs/heads/main")],
      { isFirstPush: true, defaultBranch: "main", newRule: full, losesDefaultBranch: false },
    ],
    [
      "a first push without it",
      {},
      [created("refs/tags/v1"), created("refs/heads/a"), created("refs/heads/b")],
      { isFirstPush: true, defaultBranch: "a", newRule: full, losesDefaultBranch: false },
    ],
    [
      "a first push to a branch that a rule matches",
      { branchRules: ["main", "a*"] },
      [created("refs/heads/a")],
      { isFirstPush: true, defaultBranch: "a", newRule: null, losesDefaultBranch: false },
    ],
    [
      "a first push to a branch that only a rule for tags matches",
      { branchRules: ["main"], tagRules: ["a"] },
      [created("refs/heads/a")],
      { isFirstPush: true, defaultBranch: "a", newRule: full, losesDefaultBranch: false },
    ],
    [
      "a push of tags to an empty repository",
      {},
      [created("refs/tags/main")],
      { isFirstPush: false, defaultBranch: "main", newRule: null, losesDefaultBranch: false },
    ],
    ["no change at all", {}, [], { isFirstPush: false, defaultBranch: "main", newRule: null, losesDefaultBranch: false }],
    [
      "a later push that creates the default branch",
      { isRepositoryEmpty: false },
      [created("refs/heads/a"), created("refs/heads/main")],
      { isFirstPush: false, defaultBranch: "main", newRule: full, losesDefaultBranch: false },
    ],
    [
      "a later push of another branch",
      { isRepositoryEmpty: false },
      [created("refs/heads/a")],
      { isFirstPush: false, defaultBranch: "main", newRule: null, losesDefaultBranch: false },
    ],
    [
      "a push that deletes the default branch",
      { isRepositoryEmpty: false },
      [deleted("refs/heads/main"), created("refs/heads/a")],
      { isFirstPush: false, defaultBranch: "main", newRule: null, losesDefaultBranch: true },
    ],
  ])("%s", (_, values, lines, plan) => {
    expect(planRepository({ ...project, ...values }, () => refChanges(lines.join("\n")), { default_branch_protection: 2 })).toEqual(plan);
  });
});
