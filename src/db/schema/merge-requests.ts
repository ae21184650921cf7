import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt, flag, oneOf, updatedAt } from "./columns.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

export const mergeRequestStates = ["opened", "closed", "merged", "locked"] as const;

/** Merge requests, as far as pushes are judged by them. They belong to the project that they are to be merged into. */
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
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("merge_requests_target_iid").on(t.targetProjectId, t.iid),
    index("merge_requests_target_state").on(t.targetProjectId, t.state),
    index("merge_requests_source").on(t.sourceProjectId, t.state, t.allowsCollaboration),
    index("merge_requests_author").on(t.authorId),
    check("merge_requests_state", oneOf("state", mergeRequestStates)),
  ],
);
