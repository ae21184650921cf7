import * as v from "valibot";
import type { StoredRef } from "../../db/ref-list.ts";
import type { BranchView } from "../../domain/access/refs/branch-view.ts";

/** Nothing else is known of a commit without asking for it. */
const Commit = v.object({ id: v.string(), short_id: v.string() });

/** A branch of a project (contract push 12). */
export const Branch = v.object({
  name: v.string(),
  commit: Commit,
  merged: v.boolean(),
  protected: v.boolean(),
  developers_can_push: v.boolean(),
  developers_can_merge: v.boolean(),
  can_push: v.boolean(),
  default: v.boolean(),
  web_url: v.string(),
});

/** A tag of a project (contract push 12); `target` is what was pushed, be it a commit or an annotated tag. */
export const Tag = v.object({
  name: v.string(),
  message: v.null(),
  target: v.string(),
  commit: Commit,
  release: v.null(),
  protected: v.boolean(),
});

/** `webUrl`: that of the project. */
export function renderBranch(
  { name, sha }: StoredRef,
  view: BranchView,
  project: { defaultBranch: string; webUrl: string },
): v.InferOutput<typeof Branch> {
  return {
    name,
    commit: renderCommit(sha),
    merged: false,
    protected: view.isProtected,
    developers_can_push: view.developersCanPush,
    developers_can_merge: view.developersCanMerge,
    can_push: view.canPush,
    default: name === project.defaultBranch,
    web_url: `${project.webUrl}/-/tree/${name.split("/").map(encodeURIComponent).join("/")}`,
  };
}

export function renderTag({ name, sha }: StoredRef, isProtected: boolean): v.InferOutput<typeof Tag> {
  return { name, message: null, target: sha, commit: renderCommit(sha), release: null, protected: isProtected };
}

function renderCommit(sha: string): v.InferOutput<typeof Commit> {
  return { id: sha, short_id: sha.slice(0, 8) };
}
