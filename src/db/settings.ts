import { eq, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { longestSettings, readSettings, type InstanceSettings } from "../domain/settings.ts";
import type { Db } from "./client.ts";
import { settings } from "./schema/index.ts";

export type SettingsRow = typeof settings.$inferSelect;

const theRow = eq(settings.id, 1);

/** The settings of the instance: those that were set. */
export async function findSettings(db: Db): Promise<SettingsRow> {
  const [row] = await db.query.select().from(settings).where(theRow);
  if (row === undefined) throw missingRow();
  return row;
}

/**
 * Sets some settings; null forgets one. Merged by the database: two changes at once keep each other's. What is a hash is
 * replaced as a whole. Throws the database's refusal (constraint.ts, not null `settings.values`) of what would make the row
 * larger than `longestSettings`, or than it is where it is larger already.
 */
export async function changeSettings(db: Db, change: Record<string, unknown>, now: Date): Promise<SettingsRow> {
  const hashes = Object.keys(change).filter((name) => isHash(change[name]));
  const replaced = JSON.stringify(Object.fromEntries(hashes.map((name) => [name, null])));
  const merged = sql`json_patch(json_patch(${settings.values}, ${replaced}), ${JSON.stringify(change)})`;
  const fitting = sql`(
    select case when ${bytesOf(sql`merged`)} <= max(${longestSettings}, ${bytesOf(settings.values)}) then merged end
    from (select ${merged} as merged))`;
  const [row] = await db.query.update(settings).set({ values: fitting, updatedAt: now }).where(theRow).returning();
  if (row === undefined) throw missingRow();
  return row;
}

/** length() of a text counts characters. */
function bytesOf(text: SQLWrapper): SQL {
  return sql`length(cast(${text} as blob))`;
}

function isHash(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The statement that reads the settings together with other facts; `toSettings` takes its rows. */
export const selectSettings = sql`select "values" from settings where id = 1`;

export interface SettingsText {
  /** JSON. */
  values: string;
}

export function toSettings([row]: readonly SettingsText[]): InstanceSettings {
  if (row === undefined) throw missingRow();
  return readSettings(JSON.parse(row.values) as Record<string, unknown>);
}

function missingRow(): Error {
  return new Error("The row of instance settings is missing: apply the migrations.");
}
