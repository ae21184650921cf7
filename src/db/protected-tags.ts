import { eq, sql } from "drizzle-orm";
import type { Level } from "../domain/access/protected-level.ts";
import type { Db } from "./client.ts";
import { insertLevels, ruleNamed, selectLevels, type RulePlace, type StoredLevel } from "./protected-ref-levels.ts";
import { protectedRefAccessLevels, protectedTags } from "./schema/index.ts";

export interface ProtectedTagRecord {
  tag: typeof protectedTags.$inferSelect;
  levels: StoredLevel[];
}

/** Only projects have rules for tags. */
export interface ProjectPlace extends RulePlace {
  projectId: number;
}

/** A project's rule of exactly this name; null where there is none. */
export async function findProtectedTag(db: Db, place: ProjectPlace, name: string): Promise<ProtectedTagRecord | null> {
  const rule = ruleNamed("tag", place, name);
  const [tags, levels] = await db.query.batch([
    db.query
      .select()
      .from(protectedTags)
      .where(sql`${protectedTags.id} in (${rule})`),
    selectLevels(db, "tag", rule),
  ]);
  const [tag] = tags;
  return tag === undefined ? null : { tag, levels };
}

/** A page of a project's rules, oldest first, and how many there are. */
export async function listProtectedTags(
  db: Db,
  { projectId }: ProjectPlace,
  page: { size: number; offset: number },
): Promise<{ rows: ProtectedTagRecord[]; total: number }> {
  const ids = sql`select id from protected_tags where project_id = ${projectId} order by id limit ${page.size} offset ${page.offset}`;
  const [tags, counted, levels] = await db.query.batch([
    db.query
      .select()
      .from(protectedTags)
      .where(sql`${protectedTags.id} in (${ids})`)
      .orderBy(protectedTags.id),
    db.query.all<{ total: number }>(sql`select count(*) as total from protected_tags where project_id = ${projectId}`),
    selectLevels(db, "tag", ids),
  ]);
  return {
    rows: tags.map((tag) => ({ tag, levels: levels.filter((level) => level.ruleId === tag.id) })),
    total: counted[0]?.total ?? 0,
  };
}

/**
 * A rule with its levels. Throws the database's refusal of a name that is taken (constraint.ts,
 * `protected_tags.project_id`), and of a project or holder that is gone meanwhile.
 */
export async function createProtectedTag(db: Db, place: ProjectPlace, name: string, levels: readonly Level[]): Promise<ProtectedTagRecord> {
  const rule = ruleNamed("tag", place, name);
  const [created, , stored] = await db.query.batch([
    db.query.insert(protectedTags).values({ projectId: place.projectId, name }).returning(),
    insertLevels(db, "tag", rule, levels),
    selectLevels(db, "tag", rule),
  ]);
  const [tag] = created;
  if (tag === undefined) throw new Error("The insert of a protected tag gave no row.");
  return { tag, levels: stored };
}

/** Whether there was one to delete. */
export async function deleteProtectedTag(db: Db, id: number): Promise<boolean> {
  const [, deleted] = await db.query.batch([
    db.query.delete(protectedRefAccessLevels).where(eq(protectedRefAccessLevels.protectedTagId, id)),
    db.query.delete(protectedTags).where(eq(protectedTags.id, id)).returning({ id: protectedTags.id }),
  ]);
  return deleted.length > 0;
}
