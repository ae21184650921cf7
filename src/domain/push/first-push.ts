import { isBlankRevision, isBranch, shortNameOf, type RefChange } from "../git/changes.ts";

/**
 * What the first push of branches makes of an empty repository (contract push 3.2): from then on it is not empty, and
 * its default branch is the stored one when it is among the pushed branches, else the first branch that is created.
 * Null where nothing changes: the repository was not empty, or no branch is created or updated.
 */
export function firstPush(
  stored: { isRepositoryEmpty: boolean; defaultBranch: string },
  changes: Iterable<RefChange>,
): { defaultBranch: string } | null {
  if (!stored.isRepositoryEmpty) return null;
  let isPushed = false;
  let firstCreated: string | null = null;
  for (const { oldrev, newrev, ref } of changes) {
    if (!isBranch(ref) || isBlankRevision(newrev)) continue;
    const branch = shortNameOf(ref);
    if (branch === stored.defaultBranch) return { defaultBranch: branch };
    isPushed = true;
    if (isBlankRevision(oldrev)) firstCreated ??= branch;
  }
  return isPushed ? { defaultBranch: firstCreated ?? stored.defaultBranch } : null;
}
