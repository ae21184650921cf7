import { and, asc, eq } from "drizzle-orm";
import * as schema from "../../src/db/schema/index.ts";
import { db } from "./world.ts";

/** A subscription straight into D1. */
export async function addSubscription(
  namespaceId: number,
  values: Partial<typeof schema.subscriptions.$inferInsert> = {},
): Promise<typeof schema.subscriptions.$inferSelect> {
  const [row] = await db.query
    .insert(schema.subscriptions)
    .values({ startDate: "2020-07-15", ...values, namespaceId })
    .returning();
  return row!;
}

export async function storedSubscription(namespaceId: number): Promise<typeof schema.subscriptions.$inferSelect | undefined> {
  const rows = await db.query.select().from(schema.subscriptions).where(eq(schema.subscriptions.namespaceId, namespaceId));
  return rows[0];
}

/** What a subscription was before its changes, oldest first. */
export function storedHistory(namespaceId: number) {
  return db.query
    .select()
    .from(schema.subscriptionHistory)
    .where(eq(schema.subscriptionHistory.namespaceId, namespaceId))
    .orderBy(asc(schema.subscriptionHistory.id));
}

/** What the ledger tells of a namespace, oldest first. */
export async function storedLedger(namespaceId: number, kind: (typeof schema.billingLedger.$inferSelect)["kind"]) {
  const rows = await db.query
    .select()
    .from(schema.billingLedger)
    .where(and(eq(schema.billingLedger.namespaceId, namespaceId), eq(schema.billingLedger.kind, kind)))
    .orderBy(asc(schema.billingLedger.id));
  return rows.map(({ actor, before, after }) => ({ actor, before: JSON.parse(before ?? "null"), after: JSON.parse(after ?? "null") }));
}
