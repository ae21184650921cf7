import { isBlankRevision, isBranch, shortNameOf, type RefChange } from "../git/changes.ts";
import type { FeatureLevel } from "../identity/visibility.ts";

/** An open merge request from the project that was pushed to, with the full path of the project it is to be merged into. */
export interface OpenMergeRequest {
  sourceBranch: string;
  targetFullPath: string;
  iid: number;
}

/** What is to be known of the project that was pushed to: its default branch as it was before, whether it is empty with this push. */
export interface LinkedProject {
  fullPath: string;
  defaultBranch: string;
  isRepositoryEmpty: boolean;
  printsMergeRequestLink: boolean;
  mergeRequestsAccessLevel: FeatureLevel;
}

/**
 * Where merge requests of the pushed branches are, or are to be made (contract push 6): a text for each branch that was
 * created or changed, in the order of the push, but for the default branch. `open` lists the newest one of a branch last.
 * `root`: the external URL.
 */
export function mergeRequestLinks(
  project: LinkedProject,
  changes: Iterable<RefChange>,
  open: readonly OpenMergeRequest[],
  root: string,
): string[] {
  if (!printsLinks(project)) return [];
  const byBranch = new Map(open.map((each) => [each.sourceBranch, each]));
  const texts: string[] = [];
  for (const { newrev, ref } of changes) {
    if (!isBranch(ref) || isBlankRevision(newrev)) continue;
    const branch = shortNameOf(ref);
    if (branch === project.defaultBranch) continue;
    const existing = byBranch.get(branch);
    texts.push(existing === undefined ? createText(project.fullPath, branch, root) : viewText(existing, root));
  }
  return texts;
}

function printsLinks(project: LinkedProject): boolean {
  return project.printsMergeRequestLink && !project.isRepositoryEmpty && project.mergeRequestsAccessLevel !== "disabled";
}

function createText(fullPath: string, branch: string, root: string): string {
  const query = `merge_request%5Bsource_branch%5D=${escapeInQuery(branch)}`;
  return `To create a merge request for ${branch}, visit:\n  ${root}/${fullPath}/-/merge_requests/new?${query}`;
}

function viewText({ sourceBranch, targetFullPath, iid }: OpenMergeRequest, root: string): string {
  return `View merge request for ${sourceBranch}:\n  ${root}/${targetFullPath}/-/merge_requests/${iid}`;
}

/** As a form would write it, with the marks escaped too that `encodeURIComponent` leaves as they are. */
function escapeInQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
