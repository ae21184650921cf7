import { collectErrors } from "../identity/name.ts";
import { AccessLevel } from "../identity/access-level.ts";
import type { FieldErrors } from "../fault.ts";

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

/** The highest roles that an invited group can be given. */
export const shareLevels = [
  AccessLevel.guest,
  AccessLevel.planner,
  AccessLevel.reporter,
  AccessLevel.developer,
  AccessLevel.maintainer,
  AccessLevel.owner,
] as const;

/** What people can be members of. */
export type PlaceKind = "group" | "project";

/** The lowest role that manages the members of a place, and the groups invited to it (contract provisioning 2). */
export const managerLevels = { group: AccessLevel.owner, project: AccessLevel.maintainer } as const;

/** Whether a role can be given there; minimal access is for groups only (contract provisioning 8). */
export function isRoleOf(kind: PlaceKind, accessLevel: number): boolean {
  return accessLevel in roleNames && (kind === "group" || accessLevel !== AccessLevel.minimal);
}

/** Whoever gives or takes roles at a place, with the role they have there. */
export interface Manager {
  isAdmin: boolean;
  level: number;
}

/** Nobody gives a role above their own: a maintainer of a project makes no owners. */
export function mayGrant(giver: Manager, accessLevel: number): boolean {
  return giver.isAdmin || accessLevel <= giver.level;
}

/** The highest role that somebody may change or take away there: none, without the right to manage; else their own. */
export function highestManaged(kind: PlaceKind, manager: Manager): number {
  if (manager.isAdmin) return AccessLevel.owner;
  return manager.level >= managerLevels[kind] ? manager.level : AccessLevel.none;
}

/** A role that somebody has from a group above. */
interface InheritedRole {
  accessLevel: number;
  groupName: string;
}

/** What is wrong with a membership, by field; `today` is the day on which it would be given (contract provisioning 8). */
export function membershipErrors(
  kind: PlaceKind,
  membership: { accessLevel: number; expiresAt: string | null },
  inherited: InheritedRole | undefined,
  today: string,
): FieldErrors {
  const { accessLevel, expiresAt } = membership;
  return collectErrors({
    access_level: isRoleOf(kind, accessLevel) ? inheritedRoleError(accessLevel, inherited) : "is not included in the list",
    expires_at: expiryError(expiresAt, today),
  });
}

/** Why a day cannot be that on which a membership or an invitation ends: it would count from no moment on. */
export function expiryError(expiresAt: string | null, today: string): string | null {
  return expiresAt !== null && expiresAt <= today ? "cannot be a date in the past" : null;
}

/** Why a role is refused to somebody who has a higher one from a group above; null where it is not. */
function inheritedRoleError(accessLevel: number, inherited: InheritedRole | undefined): string | null {
  if (inherited === undefined || accessLevel >= inherited.accessLevel) return null;
  const role = roleNames[inherited.accessLevel] ?? String(inherited.accessLevel);
  return `should be greater than or equal to ${role} inherited membership from group ${inherited.groupName}`;
}
