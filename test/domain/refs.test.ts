import { describe, expect, it } from "vitest";
import { noPushFacts, type AccessFacts, type Collaboration, type RefRule, type RuleLevel } from "../../src/domain/access/facts.ts";
import { parseChanges } from "../../src/domain/git/changes.ts";
import { defaultPolicy, unverifiedKinds, type QuestionName, type UnverifiedKind } from "../../src/domain/git/questions.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import type { FeatureLevel } from "../../src/domain/identity/visibility.ts";
import { ruleBookOf } from "../../src/domain/access/refs/protection.ts";
import { decideAccess, type Answers } from "../setup/decide.ts";
import {
  aGroup,
  aKey,
  aMembership,
  aProject,
  aPush,
  aSnippet,
  aUser,
  blank,
  inHours,
  newrev,
  noLevel,
  now,
  oldrev,
  someFacts,
  targetOf,
} from "../setup/facts.ts";

const pushBy = (accessLevel: number): RuleLevel => ({ ...noLevel, accessLevel });
const mergeBy = (accessLevel: number): RuleLevel => ({ ...noLevel, action: "merge", accessLevel });
const createBy = (accessLevel: number): RuleLevel => ({ ...noLevel, action: "create", accessLevel });
let ruleId = 0;
const rule = (name: string, levels: RuleLevel[], values: Partial<RefRule> = {}): RefRule => ({
  id: (ruleId += 1),
  name,
  isInherited: false,
  allowsForcePush: false,
  levels,
  ...values,
});

type FactChanges = Parameters<typeof someFacts>[0] & { rules?: RefRule[]; tags?: RefRule[]; project?: Parameters<typeof aProject>[0] };
/** Someone in this role, before a project that has commits. */
function inRole(level: number, { rules = [], tags = [], project = {}, push, ...changes }: FactChanges = {}): AccessFacts {
  return someFacts({
    memberships: level === 0 ? [] : [aMembership(level)],
    target: targetOf("project", aProject(project)),
    push: { ...noPushFacts, branchRules: rules, tagRules: tags, ...push },
    ...changes,
  });
}
const admin = (level: number, changes: FactChanges = {}) => inRole(level, { user: aUser({ isAdmin: true }), ...changes });

const create = (ref: string, to = newrev) => `${blank} ${to} ${ref}`;
const update = (ref: string, to = newrev) => `${oldrev} ${to} ${ref}`;
const remove = (ref: string) => `${oldrev} ${blank} ${ref}`;

interface Asked {
  protocol?: string;
  answers?: Answers;
}
function decide(facts: AccessFacts, lines: string | string[], { protocol = "ssh", answers }: Asked = {}) {
  const changes = parseChanges([lines].flat().join("\n"));
  const request: AccessRequest = aPush({ changes, protocol });
  return decideAccess(request, facts, now, answers === undefined ? {} : { answers });
}
/** `allowed`, or the reason of the refusal. */
function verdict(...asked: Parameters<typeof decide>): string {
  const decision = decide(...asked);
  return decision.kind === "refused" ? decision.refusal.reason : decision.kind;
}
function message(...asked: Parameters<typeof decide>): string | null {
  const decision = decide(...asked);
  return decision.kind === "refused" ? decision.refusal.message : null;
}
/** A repository that knows one thing, and nothing else. */
const knows =
  (name: QuestionName, value: unknown): Answers =>
  ({ question }) =>
    question.name === name ? { kind: "verified", value } : { kind: "not_verified" };

const feature = "refs/heads/feature";
const master = "refs/heads/master";
const tag = "refs/tags/v1.0";

describe("12.1: who may push a ref at all", () => {
  it.each([
    [10, "push_code"],
    [15, "push_code"],
    [20, "push_code"],
    [30, "allowed"],
    [40, "allowed"],
    [50, "allowed"],
  ])("188, 192, 222: role %i: %s", (level, expected) => {
    for (const ref of [feature, tag, "refs/notes/commits", "refs/merge-requests/1/head", "HEAD", "refs/heads/", "nonsense"]) {
      for (const line of [create(ref), update(ref), remove(ref)]) expect(verdict(inRole(level), line), line).toBe(expected);
    }
  });

  it("whoever may not push hears it of the first ref that is named", () => {
    const decision = decide(inRole(20), [update(feature), update(tag)]);
    expect(decision).toMatchObject({ kind: "refused", stoppedBy: "push_code", ref: feature });
    expect(decideAccess(aPush(), inRole(20), now)).toMatchObject({ kind: "refused", stoppedBy: "push_any", ref: null });
  });

  it("an administrator without a role pushes", () => {
    expect(verdict(admin(0), update(feature))).toBe("allowed");
  });

  it("whoever owns the namespace pushes", () => {
    expect(verdict(inRole(0, { namespaces: [aGroup({ kind: "user", ownerId: 7 })] }), update(feature))).toBe("allowed");
  });

  it.each<[FeatureLevel, string]>([
    ["enabled", "allowed"],
    ["private", "allowed"],
    ["disabled", "push_code"],
  ])("with the repository %s: %s", (repositoryAccessLevel, expected) => {
    expect(verdict(inRole(50, { project: { repositoryAccessLevel } }), update(feature))).toBe(expected);
  });

  it("154: of several changes, the first that is refused refuses all", () => {
    const facts = inRole(30, { rules: [rule("feature", [pushBy(40)])] });
    const decision = decide(facts, [update(master), update(feature), remove("refs/heads/main")]);
    expect(decision).toMatchObject({ kind: "refused", ref: feature, stoppedBy: "branch_push", refusal: { reason: "branch_push" } });
    expect(decide(facts, [remove("refs/heads/main"), update(feature)])).toMatchObject({ ref: "refs/heads/main" });
    expect(verdict(facts, [update(master), update("refs/heads/x")])).toBe("allowed");
  });
});

