import { describe, expect, it } from "vitest";
import { canCreateProjectIn, canCreateSubgroupIn, isPersonalLimitReached } from "../../src/domain/access/namespace-rights.ts";
import { AccessLevel } from "../../src/domain/identity/access-level.ts";
import { projectCreationLevels } from "../../src/domain/identity/namespace.ts";

const group = {
  kind: "group" as const,
  ownerId: null,
  projectCreationLevel: "developer" as const,
  isArchived: false,
  projectsCount: 0,
};
const personal = { ...group, kind: "user" as const, ownerId: 7 };
const somebody = { userId: 7, isAdmin: false, projectsLimit: 10, level: AccessLevel.none };

describe("projects in a group", () => {
  const { reporter, developer, maintainer, owner } = AccessLevel;
  /** Who may, by the group's project creation level: the roles below, and an administrator without a role. */
  const table: Record<(typeof projectCreationLevels)[number], boolean[]> = {
    noone: [false, false, false, false, true],
    administrator: [false, false, false, false, true],
    owner: [false, false, false, true, true],
    maintainer: [false, false, true, true, true],
    developer: [false, true, true, true, true],
  };
  for (const [projectCreationLevel, expected] of Object.entries(table) as [keyof typeof table, boolean[]][]) {
    it(`are created by whom ${projectCreationLevel} admits`, () => {
      const roles = [reporter, developer, maintainer, owner].map((level) => ({ ...somebody, level }));
      const creators = [...roles, { ...somebody, isAdmin: true }];
      expect(creators.map((creator) => canCreateProjectIn({ ...group, projectCreationLevel }, creator))).toEqual(expected);
    });
  }

  it("are created by nobody in an archived one, administrators included", () => {
    expect(canCreateProjectIn({ ...group, isArchived: true }, { ...somebody, isAdmin: true, level: owner })).toBe(false);
  });

  it("are not counted against anybody's personal limit", () => {
    const creator = { ...somebody, level: owner, projectsLimit: 0 };
    expect(canCreateProjectIn({ ...group, projectsCount: 5 }, creator)).toBe(true);
  });
});

describe("projects in a personal namespace", () => {
  it("are created by its owner up to the limit", () => {
    expect(canCreateProjectIn({ ...personal, projectsCount: 9 }, somebody)).toBe(true);
    expect(canCreateProjectIn({ ...personal, projectsCount: 10 }, somebody)).toBe(false);
  });

  it("are not created where the limit is 0", () => {
    expect(canCreateProjectIn(personal, { ...somebody, projectsLimit: 0 })).toBe(false);
    expect(isPersonalLimitReached(personal, { ...somebody, projectsLimit: 0, isAdmin: true })).toBe(true);
  });

  it("are not created by others, whatever their role", () => {
    expect(canCreateProjectIn(personal, { ...somebody, userId: 8, level: AccessLevel.owner })).toBe(false);
  });

  it("are created by an administrator without regard to their own limit", () => {
    expect(canCreateProjectIn({ ...personal, projectsCount: 10 }, { ...somebody, userId: 8, isAdmin: true, projectsLimit: 0 })).toBe(true);
  });
});

describe("subgroups", () => {
  const parent = { subgroupCreationLevel: "maintainer" as const, isArchived: false };
  const { developer, maintainer, owner, none } = AccessLevel;

  it("are created by maintainers where the group lets them", () => {
    const may = [developer, maintainer, owner].map((level) => canCreateSubgroupIn(parent, { isAdmin: false, level }));
    expect(may).toEqual([false, true, true]);
  });

  it("are created by owners alone otherwise, and by administrators", () => {
    const strict = { ...parent, subgroupCreationLevel: "owner" as const };
    expect(canCreateSubgroupIn(strict, { isAdmin: false, level: maintainer })).toBe(false);
    expect(canCreateSubgroupIn(strict, { isAdmin: false, level: owner })).toBe(true);
    expect(canCreateSubgroupIn(strict, { isAdmin: true, level: none })).toBe(true);
  });

  it("are not created in an archived group", () => {
    expect(canCreateSubgroupIn({ ...parent, isArchived: true }, { isAdmin: true, level: owner })).toBe(false);
  });
});
