import { defaultBranchRule, type DefaultBranchRule } from "../access/default-branch.ts";
import { isBlankRevision, shortNameOf } from "../git/changes.ts";
import { compilePattern } from "../git/ref-pattern.ts";
import type { InstanceSettings } from "../settings.ts";
import { firstPush } from "./first-push.ts";
import type { PushedProject } from "./pushed-facts.ts";
import type { PushedRef } from "./ref-changes.ts";

/** What a push makes of a project besides its refs. */
export interface RepositoryPlan {
  /** Whether the repository was empty until now. */
  isFirstPush: boolean;
  /** After the push. */
  defaultBranch: string;
  /** How the default branch is to be protected from now on; null: no rule is to be made. */
  newRule: DefaultBranchRule | null;
  /** Whether the default branch is gone; without any other branch the repository is empty then. */
  losesDefaultBranch: boolean;
}

/**
 * Decides it from the changes that nothing has come after. A rule is made where this push creates the default branch, the
 * namespace or the instance asks for one, and none matches, inherited ones included (contract push 7.5).
 */
export function planRepository(
  project: PushedProject,
  changes: () => Iterable<PushedRef>,
  settings: Pick<InstanceSettings, "default_branch_protection">,
): RepositoryPlan {
  const first = firstPush(project, changes());
  const defaultBranch = first?.defaultBranch ?? project.defaultBranch;
  const { isCreated, isGone } = fateOf(defaultBranch, changes());
  const isProtected = project.branchRules.some((rule) => compilePattern(rule)(defaultBranch));
  const protection = project.namespaceProtection ?? settings.default_branch_protection;
  return {
    isFirstPush: first !== null,
    defaultBranch,
    newRule: isCreated && !isProtected ? defaultBranchRule(protection) : null,
    losesDefaultBranch: isGone,
  };
}

/** Whether a push creates a branch, and whether it is gone after it: the last change counts. */
function fateOf(branch: string, changes: Iterable<PushedRef>): { isCreated: boolean; isGone: boolean } {
  const fate = { isCreated: false, isGone: false };
  for (const { type, ref, oldrev, newrev } of changes) {
    if (type !== "branch" || shortNameOf(ref) !== branch) continue;
    fate.isGone = isBlankRevision(newrev);
    fate.isCreated = !fate.isGone && (fate.isCreated || isBlankRevision(oldrev));
  }
  return fate;
}