describe("12.2: branches", () => {
  it("166: the default branch is not deleted, by anybody, over anything", () => {
    for (const protocol of ["ssh", "http", "web"]) {
      expect(message(admin(50), remove("refs/heads/main"), { protocol })).toBe("The default branch of a project cannot be deleted.");
    }
    expect(verdict(inRole(30), remove("refs/heads/Main"))).toBe("allowed");
    expect(verdict(inRole(30), remove("refs/tags/main"))).toBe("allowed");
  });

  const hash = "a".repeat(40);
  const hashText = "You cannot create a branch with a SHA-1 or SHA-256 branch name.";
  const nameText = "You cannot create a branch with an invalid name.";
  it.each<[string, string, string | null]>([
    ["167: 40 digits, created", create(`refs/heads/${hash}`), hashText],
    ["167: 40 digits, updated", update(`refs/heads/${hash}`), hashText],
    ["167: 64 digits", create(`refs/heads/${"b".repeat(64)}`), hashText],
    ["digits and more behind them", create(`refs/heads/${hash}-fix`), hashText],
    ["169: something before the digits", create(`refs/heads/fix-${hash}`), null],
    ["169: something before 64 digits", create(`refs/heads/fix-${"b".repeat(64)}`), null],
    ["170: 40 digits, deleted", remove(`refs/heads/${hash}`), null],
    ["171: -wrong, created", create("refs/heads/-wrong"), nameText],
    ["171: -wrong, updated", update("refs/heads/-wrong"), nameText],
    ["172: -wrong, deleted", remove("refs/heads/-wrong"), null],
    ["the name of a branch twice", create("refs/heads/refs/heads/x"), nameText],
    ["199: a slash", create("refs/heads/feature/new"), null],
    ["199: refs/heads in the middle", create("refs/heads/feature/refs/heads/foo"), null],
    ["both: the digits come first", create(`refs/heads/${hash}..x`), hashText],
  ])("%s", (_, line, expected) => {
    expect(message(inRole(30), line)).toBe(expected);
    expect(message(admin(50), line, { protocol: "web" })).toBe(expected);
  });

  describe.each([["feature"], ["feat*"]])("a rule on %s, maintainers push and merge", (name) => {
    const rules = [rule(name, [pushBy(40), mergeBy(40)])];
    it.each<[string, AccessFacts, string, string]>([
      ["156: maintainer updates it", inRole(40, { rules }), update(feature), "allowed"],
      ["156: maintainer deletes it", inRole(40, { rules }), remove(feature), "branch_delete_web_only"],
      ["156: maintainer pushes both", inRole(40, { rules }), `${update(master)}\n${update(feature)}`, "allowed"],
      ["158: admin who is a guest updates it", admin(10, { rules }), update(feature), "branch_push"],
      ["158: admin who is nobody there", admin(0, { rules }), update(feature), "branch_push"],
      ["160: admin, new branch", admin(10, { rules }), create("refs/heads/new"), "allowed"],
      ["160: admin, another branch", admin(10, { rules }), update(master), "allowed"],
      ["160: admin, existing tag", admin(10, { rules }), update(tag), "allowed"],
      ["160: admin, new tag", admin(10, { rules }), create(tag), "allowed"],
      ["developer updates it", inRole(30, { rules }), update(feature), "branch_push"],
      ["developer creates it", inRole(30, { rules }), create(feature), "branch_create"],
      ["developer deletes it", inRole(30, { rules }), remove(feature), "branch_delete"],
      ["developer, another branch", inRole(30, { rules }), update(master), "allowed"],
      ["reporter", inRole(20, { rules }), update(feature), "push_code"],
      ["owner creates it", inRole(50, { rules }), create(feature), "allowed"],
    ])("%s", (_, facts, lines, expected) => {
      expect(verdict(facts, lines)).toBe(expected);
    });
  });

  it.each<[string, RuleLevel[], Record<string, string>]>([
    ["165: developers push", [pushBy(30)], { reporter: "push_code", developer: "allowed", maintainer: "allowed", admin: "branch_push" }],
    ["maintainers push", [pushBy(40)], { reporter: "push_code", developer: "branch_push", maintainer: "allowed", admin: "branch_push" }],
    ["no one pushes", [pushBy(0)], { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" }],
    ["administrators push", [pushBy(60)], { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "allowed" }],
    ["nobody is named", [], { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" }],
    [
      "only merging is allowed",
      [mergeBy(30)],
      { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" },
    ],
    [
      "no one or developers",
      [pushBy(0), pushBy(30)],
      { reporter: "push_code", developer: "allowed", maintainer: "allowed", admin: "branch_push" },
    ],
    ["user 7", [{ ...noLevel, userId: 7 }], { reporter: "push_code", developer: "allowed", maintainer: "allowed", admin: "allowed" }],
    [
      "user 8",
      [{ ...noLevel, userId: 8 }],
      { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" },
    ],
    [
      "a group they are in",
      [{ ...noLevel, groupId: 1, groupMemberUntil: "9999-12-31" }],
      { reporter: "push_code", developer: "allowed", maintainer: "allowed", admin: "allowed" },
    ],
    [
      "a group they were in until today",
      [{ ...noLevel, groupId: 1, groupMemberUntil: "2026-03-15" }],
      { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" },
    ],
    [
      "a group they are not in",
      [{ ...noLevel, groupId: 1 }],
      { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" },
    ],
    [
      "a deploy key they made",
      [{ ...noLevel, deployKeyId: 9, isOwnWritableKey: true }],
      { reporter: "push_code", developer: "allowed", maintainer: "allowed", admin: "branch_push" },
    ],
    [
      "a deploy key of another",
      [{ ...noLevel, deployKeyId: 9 }],
      { reporter: "push_code", developer: "branch_push", maintainer: "branch_push", admin: "branch_push" },
    ],
  ])("12.3, updates: %s", (_, levels, outcomes) => {
    const rules = [rule("feature", levels)];
    const people = {
      reporter: inRole(20, { rules }),
      developer: inRole(30, { rules }),
      maintainer: inRole(40, { rules }),
      admin: admin(0, { rules }),
    };
    for (const [who, facts] of Object.entries(people)) expect(verdict(facts, update(feature)), who).toBe(outcomes[who]);
  });

  it("of several rules that match, the most permissive wins, in any order, inherited or not", () => {
    const strict = rule("feature", [pushBy(40), mergeBy(40)]);
    const lax = rule("*", [pushBy(30)], { isInherited: true });
    for (const rules of [
      [strict, lax],
      [lax, strict],
    ])
      expect(verdict(inRole(30, { rules }), update(feature))).toBe("allowed");
    expect(verdict(inRole(30, { rules: [strict, rule("other", [pushBy(30)])] }), update(feature))).toBe("branch_push");
  });

  it("names are compared in their letter case, without what stands before them", () => {
    const rules = [rule("Feature", [pushBy(40)]), rule("refs/heads/x", [pushBy(40)])];
    expect(verdict(inRole(30, { rules }), update(feature))).toBe("allowed");
    expect(verdict(inRole(30, { rules }), update("refs/heads/x"))).toBe("allowed");
    expect(verdict(inRole(30, { rules: [rule("*", [pushBy(40)])] }), update("refs/heads/a/b"))).toBe("branch_push");
  });

  it("tags and other refs are not branches", () => {
    const rules = [rule("*", [pushBy(0), mergeBy(0)])];
    for (const ref of [tag, "refs/notes/commits", "refs/heads/"]) expect(verdict(inRole(30, { rules }), update(ref))).toBe("allowed");
  });

  describe("force pushes", () => {
    const rules = [rule("feature", [pushBy(40)])];
    const lax = [rule("feature", [pushBy(40)], { allowsForcePush: true })];
    const forced = { answers: knows("force_push", true) };
    const text = "You are not allowed to force push code to a protected branch on this project.";

    it("are refused on a protected branch", () => {
      expect(message(inRole(40, { rules }), update(feature), forced)).toBe(text);
      expect(message(admin(50, { rules }), update(feature), { ...forced, protocol: "web" })).toBe(text);
      // The right to push is asked afterwards.
      expect(message(inRole(30, { rules }), update(feature), forced)).toBe(text);
    });
    it("174, 175: are allowed by any matching rule to those who may push", () => {
      expect(verdict(inRole(40, { rules: lax }), update(feature), forced)).toBe("allowed");
      expect(verdict(inRole(40, { rules: [...rules, rule("f*", [], { allowsForcePush: true })] }), update(feature), forced)).toBe(
        "allowed",
      );
      expect(verdict(inRole(30, { rules: lax }), update(feature), forced)).toBe("branch_push");
    });
    it("189: are none where newrev descends from oldrev, where nothing changes, on creation and deletion, in an empty repository", () => {
      expect(verdict(inRole(40, { rules }), update(feature), { answers: knows("force_push", false) })).toBe("allowed");
      expect(verdict(inRole(40, { rules }), update(feature, oldrev), forced)).toBe("allowed");
      expect(verdict(inRole(40, { rules }), create(feature), forced)).toBe("allowed");
      expect(verdict(inRole(40, { rules }), remove(feature), { ...forced, protocol: "web" })).toBe("allowed");
      expect(verdict(inRole(40, { rules, project: { isRepositoryEmpty: true } }), create(feature), forced)).toBe("allowed");
    });
    it("are nobody's business on other branches", () => {
      expect(verdict(inRole(30, { rules }), update(master), forced)).toBe("allowed");
    });
  });

  describe("creating a protected branch by who may merge and not push", () => {
    const rules = [rule("feature", [pushBy(40), mergeBy(30)]), rule("stable", [pushBy(40)])];
    const within = (...branches: string[]) => ({ answers: knows("branch_basis", branches) });
    it("182: from what is in no protected branch", () => {
      const text = "You can only use an existing protected branch ref as the basis of a new protected branch.";
      expect(message(inRole(30, { rules }), create(feature), within())).toBe(text);
      expect(message(inRole(30, { rules }), create(feature), within("other"))).toBe(text);
    });
    it("183, 184: over the web only", () => {
      const text = "You can only create protected branches using the web interface and API.";
      expect(message(inRole(30, { rules }), create(feature), within("other", "stable"))).toBe(text);
      expect(message(inRole(30, { rules }), create(feature), { ...within("stable"), protocol: "http" })).toBe(text);
      expect(verdict(inRole(30, { rules }), create(feature), { ...within("stable"), protocol: "web" })).toBe("allowed");
    });
    it("180: who may push is not asked for any of this", () => {
      expect(verdict(inRole(40, { rules }), create(feature), within())).toBe("allowed");
    });
    it("who may neither push nor merge", () => {
      expect(message(inRole(30, { rules: [rule("feature", [pushBy(40), mergeBy(40)])] }), create(feature), within("stable"))).toBe(
        "You are not allowed to create protected branches on this project.",
      );
    });
    it("a stored head of a protected branch is basis enough, and nothing else that is stored", () => {
      const stored = (name: string, sha = newrev) => ({ ...noPushFacts, branchRules: rules, storedRefs: [{ name, sha }] });
      const asked = { protocol: "web", ...within() };
      const facts = (push: AccessFacts["push"]) => ({ ...inRole(30), push });
      expect(verdict(facts(stored("refs/heads/stable")), create(feature), asked)).toBe("allowed");
      expect(verdict(facts(stored("refs/heads/stable", oldrev)), create(feature), asked)).toBe("branch_create_basis");
      expect(verdict(facts(stored("refs/heads/other")), create(feature), asked)).toBe("branch_create_basis");
      expect(verdict(facts(stored("refs/tags/stable")), create(feature), asked)).toBe("branch_create_basis");
    });
  });

  describe("deleting a protected branch", () => {
    const rules = [rule("feature", [pushBy(30), mergeBy(30)])];
    it.each<[string, AccessFacts, string, string | null]>([
      ["186: maintainer, ssh", inRole(40, { rules }), "ssh", "You can only delete protected branches using the web interface."],
      ["186: maintainer, http", inRole(40, { rules }), "http", "You can only delete protected branches using the web interface."],
      ["187: maintainer, web", inRole(40, { rules }), "web", null],
      ["admin without a role, web", admin(0, { rules }), "web", null],
      [
        "developer, web",
        inRole(30, { rules }),
        "web",
        "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch.",
      ],
    ])("%s", (_, facts, protocol, expected) => {
      expect(message(facts, remove(feature), { protocol })).toBe(expected);
    });
  });

  describe("a merge that is being performed", () => {
    const rules = [rule("feature", [pushBy(40), mergeBy(30)])];
    const merging = (targetBranch: string, sha: string): AccessFacts["push"] => ({
      ...noPushFacts,
      branchRules: rules,
      mergesInProgress: [{ targetBranch, sha }],
    });
    const facts = (level: number, push: AccessFacts["push"]) => ({ ...inRole(level), push });
    it("162: developers who merge may push it", () => {
      expect(verdict(facts(30, merging("feature", newrev)), update(feature))).toBe("allowed");
    });
    it("163, 191: only that commit, only to that branch", () => {
      expect(verdict(facts(30, merging("feature", oldrev)), update(feature))).toBe("branch_push");
      expect(verdict(facts(30, merging("other", newrev)), update(feature))).toBe("branch_push");
      expect(verdict(inRole(30, { rules }), update(feature))).toBe("branch_push");
    });
    it("176: who may neither merge nor push", () => {
      const push = { ...merging("feature", newrev), branchRules: [rule("feature", [pushBy(40), mergeBy(40)])] };
      expect(message(facts(30, push), update(feature))).toBe("You are not allowed to merge code into protected branches on this project.");
    });
    it("who may push need not be able to merge", () => {
      const push = { ...merging("feature", newrev), branchRules: [rule("feature", [pushBy(30), mergeBy(0)])] };
      expect(verdict(facts(30, push), update(feature))).toBe("allowed");
    });
  });

  describe("an empty repository", () => {
    const text =
      "\nA default branch (e.g. main) does not yet exist for engines/analytical\nAsk a project Owner or Maintainer to create a default branch:\n\n  https://gitlab.example.test/engines/analytical/-/project_members\n\n";
    const empty = (level: number, protection: number, changes: FactChanges = {}) =>
      inRole(level, { project: { isRepositoryEmpty: true }, namespaces: [aGroup({ defaultBranchProtection: protection })], ...changes });

    it.each([
      [0, "allowed"],
      [1, "allowed"],
      [2, "branch_push_empty"],
      [3, "branch_push_empty"],
      [4, "allowed"],
    ])("193: protection %i, developer's first push: %s", (protection, expected) => {
      expect(verdict(empty(30, protection), create(master))).toBe(expected);
      // A rule on the branch changes nothing for those who may push first.
      expect(verdict(empty(30, protection, { rules: [rule("master", [pushBy(40)])] }), create(master))).toBe(expected);
      expect(verdict(empty(40, protection), create(master))).toBe("allowed");
      expect(verdict({ ...empty(0, protection), user: aUser({ isAdmin: true }) }, create(master))).toBe("allowed");
      expect(verdict(empty(20, protection), create(master))).toBe("push_code");
    });
    it("178: tells whom to ask", () => {
      expect(message(empty(30, 2), create(master))).toBe(text);
    });
    it("179: a rule that lets developers push lets them push first", () => {
      expect(verdict(empty(30, 2, { rules: [rule("master", [pushBy(30)])] }), create(master))).toBe("allowed");
      expect(verdict(empty(30, 2, { rules: [rule("other", [pushBy(30)])] }), create(master))).toBe("branch_push_empty");
    });
    it("the instance's protection counts where the namespace has none of its own", () => {
      const facts = (level: number) => inRole(30, { project: { isRepositoryEmpty: true }, settings: { default_branch_protection: level } });
      expect(verdict(facts(0), create(master))).toBe("allowed");
      expect(verdict(facts(2), create(master))).toBe("branch_push_empty");
    });
    it("tags are as free as ever", () => {
      expect(verdict(empty(30, 2), create(tag))).toBe("allowed");
    });
    it("a ref that was there proves that it is not empty, whatever is stored, for itself alone", () => {
      const lax = { rules: [rule("release", [pushBy(40)])] };
      expect(verdict(empty(30, 4, lax), update("refs/heads/release"))).toBe("branch_push");
      expect(verdict(empty(30, 4, lax), remove("refs/heads/release"))).toBe("branch_delete");
      expect(verdict(empty(40, 2, { rules: [rule("release", [pushBy(0)])] }), update("refs/heads/release"))).toBe("branch_push");
      expect(verdict(empty(40, 2, { rules: [rule("release", [pushBy(0)])] }), remove("refs/heads/release"))).toBe("branch_delete_web_only");
      expect(verdict(empty(30, 2), update(master))).toBe("allowed");
      // Whoever claims a ref that is not there gains nothing for the others.
      expect(verdict(empty(30, 2), [update(master), create(feature)])).toBe("branch_push_empty");
    });
    it("a maintainer is stopped by no rule", () => {
      expect(verdict(empty(40, 2, { rules: [rule("master", [pushBy(0)])] }), create(master))).toBe("allowed");
    });
  });
});

describe("12.4: tags", () => {
  const hash = "a".repeat(40);
  const pattern = "You cannot create a tag with a prohibited pattern.";
  const hashText = "You cannot create a tag with a SHA-1 or SHA-256 tag name.";
  it.each<[string, string, string | null]>([
    ["221: the default branch's name, created", create("refs/tags/main"), "You cannot use default branch name to create a tag"],
    ["the default branch's name, updated", update("refs/tags/main"), null],
    ["207: refs/heads/x", create("refs/tags/refs/heads/x"), pattern],
    ["207: refs/tags/x", create("refs/tags/refs/tags/x"), pattern],
    ["an illegal name, updated", update("refs/tags/a..b"), pattern],
    ["an illegal name, deleted", remove("refs/tags/a..b"), null],
    ["209: not UTF-8", create("refs/tags/v\ufffd"), "Tag names must be valid when converted to UTF-8 encoding"],
    ["209: half a pair", create("refs/tags/v\ud800"), "Tag names must be valid when converted to UTF-8 encoding"],
    ["not UTF-8, deleted", remove("refs/tags/v\ufffd"), null],
    ["210: Ü", create("refs/tags/v6.0.0-Ü.BETA"), null],
    ["211: refs/tags and digits, deleted", remove(`refs/tags/refs/tags/${hash}`), null],
    ["digits", create(`refs/tags/${hash}`), hashText],
    ["64 digits", create(`refs/tags/${"b".repeat(64)}`), hashText],
    ["digits and more", update(`refs/tags/${hash}x`), hashText],
    ["digits, deleted", remove(`refs/tags/${hash}`), null],
    ["213: something before the digits", create(`refs/tags/fix-${hash}`), null],
  ])("%s", (_, line, expected) => {
    expect(message(inRole(30), line)).toBe(expected);
    expect(message(admin(50), line, { protocol: "web" })).toBe(expected);
  });

  const tags = [rule("v*", [createBy(40)])];
  it.each<[string, AccessFacts, string, string, string | null]>([
    ["214: maintainer deletes over the web", inRole(40, { tags }), remove(tag), "web", null],
    [
      "215: maintainer deletes over ssh",
      inRole(40, { tags }),
      remove(tag),
      "ssh",
      "You can only delete protected tags using the web interface.",
    ],
    [
      "developer deletes",
      inRole(30, { tags }),
      remove(tag),
      "web",
      "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag.",
    ],
    ["218: maintainer updates", inRole(40, { tags }), update(tag), "ssh", "Protected tags cannot be updated."],
    ["218: administrator updates", admin(50, { tags }), update(tag), "web", "Protected tags cannot be updated."],
    [
      "219: developer creates",
      inRole(30, { tags }),
      create("refs/tags/v9.1.0"),
      "ssh",
      "You are not allowed to create this tag as it is protected.",
    ],
    ["maintainer creates", inRole(40, { tags }), create("refs/tags/v9.1.0"), "ssh", null],
    [
      "administrator without a role creates",
      admin(0, { tags }),
      create(tag),
      "ssh",
      "You are not allowed to create this tag as it is protected.",
    ],
    [
      "a maintainer whom no level admits deletes over the web",
      inRole(40, { tags: [rule("v*", [createBy(0)])] }),
      remove(tag),
      "web",
      "You are not allowed to create this tag as it is protected.",
    ],
    ["another tag", inRole(30, { tags }), update("refs/tags/x1"), "ssh", null],
    [
      "204: production/*",
      inRole(30, { tags: [rule("production/*", [createBy(40)])] }),
      create("refs/tags/production/some-tag"),
      "ssh",
      "You are not allowed to create this tag as it is protected.",
    ],
    ["204: staging", inRole(30, { tags: [rule("production/*", [createBy(40)])] }), create("refs/tags/staging/some-tag"), "ssh", null],
    ["a branch of that name", inRole(30, { tags: [rule("*", [createBy(0)])] }), update(feature), "ssh", null],
    ["developers create", inRole(30, { tags: [rule("v*", [createBy(30)])] }), create(tag), "ssh", null],
    ["user 7 creates", inRole(30, { tags: [rule("v*", [{ ...createBy(0), accessLevel: null, userId: 7 }])] }), create(tag), "ssh", null],
  ])("%s", (_, facts, line, protocol, expected) => {
    expect(message(facts, line, { protocol })).toBe(expected);
  });
});

describe("deploy keys have two identities: who made them, and what they may", () => {
  const key = aKey({ kind: "deploy" });
  const made = (level: number, { canPush = true, ...changes }: FactChanges & { canPush?: boolean } = {}) =>
    inRole(level, { key, deployKeyGrant: { canPush }, ...changes });
  const ownKey: RuleLevel = { ...noLevel, deployKeyId: 11, isOwnWritableKey: true };

  it("push any branch their maker may see, also where the maker may not push", () => {
    expect(verdict(made(10), update(feature))).toBe("allowed");
    expect(verdict(made(10), create(tag))).toBe("allowed");
    expect(verdict(made(10), update("refs/notes/commits"))).toBe("allowed");
  });
  it("206: do not change existing tags where their maker may not push", () => {
    const text = "You are not allowed to change existing tags on this project.";
    expect(message(made(20), update(tag))).toBe(text);
    expect(message(made(20), remove(tag))).toBe(text);
    expect(message({ ...made(20), push: { ...noPushFacts, storedRefs: [{ name: tag, sha: oldrev }] } }, create(tag))).toBe(text);
    expect(verdict(made(30), update(tag))).toBe("allowed");
  });
  it.each<[string, AccessFacts]>([
    ["is gone", made(30, { user: null })],
    ["is blocked", made(30, { user: aUser({ state: "blocked" }) })],
    ["is deactivated", made(30, { user: aUser({ state: "deactivated" }) })],
    ["has not accepted the terms", made(30, { settings: { enforce_terms: true } })],
    ["has an expired password", made(30, { user: aUser({ passwordExpiresAt: inHours(-1) }) })],
    ["may not see the project", made(0)],
    ["is external to an internal project", made(0, { user: aUser({ isExternal: true }), project: { visibility: "internal" } })],
  ])("whose maker %s push nothing that is named", (_, facts) => {
    for (const ref of [feature, tag, "refs/notes/commits"]) expect(verdict(facts, update(ref))).toBe("push_code");
    expect(decideAccess(aPush(), facts, now).kind).toBe("allowed");
  });
  it("without write access push nothing", () => {
    expect(verdict(made(50, { canPush: false }), update(feature))).toBe("deploy_key_upload");
  });
  it("125, 126: need a level of a protected branch's rule", () => {
    expect(verdict(made(30, { rules: [rule("feature", [pushBy(0)])] }), update(feature))).toBe("branch_push");
    expect(verdict(made(30, { rules: [rule("feature", [pushBy(0), ownKey])] }), update(feature))).toBe("allowed");
    expect(verdict(made(10, { rules: [rule("feature", [pushBy(0), ownKey])] }), update(feature))).toBe("allowed");
  });
  it("are let in by a role that their maker has", () => {
    expect(verdict(made(40, { rules: [rule("feature", [pushBy(40)])] }), update(feature))).toBe("allowed");
    expect(verdict(made(30, { rules: [rule("feature", [pushBy(40)])] }), update(feature))).toBe("branch_push");
  });
  it("are not let in by a level of a maker who may not push", () => {
    const levels = [{ ...noLevel, userId: 7 }, { ...noLevel, groupId: 1, groupMemberUntil: "9999-12-31" }, pushBy(30)];
    for (const each of levels) {
      expect(verdict(made(20, { rules: [rule("feature", [each])] }), update(feature))).toBe("branch_push");
      expect(verdict(made(30, { rules: [rule("feature", [each])] }), update(feature))).toBe("allowed");
    }
  });
  it("push to an internal project whose maker is nobody there", () => {
    expect(verdict(made(0, { project: { visibility: "internal" } }), update(feature))).toBe("allowed");
  });
  it("whose maker is gone push nothing to a public fork either", () => {
    expect(verdict(made(30, { user: null, project: { visibility: "public" } }), update(feature))).toBe("push_code");
  });
  it("push first to an empty repository that nothing protects", () => {
    const facts = (protection: number) =>
      made(10, { project: { isRepositoryEmpty: true }, namespaces: [aGroup({ defaultBranchProtection: protection })] });
    for (const protection of [0, 1]) expect(verdict(facts(protection), create(master))).toBe("allowed");
    for (const protection of [2, 3, 4]) expect(verdict(facts(protection), create(master))).toBe("push_code");
  });
  it("their level needs a maker who is a member", () => {
    const facts = (level: number) => made(level, { rules: [rule("feature", [ownKey])], project: { visibility: "public" } });
    expect(verdict(facts(0), update(feature))).toBe("branch_push");
    expect(verdict(facts(10), update(feature))).toBe("allowed");
  });
  it("128: the same for tags", () => {
    const own: RuleLevel = { ...ownKey, action: "create" };
    expect(verdict(made(30, { tags: [rule("v*", [createBy(0)])] }), create("refs/tags/v0.1.2"))).toBe("tag_protected_create");
    expect(verdict(made(30, { tags: [rule("v*", [createBy(0), own])] }), create("refs/tags/v0.1.2"))).toBe("allowed");
  });
  it("a pattern as wide as * stops them at the first test, for every ref", () => {
    const rules = [rule("*", [pushBy(0)])];
    for (const ref of [feature, tag, "refs/notes/commits"]) expect(verdict(made(30, { rules }), update(ref))).toBe("push_code");
    expect(verdict(made(30, { rules: [rule("refs/tags/*", [pushBy(0)])] }), update(tag))).toBe("push_code");
  });
  it("an empty repository gets its first branch where their maker could make it", () => {
    const facts = (level: number) => made(level, { project: { isRepositoryEmpty: true } });
    expect(verdict(facts(40), create(master))).toBe("allowed");
    expect(verdict(facts(30), create(master))).toBe("push_code");
  });
});

describe("9.4: collaboration on forks", () => {
  const collaboration = (changes: Partial<Collaboration["target"]> = {}, author: Partial<Collaboration["author"]> = {}): Collaboration => ({
    sourceBranch: "feature",
    targetBranch: "main",
    author: { isAdmin: false, isNamespaceOwner: true, memberships: [], ...author },
    target: {
      visibility: "public",
      isArchived: false,
      repositoryAccessLevel: "enabled",
      isRepositoryEmpty: false,
      defaultBranchProtection: null,
      isNamespaceOwner: false,
      memberships: [aMembership(30)],
      branchRules: [],
      ...changes,
    },
  });
  const visitor = (each: Collaboration, project: Parameters<typeof aProject>[0] = {}, rules: RefRule[] = []) => ({
    ...inRole(0, { project: { visibility: "public", ...project } }),
    push: { ...noPushFacts, branchRules: rules, collaborations: [each] },
  });

  it("195: a developer of the target pushes the source branch, and no other", () => {
    const facts = visitor(collaboration());
    expect(verdict(facts, update(feature))).toBe("allowed");
    expect(verdict(facts, create(feature))).toBe("allowed");
    expect(verdict(facts, update("refs/heads/other"))).toBe("push_code");
    expect(verdict(facts, [update(feature), update("refs/heads/other")])).toBe("push_code");
    for (const ref of ["refs/tags/feature", "refs/notes/feature", "feature"]) expect(verdict(facts, update(ref))).toBe("push_code");
    expect(decideAccess(aPush(), facts, now).kind).toBe("allowed");
  });
  it.each<[string, AccessFacts]>([
    ["196: a guest of the target", visitor(collaboration({ memberships: [aMembership(10)] }))],
    ["a stranger to the target", visitor(collaboration({ memberships: [] }))],
    ["whose membership of the target is over", visitor(collaboration({ memberships: [aMembership(30, { expiresAt: "2026-03-15" })] }))],
    ["a private target", visitor(collaboration({ visibility: "private" }))],
    ["an archived target", visitor(collaboration({ isArchived: true }))],
    ["a target without a repository", visitor(collaboration({ repositoryAccessLevel: "disabled" }))],
    ["an author who could not push", visitor(collaboration({}, { isNamespaceOwner: false }))],
    ["an empty fork", visitor(collaboration(), { isRepositoryEmpty: true })],
    ["a protected source branch", visitor(collaboration(), {}, [rule("feature", [pushBy(30)])])],
    ["a target branch closed to them", visitor(collaboration({ branchRules: [rule("main", [pushBy(40), mergeBy(40)])] }))],
    ["nobody", { ...visitor(collaboration()), user: null }],
  ])("%s has no grant", (_, facts) => {
    expect(verdict(facts, create(feature))).not.toBe("allowed");
    expect(decideAccess(aPush(), facts, now).kind).toBe("refused");
  });
  it("a private fork has none", () => {
    const facts = { ...visitor(collaboration(), { visibility: "private" }), memberships: [aMembership(20)] };
    expect(verdict(facts, update(feature))).toBe("push_code");
  });
  it("merging into the target is enough", () => {
    const rules = [rule("main", [pushBy(40), mergeBy(30)])];
    expect(verdict(visitor(collaboration({ branchRules: rules })), update(feature))).toBe("allowed");
  });
  it("a target whose repository is for members is open to its members", () => {
    expect(verdict(visitor(collaboration({ repositoryAccessLevel: "private" })), update(feature))).toBe("allowed");
  });
  it("a target that is still empty is entered as its own namespace lets developers, else as the instance does", () => {
    const empty = (defaultBranchProtection: number | null, ofInstance: number) => {
      const facts = visitor(collaboration({ isRepositoryEmpty: true, defaultBranchProtection }));
      facts.instance.settings.default_branch_protection = ofInstance;
      return verdict(facts, update(feature));
    };
    expect(empty(0, 2)).toBe("allowed");
    expect(empty(2, 0)).toBe("push_code");
    expect(empty(null, 0)).toBe("allowed");
    expect(empty(null, 2)).toBe("push_code");
  });
  it("an administrator's is not needed, an author's administratorship counts", () => {
    expect(verdict(visitor(collaboration({}, { isNamespaceOwner: false, isAdmin: true })), update(feature))).toBe("allowed");
  });
  it("a deploy key has none", () => {
    const facts = { ...visitor(collaboration()), key: aKey({ kind: "deploy" }), deployKeyGrant: null };
    expect(verdict(facts, update(feature))).toBe("deploy_key_upload");
  });
});

describe("13: what is pushed", () => {
  it("LFS: 223 disabled, 224 once for all changes, 226 all uploaded, 227 deletions, missing ones", () => {
    const asked: string[] = [];
    const counting =
      (isComplete: boolean): Answers =>
      ({ question }) => {
        asked.push(question.name);
        return { kind: "verified", value: isComplete };
      };
    expect(verdict(inRole(30, { project: { isLfsEnabled: false } }), update(feature), { answers: counting(false) })).toBe("allowed");
    expect(verdict(inRole(30), remove(feature), { answers: counting(false) })).toBe("allowed");
    expect(asked).toEqual([]);
    expect(verdict(inRole(30), [update(feature), create(tag)], { answers: counting(true) })).toBe("allowed");
    expect(asked).toEqual(["lfs_integrity"]);
    expect(message(inRole(30), [remove(feature), update("refs/notes/x")], { answers: counting(false) })).toBe(
      'LFS objects are missing. Ensure LFS is properly set up or try a manual "git lfs push --all".',
    );
  });

  it("229 to 231: files locked by others", () => {
    const locked = (changes: FactChanges = {}) => ({
      ...inRole(30, changes),
      push: { ...noPushFacts, hasLfsLocks: true },
    });
    const lock = knows("lfs_locks", { path: "a/b.psd", username: "bob" });
    expect(message(locked(), update(feature), { answers: lock })).toBe("'a/b.psd' is locked in Git LFS by @bob");
    expect(message(locked(), create(tag), { answers: lock })).toBe("'a/b.psd' is locked in Git LFS by @bob");
    expect(verdict(locked(), update(feature), { answers: knows("lfs_locks", null) })).toBe("allowed");
    expect(verdict(locked(), remove(feature), { answers: lock })).toBe("allowed");
    expect(verdict(locked(), update("refs/notes/x"), { answers: lock })).toBe("allowed");
    expect(verdict(locked({ project: { isLfsEnabled: false } }), update(feature), { answers: lock })).toBe("allowed");
    expect(verdict(inRole(30), update(feature), { answers: lock })).toBe("allowed");
  });

  it("13.4: signed web commits are their author's", () => {
    const foreign = knows("web_author", false);
    const text = "For signed Web commits, the commit must be equal to the author";
    expect(message(inRole(30), update(feature), { answers: foreign, protocol: "web" })).toBe(text);
    expect(message(inRole(30), update(feature), { answers: foreign })).toBeNull();
    expect(message(inRole(30), remove(feature), { answers: foreign, protocol: "web" })).toBeNull();
    expect(message(inRole(30), update(feature), { answers: knows("web_author", true), protocol: "web" })).toBeNull();
    const request = aPush({ changes: parseChanges(update(feature)), protocol: "web", skipsCommitsCheck: true });
    expect(decideAccess(request, inRole(30), now, { answers: foreign }).kind).toBe("allowed");
  });

  it.each<[UnverifiedKind, AccessFacts, string, string]>([
    ["force_push", inRole(40, { rules: [rule("feature", [pushBy(40)])] }), update(feature), "ssh"],
    ["branch_basis", inRole(30, { rules: [rule("feature", [pushBy(40), mergeBy(30)])] }), create(feature), "web"],
    ["lfs_integrity", inRole(30), update(feature), "ssh"],
    ["lfs_locks", { ...inRole(30), push: { ...noPushFacts, hasLfsLocks: true } }, update(feature), "ssh"],
    ["web_author", inRole(30), update(feature), "web"],
  ])("18: nobody can check %s: allowed or refused as the setting says, and never passed", (kind, facts, line, protocol) => {
    const under = (policy: "allow" | "refuse") => ({
      ...facts,
      instance: { ...facts.instance, unverifiedChecks: { ...defaultPolicy, [kind]: policy } },
    });
    const allowed = decide(under("allow"), line, { protocol });
    expect(allowed.kind).toBe("allowed");
    expect(allowed.notVerified).toContain(kind);
    const refused = decide(under("refuse"), line, { protocol });
    expect(refused).toMatchObject({
      kind: "refused",
      ref: kind === "lfs_integrity" ? null : line.split(" ")[2],
      refusal: { reason: "unverified", message: `This push could not be verified: ${kind}. Please contact your administrator.` },
    });
  });

  it("by default only the basis of a protected branch is refused unverified", () => {
    const refused = Object.entries(defaultPolicy).flatMap(([kind, policy]) => (policy === "refuse" ? [kind] : []));
    expect(refused).toEqual(["branch_basis"]);
    expect(Object.keys(defaultPolicy).toSorted()).toEqual([...unverifiedKinds].toSorted());
    for (const kind of unverifiedKinds) expect(["allow", "refuse"]).toContain(defaultPolicy[kind]);
  });

  it("what the rules decide is not asked", () => {
    const asked: string[] = [];
    const answers: Answers = ({ question }) => {
      asked.push(question.name);
      return { kind: "not_verified" };
    };
    decide(
      inRole(30, { rules: [rule("feature", [pushBy(40)])], project: { isLfsEnabled: false } }),
      [update(master), create("refs/heads/x"), create(tag)],
      { answers },
    );
    expect(asked).toEqual([]);
  });
});

describe("17: the time limit", () => {
  const timed = (clock: () => number, answers: Answers, lines = [update(feature), update(master)]) => {
    const facts = inRole(40, { rules: [rule("*", [pushBy(40)])] });
    const decision = decideAccess(aPush({ changes: parseChanges(lines.join("\n")) }), facts, now, { clock, answers });
    return decision.kind === "refused" ? decision.refusal : null;
  };
  const head = "Push operation timed out\n\nTiming information for debugging purposes:\n";

  it("147, 234: the budget is gone: the next step is not begun", () => {
    let time = 1000;
    const refusal = timed(
      () => time,
      () => {
        time += 50_000;
        return { kind: "verified", value: false };
      },
      [update("refs/heads/wow"), update(master)],
    );
    expect(refusal).toEqual({
      class: "unavailable",
      reason: "timed_out",
      message: `${head}Running checks for ref: wow
Checking if you are allowed to push... (0.0ms)
Checking if default branch is being deleted... (0.0ms)
Checking if you are force pushing to a protected branch... (50000.0ms)
Checking if you are allowed to push to the protected branch... (cancelled)`,
    });
  });

  it("236: a step that is cut off says after how long", () => {
    let time = 0;
    const refusal = timed(
      () => time,
      () => {
        time += 30_000;
        return { kind: "timed_out" };
      },
    );
    expect(refusal!.message.split("\n").at(-1)).toBe(
      "Checking if you are force pushing to a protected branch... (cancelled after 30000.0ms)",
    );
  });

  it("49,999 ms are in time, and a question is told how long it may take", () => {
    let time = 0;
    const left: number[] = [];
    const refusal = timed(
      () => time,
      ({ question, millisecondsLeft }) => {
        left.push(millisecondsLeft);
        time += 16_666.333;
        return { kind: "verified", value: question.name === "lfs_integrity" };
      },
      [update("refs/heads/a"), update("refs/heads/b")],
    );
    expect(refusal).toBeNull();
    expect(left.map(Math.round)).toEqual([50_000, 33_334, 16_667]);
  });

  it("tells of the last steps only", () => {
    let time = 0;
    let count = 0;
    const refusal = timed(
      () => time,
      () => {
        count += 1;
        time += count === 5000 ? 60_000 : 0;
        return { kind: "verified", value: false };
      },
      Array.from({ length: 6000 }, (_, index) => update(`refs/heads/b${index}`)),
    );
    expect(refusal!.message.split("\n").length).toBeLessThan(500);
    expect(refusal!.message).toContain("Running checks for ref: b4999\n");
  });

  it("the budget is gone after the last ref: LFS is not looked at", () => {
    let time = 0;
    const answers: Answers = () => {
      time += 50_000;
      return { kind: "verified", value: null };
    };
    const facts = { ...inRole(30), push: { ...noPushFacts, hasLfsLocks: true } };
    const request = aPush({ changes: parseChanges(update(feature)) });
    const decision = decideAccess(request, facts, now, { clock: () => time, answers });
    expect(decision).toMatchObject({ kind: "refused", stoppedBy: "lfs_integrity", ref: null, refusal: { reason: "timed_out" } });
    expect(decision.kind === "refused" && decision.refusal.message.endsWith("\nRunning checks for 1 changes (cancelled)")).toBe(true);
  });

  it("tells of every step by its name", () => {
    const protect = { rules: [rule("feature", [pushBy(40)])], tags: [rule("v*", [createBy(40)])] };
    const facts = { ...inRole(40, protect) };
    facts.push = { ...facts.push, hasLfsLocks: true };
    let time = 0;
    const answers: Answers = ({ question }) => {
      if (question.name !== "lfs_integrity")
        return { kind: "verified", value: { force_push: false, web_author: true }[question.name as "web_author"] ?? null };
      time += 12.344;
      return { kind: "timed_out" };
    };
    const lines = [update(feature), create(feature), remove(feature), create(tag), remove(tag), update("refs/notes/x")];
    const decision = decideAccess(aPush({ changes: parseChanges(lines.join("\n")), protocol: "web" }), facts, now, {
      clock: () => time,
      answers,
    });
    const push = "Checking if you are allowed to push... (0.0ms)";
    const branch = [push, "Checking if default branch is being deleted... (0.0ms)"];
    const force = "Checking if you are force pushing to a protected branch... (0.0ms)";
    const [creating, deleting, pushing] = ["create a protected branch", "delete the protected branch", "push to the protected branch"].map(
      (what) => `Checking if you are allowed to ${what}... (0.0ms)`,
    );
    const objects = ["Checking if commits authors are valid... (0.0ms)", "Validating diffs' file paths... (0.0ms)"];
    const tagged = [
      "Running checks for ref: v1.0",
      push,
      "Checking if you are allowed to change existing tags... (0.0ms)",
      "Checking if you are providing a valid tag name... (0.0ms)",
      "Checking if you are creating, updating or deleting a protected tag... (0.0ms)",
      ...objects,
    ];
    const named = "Running checks for ref: feature";
    const expected = [
      head.split("\n").slice(0, -1),
      [named, ...branch, force, pushing, ...objects],
      [named, ...branch, force, creating, ...objects],
      [named, ...branch, force, deleting, ...objects],
      tagged,
      tagged,
      ["Running checks for ref: refs/notes/x", push, "Running checks for 6 changes (0.0ms)"],
      ["Scanning repository for blobs stored in LFS and verifying their files have been uploaded to GitLab... (cancelled after 12.34ms)"],
    ];
    expect(decision.kind === "refused" ? decision.refusal.message.split("\n") : []).toEqual(expected.flat());
  });

  it("a repository that fails is no answer", () => {
    expect(
      timed(
        () => 0,
        () => ({ kind: "failed" }),
      ),
    ).toMatchObject({
      class: "unavailable",
      message: "The access check could not be completed. Please try again later.",
    });
  });
});

describe("14.2: snippets", () => {
  const snippet = (changes: Parameters<typeof aSnippet>[0] = {}) =>
    someFacts({ target: targetOf("snippet", null, aSnippet(changes)), namespaces: [] });
  const branches = "You can not create or delete branches.";
  const main = "refs/heads/main";
  const files = (count: number) => ({ answers: knows("snippet_files", count) });

  it.each<[string, AccessFacts, string, string | null]>([
    ["254: delete the branch", snippet(), remove(main), branches],
    ["254: delete another ref", snippet(), remove(tag), branches],
    ["254: create a second one", snippet(), create(feature), branches],
    ["create a tag", snippet(), create(tag), branches],
    ["update it", snippet(), update(main), null],
    ["255: create the default branch", snippet(), create(main), null],
    ["255: empty: any first branch", snippet({ isRepositoryEmpty: true, defaultBranch: null }), create(feature), null],
    ["empty: two branches", snippet({ isRepositoryEmpty: true }), `${create(feature)}\n${create(main)}`, branches],
    ["empty: a tag", snippet({ isRepositoryEmpty: true }), create(tag), branches],
    ["stored as empty: what is changed was there", snippet({ isRepositoryEmpty: true }), update(feature), null],
    ["the default branch is not known", snippet({ defaultBranch: null }), update(main), branches],
  ])("%s", (_, facts, lines, expected) => {
    expect(message(facts, lines)).toBe(expected);
  });

  it("257: at least one file, at most ten", () => {
    expect(message(snippet(), update(main), files(11))).toBe("The repository can contain at most 10 file(s).");
    expect(message(snippet(), update(main), files(0))).toBe("The repository must contain at least 1 file.");
    for (const count of [1, 10]) expect(message(snippet(), update(main), files(count))).toBeNull();
  });
  it("258: the size limit comes before the branches", () => {
    const size = (value: string) => ({ answers: knows("snippet_size", value) });
    expect(message(snippet(), remove(main), size("exceeded"))).toMatch(
      /^Your push to this repository cannot be completed because this repository has exceeded/,
    );
    expect(message(snippet(), remove(main), size("would_exceed"))).toMatch(
      /^Your push to this repository cannot be completed as it would exceed/,
    );
    expect(message(snippet(), remove(main), size("within"))).toBe(branches);
  });
  it("18: nobody can count the files", () => {
    expect(decide(snippet(), update(main))).toMatchObject({ kind: "allowed", notVerified: ["snippet_files"] });
    const facts = snippet();
    facts.instance.unverifiedChecks = { ...defaultPolicy, snippet_files: "refuse" };
    expect(message(facts, update(main))).toBe("This push could not be verified: snippet_files. Please contact your administrator.");
  });
  it("what is not named is not looked at", () => {
    expect(decideAccess(aPush(), snippet(), now)).toMatchObject({ kind: "allowed", notVerified: [] });
  });
});

describe("the rules of one kind of ref", () => {
  it("do not speak of what has no name", () => {
    const book = ruleBookOf([rule("", []), rule("*", []), rule("main", [])]);
    expect(book.matching("")).toEqual([]);
    expect(book.matching("main").map(({ name }) => name)).toEqual(["main", "*"]);
    expect(book.matching("")).toEqual([]);
  });
});
