import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt } from "./columns.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

/** Branches and tags of a project's repository, as the last processed push left them. */
export const gitRefs = sqliteTable(
  "git_refs",
  {
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id),
    /** Full name: `refs/heads/…` or `refs/tags/…`. */
    name: text("name").notNull(),
    /** What it points at: 40 or 64 hex digits. */
    sha: text("sha").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.name] }),
    index("git_refs_sha").on(t.projectId, t.sha, t.name),
    check("git_refs_name", sql`${t.name} like 'refs/%'`),
  ],
);

/** Files that somebody keeps for themselves through Git LFS. */
export const lfsLocks = sqliteTable(
  "lfs_locks",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    path: text("path").notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("lfs_locks_project_path").on(t.projectId, t.path), index("lfs_locks_user").on(t.userId)],
);
