import type { Guard } from "../guard.ts";
import { changesOf, isBlankRevision } from "../../git/changes.ts";
import { lockedByAnother, refusals } from "../refusal.ts";
import type { ChangedRef, CodePush } from "./changed-ref.ts";

type Ref = ChangedRef<CodePush>;

/** Commits that the instance signed for its web pages are written by whoever pushes them (contract git-access 13.4). */
const webAuthor: Guard<Ref> = {
  code: "web_author",
  step: "Checking if commits authors are valid...",
  judge({ push, change, isDeletion }) {
    if (isDeletion || push.request.protocol !== "web" || push.request.skipsCommitsCheck) return null;
    return { name: "web_author", change, judge: (isAuthor) => (isAuthor ? null : refusals.web_author) };
  },
  facts: ({ push }) => ({ protocol: push.request.protocol, skip_commits_check: push.request.skipsCommitsCheck }),
};

/** Contract git-access 13.2. */
const lfsLocks: Guard<Ref> = {
  code: "lfs_locks",
  step: "Validating diffs' file paths...",
  judge({ push, change, isDeletion }) {
    if (isDeletion || !push.project.isLfsEnabled || !push.facts.push.hasLfsLocks) return null;
    return { name: "lfs_locks", change, judge: (lock) => (lock === null ? null : lockedByAnother(lock.path, lock.username)) };
  },
  facts: ({ push }) => ({ lfs_enabled: push.project.isLfsEnabled, has_locks: push.facts.push.hasLfsLocks }),
};

/** What a branch or tag brings with it; the dearest checks come last. */
export const objectGuards: readonly Guard<Ref>[] = [webAuthor, lfsLocks];

/** Once for the whole push (contract git-access 13.1). */
export const lfsIntegrity: Guard<CodePush> = {
  code: "lfs_integrity",
  step: "Scanning repository for blobs stored in LFS and verifying their files have been uploaded to GitLab...",
  judge({ project, changes }) {
    if (!project.isLfsEnabled || !bringsObjects(changes)) return null;
    return { name: "lfs_integrity", changes, judge: (isComplete) => (isComplete ? null : refusals.lfs_missing) };
  },
  facts: ({ project, changes }) => ({ lfs_enabled: project.isLfsEnabled, brings_objects: bringsObjects(changes) }),
};

function bringsObjects(changes: CodePush["changes"]): boolean {
  for (const { newrev } of changesOf(changes)) {
    if (!isBlankRevision(newrev)) return true;
  }
  return false;
}
