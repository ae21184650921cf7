import { inArray, sql } from "drizzle-orm";
import type { BillableMembers } from "../domain/billing/seats.ts";
import type { SubscriptionTerms } from "../domain/billing/subscription.ts";
import { countBillable, countsOn, toBillable } from "./billable-members.ts";
import type { Db } from "./client.ts";
import { namespaceLimits, subscriptions, upcomingReconciliations } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";

/** Counts of what is in a namespace and below it, and what it has bought. */
export interface NamespaceFigures {
  /** Members of the group and the groups below it. */
  members: number;
  /** Whom a subscription would count. */
  billable: BillableMembers;
  projects: number;
  /** Its own. */
  subscription: SubscriptionTerms | null;
  /** Of the group at the top, which may be itself. */
  topSubscription: SubscriptionTerms | null;
  /** Null: none was ever set. */
  limits: typeof namespaceLimits.$inferSelect | null;
  reconciliation: typeof upcomingReconciliations.$inferSelect | null;
}

interface CountRow {
  id: number;
  top_id: number;
  members: number;
  projects: number;
}

/** The figures of some namespaces, by id, in one round trip. What has expired or awaits acceptance does not count. */
export async function loadNamespaceFigures(
  db: Db,
  ids: readonly number[],
  today: string,
): Promise<(namespaceId: number) => NamespaceFigures> {
  const [counts, people, bought, limits, reconciliations] = await db.query.batch([
    countWithin(db, ids, today),
    countBillable(db, ids, today),
    db.query
      .select()
      .from(subscriptions)
      .where(
        inArray(
          subscriptions.namespaceId,
          sql`(select a.ancestor_id from namespace_ancestors a where a.namespace_id in (${valuesIn(ids)}))`,
        ),
      ),
    db.query
      .select()
      .from(namespaceLimits)
      .where(inArray(namespaceLimits.namespaceId, sql`(${valuesIn(ids)})`)),
    db.query
      .select()
      .from(upcomingReconciliations)
      .where(inArray(upcomingReconciliations.namespaceId, sql`(${valuesIn(ids)})`)),
  ]);
  const billableOf = toBillable(people);
  return (namespaceId) => {
    const { members = 0, projects = 0, top_id: topId = namespaceId } = counts.find((row) => row.id === namespaceId) ?? {};
    return {
      members,
      projects,
      billable: billableOf(namespaceId),
      subscription: of(bought, namespaceId),
      topSubscription: of(bought, topId),
      limits: of(limits, namespaceId),
      reconciliation: of(reconciliations, namespaceId),
    };
  };
}

function countWithin(db: Db, ids: readonly number[], today: string) {
  return db.query.all<CountRow>(sql`
    select n.id,
      (select a.ancestor_id from namespace_ancestors a where a.namespace_id = n.id order by a.depth desc limit 1) as top_id,
      (select count(distinct m.user_id) from namespace_ancestors t join members m on m.namespace_id = t.namespace_id and ${countsOn(today)}
        where t.ancestor_id = n.id) as members,
      (select count(*) from namespace_ancestors t join projects p on p.namespace_id = t.namespace_id
        where t.ancestor_id = n.id) as projects
    from namespaces n where n.id in (${valuesIn(ids)})`);
}

function of<Row extends { namespaceId: number }>(rows: readonly Row[], namespaceId: number): Row | null {
  return rows.find((row) => row.namespaceId === namespaceId) ?? null;
}
