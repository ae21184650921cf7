import { describe, expect, it } from "vitest";
import { isLegalBranchFilter } from "../../src/domain/hooks/branch-filter.ts";
import { compileBranchFilter, selectHooks, type Listener } from "../../src/domain/hooks/select.ts";

const now = new Date("2026-06-01T12:00:00Z");
const hook: Listener = {
  id: 1,
  kind: "project",
  pushEvents: true,
  tagPushEvents: true,
  repositoryUpdateEvents: false,
  pushEventsBranchFilter: null,
  branchFilterStrategy: "wildcard",
  failures: 0,
  disabledUntil: null,
};
const branch = (name: string) => ({ type: "branch", ref: `refs/heads/${name}` }) as const;
const tag = (name: string) => ({ type: "tag", ref: `refs/tags/${name}` }) as const;

describe("which hooks hear of a change (push.md 8.1)", () => {
  it("tells branches to those with push_events and tags to those with tag_push_events", async () => {
    const { hearing } = await selectHooks(
      [
        { ...hook, id: 1, tagPushEvents: false },
        { ...hook, id: 2, pushEvents: false },
        { ...hook, id: 3 },
        { ...hook, id: 4, pushEvents: false, tagPushEvents: false },
      ],
      now,
    );
    expect(hearing(branch("main"))).toEqual([1, 3]);
    expect(hearing(tag("v1"))).toEqual([2, 3]);
  });

  it.each(["project", "group", "system"] as const)("376 tells hooks of every kind: %s", async (kind) => {
    const audience = await selectHooks([{ ...hook, kind }], now);
    expect(audience.hearing(branch("main"))).toEqual([1]);
    expect(audience.hearing(tag("v1"))).toEqual([1]);
  });

  it("tells of repository updates only system hooks that ask for them", async () => {
    const asking = { ...hook, repositoryUpdateEvents: true };
    const audience = await selectHooks(
      [{ ...asking, kind: "system", id: 5 }, asking, { ...asking, kind: "group" }, { ...hook, kind: "system" }],
      now,
    );
    expect(audience.ofRepositoryUpdate).toEqual([5]);
  });

  it("leaves out hooks that are paused or switched off", async () => {
    const system = { ...hook, kind: "system", repositoryUpdateEvents: true } as const;
    const audience = await selectHooks(
      [
        { ...system, id: 1, failures: 4, disabledUntil: new Date(now.getTime() + 1) },
        { ...system, id: 2, failures: 40 },
        { ...system, id: 3, failures: 4, disabledUntil: now },
      ],
      now,
    );
    expect(audience.hearing(branch("main"))).toEqual([3]);
    expect(audience.hearing(tag("v1"))).toEqual([3]);
    expect(audience.ofRepositoryUpdate).toEqual([3]);
  });

  it("does not ask the branch filter about tags", async () => {
    const audience = await selectHooks([{ ...hook, pushEventsBranchFilter: "main" }], now);
    expect(audience.hearing(tag("v1"))).toEqual([1]);
    expect(audience.hearing(branch("v1"))).toEqual([]);
  });
});

describe("a hook's branch filter", () => {
  const matches = (strategy: Listener["branchFilterStrategy"], filter: string | null, name: string) =>
    compileBranchFilter({ branchFilterStrategy: strategy, pushEventsBranchFilter: filter }).then((test) => test(name));

  it.each([
    ["wildcard", null, "main", true],
    ["wildcard", "", "main", true],
    ["wildcard", " ", "main", true],
    ["wildcard", "main", "main", true],
    ["wildcard", "main", "main2", false],
    ["wildcard", "Main", "main", false],
    ["wildcard", "feature/*", "feature/a/b", true],
    ["wildcard", "*-stable", "15-stable", true],
    ["wildcard", "a.c", "abc", false],
    ["regex", null, "main", true],
    ["regex", "^(main|release/.*)$", "release/1", true],
    ["regex", "^(main|release/.*)$", "xmain", false],
    ["regex", "feat", "my-feature", true],
    ["regex", "(", "main", false],
    ["regex", "(?=a)a", "a", false],
    ["regex", "\\1", "a", false],
    ["regex", ".", "x".repeat(500), true],
    ["regex", ".", "x".repeat(501), false],
    ["all_branches", "main", "other", true],
    ["all_branches", null, "other", true],
  ] as const)("%s %j and the branch %s: %s", async (strategy, filter, name, expected) => {
    expect(await matches(strategy, filter, name)).toBe(expected);
  });

  // A maintainer writes the expression, whoever pushes chooses the name: together they could keep a backtracking matcher busy for hours.
  it("takes no longer for an expression that would make others backtrack", async () => {
    const begun = performance.now();
    expect(await matches("regex", "^(a+)+$", `${"a".repeat(499)}!`)).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  // The attack: as many hooks as one may have, each with the dearest filter that can be kept, hold up the pushes of others.
  it("takes no longer than a push may, however many hooks there are", { timeout: 120_000 }, async () => {
    const filters = Array.from({ length: 99 }, (_, index) => `(x?){${990 - 10 * index}}x{${990 - 10 * index}}$`);
    const legal = await Promise.all(filters.map((filter) => isLegalBranchFilter(filter, "regex")));
    const filter = filters[legal.indexOf(true)]!;
    const begun = performance.now();
    for (let count = 0; count < 20; count += 1) {
      const isMatch = await compileBranchFilter({ pushEventsBranchFilter: filter, branchFilterStrategy: "regex" });
      for (const length of [499, 500, 4000]) isMatch("x".repeat(length));
    }
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});
