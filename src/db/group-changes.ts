import { eq, getTableColumns, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { isWider } from "../domain/access/visibility-limit.ts";
import { visibilities, type Visibility } from "../domain/identity/visibility.ts";
import { runBatch, runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { deleteNamespaces } from "./deletion.ts";
import type { NewGroup } from "./namespaces.ts";
import { movePath, pathBelow } from "./paths.ts";
import { fullNameOf, type NamespaceRecord } from "./project-records.ts";
import { namespaces } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";

/** Columns to write, where they are not undefined; attributes are merged with those that are there. */
export type GroupChanges = { [Column in Exclude<keyof NewGroup, "attributes" | "parentId">]?: NewGroup[Column] | undefined } & {
  attributes: Record<string, unknown>;
};

/**
 * Changes a group, and with its path the full paths of all that is below it. Null where the group is gone. Throws the
 * database's refusal (constraint.ts) of a path that is taken (unique `routes.path`), and of a visibility that does not go
 * with what is around the group (not null `namespaces.visibility`; `findVisibilityConflicts` tells what).
 */
export async function updateGroup(db: Db, groupId: number, changes: GroupChanges): Promise<NamespaceRecord | null> {
  const { attributes, visibility, path, ...columns } = changes;
  const fullPath = sql<string>`(select path from routes where namespace_id = ${groupId})`.as("full_path");
  const fullName = fullNameOf(groupId).as("full_name");
  const statements: BatchItem<"sqlite">[] = [
    db.query
      .update(namespaces)
      .set({
        ...columns,
        ...(path === undefined ? {} : { path }),
        ...(visibility === undefined ? {} : { visibility: unlessConflicting(groupId, visibility) }),
        // Merged by the database: two changes at once keep each other's.
        attributes: sql`json_patch(${namespaces.attributes}, ${JSON.stringify(attributes)})`,
      })
      .where(eq(namespaces.id, groupId)),
    ...(path === undefined ? [] : movePath(db, { namespaceId: groupId }, fullPathOf(groupId, path))),
  ];
  const stored = db.query
    .select({ ...getTableColumns(namespaces), fullPath, fullName })
    .from(namespaces)
    .where(eq(namespaces.id, groupId));
  const [row] = await runBatchThen(db, statements, stored);
  if (row === undefined) return null;
  const { fullPath: storedPath, fullName: storedName, ...namespace } = row;
  return { namespace, fullPath: storedPath, fullName: storedName };
}

/** Where the group stands is read by the statement, as in `pathBelow`. */
function fullPathOf(groupId: number, segment: string): SQL {
  const parentId = sql`(select parent_id from namespaces where id = ${groupId})`;
  return sql`coalesce(${pathBelow(parentId, segment)}, ${segment})`;
}

/** What around a group does not go with a visibility. */
export interface VisibilityConflicts {
  /** Of the group above, where fewer people see it. */
  parent: Visibility | null;
  /** Whether more people see some project, or some group, right below. */
  hasWiderProject: boolean;
  hasWiderSubgroup: boolean;
}

export async function findVisibilityConflicts(db: Db, groupId: number, wanted: Visibility): Promise<VisibilityConflicts> {
  const { parent, projects, subgroups } = conflictsWith(groupId, wanted);
  const [row] = await db.query.all<{ parent: Visibility | null; projects: number; subgroups: number }>(sql`
    select ${parent} as parent, exists ${projects} as projects, exists ${subgroups} as subgroups`);
  return { parent: row?.parent ?? null, hasWiderProject: row?.projects === 1, hasWiderSubgroup: row?.subgroups === 1 };
}

/** Judged by the write, so that no project becomes wider at the same time; null is refused by the column. */
function unlessConflicting(groupId: number, wanted: Visibility): SQL<Visibility> {
  const { parent, projects, subgroups } = conflictsWith(groupId, wanted);
  return sql`case when exists ${parent} or exists ${projects} or exists ${subgroups} then null else ${wanted} end`;
}

function conflictsWith(groupId: number, wanted: Visibility) {
  const wider = valuesIn(visibilities.filter((other) => isWider(other, wanted)));
  const narrower = valuesIn(visibilities.filter((other) => isWider(wanted, other)));
  return {
    parent: sql`(
      select p.visibility from namespaces g join namespaces p on p.id = g.parent_id where g.id = ${groupId} and p.visibility in (${narrower}))`,
    projects: sql`(select 1 from projects where namespace_id = ${groupId} and visibility in (${wider}))`,
    subgroups: sql`(select 1 from namespaces c where c.parent_id = ${groupId} and c.visibility in (${wider}))`,
  };
}

/** Deletes a group with the groups and projects below it, and all that belongs to these: all of it, or nothing. */
export async function deleteGroup(db: Db, groupId: number): Promise<void> {
  await runBatch(db, deleteNamespaces(db, valuesIn([groupId])));
}
