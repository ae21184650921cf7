import { desc, eq } from "drizzle-orm";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { subscriptionHistory } from "./schema/index.ts";

export type FormerSubscription = typeof subscriptionHistory.$inferSelect;

/** What subscriptions were before they were changed or went, newest first; of one namespace, or of all. */
export async function listFormerSubscriptions(
  db: Db,
  namespaceId: number | undefined,
  page: PageRange,
): Promise<ListPage<FormerSubscription>> {
  const where = namespaceId === undefined ? undefined : eq(subscriptionHistory.namespaceId, namespaceId);
  const [rows, counted] = await db.query.batch([
    db.query
      .select()
      .from(subscriptionHistory)
      .where(where)
      .orderBy(desc(subscriptionHistory.id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: subscriptionHistory.id }).from(subscriptionHistory).where(where)),
  ]);
  return toPage(rows, counted, page);
}
