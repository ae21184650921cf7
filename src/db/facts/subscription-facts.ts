import { eq, getTableColumns, sql, type SQL } from "drizzle-orm";
import type { BillableMembers } from "../../domain/billing/seats.ts";
import { dayOf, type Membership } from "../../domain/identity/access-level.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { countBillable, toBillable } from "../billable-members.ts";
import type { Db } from "../client.ts";
import { membershipsOf, toMembership, type MembershipRow } from "../memberships.ts";
import { fullNameOf, type NamespaceRecord } from "../project-records.ts";
import { namespaces, subscriptions } from "../schema/index.ts";

export type SubscriptionRow = typeof subscriptions.$inferSelect;

/** A namespace, what it has bought, and whom that is for. */
export interface BilledNamespace extends NamespaceRecord {
  subscription: SubscriptionRow | null;
  members: BillableMembers;
  /** Of the reader that was asked for. */
  memberships: Membership[];
}

/** Nobody's memberships are asked for. */
const nobody = -1;

/** The group or personal namespace, by id (digits alone are an id) or full path, in one round trip; null where there is none. */
export async function loadBilledNamespace(
  db: Db,
  idOrPath: string,
  now: Date,
  readerId: number | null = null,
): Promise<BilledNamespace | null> {
  const id = idOf(idOrPath);
  const [rows, bought, people, memberships] = await db.query.batch([
    db.query
      .select({
        ...getTableColumns(namespaces),
        fullPath: sql<string>`(select r.path from routes r where r.namespace_id = namespaces.id)`.as("full_path"),
        fullName: fullNameOf(sql.raw("namespaces.id")).as("full_name"),
      })
      .from(namespaces)
      .where(eq(namespaces.id, id)),
    db.query.select().from(subscriptions).where(eq(subscriptions.namespaceId, id)),
    countBillable(db, id, dayOf(now)),
    db.query.all<MembershipRow>(membershipsOf(sql`${readerId ?? nobody}`, sql`null`, id)),
  ]);
  const [row] = rows;
  if (row === undefined) return null;
  const { fullPath, fullName, ...namespace } = row;
  return {
    namespace,
    fullPath,
    fullName,
    subscription: bought[0] ?? null,
    members: toBillable(people)(namespace.id),
    memberships: memberships.map(toMembership),
  };
}

function idOf(idOrPath: string): SQL {
  if (/^\d+$/.test(idOrPath)) return sql`(select ${parseRowId(idOrPath)})`;
  return sql`(select r.namespace_id from routes r where r.path = ${idOrPath})`;
}
