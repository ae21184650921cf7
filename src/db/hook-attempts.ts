import { eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { failuresToDisable, pauseAfter } from "../domain/hooks/health.ts";
import { readSettings, type InstanceSettings } from "../domain/settings.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { selectPayloadStart, toPayloadStart, type PayloadStart } from "./hook-payloads.ts";
import type { HookRow } from "./hooks.ts";
import { hookDeliveries, hookRequests, settings, webHooks } from "./schema/index.ts";

export type DeliveryRow = typeof hookDeliveries.$inferSelect;
export type NewHookRequest = Omit<typeof hookRequests.$inferInsert, "id">;

/** A delivery that is ours to try, with all that this takes. */
export interface ClaimedDelivery {
  delivery: DeliveryRow;
  /** Null: it was deleted. */
  hook: HookRow | null;
  settings: InstanceSettings;
  payload: PayloadStart;
}

/** `settled`: there is nothing to do, or no such delivery. `waiting`: somebody else is trying it, or its next try is not due. */
export type Claim = ({ state: "claimed" } & ClaimedDelivery) | { state: "waiting"; until: Date } | { state: "settled" };

/**
 * Takes a delivery for a try, until `leaseUntil`, and counts the try: of two that ask at once, one gets it. One round trip,
 * where the body is not large.
 */
export async function claimDelivery(db: Db, id: number, now: Date, leaseUntil: Date): Promise<Claim> {
  const ofDelivery = (column: "hook_id" | "payload_key") => sql`select ${sql.identifier(column)} from hook_deliveries where id = ${id}`;
  const [payloadSize, payloadParts] = selectPayloadStart(db, ofDelivery("payload_key"));
  const [claimed, left, hooks, [values], sizes, parts] = await db.query.batch([
    db.query
      .update(hookDeliveries)
      .set({ attempts: sql`${hookDeliveries.attempts} + 1`, leasedUntil: leaseUntil })
      .where(sql`id = ${id} and state = 'pending' and (leased_until is null or leased_until <= ${now.getTime()})`)
      .returning(),
    db.query.select().from(hookDeliveries).where(eq(hookDeliveries.id, id)),
    db.query
      .select()
      .from(webHooks)
      .where(sql`${webHooks.id} = (${ofDelivery("hook_id")})`),
    db.query.select({ values: settings.values }).from(settings).where(eq(settings.id, 1)),
    payloadSize,
    payloadParts,
  ]);
  const [delivery] = claimed;
  if (delivery !== undefined) {
    const payload = toPayloadStart(sizes, parts);
    return { state: "claimed", delivery, hook: hooks[0] ?? null, settings: readSettings(values?.values ?? {}), payload };
  }
  const [row] = left;
  if (row === undefined || row.state !== "pending" || row.leasedUntil === null) return { state: "settled" };
  return { state: "waiting", until: row.leasedUntil };
}

/** Whether a delivery is still to be sent; false of one that is not there. */
export async function isDeliveryPending(db: Db, id: number): Promise<boolean> {
  const [row] = await db.query.select({ state: hookDeliveries.state }).from(hookDeliveries).where(eq(hookDeliveries.id, id));
  return row?.state === "pending";
}

/** What becomes of a delivery after a try; `retryAt`: it stays pending, and nobody takes it before then. */
export type DeliveryOutcome = { state: "delivered" | "failed" | "dropped" } | { retryAt: Date };

/** How a try tells of the hook: it works, it failed (once a delivery), or nothing that would be its fault. */
export type HookVerdict = "works" | "failed" | "unknown";

/** Writes down a try of a delivery, what becomes of it, and how the hook fares, all at once. */
export async function settleDelivery(
  db: Db,
  { id, hookId, attempts }: Pick<DeliveryRow, "id" | "hookId" | "attempts">,
  settled: { request: NewHookRequest | null; outcome: DeliveryOutcome; verdict: HookVerdict },
  now: Date,
): Promise<void> {
  const { request, outcome, verdict } = settled;
  // Somebody who took the delivery over because this try lasted too long decides on it, unless it has arrived.
  const isOurs = "state" in outcome && outcome.state === "delivered" ? sql`id = ${id}` : sql`id = ${id} and attempts = ${attempts}`;
  const next = "state" in outcome ? { state: outcome.state, leasedUntil: null } : { leasedUntil: outcome.retryAt };
  await runBatch(db, [
    ...(request === null ? [] : [db.query.insert(hookRequests).values(request)]),
    db.query
      .update(hookDeliveries)
      .set(next)
      .where(sql`${isOurs} and state = 'pending'`),
    ...judgeHook(db, hookId, verdict, now),
  ]);
}

/** Milliseconds of pause by the number of failures, for the database, which alone knows how many others have failed meanwhile. */
const pauses = JSON.stringify(Array.from({ length: failuresToDisable + 1 }, (_, failures) => pauseAfter(failures)));

/** The statements that count a delivery for or against its hook. A hook that works again is written once. */
export function judgeHook(db: Db, hookId: number, verdict: HookVerdict, now: Date): BatchItem<"sqlite">[] {
  if (verdict === "unknown") return [];
  if (verdict === "works") {
    return [
      db.query.run(sql`
        update web_hooks set failures = 0, disabled_until = null
        where id = ${hookId} and (failures > 0 or disabled_until is not null)`),
    ];
  }
  // A number that is bound is a real one to the database, and `40.0` is no place in a list.
  const failures = sql`cast(min(failures + 1, ${failuresToDisable}) as integer)`;
  return [
    db.query.run(sql`
      update web_hooks set failures = ${failures}, disabled_until = ${now.getTime()} + json_extract(${pauses}, '$[' || ${failures} || ']')
      where id = ${hookId}`),
  ];
}
