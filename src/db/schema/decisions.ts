import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { auditVerbs } from "../../domain/access/audit-event.ts";
import { caseInsensitiveText, flag, instant } from "./columns.ts";

/**
 * What was decided about access, a row a decision (contract git-access 18.1). It refers to nothing, so that it outlives
 * what it speaks of; it holds no secret and no key.
 */
export const decisions = sqliteTable(
  "decisions",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    createdAt: instant("created_at").notNull(),
    /** Last part of the internal call: `allowed`, `git_audit_event`. */
    call: text("call").notNull(),
    /** `user-N` or `key-N` as it was named; null for nobody. */
    actor: text("actor"),
    /** Of the user; where there is none, the name that was given. */
    username: text("username"),
    /** SHA-256, as in `keys`. */
    keyFingerprint: text("key_fingerprint"),
    glRepository: text("gl_repository"),
    /** Full path of the project; where there is none, what was asked for. */
    project: caseInsensitiveText("project"),
    action: text("action").notNull(),
    protocol: text("protocol").notNull(),
    isAllowed: flag("is_allowed").notNull(),
    /** HTTP status of the answer. */
    status: integer("status").notNull(),
    reason: text("reason").notNull(),
    /** The one that was refused. */
    ref: text("ref"),
    /** How many refs were pushed; null where the call named none. */
    refCount: integer("ref_count"),
    /** Kinds of checks that nobody could make. */
    notVerified: text("not_verified", { mode: "json" }).$type<string[]>().notNull().default([]),
    /** Of an audit event: what was done, `clone`, `pull` or `push`, and how many commits a fetch asked for and had. */
    verb: text("verb", { enum: auditVerbs }),
    wants: integer("wants"),
    haves: integer("haves"),
    /** The client's, where the caller said it. */
    address: text("address"),
    requestId: text("request_id").notNull(),
  },
  (t) => [
    // Each gives its rows by time, so that a page is read without sorting; refusals are few, and looked for most.
    index("decisions_created_at").on(t.createdAt),
    index("decisions_actor").on(t.actor, t.createdAt),
    index("decisions_gl_repository").on(t.glRepository, t.createdAt),
    index("decisions_project").on(t.project, t.createdAt),
    index("decisions_refused")
      .on(t.createdAt)
      .where(sql`not is_allowed`),
    index("decisions_refused_reason")
      .on(t.reason, t.createdAt)
      .where(sql`not is_allowed`),
  ],
);
