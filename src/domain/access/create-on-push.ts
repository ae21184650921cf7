import { isLegalSegment, isReservedProjectPath, namespaceOf } from "../identity/path.ts";
import { effectiveAccess, dayOf } from "../identity/access-level.ts";
import type { AccessFacts } from "./facts.ts";
import { guardRootProtocol } from "./guards/command.ts";
import { isWithinReach } from "./reach.ts";
import { canCreateProjectIn } from "./namespace-rights.ts";
import { creationRefused, refusals, type Refusal } from "./refusal.ts";
import { isPush, type AccessRequest } from "./request.ts";

/** A project that a push brings into being. */
export interface ProjectToCreate {
  namespaceId: number;
  /** Last segment; also the name. */
  path: string;
  creatorId: number;
  /** Whose personal namespace it lies in; they own it. */
  ownerId: number | null;
  defaultBranch: string | null;
  defaultBranchProtection: number | null;
}

/**
 * What becomes of a request whose path leads nowhere (contract git-access 10): a project is created when a push without
 * named changes comes from a user who may create one there; everything else is not found.
 */
export function decideMissingProject(
  request: AccessRequest,
  facts: AccessFacts,
  now: Date,
): { create: ProjectToCreate } | { refuse: Refusal } {
  if (!("path" in request.repository)) return { refuse: refusals.project_not_found };
  const { path: fullPath } = request.repository.path;
  if (namespaceOf(fullPath) === null) return { refuse: refusals.namespace_not_found };
  const [namespace] = facts.namespaces;
  const { user } = facts;
  const isEligible = isPush(request) && request.changes === "any" && !request.hasHappened && facts.key?.kind !== "deploy";
  if (!isEligible || user === null || namespace === undefined) return { refuse: refusals.project_not_found };
  const creator = {
    userId: user.id,
    isAdmin: user.isAdmin,
    projectsLimit: user.projectsLimit,
    level: effectiveAccess(facts.memberships, dayOf(now)).level,
  };
  const isArchived = facts.namespaces.some((each) => each.isArchived);
  if (!canCreateProjectIn({ ...namespace, isArchived }, creator)) return { refuse: refusals.project_not_found };
  // What would be refused in the new project is refused before there is one.
  const root = facts.namespaces.at(-1);
  if (!isWithinReach(request, root, user.isAdmin)) return { refuse: refusals.project_not_found };
  const protocol = guardRootProtocol(request, root);
  if (protocol !== null) return { refuse: protocol };
  const path = fullPath.split("/").at(-1) ?? "";
  const errors = pathErrors(path);
  if (errors.length > 0) return { refuse: creationRefused(errors) };
  return {
    create: {
      namespaceId: namespace.id,
      path,
      creatorId: user.id,
      ownerId: namespace.ownerId,
      defaultBranch: namespace.defaultBranch,
      defaultBranchProtection: namespace.defaultBranchProtection,
    },
  };
}

function pathErrors(path: string): string[] {
  if (!isLegalSegment(path)) {
    return ["Path can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'"];
  }
  return isReservedProjectPath(path) ? [`Path ${path} is a reserved name`] : [];
}
