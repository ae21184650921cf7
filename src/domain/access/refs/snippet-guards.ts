import type { Guard } from "../guard.ts";
import { isBranch } from "../../git/changes.ts";
import { refusals } from "../refusal.ts";
import type { ChangedRef, SnippetPush } from "./changed-ref.ts";

type Ref = ChangedRef<SnippetPush>;

const mostFiles = 10;

/** Once for the whole push: before any of its changes. */
export const snippetSize: Guard<SnippetPush> = {
  code: "snippet_size",
  judge: () => ({
    name: "snippet_size",
    judge(size) {
      if (size === "within") return null;
      return size === "exceeded" ? refusals.snippet_size_exceeded : refusals.snippet_size_would_exceed;
    },
  }),
};

/** A snippet has one branch, which is made by the first push and stays (contract git-access 14.2). */
const branches: Guard<Ref> = {
  code: "snippet_branches",
  judge({ push: { snippet, firstBranch }, change, name, isCreation, isDeletion }) {
    if (isDeletion) return refusals.snippet_branches;
    // A ref that is changed was there, whatever is stored.
    if (snippet.isRepositoryEmpty && isCreation) return isBranch(change.ref) && name === firstBranch ? null : refusals.snippet_branches;
    if (snippet.defaultBranch === null) return refusals.snippet_branches;
    const isDefault = isBranch(change.ref) && name === snippet.defaultBranch;
    return isCreation && !isDefault ? refusals.snippet_branches : null;
  },
  facts: ({ push }) => ({ default_branch: push.snippet.defaultBranch, is_repository_empty: push.snippet.isRepositoryEmpty }),
};

const files: Guard<Ref> = {
  code: "snippet_files",
  judge({ change, isDeletion }) {
    if (isDeletion) return null;
    return {
      name: "snippet_files",
      change,
      judge(count) {
        if (count > mostFiles) return refusals.snippet_too_many_files;
        return count === 0 ? refusals.snippet_no_files : null;
      },
    };
  },
};

export const snippetGuards: readonly Guard<Ref>[] = [branches, files];
