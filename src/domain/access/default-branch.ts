import { AccessLevel } from "../identity/access-level.ts";

export interface DefaultBranchRule {
  pushLevel: number;
  mergeLevel: number;
}

/**
 * How the default branch of a new project is protected, by the namespace's `default_branch_protection`: 0 none,
 * 1 developers push, 2 full, 3 developers merge, 4 as 2 after the initial push (contract push 7.5). Null: not at all.
 */
export function defaultBranchRule(protection: number): DefaultBranchRule | null {
  const { developer, maintainer } = AccessLevel;
  if (protection === 0) return null;
  return {
    pushLevel: protection === 1 ? developer : maintainer,
    mergeLevel: protection === 3 ? developer : maintainer,
  };
}
