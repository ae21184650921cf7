import { describe, expect, it } from "vitest";
import { nobody, type Viewer } from "../../src/domain/access/visibility.ts";
import type { FeatureLevel, Visibility } from "../../src/domain/identity/visibility.ts";
import type { MergePerson, MergeProject } from "../../src/domain/push/merge-request-facts.ts";
import {
  actorAt,
  canChange,
  canClassify,
  canCreate,
  canMakeLabels,
  canReadMergeRequests,
  isAssignable,
} from "../../src/domain/push/merge-request-rights.ts";
import { aMembership, aUser, now } from "../setup/facts.ts";

/** A public project, unless changed. */
const aProject = (id: number, changes: Partial<MergeProject> = {}): MergeProject => ({
  id,
  fullPath: `group/project-${id}`,
  visibility: "public",
  isArchived: false,
  repositoryAccessLevel: "enabled",
  mergeRequestsAccessLevel: "enabled",
  defaultBranch: "main",
  isRepositoryEmpty: false,
  forkedFromProjectId: null,
  networkRootId: 1,
  hasTargetBranch: false,
  ...changes,
});

/** A role by its level; 0: none. */
const roleIn = (projectId: number, level: number): MergePerson["roles"] =>
  level === 0 ? [] : [{ projectId, isNamespaceOwner: false, memberships: [aMembership(level)] }];

interface Between {
  /** Role in the project that is pushed to. */
  from?: number;
  /** Role in the project that is to be merged into. */
  into?: number;
  source?: Partial<MergeProject>;
  target?: Partial<MergeProject>;
  person?: Partial<MergePerson>;
}

/** A push to a fork, for the project that it was forked from. */
function between({ from = 0, into = 0, source: ofSource, target: ofTarget, person }: Between) {
  const pusher: MergePerson = { ...aUser(), roles: [...roleIn(1, from), ...roleIn(2, into)], ...person };
  const [source, target] = [aProject(1, ofSource), aProject(2, ofTarget)];
  return { source, target, from: actorAt(pusher, source, now), into: actorAt(pusher, target, now) };
}

describe("a merge request is created", () => {
  it.each<[boolean, string, Between]>([
    [true, "by a developer of the source, whoever they are in a public target", { from: 30 }],
    [false, "by a reporter of the source, whoever they are in the target", { from: 20, into: 50 }],
    [false, "from what is archived", { from: 50, into: 50, source: { isArchived: true } }],
    [false, "from a repository that is closed", { from: 50, into: 50, source: { repositoryAccessLevel: "disabled" } }],
    [false, "into what is archived", { from: 50, into: 50, target: { isArchived: true } }],
    [false, "into what is archived, by an administrator", { person: { isAdmin: true }, target: { isArchived: true } }],
    [false, "into a repository that is closed", { from: 50, into: 50, target: { repositoryAccessLevel: "disabled" } }],
    [false, "into a repository for members, by another", { from: 50, into: 5, target: { repositoryAccessLevel: "private" } }],
    [true, "into a repository for members, by a guest", { from: 30, into: 10, target: { repositoryAccessLevel: "private" } }],
    [false, "into a private project, by another", { from: 50, target: { visibility: "private" } }],
    [false, "into a private project, by a guest", { from: 50, into: 10, target: { visibility: "private" } }],
    [true, "into a private project, by a planner", { from: 30, into: 15, target: { visibility: "private" } }],
    [true, "into an internal project, by whoever is signed in", { from: 30, target: { visibility: "internal" } }],
    [false, "into an internal project, from outside", { from: 30, target: { visibility: "internal" }, person: { isExternal: true } }],
    [false, "where merge requests are disabled", { from: 50, into: 50, target: { mergeRequestsAccessLevel: "disabled" } }],
    [false, "where they are for members, by another", { from: 50, into: 5, target: { mergeRequestsAccessLevel: "private" } }],
    [true, "where they are for members, by a guest", { from: 30, into: 10, target: { mergeRequestsAccessLevel: "private" } }],
    [true, "by an administrator", { person: { isAdmin: true }, target: { visibility: "private" } }],
    [false, "by a blocked account", { from: 50, into: 50, person: { state: "blocked" } }],
    [false, "by a blocked administrator", { person: { isAdmin: true, state: "blocked" } }],
  ])("%s: %s", (isAllowed, _name, given) => {
    const { source, from, target, into } = between(given);
    expect(canCreate(source, from, target, into)).toBe(isAllowed);
  });
});

