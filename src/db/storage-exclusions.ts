import { eq, sql } from "drizzle-orm";
import { recordChange } from "./billing-ledger.ts";
import type { Recording } from "./billing-ledger.ts";
import type { Db } from "./client.ts";
import { isForeignKeyViolation, isUniqueViolation } from "./constraint.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { storageExclusions } from "./schema/index.ts";

/** A top-level namespace whose storage is not limited. */
export interface StorageExclusion {
  id: number;
  namespaceId: number;
  namespaceName: string;
  reason: string;
}

/** A page of them, oldest first. */
export async function listStorageExclusions(db: Db, { size, offset }: PageRange): Promise<ListPage<StorageExclusion>> {
  const [rows, counted] = await db.query.batch([
    db.query.all<StorageExclusion>(sql`
      select e.id as "id", e.namespace_id as "namespaceId", n.name as "namespaceName", e.reason as "reason"
      from storage_exclusions e join namespaces n on n.id = e.namespace_id
      order by e.id limit ${size + 1} offset ${offset}`),
    countRows(db, sql`select 1 from storage_exclusions`),
  ]);
  return toPage(rows, counted, { size, offset });
}

/** Excludes a namespace and writes that down: the new row's id, or why there is none. */
export async function createStorageExclusion(
  db: Db,
  { namespaceId, reason }: { namespaceId: number; reason: string },
  { actor, now }: Recording,
): Promise<number | "excluded" | "gone"> {
  try {
    const [[created]] = await db.query.batch([
      db.query.insert(storageExclusions).values({ namespaceId, reason, createdAt: now }).returning({ id: storageExclusions.id }),
      recordChange(db, { kind: "storage_exclusion", namespaceId, actor, before: null, after: { reason } }, now),
    ]);
    return created?.id ?? "gone";
  } catch (error) {
    if (isUniqueViolation(error, "storage_exclusions.namespace_id")) return "excluded";
    if (isForeignKeyViolation(error)) return "gone";
    throw error;
  }
}

/** Ends it and writes that down; false where there was none. Of two at once, one finds it. */
export async function deleteStorageExclusion(db: Db, namespaceId: number, { actor, now }: Recording): Promise<boolean> {
  const [, deleted] = await db.query.batch([
    db.query.run(sql`
      insert into billing_ledger (recorded_at, kind, namespace_id, actor, before, after)
      select ${now.getTime()}, 'storage_exclusion', namespace_id, ${actor}, json_object('reason', reason), null
      from storage_exclusions where namespace_id = ${namespaceId}`),
    db.query.delete(storageExclusions).where(eq(storageExclusions.namespaceId, namespaceId)).returning({ id: storageExclusions.id }),
  ]);
  return deleted.length > 0;
}
