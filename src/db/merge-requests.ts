import { sql, type SQL } from "drizzle-orm";
import type { MergeRequestMarks } from "../domain/push/merge-request-marks.ts";
import type { MergeRequestChange, MergeRequestSource, NewMergeRequest } from "../domain/push/merge-request-plan.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { valuesIn } from "./value-list.ts";

/** Colour of labels that are made in passing. */
const usualColor = "#6699cc";

/**
 * Opens a merge request, numbered within its target project. All or nothing, in one round trip. Throws the database's
 * refusal (constraint.ts, `merge_requests.source_project_id`) where one of the same branches is open already.
 */
export async function openMergeRequest(db: Db, request: NewMergeRequest, now: Date): Promise<void> {
  const { sourceProjectId, sourceBranch, targetProjectId, targetBranch, authorId, isAutoMerge, headSha } = request;
  const at = now.getTime();
  const insert = sql`
    insert into merge_requests (target_project_id, iid, source_project_id, source_branch, target_branch, author_id, title,
      is_draft, description, head_sha, squash, removes_source_branch, auto_merge_user_id, auto_merge_sha, milestone_id,
      created_at, updated_at)
    select ${targetProjectId}, coalesce(max(iid), 0) + 1, ${sourceProjectId}, ${sourceBranch}, ${targetBranch}, ${authorId},
      ${request.title}, ${request.isDraft}, ${request.description}, ${headSha}, ${request.squash}, ${request.removesSourceBranch},
      ${isAutoMerge ? authorId : null}, ${isAutoMerge ? headSha : null}, ${milestoneTitled(request.marks.milestone, targetProjectId)},
      ${at}, ${at}
    from merge_requests where target_project_id = ${targetProjectId}`;
  const id = sql`(
    select id from merge_requests
    where source_project_id = ${sourceProjectId} and source_branch = ${sourceBranch} and target_project_id = ${targetProjectId}
      and target_branch = ${targetBranch} and state = 'opened')`;
  const statements = [insert, ...markStatements(id, targetProjectId, request.marks, at)];
  await runBatch(
    db,
    statements.map((statement) => db.query.run(statement)),
  );
}

/**
 * Changes a merge request as long as it is open. All or nothing, in one round trip. Throws as `openMergeRequest` does
 * where another one is open into the branch that it is to be merged into from now on.
 */
export async function changeMergeRequest(db: Db, change: MergeRequestChange, targetProjectId: number, now: Date): Promise<void> {
  const { targetBranch, title, isDraft, description, squash, removesSourceBranch, headSha, marks } = change;
  const at = now.getTime();
  const update = sql`
    update merge_requests set target_branch = coalesce(${targetBranch}, target_branch), title = coalesce(${title}, title),
      is_draft = coalesce(${isDraft}, is_draft), description = coalesce(${description}, description), head_sha = ${headSha},
      squash = coalesce(${squash}, squash), removes_source_branch = coalesce(${removesSourceBranch}, removes_source_branch),
      ${autoMerge(change)}, milestone_id = coalesce(${milestoneTitled(marks.milestone, targetProjectId)}, milestone_id),
      updated_at = max(updated_at, ${at})
    where id = ${change.id} and state = 'opened'`;
  const id = sql`(select id from merge_requests where id = ${change.id} and state = 'opened')`;
  const statements = [update, ...markStatements(id, targetProjectId, marks, at)];
  await runBatch(
    db,
    statements.map((statement) => db.query.run(statement)),
  );
}

/** What was to be merged at another commit is to be looked at anew by whoever wanted it. */
function autoMerge({ isAutoMerge, authorId, headSha }: MergeRequestChange): SQL {
  if (isAutoMerge === true) return sql`auto_merge_user_id = ${authorId}, auto_merge_sha = ${headSha}`;
  if (isAutoMerge === false) return sql`auto_merge_user_id = null, auto_merge_sha = null`;
  return sql`
    auto_merge_user_id = iif(auto_merge_sha = ${headSha}, auto_merge_user_id, null),
    auto_merge_sha = iif(auto_merge_sha = ${headSha}, auto_merge_sha, null)`;
}

