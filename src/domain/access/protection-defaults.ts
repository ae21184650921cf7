import { AccessLevel } from "../identity/access-level.ts";

/** How the default branches of a group's new projects are protected, in the form of today's API. */
export interface ProtectionDefaults {
  allowed_to_push: { access_level: number }[];
  allow_force_push: boolean;
  allowed_to_merge: { access_level: number }[];
  developer_can_initial_push: boolean;
}

const { developer, maintainer } = AccessLevel;

/** The same, from the older number (contract push 7.5, default-branch.ts). */
export function protectionDefaultsOf(level: number): ProtectionDefaults {
  const isUnprotected = level === 0;
  return {
    allowed_to_push: [{ access_level: isUnprotected || level === 1 ? developer : maintainer }],
    allow_force_push: isUnprotected,
    allowed_to_merge: [{ access_level: isUnprotected || level === 3 ? developer : maintainer }],
    developer_can_initial_push: level === 4,
  };
}

/** The number that stands for the defaults: what is not said counts as maintainers only. */
export function protectionLevelOf(defaults: ProtectionDefaults): number {
  const developersPush = admitsDevelopers(defaults.allowed_to_push);
  const developersMerge = admitsDevelopers(defaults.allowed_to_merge);
  if (developersPush && developersMerge && defaults.allow_force_push) return 0;
  if (developersPush) return 1;
  if (defaults.developer_can_initial_push) return 4;
  return developersMerge ? 3 : 2;
}

function admitsDevelopers(levels: readonly { access_level: number }[]): boolean {
  return levels.some((level) => level.access_level === developer);
}
