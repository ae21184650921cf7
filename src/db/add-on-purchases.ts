import { and, eq, sql, type SQL } from "drizzle-orm";
import {
  addOnOf,
  isComplete,
  planPurchases,
  type AddOnName,
  type AddOnPurchase,
  type PurchasePlan,
  type SentPurchase,
} from "../domain/billing/add-ons.ts";
import type { Recording } from "./billing-ledger.ts";
import type { Db } from "./client.ts";
import { isForeignKeyViolation, isNotNullViolation } from "./constraint.ts";
import { addOnPurchases } from "./schema/index.ts";

const columns = {
  addOn: addOnPurchases.addOn,
  quantity: addOnPurchases.quantity,
  startedOn: addOnPurchases.startedOn,
  expiresOn: addOnPurchases.expiresOn,
  purchaseXid: addOnPurchases.purchaseXid,
  isTrial: addOnPurchases.isTrial,
};

/** What becomes of purchases that are sent together; what is stored is looked at only where it matters. */
export async function planForNamespace(db: Db, namespaceId: number, sent: readonly SentPurchase[], today: string): Promise<PurchasePlan> {
  if (sent.every(isComplete)) return planPurchases(sent, new Set(), today);
  const rows = await db.query
    .select({ addOn: addOnPurchases.addOn })
    .from(addOnPurchases)
    .where(eq(addOnPurchases.namespaceId, namespaceId));
  return planPurchases(sent, new Set(rows.map((row) => row.addOn)), today);
}

/** What a namespace has bought of an add-on; null where nothing. */
export async function findAddOnPurchase(db: Db, namespaceId: number, addOn: AddOnName): Promise<AddOnPurchase | null> {
  const [row] = await db.query
    .select(columns)
    .from(addOnPurchases)
    .where(and(eq(addOnPurchases.namespaceId, namespaceId), eq(addOnPurchases.addOn, addOn)))
    .limit(1);
  return row === undefined ? null : { ...row, addOn };
}

/** Which purchases are written: those that are not stored, those that are, or all. */
export type PurchaseMode = "create" | "change" | "either";

const isWritten: Record<PurchaseMode, SQL> = {
  create: sql`p.id is null`,
  change: sql`p.id is not null`,
  either: sql`true`,
};

/**
 * Stores purchases, one row for each add-on, and what they change in the ledger, in one transaction: what is stored is
 * looked at within it, so whatever is sent at once, or again, is merged into the one row. Gives the rows that were
 * written as they are then, in the order of what was sent; null where the namespace, or a purchase that was to be
 * changed, has gone meanwhile.
 */
export async function writeAddOnPurchases(
  db: Db,
  namespaceId: number,
  sent: readonly SentPurchase[],
  mode: PurchaseMode,
  { actor, now }: Recording,
): Promise<AddOnPurchase[] | null> {
  const merged = mergedWithStored(namespaceId, sent, isWritten[mode]);
  const recorded = sql`
    insert into billing_ledger (recorded_at, kind, namespace_id, actor, before, after)
    select ${now.getTime()}, 'add_on', ${namespaceId}, ${actor}, was, becomes
    from (select was, ${asJson} as becomes from (${merged})) where was is not becomes`;
  try {
    const [, rows] = await db.query.batch([db.query.run(recorded), db.query.all<WrittenRow>(upsert(namespaceId, merged, now))]);
    return sent.flatMap(({ addOn }) => rows.filter((row) => addOnOf(row.add_on) === addOn).map((row) => toPurchase(row, addOn)));
  } catch (error) {
    if (isForeignKeyViolation(error) || isNotNullViolation(error, "add_on_purchases.quantity")) return null;
    throw error;
  }
}

/** A purchase as the ledger shows it. */
const asJson = sql`json_object('add_on', add_on, 'quantity', quantity, 'started_on', started_on, 'expires_on', expires_on,
  'purchase_xid', purchase_xid, 'trial', json(case when is_trial then 'true' else 'false' end))`;

/** What is sent, with what is stored in the place of what is left out. */
function mergedWithStored(namespaceId: number, sent: readonly SentPurchase[], condition: SQL): SQL {
  return sql`
    select s.value ->> 'addOn' as add_on, s.value ->> 'startedOn' as started_on, s.value ->> 'expiresOn' as expires_on,
      coalesce(s.value ->> 'quantity', p.quantity) as quantity,
      coalesce(s.value ->> 'purchaseXid', p.purchase_xid) as purchase_xid,
      coalesce(s.value ->> 'isTrial', p.is_trial, 0) as is_trial,
      (select ${asJson} from add_on_purchases stored where stored.id = p.id) as was
    from json_each(${JSON.stringify(sent)}) s
    left join add_on_purchases p on p.namespace_id = ${namespaceId} and p.add_on = s.value ->> 'addOn'
    where ${condition}`;
}

function upsert(namespaceId: number, merged: SQL, now: Date): SQL {
  return sql`
    insert into add_on_purchases (namespace_id, add_on, quantity, started_on, expires_on, purchase_xid, is_trial, created_at, updated_at)
    select ${namespaceId}, add_on, quantity, started_on, expires_on, purchase_xid, is_trial, ${now.getTime()}, ${now.getTime()}
    from (${merged}) where true
    on conflict (namespace_id, add_on) do update set quantity = excluded.quantity, started_on = excluded.started_on,
      expires_on = excluded.expires_on, purchase_xid = excluded.purchase_xid, is_trial = excluded.is_trial, updated_at = excluded.updated_at
    returning add_on, quantity, started_on, expires_on, purchase_xid, is_trial`;
}

interface WrittenRow {
  add_on: string;
  quantity: number;
  started_on: string | null;
  expires_on: string | null;
  purchase_xid: string | null;
  is_trial: number;
}

function toPurchase(row: WrittenRow, addOn: AddOnName): AddOnPurchase {
  const { quantity, started_on: startedOn, expires_on: expiresOn, purchase_xid: purchaseXid } = row;
  return { addOn, quantity, startedOn, expiresOn, purchaseXid, isTrial: row.is_trial === 1 };
}
