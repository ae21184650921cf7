import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt, day, exactlyOne, oneOf, updatedAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";
import { projects } from "./projects.ts";

/** Labels of a project, or of a group for all projects below it. */
export const labels = sqliteTable(
  "labels",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id").references(() => projects.id),
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    name: text("name").notNull(),
    color: text("color").notNull(),
    description: text("description"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("labels_project_name").on(t.projectId, t.name),
    uniqueIndex("labels_namespace_name").on(t.namespaceId, t.name),
    check("labels_source", exactlyOne("project_id", "namespace_id")),
  ],
);

export const milestoneStates = ["active", "closed"] as const;

/** Milestones of a project, or of a group for all projects below it. */
export const milestones = sqliteTable(
  "milestones",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id").references(() => projects.id),
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    /** Number within its project or group. */
    iid: integer("iid").notNull(),
    title: text("title").notNull(),
    description: text("description"),
    state: text("state", { enum: milestoneStates }).notNull().default("active"),
    startDate: day("start_date"),
    dueDate: day("due_date"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("milestones_project_iid").on(t.projectId, t.iid),
    uniqueIndex("milestones_namespace_iid").on(t.namespaceId, t.iid),
    uniqueIndex("milestones_project_title").on(t.projectId, t.title),
    uniqueIndex("milestones_namespace_title").on(t.namespaceId, t.title),
    index("milestones_title").on(t.title),
    check("milestones_source", exactlyOne("project_id", "namespace_id")),
    check("milestones_state", oneOf("state", milestoneStates)),
  ],
);
