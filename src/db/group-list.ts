import { and, getTableColumns, inArray, sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Visibility } from "../domain/identity/visibility.ts";
import type { Db } from "./client.ts";
import { groupsVisibleTo, namespacesOf, namespacesWithRole } from "./found-namespaces.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { fullNameOf, type NamespaceRecord } from "./project-records.ts";
import { namespaces, settings } from "./schema/index.ts";
import { contains } from "./search.ts";
import { valuesIn } from "./value-list.ts";
import { hasRole, visibleTo, type Reading } from "./visible.ts";

/** The columns that a list of groups may be sorted by. */
export const groupOrders = ["name", "path", "id"] as const;
export type GroupOrder = (typeof groupOrders)[number];

export interface GroupSorting {
  by: GroupOrder;
  isDescending: boolean;
}

/** Which of the groups that the reader may see are listed; what is left out is no condition. */
export interface GroupFilter {
  /** Part of a name or path. */
  search?: string | undefined;
  skipIds?: readonly number[] | undefined;
  visibility?: Visibility | undefined;
  isTopLevel?: boolean | undefined;
  /** Right below this group. */
  parentId?: number | undefined;
  /** Anywhere below this group. */
  ancestorId?: number | undefined;
  /** Where the reader has at least this role, administrators too; null: any, or none. */
  role: number | null;
}

/** A group with what its short form shows of the groups above it. */
export interface ListedGroup extends NamespaceRecord {
  /** Whether Git LFS is on in the nearest group above that says so; null where none does. */
  isLfsInherited: boolean | null;
}

/** Groups, with the settings of the instance, which they are shown by. */
export interface GroupList {
  rows: ListedGroup[];
  settings: Record<string, unknown>;
}

const listedId = sql.raw("namespaces.id");

/**
 * The groups of a page, whose ids were found in the same order, so that nothing else is read of the others. One table
 * and subqueries, each under a name of its own, so that it may stand in a batch.
 */
function selectGroups(db: Db, ids: SQL, sorting: GroupSorting) {
  return db.query
    .select({
      ...getTableColumns(namespaces),
      fullPath: sql<string>`(select r.path from routes r where r.namespace_id = ${listedId})`.as("full_path"),
      fullName: fullNameOf(listedId).as("full_name"),
      isLfsInherited: sql<number | null>`(
        select up.is_lfs_enabled from namespace_ancestors a join namespaces up on up.id = a.ancestor_id
        where a.namespace_id = ${listedId} and a.depth > 0 and up.is_lfs_enabled is not null
        order by a.depth limit 1)`.as("is_lfs_inherited"),
    })
    .from(namespaces)
    .where(inArray(namespaces.id, sql`(${ids})`))
    .orderBy(inOrder("namespaces", sorting));
}

type SelectedGroup = Awaited<ReturnType<typeof selectGroups>>[number];

function toListedGroup({ fullPath, fullName, isLfsInherited, ...namespace }: SelectedGroup): ListedGroup {
  return { namespace, fullPath, fullName, isLfsInherited: isLfsInherited === null ? null : isLfsInherited === 1 };
}

const selectSettings = (db: Db) => db.query.select({ values: settings.values }).from(settings).limit(1);

/** A page of groups, and how many there are; beyond 10,000, no less than are known to be there. */
export async function listGroups(
  db: Db,
  filter: GroupFilter,
  reading: Reading,
  sorting: GroupSorting,
  page: PageRange,
): Promise<GroupList & ListPage<ListedGroup>> {
  const ids = groupIds(filter, reading);
  const [rows, counted, settingsRows] = await db.query.batch([
    selectGroups(db, sql`${ids} order by ${inOrder("n", sorting)} limit ${page.size + 1} offset ${page.offset}`, sorting),
    countRows(db, ids),
    selectSettings(db),
  ]);
  return { ...toPage(rows.map(toListedGroup), counted, page), settings: settingsRows[0]?.values ?? {} };
}

