import { eq, sql } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { members, namespaceAncestors, namespaces, redirectRoutes, routes } from "./schema/index.ts";

export type NamespaceRow = typeof namespaces.$inferSelect;
export type NewGroup = Omit<typeof namespaces.$inferInsert, "id" | "kind" | "ownerId">;

/**
 * A group with its place in the tree; `ownerId` becomes its first owner. Throws the database's refusal of a path that
 * is taken (constraint.ts, `routes.path`).
 */
export async function createGroup(db: Db, group: NewGroup, fullPath: string, ownerId: number | null): Promise<NamespaceRow> {
  const groupId = sql<number>`(select namespace_id from routes where path = ${fullPath})`;
  const ownerRows =
    ownerId === null
      ? []
      : [db.query.insert(members).values({ userId: ownerId, namespaceId: groupId, accessLevel: AccessLevel.owner, createdById: ownerId })];
  const [created] = await db.query.batch([
    db.query
      .insert(namespaces)
      .values({ ...group, kind: "group" })
      .returning(),
    db.query.insert(routes).values({ path: fullPath, namespaceId: sql`last_insert_rowid()` }),
    db.query.insert(namespaceAncestors).values({ namespaceId: groupId, ancestorId: groupId, depth: 0 }),
    db.query
      .insert(namespaceAncestors)
      .select(sql`select ${groupId}, ancestor_id, depth + 1 from namespace_ancestors where namespace_id = ${group.parentId ?? null}`),
    db.query.delete(redirectRoutes).where(eq(redirectRoutes.path, fullPath)),
    ...ownerRows,
  ]);
  const [row] = created;
  if (row === undefined) throw new Error("The insert of a group gave no row.");
  return row;
}
