import { describe, expect, it } from "vitest";
import {
  expiryError,
  highestManaged,
  isRoleOf,
  mayGrant,
  membershipErrors,
  roleNames,
  shareLevels,
} from "../../src/domain/access/membership-rights.ts";

const roles = [5, 10, 15, 20, 30, 40, 50];
const today = "2026-03-15";

describe("provisioning 8: roles", () => {
  it("are these numbers, minimal access in groups only", () => {
    const numbers = [-1, 0, 1, 5, 10, 15, 20, 25, 30, 40, 50, 60];
    expect(numbers.filter((level) => isRoleOf("group", level))).toEqual(roles);
    expect(numbers.filter((level) => isRoleOf("project", level))).toEqual(roles.filter((level) => level !== 5));
    expect(roleNames[5]).toBe("Minimal Access");
    expect(shareLevels).toEqual([10, 15, 20, 30, 40, 50]);
  });

  it("are given up to one's own, by an administrator all of them", () => {
    expect(roles.filter((level) => mayGrant({ isAdmin: false, level: 40 }, level))).toEqual([5, 10, 15, 20, 30, 40]);
    expect(roles.filter((level) => mayGrant({ isAdmin: true, level: 0 }, level))).toEqual(roles);
  });

  it("are taken away up to one's own, by who manages the place", () => {
    const manager = (level: number, isAdmin = false) => ({ isAdmin, level });
    expect([30, 40, 50].map((level) => highestManaged("project", manager(level)))).toEqual([0, 40, 50]);
    expect([30, 40, 50].map((level) => highestManaged("group", manager(level)))).toEqual([0, 0, 50]);
    expect(highestManaged("group", manager(0, true))).toBe(50);
  });
});

describe("what is wrong with a membership", () => {
  const errors = (accessLevel: number, inherited?: number, expiresAt: string | null = null, kind: "group" | "project" = "project") =>
    membershipErrors(
      kind,
      { accessLevel, expiresAt },
      inherited === undefined ? undefined : { accessLevel: inherited, groupName: "Engines" },
      today,
    );

  it("is nothing for a role that is none lower than the one they have", () => {
    for (const inherited of [undefined, 20, 30]) expect(errors(30, inherited)).toEqual({});
    expect(errors(5, undefined, null, "group")).toEqual({});
  });

  it("is a number that is no role there", () => {
    const access_level = ["is not included in the list"];
    expect(errors(5)).toEqual({ access_level });
    expect(errors(31, 50)).toEqual({ access_level });
  });

  it("is a role below the one they have from above, by whichever name", () => {
    const names = { 10: "Guest", 15: "Planner", 20: "Reporter", 30: "Developer", 40: "Maintainer", 50: "Owner", 55: "55" };
    for (const [inherited, name] of Object.entries(names)) {
      expect(errors(5, Number(inherited), null, "group")).toEqual({
        access_level: [`should be greater than or equal to ${name} inherited membership from group Engines`],
      });
    }
  });

  it("is a day on which it would be over already", () => {
    const expires_at = ["cannot be a date in the past"];
    expect(errors(30, undefined, "2026-03-16")).toEqual({});
    expect(errors(30, undefined, today)).toEqual({ expires_at });
    expect(errors(31, undefined, "2026-03-14")).toEqual({ access_level: ["is not included in the list"], expires_at });
    expect(expiryError(null, today)).toBeNull();
  });

  it("names minimal access too", () => {
    expect(errors(10, 5, null, "group")).toEqual({});
    expect(membershipErrors("group", { accessLevel: 5, expiresAt: null }, { accessLevel: 5, groupName: "g" }, today)).toEqual({});
  });
});
