import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { alertTriggers, branchFilterStrategies, deliveryStates, hookKinds, hookTriggers, pushTriggers } from "../../domain/hooks/hook.ts";
import { createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";
import { projects } from "./projects.ts";

/** Addresses that are told of pushes: of a project, of a group (for all projects below it), or of the whole instance. */
export const webHooks = sqliteTable(
  "web_hooks",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    kind: text("kind", { enum: hookKinds }).notNull(),
    projectId: integer("project_id").references(() => projects.id),
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    name: text("name"),
    description: text("description"),
    /** Encrypted JSON: the address, the token, custom headers and URL variables. The address may hold a password. */
    sealed: text("sealed").notNull(),
    pushEvents: flag("push_events").notNull().default(true),
    tagPushEvents: flag("tag_push_events").notNull().default(false),
    /** Of system hooks: one delivery a push. */
    repositoryUpdateEvents: flag("repository_update_events").notNull().default(false),
    /** The other `*_events` flags: kept and echoed. */
    otherEvents: text("other_events", { mode: "json" }).$type<Record<string, boolean | null>>().notNull().default({}),
    pushEventsBranchFilter: text("push_events_branch_filter"),
    branchFilterStrategy: text("branch_filter_strategy", { enum: branchFilterStrategies }).notNull().default("wildcard"),
    enableSslVerification: flag("enable_ssl_verification").notNull().default(true),
    customWebhookTemplate: text("custom_webhook_template"),
    /** Deliveries that failed one after the other. */
    failures: integer("failures").notNull().default(0),
    /** Not called before then. */
    disabledUntil: instant("disabled_until"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index("web_hooks_project").on(t.projectId),
    index("web_hooks_namespace").on(t.namespaceId),
    index("web_hooks_kind").on(t.kind),
    check("web_hooks_kind", oneOf("kind", hookKinds)),
    check("web_hooks_branch_filter_strategy", oneOf("branch_filter_strategy", branchFilterStrategies)),
    check(
      "web_hooks_source",
      sql`(${t.kind} = 'project') = (${t.projectId} is not null) and (${t.kind} = 'group') = (${t.namespaceId} is not null)`,
    ),
  ],
);

/**
 * Bodies of deliveries as JSON text, in parts: one body may have megabytes and go to several hooks. The key is
 * `<push id>/<change index>`, `<push id>/repository_update`, `alert/<id>`, or a UUID for a test.
 */
export const hookPayloads = sqliteTable(
  "hook_payloads",
  {
    key: text("key").notNull(),
    /** From 0, without gaps. */
    part: integer("part").notNull(),
    text: text("text").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.part] }), index("hook_payloads_created_at").on(t.createdAt)],
);

/** What was, or is still, to be delivered: a row for a hook and a body. Refers to nothing, so that deleting a hook is one row. */
export const hookDeliveries = sqliteTable(
  "hook_deliveries",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    hookId: integer("hook_id").notNull(),
    payloadKey: text("payload_key").notNull(),
    trigger: text("trigger", { enum: pushTriggers }).notNull(),
    /** What `trigger` has no word for, whose CHECK cannot be changed: where this is set, it stands instead (db/hook-trigger.ts). */
    laterTrigger: text("later_trigger", { enum: alertTriggers }),
    /** Stays the same over the retries of one delivery. */
    idempotencyKey: text("idempotency_key").notNull(),
    /** Address of this instance as its clients know it: the header `X-Gitlab-Instance`. */
    instanceUrl: text("instance_url").notNull(),
    state: text("state", { enum: deliveryStates }).notNull().default("pending"),
    attempts: integer("attempts").notNull().default(0),
    /** Somebody is sending it until then. */
    leasedUntil: instant("leased_until"),
    /** What the body says without having been able to look at the repository: `commits`. */
    notVerified: text("not_verified", { mode: "json" }).$type<string[]>().notNull().default([]),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    uniqueIndex("hook_deliveries_hook_payload").on(t.hookId, t.payloadKey),
    index("hook_deliveries_payload").on(t.payloadKey),
    index("hook_deliveries_pending")
      .on(t.createdAt)
      .where(sql`state = 'pending'`),
    index("hook_deliveries_created_at").on(t.createdAt),
    check("hook_deliveries_state", oneOf("state", deliveryStates)),
    check("hook_deliveries_trigger", oneOf("trigger", pushTriggers)),
  ],
);

/** The delivery log: a row for each request that was made, or refused to be made. Holds no secret. */
export const hookRequests = sqliteTable(
  "hook_requests",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    hookId: integer("hook_id").notNull(),
    deliveryId: integer("delivery_id").notNull(),
    payloadKey: text("payload_key").notNull(),
    trigger: text("trigger", { enum: hookTriggers }).notNull(),
    /** Without user info, and with the names of URL variables instead of their values. */
    url: text("url").notNull(),
    requestHeaders: text("request_headers", { mode: "json" }).$type<Record<string, string>>().notNull(),
    responseHeaders: text("response_headers", { mode: "json" }).$type<Record<string, string>>().notNull().default({}),
    responseBody: text("response_body").notNull().default(""),
    /** HTTP status, or `internal error`. */
    responseStatus: text("response_status").notNull(),
    /** Why there is no answer. */
    error: text("error"),
    notVerified: text("not_verified", { mode: "json" }).$type<string[]>().notNull().default([]),
    /** Seconds. */
    executionDuration: real("execution_duration").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [index("hook_requests_hook").on(t.hookId, t.createdAt), index("hook_requests_created_at").on(t.createdAt)],
);
