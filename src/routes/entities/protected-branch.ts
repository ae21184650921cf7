import * as v from "valibot";
import type { ProtectedBranchRecord } from "../../db/protected-branches.ts";
import type { RulePlace } from "../../db/protected-ref-levels.ts";
import type { BranchAction } from "../../domain/access/protected-level.ts";
import { KeyLevelEntry, LevelEntry, renderKeyLevel, renderLevel } from "./protected-ref-level.ts";

/** A branch rule; the three lists are always there. */
export const ProtectedBranch = v.object({
  id: v.number(),
  name: v.string(),
  push_access_levels: v.array(KeyLevelEntry),
  merge_access_levels: v.array(LevelEntry),
  unprotect_access_levels: v.array(LevelEntry),
  allow_force_push: v.boolean(),
  code_owner_approval_required: v.boolean(),
  /** The rule is one of the project's top-level group. */
  inherited: v.boolean(),
});

/** A rule as it is seen from the place that it holds in. */
export function renderProtectedBranch(
  { branch, levels }: ProtectedBranchRecord,
  seenFrom: RulePlace,
): v.InferOutput<typeof ProtectedBranch> {
  const levelsOf = (action: BranchAction) => levels.filter((level) => level.action === action);
  return {
    id: branch.id,
    name: branch.name,
    push_access_levels: levelsOf("push").map(renderKeyLevel),
    merge_access_levels: levelsOf("merge").map(renderLevel),
    unprotect_access_levels: levelsOf("unprotect").map(renderLevel),
    allow_force_push: branch.allowsForcePush,
    code_owner_approval_required: branch.requiresCodeOwnerApproval,
    inherited: seenFrom.projectId !== null && branch.projectId === null,
  };
}
