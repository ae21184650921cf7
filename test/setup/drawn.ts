import * as fc from "fast-check";
import type { AccessFacts, Collaboration, PushFacts, RefRule, RuleLevel } from "../../src/domain/access/facts.ts";
import { parseChanges, type RefChange } from "../../src/domain/git/changes.ts";
import { unverifiedKinds, type GitAnswer, type QuestionName, type UnverifiedPolicy } from "../../src/domain/git/questions.ts";
import { featureLevels, visibilities } from "../../src/domain/identity/visibility.ts";
import type { Answers } from "./decide.ts";
import { aGroup, aKey, aMembership, aProject, aUser, blank, newrev, noLevel, oldrev, someFacts, targetOf } from "./facts.ts";

/** What is usual four times of five, so that most of what is drawn gets past the first guards. */
export const mostly = <T>(usual: T, any: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 4 }, { arbitrary: any, weight: 1 });
export const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** Few, so that rules, merges and stored refs speak of what is pushed. */
const goodNames = ["main", "feature", "feat/x", "v1.0", "stable"];
const badNames = ["-x", "a..b", "f".repeat(40), "v\ufffd", "HEAD", "refs/heads/x", "refs/tags/x"];
const name = fc.oneof({ arbitrary: fc.constantFrom(...goodNames), weight: 4 }, { arbitrary: fc.constantFrom(...badNames), weight: 1 });
const otherRefs = ["refs/notes/commits", "refs/merge-requests/1/head", "HEAD", "refs/heads/", "refs/tags/"];
const ref = fc.oneof(
  { arbitrary: name.map((each) => `refs/heads/${each}`), weight: 6 },
  { arbitrary: name.map((each) => `refs/tags/${each}`), weight: 3 },
  { arbitrary: fc.constantFrom(...otherRefs), weight: 1 },
);
const revision = fc.constantFrom(oldrev, newrev);

/** A ref that is created, updated, deleted, or pushed without anything new. */
export const change: fc.Arbitrary<RefChange> = fc
  .tuple(fc.constantFrom([blank, newrev], [oldrev, newrev], [oldrev, blank], [oldrev, oldrev]), ref)
  .map(([[before, after], each]) => ({ oldrev: before, newrev: after, ref: each }));

export const listOf = (changes: readonly RefChange[]) =>
  parseChanges(changes.map((each) => `${each.oldrev} ${each.newrev} ${each.ref}\n`).join(""));

const holder: fc.Arbitrary<Partial<RuleLevel>> = fc.oneof(
  fc.constantFrom(0, 30, 40, 60).map((accessLevel) => ({ accessLevel })),
  fc.constantFrom(7, 8).map((userId) => ({ userId })),
  fc.constantFrom(null, "2026-03-15", "2026-03-16").map((groupMemberUntil) => ({ groupId: 1, groupMemberUntil })),
  fc.boolean().map((isOwnWritableKey) => ({ deployKeyId: 9, isOwnWritableKey })),
);
export const level: fc.Arbitrary<RuleLevel> = fc
  .tuple(fc.constantFrom("push" as const, "merge" as const, "create" as const), holder)
  .map(([action, each]) => ({ ...noLevel, action, ...each }));
