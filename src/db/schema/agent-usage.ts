import { sql } from "drizzle-orm";
import { check, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What kas has counted since the beginning, by the counter's name. Never more than 2^53 − 1, where a counter stays. */
export const usageCounters = sqliteTable(
  "usage_counters",
  {
    name: text("name").primaryKey(),
    value: integer("value").notNull(),
  },
  (t) => [check("usage_counters_value", sql`${t.value} >= 0`)],
);

/** Who was counted by a unique counter: a row for each of them, however often. */
export const usageUniqueValues = sqliteTable(
  "usage_unique_values",
  {
    name: text("name").notNull(),
    /** An id: of a user, an agent or a project, as the counter's name says. */
    value: integer("value").notNull(),
  },
  (t) => [primaryKey({ columns: [t.name, t.value] })],
);
