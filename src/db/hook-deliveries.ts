import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { HookTrigger } from "../domain/hooks/hook.ts";
import { runInBatches } from "./batches.ts";
import type { Db } from "./client.ts";
import { storedTrigger } from "./hook-trigger.ts";
import { jsonChunks } from "./json-chunks.ts";

/** A hook that is to be told what a stored body says. */
export interface NewDelivery {
  hookId: number;
  payloadKey: string;
  trigger: HookTrigger;
  instanceUrl: string;
  /** What the body says without having been able to look at the repository. */
  notVerified: readonly string[];
}

/** A part of a delivery's body; parts count from 0. */
export interface PayloadPart {
  key: string;
  part: number;
  text: string;
}

/** What hooks are to be told of a push. */
export interface PushDeliveries {
  pushId: string;
  parts: Iterable<PayloadPart>;
  deliveries: Iterable<NewDelivery>;
}

/**
 * Keeps the bodies and notes who is to be sent them, in one round trip where they are few. A body that is to be sent already
 * stays as it is; of one that an earlier run did not get to the end of nothing stays: this run may tell it in other words.
 * Gives the ids of all deliveries of the push that are still to be sent. `beforeTrip` may throw.
 */
export async function recordPushDeliveries(db: Db, told: PushDeliveries, now: Date, beforeTrip: () => void): Promise<number[]> {
  const rows = await runInBatches<{ id: number }>(db, statementsOf(db, told, now), beforeTrip);
  return rows.map(({ id }) => id);
}

/** Bodies come first: a delivery that is noted can be sent, and tells that its body is whole. */
function* statementsOf(db: Db, { pushId, parts, deliveries }: PushDeliveries, now: Date): Generator<BatchItem<"sqlite">> {
  const [first, last] = [`${pushId}/`, `${pushId}/\u{10ffff}`];
  yield db.query.run(sql`
    delete from hook_payloads
    where key >= ${first} and key < ${last}
      and not exists (select 1 from hook_deliveries where payload_key = hook_payloads.key)`);
  yield* keepBodies(db, parts, now);
  yield* noteDeliveries(db, deliveries, now);
  yield db.query.all<{ id: number }>(sql`
    select id from hook_deliveries
    where payload_key >= ${first} and payload_key < ${last} and state = 'pending'
    order by id`);
}

/** The statements that keep bodies, but for those that are to be sent already. */
export function* keepBodies(db: Db, parts: Iterable<PayloadPart>, now: Date): Generator<BatchItem<"sqlite">> {
  for (const chunk of jsonChunks(parts)) {
    yield db.query.run(sql`
      insert into hook_payloads (key, part, text, created_at)
      select value ->> 'key', value ->> 'part', value ->> 'text', ${now.getTime()} from json_each(${chunk})
      where not exists (select 1 from hook_deliveries where payload_key = value ->> 'key')`);
  }
}

/** The statements that note who is to be sent bodies; what is noted already stays as it is. */
export function* noteDeliveries(db: Db, deliveries: Iterable<NewDelivery>, now: Date): Generator<BatchItem<"sqlite">> {
  for (const chunk of jsonChunks(asStored(deliveries))) {
    yield db.query.run(sql`
      insert into hook_deliveries (hook_id, payload_key, trigger, later_trigger, idempotency_key, instance_url, not_verified, created_at)
      select value ->> 'hookId', value ->> 'payloadKey', value ->> 'trigger', value ->> 'laterTrigger', value ->> 'idempotencyKey',
        value ->> 'instanceUrl', value -> 'notVerified', ${now.getTime()}
      from json_each(${chunk})
      where true
      on conflict (hook_id, payload_key) do nothing`);
  }
}

function* asStored(deliveries: Iterable<NewDelivery>) {
  for (const delivery of deliveries) yield { ...delivery, ...storedTrigger(delivery.trigger), idempotencyKey: crypto.randomUUID() };
}
