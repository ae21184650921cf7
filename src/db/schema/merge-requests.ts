import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { labels, milestones } from "./labels.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

export const mergeRequestStates = ["opened", "closed", "merged", "locked"] as const;

/** Merge requests: records that pushes make, change and are judged by. They belong to the project that they are to be merged into. */
export const mergeRequests = sqliteTable(
  "merge_requests",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    targetProjectId: integer("target_project_id")
      .notNull()
      .references(() => projects.id),
    /** Number within the target project. */
    iid: integer("iid").notNull(),
    /** Null when the fork it came from is gone. */
    sourceProjectId: integer("source_project_id").references(() => projects.id),
    sourceBranch: text("source_branch").notNull(),
    targetBranch: text("target_branch").notNull(),
    authorId: integer("author_id").references(() => users.id),
    title: text("title").notNull(),
    description: text("description"),
    /** `locked`: a merge of it is being performed. */
    state: text("state", { enum: mergeRequestStates }).notNull().default("opened"),
    /** Of a fork: whoever may merge may push to the source branch. */
    allowsCollaboration: flag("allows_collaboration").notNull().default(false),
    /** The merge commit that is just being pushed to the target branch. */
    inProgressMergeCommitSha: text("in_progress_merge_commit_sha"),
    isDraft: flag("is_draft").notNull().default(false),
    /** Newest commit of the source branch, as the last push to it left it; null where that is not known. */
    headSha: text("head_sha"),
    squash: flag("squash").notNull().default(false),
    removesSourceBranch: flag("removes_source_branch").notNull().default(false),
    /** To be merged on behalf of this user as soon as it may be, at this commit. */
    autoMergeUserId: integer("auto_merge_user_id").references(() => users.id),
    autoMergeSha: text("auto_merge_sha"),
    milestoneId: integer("milestone_id").references(() => milestones.id),
    mergedAt: instant("merged_at"),
    closedAt: instant("closed_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("merge_requests_target_iid").on(t.targetProjectId, t.iid),
    index("merge_requests_target_state").on(t.targetProjectId, t.state),
    index("merge_requests_source").on(t.sourceProjectId, t.state, t.allowsCollaboration),
    index("merge_requests_author").on(t.authorId),
    index("merge_requests_source_branch").on(t.sourceProjectId, t.sourceBranch, t.state),
    index("merge_requests_target_branch").on(t.targetProjectId, t.targetBranch, t.state),
    index("merge_requests_auto_merge_user").on(t.autoMergeUserId),
    index("merge_requests_milestone").on(t.milestoneId),
    // Two at once open one merge request, not two.
    uniqueIndex("merge_requests_open")
      .on(t.sourceProjectId, t.sourceBranch, t.targetProjectId, t.targetBranch)
      .where(sql`state = 'opened'`),
    check("merge_requests_state", oneOf("state", mergeRequestStates)),
  ],
);

export const mergeRequestAssignees = sqliteTable(
  "merge_request_assignees",
  {
    mergeRequestId: integer("merge_request_id")
      .notNull()
      .references(() => mergeRequests.id),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
  },
  (t) => [primaryKey({ columns: [t.mergeRequestId, t.userId] }), index("merge_request_assignees_user").on(t.userId)],
);

export const mergeRequestLabels = sqliteTable(
  "merge_request_labels",
  {
    mergeRequestId: integer("merge_request_id")
      .notNull()
      .references(() => mergeRequests.id),
    labelId: integer("label_id")
      .notNull()
      .references(() => labels.id),
  },
  (t) => [primaryKey({ columns: [t.mergeRequestId, t.labelId] }), index("merge_request_labels_label").on(t.labelId)],
);
