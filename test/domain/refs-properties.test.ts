import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessDecision } from "../../src/domain/access/decide.ts";
import type { AccessFacts, RefRule } from "../../src/domain/access/facts.ts";
import type { GuardTrace } from "../../src/domain/access/guard.ts";
import type { PushTrace } from "../../src/domain/access/refs/judge.ts";
import { changesOf, isBranch, isTag, parseChanges, shortNameOf, type RefChange } from "../../src/domain/git/changes.ts";
import { compilePattern } from "../../src/domain/git/ref-pattern.ts";
import { repositoryTypes, type RepositoryType } from "../../src/domain/identity/gl-repository.ts";
import { decideAccess, type Answers } from "../setup/decide.ts";
import { change, codeFacts, inRole, level, listOf, repository, rule } from "../setup/drawn.ts";
import { aMembership, aProject, aPush, aRequest, aSnippet, blank, newrev, now, oldrev, someFacts, targetOf } from "../setup/facts.ts";

/** Mostly one that may push something. */
const role = fc.oneof(fc.constantFrom(30, 40, 50), fc.constantFrom(0, 5, 10, 15, 20, 30, 40, 50));
const protocol = fc.constantFrom("ssh", "http", "web");
const changes = fc.array(change, { minLength: 1, maxLength: 3 });
/** One that never gets lost or takes too long. */
const sound = repository("verified", "not_verified");
const anyRepository = repository("verified", "not_verified", "timed_out", "failed");

const pushOf = (lines: readonly RefChange[], over: string) => aPush({ changes: listOf(lines), protocol: over });
const aTrace = (): PushTrace => ({ guards: [], refs: [], refsRefused: 0 });

/** Checks that a property has been about something. */
function assertOften<Drawn extends [unknown, ...unknown[]]>(
  arbitraries: { [At in keyof Drawn]: fc.Arbitrary<Drawn[At]> },
  often: number,
  numRuns: number,
  holds: (...drawn: Drawn) => boolean,
) {
  let times = 0;
  fc.assert(
    fc.property(...arbitraries, (...drawn) => {
      if (holds(...drawn)) times += 1;
    }),
    { numRuns },
  );
  expect(times).toBeGreaterThan(often);
}

/** The same, in the order that the keys give. */
function shuffled<T>(items: readonly T[], keys: readonly number[]): T[] {
  const keyed = items.map((item, index) => ({ item, key: keys[index % keys.length]! }));
  return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
}

