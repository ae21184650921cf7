import type { SQL } from "drizzle-orm";
import type { LedgerActor, LedgerKind } from "../domain/billing/ledger.ts";
import type { Db } from "./client.ts";
import { billingLedger } from "./schema/index.ts";

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
