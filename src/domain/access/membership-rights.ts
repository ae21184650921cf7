import { AccessLevel } from "../identity/access-level.ts";

/** The roles that people can be given, by number. */
export const roleNames: Record<number, string> = {
  [AccessLevel.minimal]: "Minimal Access",
  [AccessLevel.guest]: "Guest",
  [AccessLevel.planner]: "Planner",
  [AccessLevel.reporter]: "Reporter",
  [AccessLevel.developer]: "Developer",
  [AccessLevel.maintainer]: "Maintainer",
  [AccessLevel.owner]: "Owner",
};

/** Whether a role can be given there; minimal access is for groups only (contract provisioning 8). */
export function isRoleOf(kind: "group" | "project", accessLevel: number): boolean {
  return accessLevel in roleNames && (kind === "group" || accessLevel !== AccessLevel.minimal);
}

/** Nobody gives a role above their own: a maintainer of a project makes no owners. */
export function mayGrant(giver: { isAdmin: boolean; level: number }, accessLevel: number): boolean {
  return giver.isAdmin || accessLevel <= giver.level;
}

/** Why a role is refused to somebody who has a higher one from a group above; null where it is not. */
export function inheritedRoleError(accessLevel: number, inherited: { accessLevel: number; groupName: string } | undefined): string | null {
  if (inherited === undefined || accessLevel >= inherited.accessLevel) return null;
  const role = roleNames[inherited.accessLevel] ?? String(inherited.accessLevel);
  return `should be greater than or equal to ${role} inherited membership from group ${inherited.groupName}`;
}