/** Name and id of the last group of a page: where the next page begins. */
export type GroupPosition = [name: string, id: number];

/** The groups behind a position in the order of their names, and the position of the next page: null on the last one. */
export async function listGroupsBehind(
  db: Db,
  filter: GroupFilter,
  reading: Reading,
  isDescending: boolean,
  position: GroupPosition | null,
  size: number,
): Promise<GroupList & { next: GroupPosition | null }> {
  const sorting: GroupSorting = { by: "name", isDescending };
  const isBehind = sql.raw(isDescending ? "<" : ">");
  const behind = position === null ? sql`` : sql`and (n.name, n.id) ${isBehind} (${position[0]}, ${position[1]})`;
  const ids = sql`${groupIds(filter, reading)} ${behind} order by ${inOrder("n", sorting)} limit ${size + 1}`;
  const [rows, settingsRows] = await db.query.batch([selectGroups(db, ids, sorting), selectSettings(db)]);
  const last = rows.length > size ? rows[size - 1] : undefined;
  return {
    rows: rows.slice(0, size).map(toListedGroup),
    next: last === undefined ? null : [last.name, last.id],
    settings: settingsRows[0]?.values ?? {},
  };
}

/** The id makes the order one: two groups of one name keep their places from page to page. */
function inOrder(table: "n" | "namespaces", { by, isDescending }: GroupSorting): SQL {
  const direction = isDescending ? "desc" : "asc";
  const columns = by === "id" ? ["id"] : [by, "id"];
  return sql.raw(columns.map((column) => `${table}.${column} ${direction}`).join(", "));
}

const place = { visibility: sql`n.visibility`, project: sql`null`, namespace: sql`n.id` };

/** The ids of the groups that are listed; further conditions on `n` and an order may follow. */
function groupIds(filter: GroupFilter, reading: Reading): SQL {
  const { search, skipIds = [], visibility, parentId, ancestorId } = filter;
  const ids = candidatesOf(filter, reading);
  const condition = and(
    sql`n.kind = 'group'`,
    ids === null || isBelowGuest(filter.role) ? visibleTo(reading, place) : undefined,
    ids === null ? hasRoleOf(filter.role, reading) : undefined,
    contains(search, sql`n.name`, sql`n.path`),
    skipIds.length === 0 ? undefined : sql`n.id not in (${valuesIn(skipIds)})`,
    visibility === undefined ? undefined : sql`n.visibility = ${visibility}`,
    filter.isTopLevel === true ? sql`n.parent_id is null` : undefined,
    parentId === undefined ? undefined : sql`n.parent_id = ${parentId}`,
    ancestorId === undefined ? undefined : sql`n.id in (${below(ancestorId)})`,
  );
  return sql`select n.id from ${namespacesOf(ids)} where ${condition}`;
}

/**
 * The ids to begin with, of groups that the reader sees and has the role in; null where they are judged one by one: those
 * below one group, and those that an administrator or nobody in particular may see.
 */
function candidatesOf({ role, parentId, ancestorId }: GroupFilter, { reader, today }: Reading): SQL | null {
  if (reader === null || parentId !== undefined || ancestorId !== undefined) return null;
  if (role !== null) return namespacesWithRole(reader.user.id, role, today);
  return reader.isAdmin ? null : groupsVisibleTo(reader, today);
}

/** Minimal access is a role, and opens nothing. */
function isBelowGuest(role: number | null): boolean {
  return role !== null && role < AccessLevel.guest;
}

function hasRoleOf(role: number | null, { reader, today }: Reading): SQL | undefined {
  if (role === null) return undefined;
  return reader === null ? sql`false` : hasRole(reader.user.id, place, role, today);
}

function below(groupId: number): SQL {
  return sql`select namespace_id from namespace_ancestors where ancestor_id = ${groupId} and depth > 0`;
}

/** The role that makes somebody a member in lists: minimal access does not. */
export const anyRole = AccessLevel.guest;