/** The groups above a project. */
const groupsAbove = (projectId: number) => sql`(
  select a.ancestor_id from projects p join namespace_ancestors a on a.namespace_id = p.namespace_id where p.id = ${projectId})`;

/** The project's own, else that of the nearest group above; null where none has this title. */
function milestoneTitled(title: string | null, projectId: number): SQL {
  if (title === null) return sql`null`;
  return sql`coalesce(
    (select id from milestones where project_id = ${projectId} and title = ${title}),
    (select m.id from projects p
      cross join namespace_ancestors a on a.namespace_id = p.namespace_id
      cross join milestones m on m.namespace_id = a.ancestor_id and m.title = ${title}
      where p.id = ${projectId} order by a.depth limit 1))`;
}

/** For each of these names the id of the project's own label, else of that of the nearest group above; null where none is called so. */
function nearestLabels(names: readonly string[], projectId: number): SQL {
  return sql`
    select coalesce(
      (select id from labels where project_id = ${projectId} and name = named.value),
      (select l.id from projects p
        cross join namespace_ancestors a on a.namespace_id = p.namespace_id
        cross join labels l on l.namespace_id = a.ancestor_id and l.name = named.value
        where p.id = ${projectId} order by a.depth limit 1)) as id
    from (${valuesIn(names)}) named`;
}

/** The ids of all labels of these names, the project's own and those of the groups above. */
function labelsNamed(names: readonly string[], projectId: number): SQL {
  return sql`
    select id from labels where project_id = ${projectId} and name in (${valuesIn(names)})
    union all
    select id from labels where namespace_id in ${groupsAbove(projectId)} and name in (${valuesIn(names)})`;
}

/** The statements that give the merge request whose id is a subquery what it is marked with; none where nothing is said. */
function markStatements(id: SQL, projectId: number, marks: MergeRequestMarks, at: number): SQL[] {
  const { addLabels, removeLabels, makesLabels, assigneeIds, unassignedIds } = marks;
  const statements: SQL[] = [];
  if (addLabels.length > 0 && makesLabels) statements.push(makeLabels(addLabels, projectId, at));
  if (addLabels.length > 0) {
    statements.push(sql`
      insert into merge_request_labels (merge_request_id, label_id)
      select r.id, l.id from ${id} r cross join (${nearestLabels(addLabels, projectId)}) l where l.id is not null on conflict do nothing`);
  }
  if (removeLabels.length > 0) {
    statements.push(sql`
      delete from merge_request_labels where merge_request_id = ${id} and label_id in (${labelsNamed(removeLabels, projectId)})`);
  }
  if (assigneeIds.length > 0) {
    statements.push(sql`
      insert into merge_request_assignees (merge_request_id, user_id)
      select r.id, u.id from ${id} r cross join users u on u.id in (${valuesIn(assigneeIds)}) where true on conflict do nothing`);
  }
  if (unassignedIds.length > 0) {
    statements.push(sql`delete from merge_request_assignees where merge_request_id = ${id} and user_id in (${valuesIn(unassignedIds)})`);
  }
  return statements;
}

/** Those that neither the project nor a group above it has. */
function makeLabels(names: readonly string[], projectId: number, at: number): SQL {
  return sql`
    insert into labels (project_id, name, color, created_at, updated_at)
    select ${projectId}, named.value, ${usualColor}, ${at}, ${at} from json_each(${JSON.stringify(names)}) named
    where not exists (select 1 from labels where namespace_id in ${groupsAbove(projectId)} and name = named.value)
    on conflict do nothing`;
}

/** The number of the open merge request of these branches; null where there is none. */
export async function findOpenMergeRequest(db: Db, source: MergeRequestSource, targetBranch: string): Promise<number | null> {
  const [row] = await db.query.all<{ iid: number }>(sql`
    select iid from merge_requests
    where source_project_id = ${source.sourceProjectId} and source_branch = ${source.sourceBranch}
      and target_project_id = ${source.targetProjectId} and target_branch = ${targetBranch} and state = 'opened'`);
  return row?.iid ?? null;
}
