import { eq, sql } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { deepestGroup } from "../domain/identity/path.ts";
import type { Db } from "./client.ts";
import { pathBelow } from "./paths.ts";
import { members, namespaceAncestors, namespaces, redirectRoutes, routes } from "./schema/index.ts";

export type NamespaceRow = typeof namespaces.$inferSelect;
export type NewGroup = Omit<typeof namespaces.$inferInsert, "id" | "kind" | "ownerId">;

/**
 * A group with its place in the tree; `ownerId` becomes its first owner. Throws the database's refusal (constraint.ts)
 * of a path that is taken (unique `routes.path`), and of a group below the deepest level (not null `namespaces.path`).
 */
export async function createGroup(db: Db, group: NewGroup, ownerId: number | null): Promise<NamespaceRow & { fullPath: string }> {
  const parentId = group.parentId ?? null;
  const fullPath = pathBelow(parentId, group.path);
  const levelsAbove = sql`(select count(*) from namespace_ancestors where namespace_id = ${parentId})`;
  const groupId = sql<number>`(select namespace_id from routes where path = ${fullPath})`;
  const ownerRows =
    ownerId === null
      ? []
      : [db.query.insert(members).values({ userId: ownerId, namespaceId: groupId, accessLevel: AccessLevel.owner, createdById: ownerId })];
  const [created, placed] = await db.query.batch([
    db.query
      .insert(namespaces)
      .values({ ...group, path: sql`case when ${levelsAbove} < ${deepestGroup} then ${group.path} end`, kind: "group" })
      .returning(),
    db.query
      .insert(routes)
      .values({ path: fullPath, namespaceId: sql`last_insert_rowid()` })
      .returning({ fullPath: routes.path }),
    db.query.insert(namespaceAncestors).values({ namespaceId: groupId, ancestorId: groupId, depth: 0 }),
    db.query
      .insert(namespaceAncestors)
      .select(sql`select ${groupId}, ancestor_id, depth + 1 from namespace_ancestors where namespace_id = ${parentId}`),
    db.query.delete(redirectRoutes).where(eq(redirectRoutes.path, fullPath)),
    ...ownerRows,
  ]);
  const [row] = created;
  const [place] = placed;
  if (row === undefined || place === undefined) throw new Error("The insert of a group gave no row.");
  return { ...row, ...place };
}
