import * as v from "valibot";
import type { MergeRequestRecord } from "../../db/merge-request-list.ts";
import { Milestone, renderMilestone } from "./milestone.ts";
import { UserBasic, renderUserBasic } from "./user.ts";

const TimeStats = v.object({
  time_estimate: v.number(),
  total_time_spent: v.number(),
  human_time_estimate: v.null(),
  human_total_time_spent: v.null(),
});

const fields = {
  id: v.number(),
  iid: v.number(),
  project_id: v.number(),
  title: v.string(),
  description: v.nullable(v.string()),
  state: v.string(),
  imported: v.boolean(),
  imported_from: v.string(),
  merged_by: v.null(),
  merge_user: v.nullable(UserBasic),
  merged_at: v.nullable(v.string()),
  merge_after: v.null(),
  prepared_at: v.string(),
  closed_by: v.null(),
  closed_at: v.nullable(v.string()),
  created_at: v.string(),
  updated_at: v.string(),
  target_branch: v.string(),
  source_branch: v.string(),
  user_notes_count: v.number(),
  upvotes: v.number(),
  downvotes: v.number(),
  author: v.nullable(UserBasic),
  assignees: v.array(UserBasic),
  assignee: v.nullable(UserBasic),
  reviewers: v.array(UserBasic),
  source_project_id: v.nullable(v.number()),
  target_project_id: v.number(),
  labels: v.array(v.string()),
  draft: v.boolean(),
  work_in_progress: v.boolean(),
  milestone: v.nullable(Milestone),
  merge_when_pipeline_succeeds: v.boolean(),
  merge_status: v.string(),
  detailed_merge_status: v.string(),
  sha: v.nullable(v.string()),
  merge_commit_sha: v.null(),
  squash_commit_sha: v.null(),
  discussion_locked: v.null(),
  should_remove_source_branch: v.null(),
  force_remove_source_branch: v.boolean(),
  allow_collaboration: v.boolean(),
  allow_maintainer_to_push: v.boolean(),
  reference: v.string(),
  references: v.object({ short: v.string(), relative: v.string(), full: v.string() }),
  web_url: v.string(),
  time_stats: TimeStats,
  squash: v.boolean(),
  squash_on_merge: v.boolean(),
  task_completion_status: v.object({ count: v.number(), completed_count: v.number() }),
  has_conflicts: v.boolean(),
  blocking_discussions_resolved: v.boolean(),
  approvals_before_merge: v.null(),
};

/** A merge request as it is listed (contract push 12). */
export const MergeRequest = v.object(fields);

/** A merge request by itself. What only Git data or pipelines could say is constant. */
export const MergeRequestDetail = v.object({
  ...fields,
  subscribed: v.boolean(),
  changes_count: v.null(),
  latest_build_started_at: v.null(),
  latest_build_finished_at: v.null(),
  first_deployed_to_production_at: v.null(),
  pipeline: v.null(),
  head_pipeline: v.null(),
  diff_refs: v.null(),
  merge_error: v.null(),
  first_contribution: v.boolean(),
  user: v.object({ can_merge: v.boolean() }),
});

/** Where and when it is shown: the external URL, the day, and whether its project is clear from the address. */
export interface MergeRequestView {
  base: string;
  today: string;
  isWithinProject: boolean;
}

export function renderMergeRequest(record: MergeRequestRecord, view: MergeRequestView): v.InferOutput<typeof MergeRequest> {
  const { request, targetFullPath, milestone } = record;
  const { base, today, isWithinProject } = view;
  const short = `!${request.iid}`;
  const full = `${targetFullPath}${short}`;
  return {
    id: request.id,
    iid: request.iid,
    project_id: request.targetProjectId,
    title: request.title,
    description: request.description,
    state: request.state,
    ...renderTimes(record),
    target_branch: request.targetBranch,
    source_branch: request.sourceBranch,
    source_project_id: request.sourceProjectId,
    target_project_id: request.targetProjectId,
    ...renderPeople(record, base),
    labels: record.labels,
    draft: request.isDraft,
    work_in_progress: request.isDraft,
    milestone: milestone === null ? null : renderMilestone(milestone, base, today),
    ...renderMerging(record),
    reference: short,
    references: { short, relative: isWithinProject ? short : full, full },
    web_url: `${base}/${targetFullPath}/-/merge_requests/${request.iid}`,
    ...constants,
  };
}

export function renderMergeRequestDetail(record: MergeRequestRecord, view: MergeRequestView): v.InferOutput<typeof MergeRequestDetail> {
  return { ...renderMergeRequest(record, view), ...detailConstants };
}

function renderTimes({ request }: MergeRequestRecord) {
  const createdAt = request.createdAt.toISOString();
  return {
    merged_at: request.mergedAt?.toISOString() ?? null,
    closed_at: request.closedAt?.toISOString() ?? null,
    prepared_at: createdAt,
    created_at: createdAt,
    updated_at: request.updatedAt.toISOString(),
  };
}

function renderPeople({ author, assignees, autoMergeUser }: MergeRequestRecord, base: string) {
  const shown = assignees.map((user) => renderUserBasic(user, base));
  return {
    author: author === null ? null : renderUserBasic(author, base),
    assignees: shown,
    assignee: shown[0] ?? null,
    merge_user: autoMergeUser === null ? null : renderUserBasic(autoMergeUser, base),
  };
}

function renderMerging({ request, autoMergeUser }: MergeRequestRecord) {
  const isOpen = request.state === "opened";
  return {
    merge_when_pipeline_succeeds: autoMergeUser !== null,
    detailed_merge_status: isOpen ? (request.isDraft ? "draft_status" : "unchecked") : "not_open",
    sha: request.headSha,
    force_remove_source_branch: request.removesSourceBranch,
    allow_collaboration: request.allowsCollaboration,
    allow_maintainer_to_push: request.allowsCollaboration,
    squash: request.squash,
    squash_on_merge: request.squash,
  };
}

const constants = {
  imported: false,
  imported_from: "none",
  merged_by: null,
  merge_after: null,
  closed_by: null,
  user_notes_count: 0,
  upvotes: 0,
  downvotes: 0,
  reviewers: [],
  merge_status: "unchecked",
  merge_commit_sha: null,
  squash_commit_sha: null,
  discussion_locked: null,
  should_remove_source_branch: null,
  time_stats: { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null },
  task_completion_status: { count: 0, completed_count: 0 },
  has_conflicts: false,
  blocking_discussions_resolved: true,
  approvals_before_merge: null,
};

const detailConstants = {
  subscribed: false,
  changes_count: null,
  latest_build_started_at: null,
  latest_build_finished_at: null,
  first_deployed_to_production_at: null,
  pipeline: null,
  head_pipeline: null,
  diff_refs: null,
  merge_error: null,
  first_contribution: false,
  user: { can_merge: false },
};