describe("a merge request is changed", () => {
  it.each<[boolean, string, Between & { authorId: number | null }]>([
    [true, "by its author, without any role", { authorId: 7 }],
    [false, "by another without a role", { authorId: 8 }],
    [false, "by anybody without a role, where its author is gone", { authorId: null }],
    [false, "by a reporter of both projects", { authorId: 8, from: 20, into: 20 }],
    [true, "by a developer of the source alone", { authorId: 8, from: 30 }],
    [true, "by a developer of the target alone", { authorId: 8, into: 30 }],
    [true, "by an administrator", { authorId: 8, person: { isAdmin: true } }],
    [false, "by its author, into what is archived", { authorId: 7, from: 50, into: 50, target: { isArchived: true } }],
    [false, "by its author who no longer sees the target", { authorId: 7, from: 50, target: { visibility: "private" } }],
    [false, "by its author, whose merge requests are for members", { authorId: 7, target: { mergeRequestsAccessLevel: "private" } }],
    [true, "by its author, a guest among those members", { authorId: 7, into: 10, target: { mergeRequestsAccessLevel: "private" } }],
    [false, "by anybody where they are disabled", { authorId: 7, from: 50, into: 50, target: { mergeRequestsAccessLevel: "disabled" } }],
    [false, "by its author, who is blocked", { authorId: 7, from: 50, into: 50, person: { state: "blocked" } }],
  ])("%s: %s", (isAllowed, _name, { authorId, ...given }) => {
    const { source, from, target, into } = between(given);
    const request = { id: 5, targetProjectId: 2, sourceBranch: "fix", targetBranch: "main", title: "Fix", authorId };
    expect(canChange(request, source, from, target, into)).toBe(isAllowed);
  });
});

describe("somebody is made responsible", () => {
  it.each<[boolean, string, Between]>([
    [true, "in a public project, without a role", {}],
    [false, "in a private project, without a role", { target: { visibility: "private" } }],
    [false, "in a private project, as a guest, who does not see its code", { into: 10, target: { visibility: "private" } }],
    [true, "in a private project, as a planner", { into: 15, target: { visibility: "private" } }],
    [false, "by the role in another project", { from: 50, target: { visibility: "private" } }],
    [false, "where merge requests are for members, without a role", { target: { mergeRequestsAccessLevel: "private" } }],
    [true, "where merge requests are for members, as a guest", { into: 10, target: { mergeRequestsAccessLevel: "private" } }],
    [false, "where merge requests are disabled", { into: 50, target: { mergeRequestsAccessLevel: "disabled" } }],
    [false, "where the repository is closed", { into: 50, target: { repositoryAccessLevel: "disabled" } }],
    [false, "with a blocked account", { into: 50, person: { state: "blocked" } }],
    [false, "with a locked account", { into: 50, person: { isLocked: true } }],
  ])("%s: %s", (isAllowed, _name, given) => {
    const { target, into } = between(given);
    expect(isAssignable(target, into)).toBe(isAllowed);
  });
});

describe("the merge requests of a project are read", () => {
  const signedIn: Viewer = { ...nobody, isSignedIn: true };
  const guest = { ...signedIn, level: 10 };
  const admin = { ...signedIn, isAdmin: true };
  it.each<[boolean, string, Viewer, Visibility, FeatureLevel, FeatureLevel]>([
    [true, "by anybody, where all is public", nobody, "public", "enabled", "enabled"],
    [false, "by somebody not signed in, where it is internal", nobody, "internal", "enabled", "enabled"],
    [true, "by whoever is signed in, where it is internal", signedIn, "internal", "enabled", "enabled"],
    [false, "by an external user, where it is internal", { ...signedIn, isExternal: true }, "internal", "enabled", "enabled"],
    [false, "by another than its members, where it is private", signedIn, "private", "enabled", "enabled"],
    [false, "with minimal access, where it is private", { ...signedIn, level: 5 }, "private", "enabled", "enabled"],
    [true, "by a guest, where it is private", guest, "private", "enabled", "enabled"],
    [true, "by an administrator, where all is for members", admin, "private", "private", "private"],
    [false, "by another than its members, for whom they are", signedIn, "public", "private", "enabled"],
    [true, "by a guest, where they are for members", guest, "public", "private", "enabled"],
    [false, "by another than its members, for whom the repository is", signedIn, "public", "enabled", "private"],
    [true, "by a guest, where the repository is for members", guest, "public", "enabled", "private"],
    [false, "by an administrator, where they are disabled", admin, "public", "disabled", "enabled"],
    [false, "by an administrator, where the repository is disabled", admin, "public", "enabled", "disabled"],
  ])("%s: %s", (isAllowed, _name, viewer, visibility, mergeRequestsAccessLevel, repositoryAccessLevel) => {
    expect(canReadMergeRequests({ visibility, mergeRequestsAccessLevel, repositoryAccessLevel }, viewer)).toBe(isAllowed);
  });
});

describe("in a public target", () => {
  it.each<[string, Between, { sorts: boolean; makesLabels: boolean }]>([
    ["nobody without a role", {}, { sorts: false, makesLabels: false }],
    ["nobody with minimal access", { into: 5 }, { sorts: false, makesLabels: false }],
    ["nobody by their role in the source", { from: 50 }, { sorts: false, makesLabels: false }],
    ["a guest", { into: 10 }, { sorts: true, makesLabels: false }],
    ["a planner", { into: 15 }, { sorts: true, makesLabels: true }],
    ["a developer", { into: 30 }, { sorts: true, makesLabels: true }],
    ["an administrator", { person: { isAdmin: true } }, { sorts: true, makesLabels: true }],
    [
      "the owner of its namespace",
      { person: { roles: [{ projectId: 2, isNamespaceOwner: true, memberships: [] }] } },
      { sorts: true, makesLabels: true },
    ],
  ])("%s sorts and makes labels: %o", (_name, given, expected) => {
    const { into } = between(given);
    expect({ sorts: canClassify(into), makesLabels: canMakeLabels(into) }).toEqual(expected);
  });
});
