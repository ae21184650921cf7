import { AccessLevel, effectiveAccess } from "../../identity/access-level.ts";
import { canPushCode } from "../abilities.ts";
import { isFeatureOpen } from "../visibility.ts";
import type { Collaboration, ProjectFacts } from "../facts.ts";
import { isProtected, mayMerge, mayPush, ruleBookOf, type BranchPlace } from "./protection.ts";
import type { Person } from "./person.ts";

/** What is asked of the project whose branches they are. */
type ForkFacts = Pick<ProjectFacts, "visibility" | "repositoryAccessLevel">;

/**
 * The branches of a fork that the person may push to because they may merge them elsewhere: "allow commits from members
 * who can merge" (contract git-access 9.4). It counts where both projects are more than private, the branch is not
 * protected, the author of the merge request could push to it, and the person could push or merge into its target.
 */
export function collaborationBranches(
  project: ForkFacts,
  place: BranchPlace,
  collaborations: readonly Collaboration[],
  person: Person,
  fallbackProtection: number,
): ReadonlySet<string> {
  if (place.isRepositoryEmpty || project.visibility === "private" || person.isDeployKey) return new Set();
  const granted = collaborations.filter(
    (each) =>
      each.target.visibility !== "private" &&
      !each.target.isArchived &&
      !isProtected(each.sourceBranch, place) &&
      isAuthorAble(each, project, place.today) &&
      mayEnterTarget(each, person, place.today, fallbackProtection),
  );
  return new Set(granted.map((each) => each.sourceBranch));
}

function isAuthorAble({ author }: Collaboration, project: ForkFacts, today: string): boolean {
  const level = author.isNamespaceOwner ? AccessLevel.owner : effectiveAccess(author.memberships, today).level;
  const viewer = { isSignedIn: true, isExternal: false, isAdmin: author.isAdmin, level };
  return canPushCode(project, { viewer, userId: null, deployKey: null });
}

function mayEnterTarget({ target, targetBranch }: Collaboration, person: Person, today: string, fallbackProtection: number): boolean {
  const level = target.isNamespaceOwner ? AccessLevel.owner : effectiveAccess(target.memberships, today).level;
  const viewer = { isSignedIn: true, isExternal: false, isAdmin: person.isAdmin, level };
  const isDeveloper = person.isAdmin || level >= AccessLevel.developer;
  const there: Person = { ...person, level, canPushCode: isDeveloper && isFeatureOpen(target.repositoryAccessLevel, viewer) };
  const place: BranchPlace = {
    rules: ruleBookOf(target.branchRules),
    isRepositoryEmpty: target.isRepositoryEmpty,
    defaultBranchProtection: target.defaultBranchProtection ?? fallbackProtection,
    today,
  };
  return mayPush(targetBranch, place, there, there.canPushCode) || mayMerge(targetBranch, place, there);
}
