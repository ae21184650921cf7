import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant } from "./columns.ts";

/**
 * Where operators find the counters that were moved: each repository's object keeps the counter itself and writes here
 * behind its answer.
 */
export const referenceCounters = sqliteTable(
  "reference_counters",
  {
    /** As it was received. */
    glRepository: text("gl_repository").primaryKey(),
    value: integer("value").notNull(),
    expiresAt: instant("expires_at").notNull(),
    /** Grows with every step of the counter: an older state that arrives late is not taken. */
    version: integer("version").notNull(),
  },
  (t) => [index("reference_counters_expires_at").on(t.expiresAt)],
);

/** Jobs that failed until nobody tried them any more, for an operator to look at and to replay. */
export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    /** What the job is about, so that one that dies again is the same row: `push:<id>`, `deliver_hook:<id>`, `message:<id>`. */
    key: text("key").notNull(),
    /** Null where the message could not be read. */
    kind: text("kind"),
    version: integer("version"),
    attempts: integer("attempts").notNull(),
    error: text("error").notNull(),
    /** The message as JSON text. */
    body: text("body").notNull(),
    createdAt: instant("created_at").notNull(),
    replayedAt: instant("replayed_at"),
  },
  (t) => [
    uniqueIndex("dead_letters_key").on(t.key),
    index("dead_letters_kind").on(t.kind, t.createdAt),
    index("dead_letters_created_at").on(t.createdAt),
  ],
);
