import { isBlankRevision, isBranch, shortNameOf, type RefChange } from "../git/changes.ts";

/** The branches of a push by their short names. */
export interface PushedBranches {
  /** Those that were created or changed, in the order of the push, with their newest commit. */
  heads: Map<string, string>;
  deleted: Set<string>;
}

export function pushedBranches(changes: Iterable<RefChange>): PushedBranches {
  const heads = new Map<string, string>();
  const deleted = new Set<string>();
  for (const { newrev, ref } of changes) {
    if (!isBranch(ref)) continue;
    if (isBlankRevision(newrev)) deleted.add(shortNameOf(ref));
    else heads.set(shortNameOf(ref), newrev);
  }
  return { heads, deleted };
}
