import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { pushActions, refTypes } from "../../domain/push/push-event.ts";
import { instant, oneOf } from "./columns.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

/** What people see of pushes: a row for a changed ref, or for many that were changed alike at once. */
export const pushEvents = sqliteTable(
  "push_events",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id),
    /** Null when the account is gone, or the deploy key has no owner. */
    authorId: integer("author_id").references(() => users.id),
    /** When the push was accepted. */
    createdAt: instant("created_at").notNull(),
    /** UUID of the accepted push. */
    pushId: text("push_id").notNull(),
    /** Line of the push, from 0; of many refs the first one's. With the push it is the key: what is processed again is not recorded again. */
    changeIndex: integer("change_index").notNull(),
    action: text("action", { enum: pushActions }).notNull(),
    refType: text("ref_type", { enum: refTypes }).notNull(),
    /** Short name; null for many refs. */
    ref: text("ref"),
    /** Null when created, or for many refs. */
    commitFrom: text("commit_from"),
    /** Null when removed, or for many refs. */
    commitTo: text("commit_to"),
    commitCount: integer("commit_count").notNull().default(0),
    commitTitle: text("commit_title"),
    /** How many refs the row stands for; null for one. */
    refCount: integer("ref_count"),
  },
  (t) => [
    uniqueIndex("push_events_push_change").on(t.pushId, t.changeIndex),
    index("push_events_project").on(t.projectId, t.createdAt),
    index("push_events_author").on(t.authorId, t.createdAt),
    check("push_events_action", oneOf("action", pushActions)),
    check("push_events_ref_type", oneOf("ref_type", refTypes)),
    check("push_events_ref_or_count", sql`(${t.ref} is null) <> (${t.refCount} is null)`),
  ],
);
