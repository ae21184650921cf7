import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { confidences, severities, vulnerabilityStates } from "../../domain/vulnerabilities/vulnerability.ts";
import { createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

/** What finds vulnerabilities, a row for each project: two projects may call different things by one name. */
export const vulnerabilityScanners = sqliteTable(
  "vulnerability_scanners",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id, { onDelete: "cascade" }),
    /** As it names itself: `starboard_trivy`. */
    externalId: text("external_id").notNull(),
    name: text("name").notNull(),
    vendor: text("vendor"),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("vulnerability_scanners_external_id").on(t.projectId, t.externalId)],
);

/** Vulnerabilities, each with the one finding that it comes from. */
export const vulnerabilities = sqliteTable(
  "vulnerabilities",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id, { onDelete: "cascade" }),
    scannerId: integer("scanner_id")
      .notNull()
      .references(() => vulnerabilityScanners.id, { onDelete: "cascade" }),
    /** The agent that reported it. No reference: what was found outlives who found it. */
    agentId: integer("agent_id"),
    reportType: text("report_type").notNull().default("cluster_image_scanning"),
    /** Version 5, of the finding (contract kas 7.3). */
    uuid: text("uuid").notNull(),
    /** SHA-1 of the first identifier, 40 hex digits. */
    primaryIdentifier: text("primary_identifier").notNull(),
    /** SHA-1 of where it was found, the agent apart, 40 hex digits: with it and the identifier a finding is known again. */
    locationDigest: text("location_digest").notNull(),
    title: text("title").notNull(),
    name: text("name").notNull(),
    description: text("description"),
    message: text("message"),
    solution: text("solution"),
    severity: text("severity", { enum: severities }).notNull(),
    confidence: text("confidence", { enum: confidences }).notNull(),
    state: text("state", { enum: vulnerabilityStates }).notNull().default("detected"),
    location: text("location", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    identifiers: text("identifiers", { mode: "json" }).$type<Record<string, unknown>[]>().notNull(),
    links: text("links", { mode: "json" }).$type<unknown[]>().notNull(),
    /** For whom it was reported: the agent's creator. */
    authorId: integer("author_id").references(() => users.id, { onDelete: "set null" }),
    /** A later scan did not find it any more. */
    isResolvedOnDefaultBranch: flag("is_resolved_on_default_branch").notNull().default(false),
    dismissalComment: text("dismissal_comment"),
    confirmedAt: instant("confirmed_at"),
    dismissedAt: instant("dismissed_at"),
    resolvedAt: instant("resolved_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    // What follows from the next one is held here by itself: clients know a finding by its UUID.
    uniqueIndex("vulnerabilities_uuid").on(t.uuid),
    uniqueIndex("vulnerabilities_finding").on(t.agentId, t.primaryIdentifier, t.locationDigest),
    index("vulnerabilities_active")
      .on(t.agentId)
      .where(sql`state in ('detected', 'confirmed')`),
    index("vulnerabilities_project").on(t.projectId, t.id),
    index("vulnerabilities_severity").on(t.projectId, t.severity, t.id),
    index("vulnerabilities_confidence").on(t.projectId, t.confidence, t.id),
    index("vulnerabilities_scanner").on(t.scannerId),
    index("vulnerabilities_author").on(t.authorId),
    check("vulnerabilities_severity", oneOf("severity", severities)),
    check("vulnerabilities_confidence", oneOf("confidence", confidences)),
    check("vulnerabilities_state", oneOf("state", vulnerabilityStates)),
  ],
);
