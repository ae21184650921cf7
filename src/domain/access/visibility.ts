import { AccessLevel } from "../identity/access-level.ts";
import type { FeatureLevel, Visibility } from "../identity/visibility.ts";

/** Whoever looks at a project or group. Nobody at all is `{ isSignedIn: false }`. */
export interface Viewer {
  isSignedIn: boolean;
  /** External users see only what they are members of, and what is public. */
  isExternal: boolean;
  isAdmin: boolean;
  /** Effective role, from memberships or from owning the namespace. */
  level: number;
}

export const nobody: Viewer = { isSignedIn: false, isExternal: false, isAdmin: false, level: AccessLevel.none };

/** Whether something of this visibility exists for the viewer (contract git-access 9.1). */
export function canSee(visibility: Visibility, viewer: Viewer): boolean {
  if (viewer.isAdmin || viewer.level >= AccessLevel.guest) return true;
  if (visibility === "public") return true;
  return visibility === "internal" && viewer.isSignedIn && !viewer.isExternal;
}

/**
 * Whether a feature of a project is open to the viewer. A disabled one is open to nobody, administrators included; a
 * private one to members; an enabled one to whoever sees the project.
 */
export function isFeatureOpen(feature: FeatureLevel, viewer: Viewer): boolean {
  if (feature === "disabled") return false;
  return feature === "enabled" || viewer.isAdmin || viewer.level >= AccessLevel.guest;
}