const pattern = fc.oneof(name, fc.constantFrom("*", "feat*", "*/x", "v*", "s*e", "refs/heads/*", "refs/tags/v*", ""));
export const rule: fc.Arbitrary<RefRule> = fc.record({
  id: fc.nat(),
  name: pattern,
  isInherited: fc.boolean(),
  allowsForcePush: fc.boolean(),
  levels: fc.array(level, { maxLength: 4 }),
});
const rules = fc.array(rule, { maxLength: 4 });
const memberships = fc.array(
  fc.constantFrom(10, 20, 30, 40).map((each) => aMembership(each)),
  { maxLength: 2 },
);
const protection = maybe(fc.integer({ min: 0, max: 4 }));
const collaboration: fc.Arbitrary<Collaboration> = fc.record({
  sourceBranch: name,
  targetBranch: name,
  author: fc.record({ isAdmin: fc.boolean(), isNamespaceOwner: fc.boolean(), memberships }),
  target: fc.record({
    visibility: mostly("public" as const, fc.constantFrom(...visibilities)),
    isArchived: mostly(false, fc.boolean()),
    repositoryAccessLevel: mostly("enabled" as const, fc.constantFrom(...featureLevels)),
    isRepositoryEmpty: mostly(false, fc.boolean()),
    defaultBranchProtection: protection,
    isNamespaceOwner: fc.boolean(),
    memberships,
    branchRules: rules,
  }),
});
export const pushFacts: fc.Arbitrary<PushFacts> = fc.record({
  branchRules: rules,
  tagRules: rules,
  mergesInProgress: fc.array(fc.record({ targetBranch: name, sha: revision }), { maxLength: 2 }),
  storedRefs: fc.array(fc.record({ name: ref, sha: revision }), { maxLength: 3 }),
  hasLfsLocks: fc.boolean(),
  collaborations: fc.array(collaboration, { maxLength: 2 }),
});
const policy = fc.record(
  Object.fromEntries(unverifiedKinds.map((kind) => [kind, mostly("allow" as const, fc.constant("refuse" as const))])),
) as fc.Arbitrary<UnverifiedPolicy>;

/** Somebody, in the role that `inRole` gives, before the code of a project and what a push to it is judged by. */
export const codeFacts: fc.Arbitrary<AccessFacts> = fc
  .record({
    user: fc.record({ isAdmin: mostly(false, fc.boolean()), isExternal: fc.boolean() }),
    deployKeyGrant: fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 3 },
      { arbitrary: fc.record({ canPush: fc.boolean() }), weight: 1 },
    ),
    project: fc.record({
      visibility: fc.constantFrom(...visibilities),
      isArchived: mostly(false, fc.boolean()),
      repositoryAccessLevel: mostly("enabled" as const, fc.constantFrom(...featureLevels)),
      isRepositoryEmpty: mostly(false, fc.boolean()),
      isLfsEnabled: fc.boolean(),
    }),
    protection,
    policy,
    push: pushFacts,
  })
  .map((drawn) =>
    someFacts({
      instance: { unverifiedChecks: drawn.policy },
      user: aUser(drawn.user),
      ...(drawn.deployKeyGrant === undefined ? {} : { key: aKey({ kind: "deploy" }), deployKeyGrant: drawn.deployKeyGrant }),
      target: targetOf("project", aProject(drawn.project)),
      namespaces: [aGroup({ defaultBranchProtection: drawn.protection })],
      push: drawn.push,
    }),
  );

export const inRole = (facts: AccessFacts, role: number): AccessFacts => ({
  ...facts,
  memberships: role === 0 ? [] : [aMembership(role)],
});

const values: Record<QuestionName, fc.Arbitrary<unknown>> = {
  force_push: fc.boolean(),
  branch_basis: fc.subarray(goodNames),
  lfs_integrity: mostly<unknown>(true, fc.boolean()),
  lfs_locks: mostly<unknown>(null, fc.constant({ path: "a.psd", username: "bob" })),
  web_author: mostly<unknown>(true, fc.boolean()),
  snippet_files: fc.constantFrom(0, 1, 10, 11),
  snippet_size: mostly<unknown>("within", fc.constantFrom("exceeded", "would_exceed")),
};

/** A repository that has one answer to a question about a ref, whenever it is asked; of these kinds. */
export function repository(...kinds: GitAnswer["kind"][]): fc.Arbitrary<Answers> {
  const answersOf = (value: fc.Arbitrary<unknown>) =>
    fc.array(
      fc.oneof(
        ...kinds.map((kind): fc.Arbitrary<GitAnswer> =>
          kind === "verified" ? value.map((each) => ({ kind, value: each })) : fc.constant({ kind }),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    );
  const entries = Object.entries(values).map(([question, value]) => [question, answersOf(value)]);
  return (fc.record(Object.fromEntries(entries)) as fc.Arbitrary<Record<QuestionName, GitAnswer[]>>).map(
    (known): Answers =>
      ({ question }) => {
        const answers = known[question.name];
        return answers[("change" in question ? question.change.ref.length : 0) % answers.length]!;
      },
  );
}
