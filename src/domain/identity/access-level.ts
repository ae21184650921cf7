/** GitLab's roles, by the numbers that are on the wire. */
export const AccessLevel = {
  none: 0,
  minimal: 5,
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
  /** Only in rules of protected refs: instance administrators. */
  admin: 60,
} as const;

/** One way in which a user has a role: a row of members, or one reached through a group that was invited. */
export interface Membership {
  source: "project" | "namespace" | "share";
  /** The project or namespace of the row; for a share, the invited group. */
  sourceId: number;
  accessLevel: number;
  /** Does not count from this day (`YYYY-MM-DD`) on. */
  expiresAt: string | null;
  isAwaiting: boolean;
  /** Of a share: the highest level it gives, and its own expiry. */
  cap: number | null;
  capExpiresAt: string | null;
}

export interface EffectiveAccess {
  level: number;
  /** The membership that gives the level; null where none does, or where it comes from owning the namespace. */
  from: Membership | null;
}

/** The day that expiries are compared with, in UTC. */
export function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}

/**
 * The highest of direct, inherited and shared membership. What has expired or awaits acceptance does not count; a share
 * gives at most its own level (contract git-access 9).
 */
export function effectiveAccess(memberships: readonly Membership[], today: string): EffectiveAccess {
  let best: EffectiveAccess = { level: AccessLevel.none, from: null };
  for (const membership of memberships) {
    if (membership.isAwaiting || isPast(membership.expiresAt, today) || isPast(membership.capExpiresAt, today)) continue;
    const level = Math.min(membership.accessLevel, membership.cap ?? membership.accessLevel);
    if (level > best.level) best = { level, from: membership };
  }
  return best;
}

function isPast(expiresAt: string | null, today: string): boolean {
  return expiresAt !== null && expiresAt <= today;
}
