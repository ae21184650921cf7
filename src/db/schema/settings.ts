import { sql } from "drizzle-orm";
import { check, integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { attributes, createdAt, updatedAt } from "./columns.ts";

/**
 * The one row of instance settings. `values` holds what an administrator has set; all else has its default (domain/settings.ts). It is read with
 * every decision, so `values` stays below 32 KiB of JSON, and each of the two lists of domains below 8 KiB.
 */
export const settings = sqliteTable(
  "settings",
  {
    id: integer("id").primaryKey(),
    values: attributes("values"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [check("settings_single_row", sql`${t.id} = 1`)],
);
