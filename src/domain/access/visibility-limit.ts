import { visibilities, type Visibility } from "../identity/visibility.ts";

/** Whether more people see `one` than `other`. */
export function isWider(one: Visibility, other: Visibility): boolean {
  return visibilities.indexOf(one) > visibilities.indexOf(other);
}

export function narrowerOf(one: Visibility, other: Visibility): Visibility {
  return isWider(one, other) ? other : one;
}

export interface VisibilityLimits {
  /** Of the group it is to be in; null where none limits it: at the top level, and in personal namespaces. */
  group: Visibility | null;
  /** What only administrators may give. */
  restricted: readonly Visibility[];
  isAdmin: boolean;
}

/**
 * Why something may not have this visibility: its group is seen by fewer people, or the instance keeps the level for
 * administrators. Null where it may.
 */
export function visibilityRefusal(wanted: Visibility, limits: VisibilityLimits): "group" | "restricted" | null {
  if (limits.group !== null && isWider(wanted, limits.group)) return "group";
  return !limits.isAdmin && limits.restricted.includes(wanted) ? "restricted" : null;
}
