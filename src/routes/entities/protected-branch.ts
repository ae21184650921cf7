import * as v from "valibot";
import type { ProtectedBranchRecord, StoredLevel } from "../../db/protected-branches.ts";
import { describeRole } from "../../domain/access/protected-level.ts";

const LevelEntry = v.object({
  id: v.number(),
  /** Null where the entry is for a user, a group or a deploy key. */
  access_level: v.nullable(v.number()),
  access_level_description: v.string(),
  user_id: v.nullable(v.number()),
  group_id: v.nullable(v.number()),
});
const PushLevelEntry = v.object({ ...LevelEntry.entries, deploy_key_id: v.nullable(v.number()) });

/** A branch rule; the three lists are always there. */
export const ProtectedBranch = v.object({
  id: v.number(),
  name: v.string(),
  push_access_levels: v.array(PushLevelEntry),
  merge_access_levels: v.array(LevelEntry),
  unprotect_access_levels: v.array(LevelEntry),
  allow_force_push: v.boolean(),
  code_owner_approval_required: v.boolean(),
  inherited: v.boolean(),
});

export function renderProtectedBranch({ branch, levels }: ProtectedBranchRecord): v.InferOutput<typeof ProtectedBranch> {
  const entriesOf = (action: StoredLevel["action"]) => levels.filter((level) => level.action === action);
  return {
    id: branch.id,
    name: branch.name,
    push_access_levels: entriesOf("push").map((level) => ({ ...renderLevel(level), deploy_key_id: level.deployKeyId })),
    merge_access_levels: entriesOf("merge").map(renderLevel),
    unprotect_access_levels: entriesOf("unprotect").map(renderLevel),
    allow_force_push: branch.allowsForcePush,
    code_owner_approval_required: branch.requiresCodeOwnerApproval,
    inherited: branch.projectId === null,
  };
}

function renderLevel(level: StoredLevel): v.InferOutput<typeof LevelEntry> {
  return {
    id: level.id,
    access_level: level.accessLevel,
    access_level_description: level.accessLevel === null ? (level.holderName ?? "") : (describeRole(level.accessLevel) ?? ""),
    user_id: level.userId,
    group_id: level.groupId,
  };
}
