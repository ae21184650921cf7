import { desc, sql, type SQL } from "drizzle-orm";
import type { LedgerActor, LedgerKind } from "../domain/billing/ledger.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { billingLedger } from "./schema/index.ts";

/** Who changes what was bought, and when, for the ledger. */
export interface Recording {
  actor: LedgerActor;
  now: Date;
}

export interface LedgerEntry {
  kind: LedgerKind;
  /** As SQL, it may be null where a condition is not met, which undoes the whole batch. */
  namespaceId: number | SQL;
  actor: LedgerActor;
  /** Null: it was not there. */
  before: object | null;
  /** Null: it is not there any more. */
  after: object | null;
}

/** The statement that writes a change down, for the batch of the change itself. Sets of changes are written by `insert … select`. */
export function recordChange(db: Db, entry: LedgerEntry, now: Date) {
  return db.query.insert(billingLedger).values({
    recordedAt: now,
    kind: entry.kind,
    namespaceId: entry.namespaceId,
    actor: entry.actor,
    before: entry.before === null ? null : JSON.stringify(entry.before),
    after: entry.after === null ? null : JSON.stringify(entry.after),
  });
}

export type LedgerRow = typeof billingLedger.$inferSelect;

/** What an operator looks for; what is left out is not looked at. */
export interface LedgerFilter {
  /** The namespace whose change it is, or to which something was moved. */
  namespaceId?: number | undefined;
  kind?: LedgerKind | undefined;
}

/** A page of the ledger, newest first. Of a namespace it reads what is that namespace's, of a kind what is of that kind. */
export async function listLedger(db: Db, filter: LedgerFilter, page: PageRange): Promise<ListPage<LedgerRow>> {
  const { size, offset } = page;
  const [rows, counted] = await db.query.batch([
    db.query
      .select()
      .from(billingLedger)
      .where(sql`${billingLedger.id} in (${newestIds(filter, offset + size + 1)})`)
      .orderBy(desc(billingLedger.id))
      .limit(size + 1)
      .offset(offset),
    countRows(db, sql`select id from (${sql.join(partsOf(filter), sql` union all `)})`),
  ]);
  return toPage(rows, counted, page);
}

/** The newest of each part, which is in the order of its index. */
function newestIds(filter: LedgerFilter, count: number): SQL {
  const parts = partsOf(filter).map((part) => sql`select id from (${part} order by id desc limit ${count})`);
  return sql.join(parts, sql` union all `);
}

/** Entries that have nothing in common, each part by one index. */
function partsOf({ namespaceId, kind }: LedgerFilter): SQL[] {
  if (namespaceId === undefined)
    return [kind === undefined ? sql`select id from billing_ledger` : sql`select id from billing_ledger where kind = ${kind}`];
  // The sign keeps the index of kinds out of it, in which far more may match.
  const ofKind = kind === undefined ? sql`` : sql` and +kind = ${kind}`;
  return [
    sql`select id from billing_ledger where namespace_id = ${namespaceId}${ofKind}`,
    sql`select id from billing_ledger where target_namespace_id = ${namespaceId} and namespace_id <> ${namespaceId}${ofKind}`,
  ];
}
