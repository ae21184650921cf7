import { expect, it } from "vitest";
import { isBranchName } from "../../src/domain/git/branch-name.ts";

it("takes what Git takes", () => {
  const names = ["main", "release/9.x", "a@b", "ünïcode", "feature/#12", "x.y", "a".repeat(255), "ü".repeat(127)];
  expect(names.filter((name) => !isBranchName(name))).toEqual([]);
});

it("refuses what Git refuses", () => {
  const names = ["", "-a", "a b", "a..b", "a/", "/a", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "@", "a@{1}"];
  const special = ["a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a\u0000", "a\u007F", "a\n", "a".repeat(256), "ü".repeat(128)];
  expect([...names, ...special].filter((name) => isBranchName(name))).toEqual([]);
});
