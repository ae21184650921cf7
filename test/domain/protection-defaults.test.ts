import { expect, it } from "vitest";
import { defaultBranchRule } from "../../src/domain/access/default-branch.ts";
import { protectionDefaultsOf, protectionLevelOf } from "../../src/domain/access/protection-defaults.ts";

it("each number stands for defaults that stand for the number", () => {
  const levels = [0, 1, 2, 3, 4];
  expect(levels.map((level) => protectionLevelOf(protectionDefaultsOf(level)))).toEqual(levels);
});

it("the defaults say who may push and merge as the rule of a new project does", () => {
  for (const level of [1, 2, 3, 4]) {
    const { allowed_to_push: push, allowed_to_merge: merge } = protectionDefaultsOf(level);
    expect(defaultBranchRule(level)).toEqual({ pushLevel: push[0]?.access_level, mergeLevel: merge[0]?.access_level });
  }
});

it("what is said of nobody is for maintainers", () => {
  const defaults = { allowed_to_push: [], allow_force_push: true, allowed_to_merge: [], developer_can_initial_push: false };
  expect(protectionLevelOf(defaults)).toBe(2);
});

it("no rule stands for no protection", () => {
  expect(defaultBranchRule(0)).toBeNull();
});

it("no protection lets developers do everything; less than that is another number", () => {
  const none = protectionDefaultsOf(0);
  expect(protectionLevelOf(none)).toBe(0);
  expect(protectionLevelOf({ ...none, allow_force_push: false })).toBe(1);
  expect(protectionLevelOf({ ...none, allowed_to_merge: [{ access_level: 40 }] })).toBe(1);
  expect(protectionLevelOf({ ...none, allowed_to_push: [{ access_level: 40 }] })).toBe(3);
  expect(protectionLevelOf({ ...none, allowed_to_push: [{ access_level: 40 }, { access_level: 30 }] })).toBe(0);
});
