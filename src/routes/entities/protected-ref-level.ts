import * as v from "valibot";
import type { StoredLevel } from "../../db/protected-ref-levels.ts";
import { describeRole } from "../../domain/access/protected-level.ts";

/** Who a rule of a protected ref admits: a role, or somebody in person, by the name they are called. */
export const LevelEntry = v.object({
  id: v.number(),
  /** Null where the entry is for a user, a group or a deploy key. */
  access_level: v.nullable(v.number()),
  access_level_description: v.string(),
  user_id: v.nullable(v.number()),
  group_id: v.nullable(v.number()),
});

/** The same, for actions that deploy keys may be admitted to. */
export const KeyLevelEntry = v.object({ ...LevelEntry.entries, deploy_key_id: v.nullable(v.number()) });

export function renderLevel(level: StoredLevel): v.InferOutput<typeof LevelEntry> {
  return {
    id: level.id,
    access_level: level.accessLevel,
    access_level_description: level.accessLevel === null ? (level.holderName ?? "") : (describeRole(level.accessLevel) ?? ""),
    user_id: level.userId,
    group_id: level.groupId,
  };
}

export function renderKeyLevel(level: StoredLevel): v.InferOutput<typeof KeyLevelEntry> {
  return { ...renderLevel(level), deploy_key_id: level.deployKeyId };
}
