import { AccessLevel } from "../identity/access-level.ts";
import type { UserAccessKind } from "./configuration.ts";

/** A project or group that an agent's `user_access` names, and the effective level of the user there. */
export interface PlaceAccess {
  id: number;
  level: number;
}

/** What decides whether, and as whom, a user reaches a cluster through its agent. */
export interface ProxyUserFacts {
  userAccess: UserAccessKind | null;
  projects: readonly PlaceAccess[];
  groups: readonly PlaceAccess[];
}

/** A project or group with every role that the user has there, the lowest first: Kubernetes takes them for groups. */
export interface PlaceRoles {
  id: number;
  roles: string[];
}

/** As whom a user reaches the cluster; or why they do not. */
export type ProxyAccess =
  | { as: "agent" }
  | { as: "user"; projects: PlaceRoles[]; groups: PlaceRoles[] }
  | { as: "nobody"; refusal: string };

const lowestLevel = AccessLevel.developer;

const roles = ["guest", "planner", "reporter", "developer", "maintainer", "owner"] as const;

/** Whether a user may reach the cluster: the last steps of contract kas 11, in their order. */
export function decideProxyAccess({ userAccess, projects, groups }: ProxyUserFacts): ProxyAccess {
  if (userAccess === null) return refuse("`user_access` keyword is not found in agent config file.");
  if (userAccess === "unstated") return refuse("`access_as` is not found under the `user_access` keyword.");
  if (userAccess === "several") return refuse("`access_as` must exist only once under the `user_access` keyword.");
  const isMember = [...projects, ...groups].some(({ level }) => level >= lowestLevel);
  if (!isMember) return refuse("You must be a member of `projects` or `groups` under the `user_access` keyword.");
  if (userAccess === "agent") return { as: "agent" };
  return { as: "user", projects: rolesIn(projects), groups: rolesIn(groups) };
}

function refuse(refusal: string): ProxyAccess {
  return { as: "nobody", refusal };
}

function rolesIn(places: readonly PlaceAccess[]): PlaceRoles[] {
  return places
    .filter(({ level }) => level >= lowestLevel)
    .map(({ id, level }) => ({ id, roles: roles.filter((role) => AccessLevel[role] <= level) }));
}
