import type { UserCaller } from "../../auth/personal-access-token.ts";
import { visibilityRefusal } from "../../domain/access/visibility-limit.ts";
import { parseIpRanges } from "../../domain/identity/ip-ranges.ts";
import { pathError, topLevelPathError } from "../../domain/identity/name.ts";
import { isReservedProjectPath, isReservedTopLevel } from "../../domain/identity/path.ts";
import type { Visibility } from "../../domain/identity/visibility.ts";

/** Below another group the words of project pages are reserved, at the top level those of the instance. */
export function groupPathError(path: string, isTopLevel: boolean): string | null {
  return isTopLevel ? topLevelPathError(path, isReservedTopLevel) : pathError(path, isReservedProjectPath);
}

/** Why a group may not have this visibility; `parent`: that of the group above, null where there is none. */
export function groupVisibilityError(wanted: Visibility, parent: Visibility | null, caller: UserCaller): string | null {
  const restricted = caller.settings.restricted_visibility_levels;
  const refusal = visibilityRefusal(wanted, { group: parent, restricted, isAdmin: caller.isAdmin });
  if (refusal === null) return null;
  return refusal === "group"
    ? `${wanted} is not allowed since the parent group has a ${parent} visibility.`
    : `${wanted} has been restricted by your GitLab administrator`;
}

/**
 * The addresses that a group shall admit, as they are stored, or why it may not. Top-level groups only: what they admit
 * holds for all that is below them.
 */
export function checkIpRanges(text: string, isTopLevel: boolean): { ranges: string | null } | { error: string } {
  const parsed = parseIpRanges(text);
  if (parsed === "invalid") return { error: "is invalid" };
  return parsed.ranges === null || isTopLevel ? parsed : { error: "is only allowed for top-level groups" };
}