describe("rules of protected refs", () => {
  it("decide the same in whatever order they and their levels stand", () => {
    const keys = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });
    assertOften([codeFacts, role, changes, protocol, sound, keys], 150, 2000, (drawn, inThatRole, lines, over, answers, order) => {
      const reorder = (rules: readonly RefRule[]) =>
        shuffled(rules, order).map((each) => Object.assign({}, each, { levels: shuffled(each.levels, order) }));
      const facts = inRole(drawn, inThatRole);
      const { branchRules, tagRules, collaborations } = facts.push;
      const reordered: AccessFacts = {
        ...facts,
        push: {
          ...facts.push,
          branchRules: reorder(branchRules),
          tagRules: reorder(tagRules),
          collaborations: collaborations.map((each) => ({
            ...each,
            target: { ...each.target, branchRules: reorder(each.target.branchRules) },
          })),
        },
      };
      const decision = decideAccess(pushOf(lines, over), facts, now, { answers });
      expect(decideAccess(pushOf(lines, over), reordered, now, { answers })).toEqual(decision);
      return decision.kind === "allowed";
    });
  });

  /** The facts with one more level in one of the rules, at any place of its list. */
  function withLevel(facts: AccessFacts, pick: number, added: RefRule["levels"][number]): AccessFacts {
    const { branchRules, tagRules } = facts.push;
    const count = branchRules.length + tagRules.length;
    const add = (rules: RefRule[], before: number) =>
      rules.map((each, index) => (before + index === pick % count ? { ...each, levels: [...each.levels, added] } : each));
    return { ...facts, push: { ...facts.push, branchRules: add(branchRules, 0), tagRules: add(tagRules, branchRules.length) } };
  }

  it("take no right away by one more level", () => {
    assertOften(
      [codeFacts, role, changes, protocol, sound, fc.nat(), level],
      300,
      4000,
      (drawn, inThatRole, lines, over, answers, pick, added) => {
        const facts = inRole(drawn, inThatRole);
        if (decideAccess(pushOf(lines, over), facts, now, { answers }).kind !== "allowed") return false;
        expect(decideAccess(pushOf(lines, over), withLevel(facts, pick, added), now, { answers }).kind).toBe("allowed");
        return true;
      },
    );
  });

  it("give no right by one more rule where no rule spoke before", () => {
    let taken = 0;
    assertOften(
      [codeFacts, role, change, protocol, sound, rule, fc.boolean()],
      100,
      6000,
      (drawn, inThatRole, line, over, answers, added, isPattern) => {
        const { project } = drawn.target!;
        // What nobody has pushed to yet is protected without a rule, and a rule may let somebody in.
        const target = targetOf("project", { ...project!, isRepositoryEmpty: false });
        const name = shortNameOf(line.ref);
        const speaksOf = ({ name: pattern }: RefRule) => [name, line.ref].some(compilePattern(pattern));
        const others = (rules: RefRule[]) => rules.filter((each) => !speaksOf(each));
        const push = { ...drawn.push, branchRules: others(drawn.push.branchRules), tagRules: others(drawn.push.tagRules) };
        const before = inRole({ ...drawn, target, push }, inThatRole);
        const more = { ...added, name: isPattern ? added.name : name };
        const after = {
          ...before,
          push: { ...push, branchRules: [...push.branchRules, more], tagRules: [...push.tagRules, more] },
        };
        const verdicts = [before, after].map((facts) => decideAccess(pushOf([line], over), facts, now, { answers }).kind);
        if (verdicts[0] === "allowed" && verdicts[1] === "refused") taken += 1;
        if (verdicts[1] === "allowed") expect(verdicts[0]).toBe("allowed");
        return verdicts[1] === "allowed";
      },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

describe("who may push", () => {
  it("keeps every right in a stronger role", () => {
    let won = 0;
    assertOften([codeFacts, role, role, changes, protocol, sound], 300, 6000, (drawn, one, other, lines, over, answers) => {
      const [weaker, stronger] = [Math.min(one, other), Math.max(one, other)];
      for (const request of [pushOf(lines, over), pushOf(lines.slice(0, 1), over), aPush({ protocol: over })]) {
        const kinds = [weaker, stronger].map((each) => decideAccess(request, inRole(drawn, each), now, { answers }).kind);
        if (kinds[0] === "allowed") expect(kinds[1], JSON.stringify(request.changes)).toBe("allowed");
        else if (kinds[1] === "allowed") won += 1;
      }
      return decideAccess(pushOf(lines, over), inRole(drawn, weaker), now, { answers }).kind === "allowed" && weaker < stronger;
    });
    expect(won).toBeGreaterThan(300);
  });

  it("is somebody who is a developer, or was given leave for the branch", () => {
    const person = fc.constantFrom(null, 10, 20);
    assertOften([codeFacts, person, changes, protocol, sound, fc.boolean()], 1000, 4000, (drawn, who, lines, over, answers, isNamed) => {
      const facts: AccessFacts = {
        ...inRole(drawn, who ?? 0),
        key: null,
        deployKeyGrant: null,
        user: who === null ? null : { ...drawn.user!, isAdmin: false },
      };
      const request = isNamed ? pushOf(lines, over) : aPush({ protocol: over });
      const mayUse = (each: RefChange) => facts.push.collaborations.some(({ sourceBranch }) => each.ref === `refs/heads/${sourceBranch}`);
      const decision = decideAccess(request, facts, now, { answers });
      const hasLeave = who !== null && (isNamed ? lines.every(mayUse) : facts.push.collaborations.length > 0);
      if (decision.kind !== "refused") expect(hasLeave).toBe(true);
      return !hasLeave;
    });
  });

  it("is nobody by an old rule, a merge or a stored ref alone", () => {
    assertOften(
      [codeFacts, fc.constantFrom(0, 5, 10, 15, 20), changes, protocol, sound],
      500,
      1500,
      (drawn, inThatRole, lines, over, answers) => {
        const facts: AccessFacts = { ...inRole(drawn, inThatRole), key: null, user: { ...drawn.user!, isAdmin: false } };
        const closed = { ...facts, push: { ...facts.push, collaborations: [] } };
        expect(decideAccess(pushOf(lines, over), closed, now, { answers }).kind).toBe("refused");
        return true;
      },
    );
  });
});

describe("a push of several refs", () => {
  it("is decided by the first that is refused, judged one by one; LFS apart", () => {
    let refused = 0;
    assertOften(
      [codeFacts, role, changes, protocol, repository("verified", "not_verified", "failed")],
      100,
      3000,
      (drawn, inThatRole, lines, over, known) => {
        const answers: Answers = (asking) => (asking.question.name === "lfs_integrity" ? { kind: "verified", value: true } : known(asking));
        const facts = inRole(drawn, inThatRole);
        const decisions = lines.map((line) => decideAccess(pushOf([line], over), facts, now, { answers }));
        const first = decisions.findIndex(({ kind }) => kind === "refused");
        const looked = first === -1 ? decisions : decisions.slice(0, first + 1);
        const notVerified = [...new Set(looked.flatMap((each) => each.notVerified))];
        const decision = decideAccess(pushOf(lines, over), facts, now, { answers });
        expect(decision).toEqual({ ...looked.at(-1), notVerified });
        if (first > 0) refused += 1;
        return first === -1 && lines.length > 1;
      },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

const account = ["key", "user_state", "two_factor_session"];
const before = ["scoped_user", "operation_limit", "protocol", ...account, "command", "cannot_push_to_read_only", "container"];
const common = [...before, "repository"];
const ofSnippet = ["scoped_user", "operation_limit", "snippet_exists", "protocol", "snippet_authentication_mechanism", ...account];
const snippet = [...ofSnippet, "command", "cannot_push_to_read_only", "container", "repository"];
const ofDesign = ["scoped_user", "operation_limit", "design_web_only", "key", "user_state", "design_manage"];
const design = [...ofDesign, "command", "cannot_push_to_read_only", "container", "repository"];
const push = ["repository_read_only", "archived", "deploy_key_upload", "upload"];
/** Contract git-access 5, 11.1 and 14: every guard of a request, in order. */
const requestGuards: Record<RepositoryType, { download: string[]; push: string[]; changes: string[] }> = {
  project: { download: [...common, "download"], push: [...common, "changes", ...push, "push_any"], changes: ["refs", "lfs_integrity"] },
  wiki: { download: [...common, "wiki_download"], push: [...common, ...push, "wiki_write"], changes: [] },
  snippet: {
    download: [...snippet, "snippet_read"],
    push: [...snippet, "changes", "snippet_user", "repository_read_only", "snippet_update"],
    changes: ["snippet_size", "refs"],
  },
  design: { download: design, push: design, changes: [] },
};
const objects = ["web_author", "lfs_locks"];
/** Contract git-access 12 and 13: every guard of a ref, in order. */
const branchGuards = [
  "push_code",
  "branch_default_deletion",
  "branch_hash_name",
  "branch_name",
  "branch_protection",
  "branch_force_push",
  "branch_delete",
  "branch_create",
  "branch_create_basis",
  "branch_create_web_only",
  "branch_push",
  ...objects,
];
const tagGuards = [
  "push_code",
  "tag_change",
  "tag_default_branch",
  "tag_encoding",
  "tag_name",
  "tag_hash_name",
  "tag_protection",
  "tag_protected_update",
  "tag_protected_delete",
  "tag_protected_create",
  ...objects,
];
const guardsOfRef = (ref: string) => (isBranch(ref) ? branchGuards : isTag(ref) ? tagGuards : ["push_code"]);

/** Every guard once and in order; the one that stopped is the only one, and those after it were not asked. */
function expectTrace(trace: readonly GuardTrace[], order: readonly string[], stoppedBy: string | null) {
  expect(trace.map(({ guard }) => guard)).toEqual(order);
  const stops = trace.flatMap(({ outcome }, index) => (outcome === "stopped" ? [index] : []));
  expect(stops.map((index) => trace[index]!.guard)).toEqual(stoppedBy === null ? [] : [stoppedBy]);
  const after = stops.length === 0 ? [] : trace.slice(stops[0]! + 1);
  for (const each of after) expect(each).toEqual({ guard: each.guard, outcome: "skipped", facts: {} });
}

/** What `refs` stands for is one of the refs' own guards. */
const stopOf = (decision: AccessDecision) => (decision.kind !== "refused" ? null : decision.ref === null ? decision.stoppedBy : "refs");

describe("a decision that is explained", () => {
  it("is the same decision, and names every guard of the push and of each refused ref", () => {
    const seen = new Set<string>();
    assertOften([codeFacts, role, changes, protocol, sound], 300, 4000, (drawn, inThatRole, lines, over, answers) => {
      const facts = inRole(drawn, inThatRole);
      const trace = aTrace();
      const decision = decideAccess(pushOf(lines, over), facts, now, { answers, trace });
      expect(decision).toEqual(decideAccess(pushOf(lines, over), facts, now, { answers }));

      const { push: ofRequest, changes: ofChanges } = requestGuards.project;
      const stop = stopOf(decision);
      const isOver = stop !== null && ofRequest.includes(stop);
      expectTrace(trace.guards, [...ofRequest, ...ofChanges], stop);
      const outcomes = new Set(trace.guards.slice(0, ofRequest.length).map(({ outcome }) => outcome));
      if (!isOver) expect(outcomes).toEqual(new Set(["passed"]));

      const lfs: Answers = (asking) => (asking.question.name === "lfs_integrity" ? { kind: "verified", value: true } : answers(asking));
      const alone = lines.map((line) => ({ line, decision: decideAccess(pushOf([line], over), facts, now, { answers: lfs }) }));
      const refused = isOver ? [] : alone.filter((each) => each.decision.kind === "refused");
      expect(trace.refs).toEqual(refused.map(({ line }, index) => ({ ...line, guards: trace.refs[index]?.guards })));
      expect(trace.refsRefused).toBe(refused.length);
      for (const [index, { ref, guards }] of trace.refs.entries()) {
        const own = refused[index]!.decision;
        expectTrace(guards, guardsOfRef(ref), own.kind === "refused" ? own.stoppedBy : null);
        seen.add(own.kind === "refused" ? own.stoppedBy : "");
      }
      return decision.kind === "refused";
    });
    // Nearly every guard of a ref has stopped one of them.
    expect(seen.size).toBeGreaterThan(14);
  });

  it("counts all refused refs and shows a hundred", () => {
    const trace = aTrace();
    const lines = Array.from({ length: 130 }, (_, index) => ({ oldrev, newrev, ref: `refs/heads/b${index}` }));
    decideAccess(pushOf(lines, "ssh"), inRole(someFacts({}), 10), now, { trace });
    expect(trace.refs.map(({ ref }) => ref)).toEqual(lines.slice(0, 100).map(({ ref }) => ref));
    expect(trace.refsRefused).toBe(130);
    expect(trace.guards.find(({ guard }) => guard === "refs")).toEqual({
      guard: "refs",
      outcome: "stopped",
      facts: { count: 130, refused: 130 },
    });
  });

  it("ends where the repository does not answer", () => {
    const trace = aTrace();
    const lines = ["a", "b", "c"].map((name) => ({ oldrev, newrev, ref: `refs/heads/${name}` }));
    const facts = inRole(someFacts({}), 30);
    const asked: string[] = [];
    const answers: Answers = ({ question }) => {
      asked.push("change" in question ? question.change.ref : question.name);
      return { kind: "failed" };
    };
    const decision = decideAccess(pushOf(lines, "web"), facts, now, { answers, trace });
    expect(decision).toMatchObject({ kind: "refused", stoppedBy: "web_author", ref: "refs/heads/a", refusal: { class: "unavailable" } });
    expect(asked).toEqual(["refs/heads/a"]);
    expectTrace(trace.guards, [...requestGuards.project.push, "refs", "lfs_integrity"], "refs");
  });

  it("names every guard of every kind of repository", () => {
    const type = fc.constantFrom(...repositoryTypes);
    const facts = fc.record({
      type,
      isPush: fc.boolean(),
      role,
      protocol,
      isRead: fc.boolean(),
      isThere: fc.boolean(),
      answers: sound,
      line: change,
    });
    fc.assert(
      fc.property(facts, (drawn) => {
        const target = targetOf(
          drawn.type,
          aProject({ isRepositoryReadOnly: drawn.isRead }),
          drawn.type === "snippet" ? aSnippet({ hasRepository: drawn.isThere }) : null,
        );
        const known = someFacts({ target, memberships: [aMembership(drawn.role)] });
        const request = (drawn.isPush ? aPush : aRequest)({
          repository: { identifier: { type: drawn.type, id: 42 } },
          protocol: drawn.protocol,
          changes: listOf([drawn.line]),
        });
        const trace = aTrace();
        const decision = decideAccess(request, known, now, { answers: drawn.answers, trace });
        expect(decideAccess(request, known, now, { answers: drawn.answers })).toEqual(decision);
        const guards = requestGuards[drawn.type];
        const ofRequest = drawn.isPush ? guards.push : guards.download;
        const stop = stopOf(decision);
        expectTrace(trace.guards, drawn.isPush ? [...ofRequest, ...guards.changes] : ofRequest, stop);
        if (drawn.type !== "snippet") return;
        for (const each of trace.refs) {
          expectTrace(each.guards, ["snippet_branches", "snippet_files"], decision.kind === "refused" ? decision.stoppedBy : null);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what the repository answers", () => {
  const target = fc.constantFrom(
    null,
    targetOf("snippet", null, aSnippet()),
    targetOf("snippet", null, aSnippet({ isRepositoryEmpty: true, defaultBranch: null })),
    targetOf("wiki", aProject()),
  );

  it("never makes anything throw, and what was not answered is no allowance", () => {
    let unavailable = 0;
    assertOften([codeFacts, target, role, changes, protocol, anyRepository], 300, 5000, (drawn, other, inThatRole, lines, over, known) => {
      const facts = inRole(other === null ? drawn : { ...drawn, target: other }, inThatRole);
      const kinds = new Set<string>();
      const answers: Answers = (asking) => {
        const answer = known(asking);
        kinds.add(answer.kind);
        return answer;
      };
      const decision = decideAccess(pushOf(lines, over), facts, now, { answers });
      const isUnanswered = kinds.has("failed") || kinds.has("timed_out");
      if (isUnanswered) {
        unavailable += 1;
        const reason = kinds.has("failed") ? "facts_not_loaded" : "timed_out";
        expect(decision).toMatchObject({ kind: "refused", refusal: { class: "unavailable", reason } });
      }
      expect(decision.notVerified.length > 0).toBe(kinds.has("not_verified"));
      if (decision.kind === "allowed") {
        for (const kind of decision.notVerified) expect(facts.instance.unverifiedChecks[kind]).toBe("allow");
      }
      return !isUnanswered && kinds.size > 0;
    });
    expect(unavailable).toBeGreaterThan(300);
  });

  it("late is no answer; what was answered in time is decided as ever", () => {
    let late = 0;
    const wait = fc.array(fc.constantFrom(0, 10, 20_000, 49_999, 50_000), { minLength: 1, maxLength: 3 });
    assertOften([codeFacts, role, changes, protocol, sound, wait], 80, 2000, (drawn, inThatRole, lines, over, known, waits) => {
      const facts = inRole(drawn, inThatRole);
      let time = 0;
      let asked = 0;
      const answers: Answers = (asking) => {
        expect(asking.millisecondsLeft).toBe(50_000 - time);
        time += waits[asked % waits.length]!;
        asked += 1;
        return known(asking);
      };
      const decision = decideAccess(pushOf(lines, over), facts, now, { answers, clock: () => time });
      if (time < 50_000) {
        expect(decision).toEqual(decideAccess(pushOf(lines, over), facts, now, { answers: known }));
      } else if (decision.kind === "refused" && decision.refusal.reason === "timed_out") late += 1;
      return asked > 0 && time < 50_000;
    });
    expect(late).toBeGreaterThan(50);
  });

  it("is not passed where nobody could verify it", () => {
    assertOften([codeFacts, role, change, protocol], 60, 2000, (drawn, inThatRole, line, over) => {
      const trace = aTrace();
      const decision = decideAccess(pushOf([line], over), inRole(drawn, inThatRole), now, { trace });
      const outcomes = [...trace.guards, ...trace.refs.flatMap(({ guards }) => guards)];
      const lfs = outcomes.find(({ guard }) => guard === "lfs_integrity");
      if (decision.kind === "allowed" && decision.notVerified.includes("lfs_integrity")) {
        expect(lfs?.outcome).toBe("not_verified");
        return true;
      }
      return false;
    });
  });

  it("whatever is sent as changes, of whatever facts, nothing throws and who may not push is not let in", () => {
    const sent = fc.oneof(
      fc.anything(),
      fc.string({ unit: "binary" }),
      fc.array(fc.string()),
      changes.map((lines) => listOf(lines)),
    );
    const text = fc.oneof(
      sent.map((each) => parseChanges(each)),
      changes.map(listOf),
    );
    fc.assert(
      fc.property(codeFacts, role, text, protocol, anyRepository, fc.boolean(), (drawn, inThatRole, pushed, over, answers, isTraced) => {
        const facts = inRole(drawn, inThatRole);
        const trace = isTraced ? aTrace() : null;
        const decision = decideAccess(aPush({ changes: pushed, protocol: over }), facts, now, { answers, trace });
        expect(["allowed", "refused"]).toContain(decision.kind);
        if (typeof pushed === "object" && !pushed.isWellFormed) expect(decision.kind).toBe("refused");
        if (decision.kind === "refused" && decision.ref !== null && typeof pushed === "object") {
          expect([...changesOf(pushed)].map(({ ref }) => ref)).toContain(decision.ref);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("a creation needs no old commit: both lengths of zeros are none", () => {
    const facts = inRole(someFacts({}), 30);
    for (const zeros of [blank, "0".repeat(64)]) {
      expect(decideAccess(pushOf([{ oldrev: zeros, newrev, ref: "refs/tags/main" }], "ssh"), facts, now)).toMatchObject({
        refusal: { reason: "tag_default_branch" },
      });
      expect(decideAccess(pushOf([{ oldrev, newrev: zeros, ref: "refs/heads/main" }], "ssh"), facts, now)).toMatchObject({
        refusal: { reason: "branch_default_deletion" },
      });
    }
  });
});
