import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginsWithHash, isCleanText, isLegalRefName } from "../../src/domain/git/ref-name.ts";
import { compilePattern } from "../../src/domain/git/ref-pattern.ts";

describe("12.5: legal names of refs", () => {
  it.each([
    "feature/new",
    "implement_@all",
    "#1",
    "feature/refs/heads/foo",
    "@",
    "v6.0.0-Ü.BETA",
    "a.lock.b",
    "x.locked",
    "HEAD2",
    "heads/HEAD",
    "a-",
    "refs/tags/v1",
    "\u0085",
  ])("199: %s is legal", (name) => {
    expect(isLegalRefName(name)).toBe(true);
  });
  it.each([
    "",
    "feature/new/",
    "feature/new.",
    "feature\\@{",
    "a@{b",
    "feature//new",
    "feature new",
    "refs/heads/feature",
    "refs/remotes/origin/x",
    "-branch",
    "foo:bar",
    ".tag",
    "a/.b",
    "HEAD",
    "a.lock",
    "a.lock/b",
    "a..b",
    "/a",
    "/",
    "a~1",
    "a^",
    "a?",
    "a*",
    "a[b",
    "a\\b",
    "a\u0000",
    "a\u001f",
    "a\u007f",
  ])("%j is not", (name) => {
    expect(isLegalRefName(name)).toBe(false);
  });
});

it.each([
  ["a".repeat(40), true],
  ["A1".repeat(20), true],
  ["a".repeat(64), true],
  [`${"a".repeat(40)}-fix`, true],
  ["a".repeat(39), false],
  [`${"a".repeat(39)}g`, false],
  [`fix-${"a".repeat(40)}`, false],
])("%s begins like a commit: %s", (name, expected) => {
  expect(beginsWithHash(name)).toBe(expected);
});

it.each([
  ["v1", true],
  ["v6.0.0-Ü.BETA", true],
  ["🎉", true],
  ["v\ufffd", false],
  ["v\ud800", false],
  ["\udc00v", false],
])("%j was valid UTF-8: %s", (name, expected) => {
  expect(isCleanText(name)).toBe(expected);
});

describe("12.3: patterns", () => {
  it.each([
    ["main", "main", true],
    ["main", "Main", false],
    ["main", "main2", false],
    ["v1.*", "v1.0", true],
    ["v1.*", "v1.1", true],
    ["v1.*", "v2.0", false],
    ["v1.*", "v100", false],
    ["v*", "v", true],
    ["v*", "", false],
    ["*", "anything/at/all", true],
    ["*", "", false],
    ["", "", false],
    ["", "a", false],
    ["production/*", "production/some-tag", true],
    ["production/*", "production/a/b", true],
    ["production/*", "staging/some-tag", false],
    ["*-stable", "1-2-stable", true],
    ["*-stable", "-stable", true],
    ["*-stable", "1-stable-", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-c-b", false],
    ["a*b*c", "abbc", true],
    ["a**c", "ac", true],
    ["*ab*b", "ab", false],
    ["a*ba*a", "aba", false],
    ["a*ba*a", "abaa", true],
    ["a.c", "abc", false],
    ["a?c", "abc", false],
    ["[a]*", "a", false],
  ])("%s and %s: %s", (pattern, name, expected) => {
    expect(compilePattern(pattern)(name)).toBe(expected);
  });

  /** What the contract says, word by word: each `*` any run but of line breaks, all else itself, from end to end. */
  const naive = (pattern: string, name: string): boolean => {
    if (name === "" || pattern === "") return false;
    const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^\\n]*");
    return new RegExp(`^(?:${escaped})$`).test(name);
  };

  it("are matched as a naive matcher does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "*", "-"), maxLength: 10 });
    let matched = 0;
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const expected = naive(pattern, name);
        if (expected) matched += 1;
        expect(compilePattern(pattern)(name)).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
    expect(matched).toBeGreaterThan(200);
  });

  it("cost no more than the name is long, however many * there are", () => {
    const matches = compilePattern(`${"*a".repeat(500)}*b`);
    const started = performance.now();
    for (let round = 0; round < 100; round += 1) expect(matches("a".repeat(4000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
