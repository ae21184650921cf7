import type { Membership } from "../identity/access-level.ts";
import type { UserFacts } from "../access/facts.ts";
import type { FeatureLevel, Visibility } from "../identity/visibility.ts";

/** A project that merge requests are made from, or into. */
export interface MergeProject {
  id: number;
  fullPath: string;
  visibility: Visibility;
  /** Itself, or a group above it. */
  isArchived: boolean;
  repositoryAccessLevel: FeatureLevel;
  mergeRequestsAccessLevel: FeatureLevel;
  defaultBranch: string;
  isRepositoryEmpty: boolean;
  forkedFromProjectId: number | null;
  /** The project at the beginning of its forks; null where it was not found. */
  networkRootId: number | null;
  /** Whether the branch that the options name as target is among its stored refs. */
  hasTargetBranch: boolean;
}

/** Somebody who pushes, or who is named to be assigned, with their roles in the projects. */
export interface MergePerson extends Pick<
  UserFacts,
  "id" | "username" | "state" | "userType" | "isAdmin" | "isExternal" | "isConfirmed" | "isLocked" | "lockedUntil" | "passwordExpiresAt"
> {
  roles: { projectId: number; isNamespaceOwner: boolean; memberships: Membership[] }[];
}

/** An open merge request from a pushed branch. */
export interface OpenRequest {
  id: number;
  targetProjectId: number;
  sourceBranch: string;
  targetBranch: string;
  title: string;
  authorId: number | null;
}

/** All that is looked at before merge requests are made or changed by push options. Loaded once (db/facts/merge-request-facts.ts). */
export interface MergeRequestFacts {
  source: MergeProject;
  /** The project that the options name, or without one that from which the source was forked. */
  other: MergeProject | null;
  /** Null: there is no such account. */
  pusher: MergePerson | null;
  /** Those whom `assign` and `unassign` name, as far as there are such. */
  named: MergePerson[];
  /** From the source project, newest first. */
  open: OpenRequest[];
}
