import { isWider } from "../access/visibility-limit.ts";
import type { MergeProject, MergeRequestFacts } from "./merge-request-facts.ts";
import type { MergeRequestOptions } from "./merge-request-options.ts";
import type { PushedBranches } from "./pushed-branches.ts";

/**
 * The project that merge requests are made into: the one that is named, else what the source was forked from where that
 * takes merge requests and is seen by nobody who would not see the source, else the source itself (contract push 5).
 * Null: the named one is not there.
 */
export function targetOf(
  { source, other }: Pick<MergeRequestFacts, "source" | "other">,
  options: MergeRequestOptions,
): MergeProject | null {
  if (options.targetProject !== null) return other;
  const isUsual = other !== null && other.mergeRequestsAccessLevel !== "disabled" && !isWider(other.visibility, source.visibility);
  return isUsual ? other : source;
}

/** Whether one was forked from the other, or both from a third, over however many steps. */
export function isSameNetwork(one: MergeProject, other: MergeProject): boolean {
  return one.id === other.id || (one.networkRootId !== null && one.networkRootId === other.networkRootId);
}

/**
 * Whether the target has this branch, as far as is known: this push's branches are there, and a repository that is not
 * empty has its default branch (contract push 3.2).
 */
export function hasBranch(target: MergeProject, branch: string, pushed: PushedBranches | null): boolean {
  if (pushed?.heads.has(branch) === true) return true;
  if (branch === target.defaultBranch) return !target.isRepositoryEmpty;
  return target.hasTargetBranch && pushed?.deleted.has(branch) !== true;
}

export function missingTargetError(target: MergeProject, branch: string): string {
  return `Target branch ${target.fullPath}:${branch} does not exist`;
}
