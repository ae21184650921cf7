import { sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";

/** A branch as a push left it: its short name and its newest commit, null where it is gone. */
export interface FollowedBranch {
  name: string;
  newrev: string | null;
}

/** Branches that go into one statement: D1 takes 2 MB as a value, and has half a minute for a query. */
const mostBranches = 10_000;
const mostBytes = 1_000_000;

/**
 * What a push to a project makes of its open merge requests (contract push 7.3). In this order:
 * - those from a pushed branch are at its new commit, and are no longer to be merged automatically unless it was at this
 *   very commit that they were to be;
 * - those into a branch that is now at their newest commit are merged;
 * - those from a deleted branch are closed.
 *
 * `pushedAt` is when the push was accepted: a merge request that was changed later, by the options of the next push, is
 * left as it is. Doing it again changes nothing.
 */
export async function followPushedBranches(
  db: Db,
  push: { projectId: number; branches: Iterable<FollowedBranch>; pushedAt: Date },
): Promise<void> {
  const { pushed, deleted } = listsOf(push.branches);
  const projectId = push.projectId;
  const at = push.pushedAt.getTime();
  const statements = [
    ...pushed.map((json) => moveHeads(projectId, json, at)),
    ...pushed.map((json) => mergeReached(projectId, json, at)),
    ...deleted.map((json) => closeDeleted(projectId, json, at)),
  ].map((statement): BatchItem<"sqlite"> => db.query.run(statement));
  for (let done = 0; done < statements.length; done += 3) await runBatch(db, statements.slice(done, done + 3));
}

/** The branches as JSON lists that each fit into a statement: `[name, newrev]` of the pushed ones, names of the deleted. */
function listsOf(branches: Iterable<FollowedBranch>): { pushed: string[]; deleted: string[] } {
  const pushed = jsonLists();
  const deleted = jsonLists();
  for (const { name, newrev } of branches) {
    if (newrev === null) deleted.add(JSON.stringify(name));
    else pushed.add(JSON.stringify([name, newrev]));
  }
  return { pushed: pushed.lists(), deleted: deleted.lists() };
}

function jsonLists() {
  const finished: string[] = [];
  let elements: string[] = [];
  let bytes = 0;
  const finish = () => {
    if (elements.length > 0) finished.push(`[${elements.join(",")}]`);
    elements = [];
    bytes = 0;
  };
  return {
    add(element: string) {
      const size = Buffer.byteLength(element) + 1;
      if (elements.length === mostBranches || bytes + size > mostBytes) finish();
      elements.push(element);
      bytes += size;
    },
    lists() {
      finish();
      return finished;
    },
  };
}

const pairs = (json: string) => sql`(select value ->> 0 as name, value ->> 1 as newrev from json_each(${json})) as branch`;

/** The rows are found from the branches, and named by their ids: an update with a join would read all that there are. */
function moveHeads(projectId: number, json: string, at: number): SQL {
  return sql`
    with found as materialized (
      select m.id as id, branch.newrev as newrev from ${pairs(json)}
      cross join merge_requests m on m.source_project_id = ${projectId} and m.source_branch = branch.name and m.state = 'opened'
      where m.updated_at <= ${at} and (m.head_sha is not branch.newrev or m.auto_merge_sha <> branch.newrev))
    update merge_requests set head_sha = found.newrev, updated_at = ${at},
      auto_merge_user_id = iif(auto_merge_sha = found.newrev, auto_merge_user_id, null),
      auto_merge_sha = iif(auto_merge_sha = found.newrev, auto_merge_sha, null)
    from found where merge_requests.id in (select id from found) and found.id = merge_requests.id`;
}

function mergeReached(projectId: number, json: string, at: number): SQL {
  return sql`
    update merge_requests set state = 'merged', merged_at = ${at}, updated_at = max(updated_at, ${at})
    where id in (
      select m.id from ${pairs(json)}
      cross join merge_requests m on m.target_project_id = ${projectId} and m.target_branch = branch.name and m.state = 'opened'
      where m.head_sha = branch.newrev and m.created_at <= ${at})`;
}

function closeDeleted(projectId: number, json: string, at: number): SQL {
  return sql`
    update merge_requests set state = 'closed', closed_at = ${at}, updated_at = ${at}, auto_merge_user_id = null, auto_merge_sha = null
    where source_project_id = ${projectId} and state = 'opened' and updated_at <= ${at}
      and source_branch in (select value from json_each(${json}))`;
}
