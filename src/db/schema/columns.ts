import { sql } from "drizzle-orm";
import { customType, integer, text } from "drizzle-orm/sqlite-core";

/** Text that compares and sorts without regard to (ASCII) letter case: user names, e-mails, paths. */
export const caseInsensitiveText = customType<{ data: string; driverData: string }>({
  dataType: () => "text COLLATE NOCASE",
});

/** A point in time, stored as milliseconds since 1970-01-01 UTC. */
export const instant = (name: string) => integer(name, { mode: "timestamp_ms" });

/** A calendar day without a time, `YYYY-MM-DD`, as GitLab uses it for the expiry of members, shares and tokens. */
export const day = (name: string) => text(name);

export const flag = (name: string) => integer(name, { mode: "boolean" });

const now = sql`(cast(unixepoch('subsec') * 1000 as integer))`;

export const createdAt = () => instant("created_at").notNull().default(now);
export const updatedAt = () => instant("updated_at").notNull().default(now);

/*
 * Tables that came after the first release of what they refer to do so with `onDelete`: code of before, which may run beside
 * this during a rollout, deletes projects, groups and users without knowing of them. No table is ever rebuilt, which would
 * set the cascades off.
 */

/** Attributes that are kept and echoed, and that no rule reads. */
export const attributes = (name = "attributes") => text(name, { mode: "json" }).$type<Record<string, unknown>>().notNull().default({});

/** `column in ('a', 'b')` for a CHECK constraint. */
export function oneOf(column: string, values: readonly string[]) {
  return sql.raw(`"${column}" in (${values.map((value) => `'${value}'`).join(", ")})`);
}

/** Exactly one of the columns is set. */
export function exactlyOne(...columns: string[]) {
  return sql.raw(`${columns.map((column) => `("${column}" is not null)`).join(" + ")} = 1`);
}
