import { asc, eq, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { MinutesPack } from "../domain/billing/minutes.ts";
import { runBatch } from "./batch.ts";
import type { Recording } from "./billing-ledger.ts";
import type { Db } from "./client.ts";
import { isForeignKeyViolation, isNotNullViolation } from "./constraint.ts";
import { jsonChunks } from "./json-chunks.ts";
import { minutesPacks } from "./schema/index.ts";

interface PackRow {
  number_of_minutes: number;
  expires_at: string;
  purchase_xid: string;
}

/** Of the elements of a list that is the JSON parameter. */
const sentMinutes = sql`sent.value ->> 0`;
const sentExpiry = sql`sent.value ->> 1`;
const sentXid = sql`sent.value ->> 2`;

/**
 * Adds packs, no two of the same purchase, to a namespace, and writes those down that are new; all of them or none, in
 * one round trip. Answers each as it is stored, by its purchase: one that the namespace has already stays as it is.
 * `taken`: one is another namespace's; `namespace`: there is no such namespace any more.
 */
export async function addPacks(
  db: Db,
  namespaceId: number,
  packs: readonly MinutesPack[],
  recording: Recording,
): Promise<Map<string, MinutesPack> | "taken" | "namespace"> {
  const chunks = [...jsonChunks(packs.map(({ numberOfMinutes, expiresAt, purchaseXid }) => [numberOfMinutes, expiresAt, purchaseXid]))];
  const recorded = chunks.map((chunk) => recordNewPacks(db, namespaceId, chunk, recording));
  const [first, ...rest] = [...recorded, ...chunks.map((chunk) => insertPacks(db, namespaceId, chunk, recording.now))];
  if (first === undefined) return new Map();
  try {
    const results: unknown[] = await db.query.batch([first, ...rest]);
    return byPurchase(results.slice(chunks.length).flat() as PackRow[]);
  } catch (error) {
    if (isNotNullViolation(error, "minutes_packs.namespace_id")) return "taken";
    if (isForeignKeyViolation(error)) return "namespace";
    throw error;
  }
}

/** Before the packs are there, so that those that are new can be told. */
function recordNewPacks(db: Db, namespaceId: number, chunk: string, { actor, now }: Recording): BatchItem<"sqlite"> {
  return db.query.run(sql`
    insert into billing_ledger (recorded_at, kind, namespace_id, actor, after)
    select ${now.getTime()}, 'minutes', ${namespaceId}, ${actor}, ${packAsJson(namespaceId, sentExpiry, sentMinutes, sentXid)}
    from json_each(${chunk}) sent
    where not exists (select 1 from minutes_packs p where p.purchase_xid = ${sentXid})
    order by sent.key`);
}

/** A pack that is the namespace's stays; one that is another's would come to belong to none, which undoes the batch. */
function insertPacks(db: Db, namespaceId: number, chunk: string, now: Date): BatchItem<"sqlite"> {
  return db.query.all(sql`
    insert into minutes_packs (namespace_id, number_of_minutes, expires_at, purchase_xid, created_at)
    select ${namespaceId}, ${sentMinutes}, ${sentExpiry}, ${sentXid}, ${now.getTime()}
    from json_each(${chunk}) sent where true order by sent.key
    on conflict (purchase_xid) do update
      set namespace_id = case when minutes_packs.namespace_id = excluded.namespace_id then minutes_packs.namespace_id end
    returning number_of_minutes, expires_at, purchase_xid`);
}

function packAsJson(namespaceId: number, expiry: SQL, minutes: SQL, xid: SQL): SQL {
  return sql`json_object('namespace_id', ${namespaceId}, 'expires_at', ${expiry}, 'number_of_minutes', ${minutes}, 'purchase_xid', ${xid})`;
}

function byPurchase(rows: readonly PackRow[]): Map<string, MinutesPack> {
  return new Map(
    rows.map((row) => [
      row.purchase_xid,
      { numberOfMinutes: row.number_of_minutes, expiresAt: row.expires_at, purchaseXid: row.purchase_xid },
    ]),
  );
}

/** A row as it is, but for whose it is. */
const packOf = (namespaceId: number) => packAsJson(namespaceId, sql`expires_at`, sql`number_of_minutes`, sql`purchase_xid`);

/** Moves all packs of one namespace to another and writes each down, in one round trip. False where the target is gone: nothing moved. */
export async function movePacks(db: Db, sourceId: number, targetId: number, { actor, now }: Recording): Promise<boolean> {
  try {
    await runBatch(db, [
      db.query.run(sql`
        insert into billing_ledger (recorded_at, kind, namespace_id, target_namespace_id, actor, before, after)
        select ${now.getTime()}, 'minutes_move', ${sourceId}, ${targetId}, ${actor}, ${packOf(sourceId)}, ${packOf(targetId)}
        from minutes_packs where namespace_id = ${sourceId} order by id`),
      db.query.update(minutesPacks).set({ namespaceId: targetId }).where(eq(minutesPacks.namespaceId, sourceId)),
    ]);
    return true;
  } catch (error) {
    if (isForeignKeyViolation(error)) return false;
    throw error;
  }
}

/** The packs of a namespace in the order in which they are used up: soonest expiry first. */
export function listPacks(db: Db, namespaceId: number): Promise<MinutesPack[]> {
  return db.query
    .select({
      numberOfMinutes: minutesPacks.numberOfMinutes,
      expiresAt: minutesPacks.expiresAt,
      purchaseXid: minutesPacks.purchaseXid,
    })
    .from(minutesPacks)
    .where(eq(minutesPacks.namespaceId, namespaceId))
    .orderBy(asc(minutesPacks.expiresAt), asc(minutesPacks.id));
}
