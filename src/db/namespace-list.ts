import { and, asc, getTableColumns, inArray, sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { namespacesWithRole, namespacesOf } from "./found-namespaces.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { pathBelow } from "./paths.ts";
import { fullNameOf, type NamespaceRecord } from "./project-records.ts";
import { namespaces } from "./schema/index.ts";
import { contains } from "./search.ts";
import { hasRole } from "./visible.ts";

/** Which namespaces are listed; what is left out is no condition. */
export interface NamespaceFilter {
  /** Part of a name or path. */
  search?: string | undefined;
  isTopLevel?: boolean | undefined;
  /** The user's own, and groups where they have at least this role. */
  of?: { userId: number; role: number } | undefined;
}

/** A namespace, and whether the reader owns it. */
export interface ListedNamespace extends NamespaceRecord {
  isOwned: boolean;
}

const listedId = sql.raw("namespaces.id");
const place = { project: sql`null`, namespace: listedId };

/** A page of groups and personal namespaces, the oldest first. */
export async function listNamespaces(
  db: Db,
  filter: NamespaceFilter,
  reading: { userId: number; today: string },
  page: PageRange,
): Promise<ListPage<ListedNamespace>> {
  const ids = namespaceIds(filter, reading.today);
  const [rows, counted] = await db.query.batch([
    db.query
      .select({
        ...getTableColumns(namespaces),
        fullPath: sql<string>`(select r.path from routes r where r.namespace_id = ${listedId})`.as("full_path"),
        fullName: fullNameOf(listedId).as("full_name"),
        isOwned: sql<number>`${hasRole(reading.userId, place, AccessLevel.owner, reading.today)}`.as("is_owned"),
      })
      .from(namespaces)
      .where(inArray(namespaces.id, sql`(${ids} order by n.id limit ${page.size + 1} offset ${page.offset})`))
      .orderBy(asc(namespaces.id)),
    countRows(db, ids),
  ]);
  const listed = rows.map(({ fullPath, fullName, isOwned, ...namespace }) => ({ namespace, fullPath, fullName, isOwned: isOwned === 1 }));
  return toPage(listed, counted, page);
}

/** The ids of the namespaces that are listed; an order may follow. */
function namespaceIds({ search, isTopLevel, of }: NamespaceFilter, today: string): SQL {
  const found = of === undefined ? null : namespacesWithRole(of.userId, of.role, today);
  const condition = and(isTopLevel === true ? sql`n.parent_id is null` : undefined, contains(search, sql`n.name`, sql`n.path`));
  return sql`select n.id from ${namespacesOf(found)} where ${condition ?? sql`true`}`;
}

/**
 * Whether a namespace has this path at the top level or below a group, and the number that makes the path a free one when
 * it is put behind it.
 */
export async function findNamespacePath(
  db: Db,
  segment: string,
  parentId: number | null,
): Promise<{ isTaken: boolean; freeNumber: number }> {
  const [row] = await db.query.all<{ taken: number; n: number }>(sql`
    with recursive wanted (path) as (select ${pathBelow(parentId, segment)}),
      candidate (n) as (
        select 1 union all
        select n + 1 from candidate where exists (select 1 from routes where path = (select path from wanted) || n))
    select exists (select 1 from routes where path = (select path from wanted) and namespace_id is not null) as taken, max(n) as n
    from candidate`);
  return { isTaken: row?.taken === 1, freeNumber: row?.n ?? 1 };
}
