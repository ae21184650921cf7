import { eq, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { NamespaceReconciliation } from "../domain/billing/reconciliation.ts";
import { runBatchThen } from "./batch.ts";
import type { Recording } from "./billing-ledger.ts";
import type { Db } from "./client.ts";
import { jsonChunks } from "./json-chunks.ts";
import { upcomingReconciliations } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";

/** Of the elements of a list that is the JSON parameter. */
const sentNext = sql`sent.value ->> 1`;
const sentFrom = sql`sent.value ->> 2`;

/**
 * Stores reconciliations, no two of the same namespace, of those namespaces that there are, and writes down what changes.
 * Answers which of the asked ids are namespaces, as it was then. One round trip.
 */
export async function storeReconciliations(
  db: Db,
  reconciliations: readonly NamespaceReconciliation[],
  askedIds: readonly number[],
  recording: Recording,
): Promise<Set<number>> {
  const chunks = jsonChunks(reconciliations.map((each) => [each.namespaceId, each.nextReconciliationDate, each.displayAlertFrom]));
  const writes = [...chunks].flatMap((chunk) => [recordChanges(db, chunk, recording), upsert(db, chunk, recording.now)]);
  const known = db.query.all<{ id: number }>(sql`select id from namespaces where id in (${valuesIn([...new Set(askedIds)])})`);
  return new Set((await runBatchThen(db, writes, known)).map(({ id }) => id));
}

/** Before the change, so that what was there can be told. */
function recordChanges(db: Db, chunk: string, { actor, now }: Recording): BatchItem<"sqlite"> {
  return db.query.run(sql`
    insert into billing_ledger (recorded_at, kind, namespace_id, actor, before, after)
    select ${now.getTime()}, 'reconciliation', n.id, ${actor},
      case when u.id is not null then ${datesAsJson(sql`u.next_reconciliation_date`, sql`u.display_alert_from`)} end,
      ${datesAsJson(sentNext, sentFrom)}
    from json_each(${chunk}) sent
      cross join namespaces n on n.id = sent.value ->> 0
      left join upcoming_reconciliations u on u.namespace_id = n.id
    where u.id is null or u.next_reconciliation_date <> ${sentNext} or u.display_alert_from <> ${sentFrom}
    order by sent.key`);
}

function upsert(db: Db, chunk: string, now: Date): BatchItem<"sqlite"> {
  return db.query.run(sql`
    insert into upcoming_reconciliations (namespace_id, next_reconciliation_date, display_alert_from, created_at, updated_at)
    select n.id, ${sentNext}, ${sentFrom}, ${now.getTime()}, ${now.getTime()}
    from json_each(${chunk}) sent cross join namespaces n on n.id = sent.value ->> 0
    where true order by sent.key
    on conflict (namespace_id) do update set
      next_reconciliation_date = excluded.next_reconciliation_date,
      display_alert_from = excluded.display_alert_from,
      updated_at = excluded.updated_at
    where upcoming_reconciliations.next_reconciliation_date <> excluded.next_reconciliation_date
      or upcoming_reconciliations.display_alert_from <> excluded.display_alert_from`);
}

function datesAsJson(next: SQL, from: SQL): SQL {
  return sql`json_object('next_reconciliation_date', ${next}, 'display_alert_from', ${from})`;
}

/** Answers whether there was one; it is written down in the same round trip. */
export async function deleteReconciliation(db: Db, namespaceId: number, { actor, now }: Recording): Promise<boolean> {
  const record = db.query.run(sql`
    insert into billing_ledger (recorded_at, kind, namespace_id, actor, before)
    select ${now.getTime()}, 'reconciliation', namespace_id, ${actor}, ${datesAsJson(sql`next_reconciliation_date`, sql`display_alert_from`)}
    from upcoming_reconciliations where namespace_id = ${namespaceId}`);
  const deleted = db.query
    .delete(upcomingReconciliations)
    .where(eq(upcomingReconciliations.namespaceId, namespaceId))
    .returning({ id: upcomingReconciliations.id });
  return (await runBatchThen(db, [record], deleted)).length > 0;
}
