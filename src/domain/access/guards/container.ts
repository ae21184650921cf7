import { canReadProject, type Subject } from "../abilities.ts";
import type { AccessFacts, NamespaceFacts, TargetFacts } from "../facts.ts";
import { notFoundOf, refusals, type Refusal } from "../refusal.ts";
import type { AccessRequest } from "../request.ts";
import { isInRanges } from "../../identity/ip-ranges.ts";

/**
 * Whether the repository is there for whoever acts: seen, reached from an allowed address, and inside the group that a
 * certificate is good for (contract git-access 5 step 9, 9.5). All of these look like "not found" from outside.
 */
export function guardContainer(request: AccessRequest, facts: AccessFacts, subject: Subject, target: TargetFacts): Refusal | null {
  const unseen = target.type === "snippet" && target.project !== null ? refusals.project_not_found : notFoundOf[target.type];
  if (target.project !== null && !canReadProject(target.project, subject)) return unseen;
  return isWithinReach(request, facts.namespaces.at(-1), subject.viewer.isAdmin) ? null : unseen;
}

/** Inside the certificate's group where there is one, and from an address that the top-level group admits. */
export function isWithinReach(request: AccessRequest, root: NamespaceFacts | undefined, isAdmin: boolean): boolean {
  if (request.namespacePath !== null && root?.fullPath.toLowerCase() !== request.namespacePath.toLowerCase()) return false;
  const ranges = root?.ipRestrictionRanges ?? null;
  return ranges === null || request.checkIp === null || isAdmin || isInRanges(request.checkIp, ranges);
}

/** Contract git-access 5 step 10. */
export function guardRepositoryExists(target: TargetFacts): Refusal | null {
  const { project, snippet } = target;
  switch (target.type) {
    case "project":
      return project?.hasRepository ? null : refusals.no_repo;
    case "wiki":
      return project?.hasWikiRepository ? null : refusals.wiki_no_repo;
    case "snippet":
      return snippet?.hasRepository ? null : refusals.snippet_no_repo;
    case "design":
      return project?.hasDesignRepository ? null : refusals.design_manage;
  }
}
