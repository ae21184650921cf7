import { isBlankRevision, type RefChange } from "../git/changes.ts";

/**
 * The refs that others have changed since a push happened, as far as stored revisions tell: where a ref is neither what it
 * was before the push nor what the push made of it, a later push has been processed first. `stored`: name → revision,
 * without the refs that are not there.
 */
export function overtakenRefs(changes: Iterable<RefChange>, stored: ReadonlyMap<string, string>): Set<string> {
  const overtaken = new Set<string>();
  const followed = new Set<string>();
  for (const { ref, oldrev, newrev } of changes) {
    const current = stored.get(ref) ?? null;
    if (current === revisionOf(oldrev) || current === revisionOf(newrev)) followed.add(ref);
    else overtaken.add(ref);
  }
  for (const ref of followed) overtaken.delete(ref);
  return overtaken;
}

function revisionOf(revision: string): string | null {
  return isBlankRevision(revision) ? null : revision;
}
