import { AccessLevel } from "../identity/access-level.ts";
import type { ProjectCreationLevel, SubgroupCreationLevel } from "../identity/namespace.ts";

/** What is asked of a namespace before something is created in it. */
export interface NamespaceForProjects {
  kind: "user" | "group";
  /** Of a personal namespace. */
  ownerId: number | null;
  projectCreationLevel: ProjectCreationLevel;
  /** The group itself or a group above it is archived. */
  isArchived: boolean;
  projectsCount: number;
}

export interface NamespaceForSubgroups {
  subgroupCreationLevel: SubgroupCreationLevel;
  isArchived: boolean;
}

/** Who wants to create, and the effective role they have in the namespace. */
export interface Creator {
  userId: number;
  isAdmin: boolean;
  projectsLimit: number;
  level: number;
}

/** The lowest role that a project creation level admits; administrators need none of them. */
const lowestCreators: Record<ProjectCreationLevel, number> = {
  noone: Infinity,
  administrator: Infinity,
  owner: AccessLevel.owner,
  maintainer: AccessLevel.maintainer,
  developer: AccessLevel.developer,
};

/**
 * Whether somebody may create a project in a namespace: in a personal one its owner below the personal limit, or an
 * administrator; in a group whom its project creation level admits; in an archived group nobody (contract provisioning
 * 2, git-access 10).
 */
export function canCreateProjectIn(namespace: NamespaceForProjects, creator: Creator): boolean {
  if (namespace.isArchived) return false;
  if (namespace.kind === "user") return mayUsePersonalNamespace(namespace, creator) && !isPersonalLimitReached(namespace, creator);
  return creator.isAdmin || creator.level >= lowestCreators[namespace.projectCreationLevel];
}

/** The limit is one on the owner's own projects: it does not bind an administrator in somebody else's namespace. */
export function isPersonalLimitReached(namespace: NamespaceForProjects, creator: Creator): boolean {
  return ownsNamespace(namespace, creator) && namespace.projectsCount >= creator.projectsLimit;
}

function mayUsePersonalNamespace(namespace: NamespaceForProjects, creator: Creator): boolean {
  return creator.isAdmin || ownsNamespace(namespace, creator);
}

function ownsNamespace(namespace: NamespaceForProjects, creator: Creator): boolean {
  return namespace.kind === "user" && namespace.ownerId === creator.userId;
}

/** Owners always; maintainers where the group lets them (contract provisioning 2). */
export function canCreateSubgroupIn(group: NamespaceForSubgroups, creator: Pick<Creator, "isAdmin" | "level">): boolean {
  if (group.isArchived) return false;
  const lowest = group.subgroupCreationLevel === "owner" ? AccessLevel.owner : AccessLevel.maintainer;
  return creator.isAdmin || creator.level >= lowest;
}
