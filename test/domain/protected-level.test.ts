import { describe, expect, it } from "vitest";
import {
  describeRole,
  holdersOf,
  mayUnprotect,
  refuseForeignHolders,
  splitEntry,
  type HolderFacts,
  type Level,
  type LevelHolder,
  type RefAction,
} from "../../src/domain/access/protected-level.ts";
import { aMembership, now } from "../setup/facts.ts";

const nobody: LevelHolder = { accessLevel: null, userId: null, groupId: null, deployKeyId: null };
const role = (accessLevel: number) => ({ ...nobody, accessLevel });

describe("provisioning 10.1: whom an action admits", () => {
  it("an element that names several holders stands for each of them", () => {
    expect(splitEntry({})).toEqual([]);
    expect(splitEntry({ access_level: 0, deploy_key_id: 3, group_id: 2, user_id: 1 })).toEqual([
      { ...nobody, userId: 1 },
      { ...nobody, groupId: 2 },
      { ...nobody, deployKeyId: 3 },
      role(0),
    ]);
  });

  it("the single level, then the list, each once; maintainers where nobody is named", () => {
    expect(holdersOf(undefined, undefined)).toEqual([role(40)]);
    expect(holdersOf(undefined, [])).toEqual([role(40)]);
    expect(holdersOf(undefined, [{}])).toEqual([role(40)]);
    expect(holdersOf(0, undefined)).toEqual([role(0)]);
    expect(holdersOf(30, [{ user_id: 7 }, { access_level: 30 }, { user_id: 7 }, { user_id: 8 }])).toEqual([
      role(30),
      { ...nobody, userId: 7 },
      { ...nobody, userId: 8 },
    ]);
  });

  it("roles have names for people", () => {
    expect([0, 30, 40, 60, 10].map(describeRole)).toEqual(["No one", "Developers + Maintainers", "Maintainers", "Instance admins", null]);
  });
});

describe("a rule admits nobody whom its place does not know", () => {
  const facts: HolderFacts = {
    users: [
      { id: 1, memberships: [aMembership(10)] },
      { id: 2, memberships: [aMembership(5)] },
      { id: 3, memberships: [aMembership(40, { expiresAt: "2026-03-15" })] },
    ],
    groups: [
      { id: 1, expiresAt: null, isBelow: false },
      { id: 2, expiresAt: "2026-03-15", isBelow: false },
      { id: 3, expiresAt: "2026-03-16", isBelow: false },
      { id: 4, expiresAt: null, isBelow: true },
    ],
    deployKeys: [
      { id: 1, canPush: true },
      { id: 2, canPush: false },
    ],
  };
  const refuse = (holders: Partial<LevelHolder>[], action: RefAction = "push", place: "project" | "group" = "project") =>
    refuseForeignHolders(
      holders.map((holder): Level => ({ ...nobody, ...holder, action })),
      facts,
      place,
      now,
    );

  it("users by a role there", () => {
    expect(refuse([{ userId: 1 }, { accessLevel: 40 }])).toEqual([]);
    for (const userId of [2, 3, 9]) expect(refuse([{ userId }])).toEqual(["Push access levels user is not a member of the project"]);
  });

  it("groups by an invitation that still counts, or by being below; those do not unprotect", () => {
    for (const groupId of [1, 3, 4]) expect(refuse([{ groupId }])).toEqual([]);
    for (const groupId of [2, 9]) {
      expect(refuse([{ groupId }], "merge", "group")).toEqual(["Merge access levels group does not have access to the group"]);
    }
    expect(refuse([{ groupId: 1 }], "unprotect")).toEqual([]);
    expect(refuse([{ groupId: 4 }], "unprotect")).toEqual(["Unprotect access levels group does not have access to the project"]);
  });

  it("deploy keys that may push", () => {
    expect(refuse([{ deployKeyId: 1 }], "create")).toEqual([]);
    for (const deployKeyId of [2, 9]) {
      expect(refuse([{ deployKeyId }], "create")).toEqual(["Create access levels deploy key is not enabled for this project"]);
    }
  });

  it("says each sentence once", () => {
    expect(refuse([{ userId: 2 }, { userId: 9 }, { groupId: 9 }])).toEqual([
      "Push access levels user is not a member of the project",
      "Push access levels group does not have access to the project",
    ]);
  });
});

describe("who may take a rule away", () => {
  const someone = { userId: 7, isAdmin: false, level: 40, memberships: [] };
  const may = (levels: Partial<LevelHolder>[], who: Partial<Parameters<typeof mayUnprotect>[1]> = {}) =>
    mayUnprotect(
      levels.map((level) => ({ ...nobody, ...level })),
      { ...someone, ...who },
      now,
    );

  it("an administrator, and anybody where no level is left", () => {
    expect(may([{ accessLevel: 0 }], { isAdmin: true })).toBe(true);
    expect(may([])).toBe(true);
  });

  it("a role that is high enough; no one and administrators are no roles", () => {
    expect(may([{ accessLevel: 40 }])).toBe(true);
    expect(may([{ accessLevel: 50 }])).toBe(false);
    expect(may([{ accessLevel: 0 }], { level: 50 })).toBe(false);
    expect(may([{ accessLevel: 60 }], { level: 60 })).toBe(false);
    expect(may([{ accessLevel: 50 }, { accessLevel: 30 }])).toBe(true);
  });

  it("that user, and no other", () => {
    expect(may([{ userId: 7 }])).toBe(true);
    expect(may([{ userId: 8 }], { level: 50 })).toBe(false);
  });

  it("a member of that group while the membership counts", () => {
    const member = (changes: Parameters<typeof aMembership>[1]) => ({
      memberships: [aMembership(10, { source: "namespace", sourceId: 3, ...changes })],
    });
    expect(may([{ groupId: 3 }], member({}))).toBe(true);
    expect(may([{ groupId: 3 }], member({ source: "share" }))).toBe(true);
    expect(may([{ groupId: 3 }], member({ sourceId: 4 }))).toBe(false);
    expect(may([{ groupId: 3 }], member({ source: "project" }))).toBe(false);
    expect(may([{ groupId: 3 }], member({ expiresAt: "2026-03-15" }))).toBe(false);
    expect(may([{ groupId: 3 }], member({ isAwaiting: true }))).toBe(false);
    expect(may([{ groupId: 3 }])).toBe(false);
  });

  it("no deploy key", () => {
    const memberships = [aMembership(50, { source: "namespace", sourceId: null as unknown as number })];
    expect(may([{ deployKeyId: 3 }], { level: 50, memberships })).toBe(false);
  });
});
