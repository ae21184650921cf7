import { sql } from "drizzle-orm";
import { isBlankRevision, isBranch, shortNameOf, type RefChange } from "../domain/git/changes.ts";
import type { OpenMergeRequest } from "../domain/push/merge-request-links.ts";
import type { Db } from "./client.ts";
import { loadTogether, statement } from "./statement.ts";

const value = sql.placeholder;

export interface OpenMergeRequestRow {
  source_branch: string;
  target_full_path: string;
  iid: number;
}

/**
 * The open merge requests from the project `projectId`, newest last: those of the branches in `pushedBranches`, a JSON
 * list, each found by index; all of them where that is null (`pushedBranchesValue`).
 */
export const openMergeRequestsFrom = statement<OpenMergeRequestRow>(
  () => sql`
    select request.source_branch as source_branch, r.path as target_full_path, request.iid as iid
    from (
      select id, source_branch, target_project_id, iid from merge_requests
      where source_project_id = ${value("projectId")} and state = 'opened'
        and source_branch in (select value from json_each(${value("pushedBranches")}))
      union all
      select id, source_branch, target_project_id, iid from merge_requests
      where ${value("pushedBranches")} is null and source_project_id = ${value("projectId")} and state = 'opened') request
    join routes r on r.project_id = request.target_project_id
    order by request.id`,
);

export function toOpenMergeRequest(row: OpenMergeRequestRow): OpenMergeRequest {
  return { sourceBranch: row.source_branch, targetFullPath: row.target_full_path, iid: row.iid };
}

/** More branches than this, or longer names than these together, are not looked up one by one; D1 takes 2 MB. */
const mostLookedUp = 1000;
const mostBytes = 300_000;

/** The branches that a push created or changed as the value of `pushedBranches`; null where they are too many. */
export function pushedBranchesValue(changes: Iterable<RefChange>): string | null {
  const names: string[] = [];
  let bytes = 0;
  for (const { newrev, ref } of changes) {
    if (!isBranch(ref) || isBlankRevision(newrev)) continue;
    const name = shortNameOf(ref);
    bytes += Buffer.byteLength(name);
    if (names.length === mostLookedUp || bytes > mostBytes) return null;
    names.push(name);
  }
  return JSON.stringify(names);
}

/** The open merge requests from the pushed branches of a project, newest last; where the branches are many, from all of its branches. */
export async function loadOpenMergeRequests(db: Db, projectId: number, changes: Iterable<RefChange>): Promise<OpenMergeRequest[]> {
  const { rows } = await loadTogether(db, { rows: openMergeRequestsFrom }, { projectId, pushedBranches: pushedBranchesValue(changes) });
  return rows.map(toOpenMergeRequest);
}
