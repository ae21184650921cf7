import { and, eq, sql, type SQL } from "drizzle-orm";
import type { LevelChanges } from "../domain/access/level-changes.ts";
import type { Level } from "../domain/access/protected-level.ts";
import type { Db } from "./client.ts";
import type { ListPage, PageRange } from "./page.ts";
import { insertLevels, ruleNamed, selectLevels, type RulePlace, type StoredLevel } from "./protected-ref-levels.ts";
import { protectedBranches, protectedRefAccessLevels } from "./schema/index.ts";
import { contains } from "./search.ts";
import { valuesIn } from "./value-list.ts";

type ProtectedBranchRow = typeof protectedBranches.$inferSelect;

export interface ProtectedBranchRecord {
  branch: ProtectedBranchRow;
  levels: StoredLevel[];
}

export type NewProtectedBranch = Pick<typeof protectedBranches.$inferInsert, "name" | "allowsForcePush" | "requiresCodeOwnerApproval">;

/** Columns to write, where they are not undefined. */
export type ProtectedBranchChanges = {
  [Column in Exclude<keyof NewProtectedBranch, "name">]?: NewProtectedBranch[Column] | undefined;
};

/** The rules that hold in a place: its own, and in a project those of its top-level group. */
function rulesIn({ projectId, namespaceId }: RulePlace): SQL {
  if (projectId === null) return sql`namespace_id = ${namespaceId}`;
  return sql`(project_id = ${projectId} or namespace_id = (
    select a.ancestor_id from namespace_ancestors a join namespaces n on n.id = a.ancestor_id
    where a.namespace_id = ${namespaceId} and n.parent_id is null))`;
}

async function findRule(db: Db, rule: SQL): Promise<ProtectedBranchRecord | null> {
  const [branches, levels] = await db.query.batch([
    db.query
      .select()
      .from(protectedBranches)
      .where(sql`${protectedBranches.id} in (${rule})`),
    selectLevels(db, "branch", rule),
  ]);
  const [branch] = branches;
  return branch === undefined ? null : { branch, levels };
}

/** The place's own rule of exactly this name; null where there is none. */
export function findProtectedBranch(db: Db, place: RulePlace, name: string): Promise<ProtectedBranchRecord | null> {
  return findRule(db, ruleNamed("branch", place, name));
}

/** The rule of exactly this name that holds in the place, its own before an inherited one; null where there is none. */
export function findShownProtectedBranch(db: Db, place: RulePlace, name: string): Promise<ProtectedBranchRecord | null> {
  return findRule(
    db,
    sql`select id from protected_branches where ${rulesIn(place)} and name = ${name} order by project_id is null limit 1`,
  );
}

/** A page of the rules that hold in a place, oldest first, of those whose names contain the text; and how many there are. */
export async function listProtectedBranches(
  db: Db,
  place: RulePlace,
  search: string,
  page: PageRange,
): Promise<ListPage<ProtectedBranchRecord>> {
  const found = and(rulesIn(place), contains(search, sql`name`));
  const ids = sql`select id from protected_branches where ${found} order by id limit ${page.size} offset ${page.offset}`;
  const [branches, counted, levels] = await db.query.batch([
    db.query
      .select()
      .from(protectedBranches)
      .where(sql`${protectedBranches.id} in (${ids})`)
      .orderBy(protectedBranches.id),
    db.query.all<{ total: number }>(sql`select count(*) as total from protected_branches where ${found}`),
    selectLevels(db, "branch", ids),
  ]);
  return {
    rows: branches.map((branch) => ({ branch, levels: levels.filter((level) => level.ruleId === branch.id) })),
    total: counted[0]?.total ?? 0,
  };
}

/**
 * A rule with its levels. Throws the database's refusal of a name that is taken (constraint.ts, `protected_branches.`),
 * and of a place or holder that is gone meanwhile.
 */
export async function createProtectedBranch(
  db: Db,
  place: RulePlace,
  rule: NewProtectedBranch,
  levels: readonly Level[],
): Promise<ProtectedBranchRecord> {
  const id = ruleNamed("branch", place, rule.name);
  const owner = place.projectId === null ? { namespaceId: place.namespaceId } : { projectId: place.projectId };
  const [created, , stored] = await db.query.batch([
    db.query
      .insert(protectedBranches)
      .values({ ...rule, ...owner })
      .returning(),
    insertLevels(db, "branch", id, levels),
    selectLevels(db, "branch", id),
  ]);
  const [branch] = created;
  if (branch === undefined) throw new Error("The insert of a protected branch gave no row.");
  return { branch, levels: stored };
}

/**
 * Changes a rule: only what is given, level by level, so that two changes at once keep each other's. Null where the
 * rule is gone. Throws the database's refusal (constraint.ts) where a level to be changed is gone or another one has its
 * holder meanwhile (not null `protected_branches.name`), and of a holder that is gone; nothing is changed then.
 */
export async function updateProtectedBranch(
  db: Db,
  id: number,
  changes: ProtectedBranchChanges,
  levels: LevelChanges,
  now: Date,
): Promise<ProtectedBranchRecord | null> {
  const rule = sql`select id from protected_branches where id = ${id}`;
  const changed = JSON.stringify(levels.changed);
  const [, , , updated, stored] = await db.query.batch([
    db.query.run(sql`
      delete from protected_ref_access_levels
      where protected_branch_id = ${id} and id in (${valuesIn(levels.removed)})`),
    db.query.run(sql`
      update protected_ref_access_levels
      set access_level = c.value ->> 'accessLevel', user_id = c.value ->> 'userId', group_id = c.value ->> 'groupId',
        deploy_key_id = c.value ->> 'deployKeyId'
      from json_each(${changed}) c
      where protected_ref_access_levels.id = c.value ->> 'id' and protected_branch_id = ${id}`),
    insertLevels(db, "branch", rule, levels.added),
    db.query
      .update(protectedBranches)
      .set({ ...changes, updatedAt: now, name: sql`case when ${isChangedAsAsked(id, changed)} then name end` })
      .where(eq(protectedBranches.id, id))
      .returning(),
    selectLevels(db, "branch", rule),
  ]);
  const [branch] = updated;
  return branch === undefined ? null : { branch, levels: stored };
}

/** Whether every level that was to be changed is there, and is the only one of its holder for its action. */
function isChangedAsAsked(id: number, changed: string): SQL {
  return sql`not exists (
    select 1 from json_each(${changed}) c
    left join protected_ref_access_levels l on l.id = c.value ->> 'id' and l.protected_branch_id = ${id}
    where l.id is null or exists (
      select 1 from protected_ref_access_levels o
      where o.protected_branch_id = ${id} and o.id <> l.id and o.action = l.action and o.access_level is l.access_level
        and o.user_id is l.user_id and o.group_id is l.group_id and o.deploy_key_id is l.deploy_key_id))`;
}

/** Whether there was one to delete. */
export async function deleteProtectedBranch(db: Db, id: number): Promise<boolean> {
  const [, deleted] = await db.query.batch([
    db.query.delete(protectedRefAccessLevels).where(eq(protectedRefAccessLevels.protectedBranchId, id)),
    db.query.delete(protectedBranches).where(eq(protectedBranches.id, id)).returning({ id: protectedBranches.id }),
  ]);
  return deleted.length > 0;
}
