import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { alertDomains, alertSeverities, alertStatuses } from "../../domain/alerts/alert.ts";
import { createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { projects } from "./projects.ts";

/** Alerts of projects. Of each fingerprint one at most is open: another of its kind is counted as an event of it. */
export const alerts = sqliteTable(
  "alerts",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id, { onDelete: "cascade" }),
    /** Counts from 1 within the project. */
    iid: integer("iid").notNull(),
    title: text("title").notNull(),
    description: text("description"),
    service: text("service"),
    monitoringTool: text("monitoring_tool"),
    hosts: text("hosts", { mode: "json" }).$type<string[]>().notNull(),
    severity: text("severity", { enum: alertSeverities }).notNull(),
    status: text("status", { enum: alertStatuses }).notNull().default("triggered"),
    /** How often it was raised. */
    events: integer("events").notNull().default(1),
    startedAt: instant("started_at").notNull(),
    endedAt: instant("ended_at"),
    domain: text("domain", { enum: alertDomains }).notNull(),
    /** SHA-1, 40 hex digits; null: there is nothing to tell it from others by. */
    fingerprint: text("fingerprint"),
    /** The object that raised it, as JSON, at most 1 MiB. */
    payload: text("payload").notNull(),
    /** The web hooks that hear of it have been noted, or there are none. */
    isAnnounced: flag("is_announced").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("alerts_project_iid").on(t.projectId, t.iid),
    uniqueIndex("alerts_open_fingerprint")
      .on(t.projectId, t.fingerprint)
      .where(sql`status <> 'resolved'`),
    index("alerts_project_status").on(t.projectId, t.status, t.iid),
    index("alerts_unannounced")
      .on(t.createdAt)
      .where(sql`not is_announced`),
    check("alerts_severity", oneOf("severity", alertSeverities)),
    check("alerts_status", oneOf("status", alertStatuses)),
    check("alerts_domain", oneOf("domain", alertDomains)),
  ],
);
