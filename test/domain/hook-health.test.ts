import { describe, expect, it } from "vitest";
import { isLegalBranchFilter } from "../../src/domain/hooks/branch-filter.ts";
import { keptDeliveriesSince } from "../../src/domain/hooks/delivery-log.ts";
import { alertStatusOf, isExecutable, pauseAfter } from "../../src/domain/hooks/health.ts";
import { mostTries, retryDelaySeconds } from "../../src/domain/hooks/retry.ts";

const now = new Date("2026-03-01T12:00:00Z");
const at = (milliseconds: number) => new Date(now.getTime() + milliseconds);

describe("a hook that fails", () => {
  it.each([
    [0, null],
    [3, null],
    [4, 60_000],
    [5, 120_000],
    [6, 240_000],
    [14, 61_440_000],
    [15, 86_400_000],
    [39, 86_400_000],
    [40, null],
  ])("%i times in a row is paused for %s ms", (failures, pause) => {
    expect(pauseAfter(failures)).toBe(pause);
  });

  it.each([
    [{ failures: 0, disabledUntil: null }, "executable"],
    [{ failures: 4, disabledUntil: at(1) }, "temporarily_disabled"],
    [{ failures: 4, disabledUntil: at(0) }, "executable"],
    [{ failures: 39, disabledUntil: at(-1) }, "executable"],
    [{ failures: 40, disabledUntil: null }, "disabled"],
    [{ failures: 41, disabledUntil: at(-1) }, "disabled"],
  ] as const)("%j is %s", (health, status) => {
    expect(alertStatusOf(health, now)).toBe(status);
    expect(isExecutable(health, now)).toBe(status === "executable");
  });
});

describe("a delivery that fails", () => {
  it("is tried four times, later and later, and spread", () => {
    expect([1, 2, 3, 4, 5].map((tries) => retryDelaySeconds(tries, 0))).toEqual([10, 60, 300, null, null]);
    expect([1, 2, 3].map((tries) => retryDelaySeconds(tries, 1))).toEqual([12, 72, 360]);
    expect(mostTries).toBe(4);
  });
});

it("deliveries are kept for seven days", () => {
  expect(keptDeliveriesSince(now)).toEqual(new Date("2026-02-22T12:00:00Z"));
});

describe("a branch filter", () => {
  it.each([
    [null, "wildcard", true],
    [" ", "wildcard", true],
    ["main", "wildcard", true],
    ["release/*", "wildcard", true],
    ["*-stable", "wildcard", true],
    ["*", "wildcard", true],
    ["~badbranchname/", "wildcard", false],
    ["a b", "wildcard", false],
    ["a..b", "wildcard", false],
    ["refs/heads/main", "wildcard", false],
    ["a\u0000", "wildcard", false],
    ["\ud800", "wildcard", false],
    ["x".repeat(4001), "wildcard", false],
    ["^(release|hotfix)/[a-z0-9._-]{1,100}$", "regex", true],
    ["(", "regex", false],
    ["a(?=b)", "regex", false],
    [String.raw`(a)\1`, "regex", false],
    ["(a+)+$", "regex", true],
    ["((a{100}){100}){100}", "regex", false],
    ["x{1000}".repeat(70), "regex", false],
    ["a".repeat(513), "regex", false],
    ["~whatever(", "all_branches", true],
  ] as const)("%j as %s: legal is %s", async (filter, strategy, legal) => {
    expect(await isLegalBranchFilter(filter, strategy)).toBe(legal);
  });
});
