import { configOf } from "../../config.ts";
import { openDb, type Db } from "../../db/client.ts";
import {
  claimDelivery,
  settleDelivery,
  type ClaimedDelivery,
  type DeliveryOutcome,
  type DeliveryRow,
  type HookVerdict,
} from "../../db/hook-attempts.ts";
import { readPayload } from "../../db/hook-payloads.ts";
import { triggerOfDelivery } from "../../db/hook-trigger.ts";
import type { HookRow } from "../../db/hooks.ts";
import { isExecutable } from "../../domain/hooks/health.ts";
import { mostTries, retryDelaySeconds } from "../../domain/hooks/retry.ts";
import { callHook, type HookCallOutcome } from "../../hooks/attempt.ts";
import type { Send } from "../../hooks/post.ts";
import { log } from "../../http/log.ts";
import type { Settled } from "../consumer.ts";

/** Time, chance and the network, which a test replaces. */
export interface DeliveryWorld {
  clock: () => number;
  /** 0 to 1. */
  random: () => number;
  send: Send;
}

const realWorld: DeliveryWorld = { clock: () => Date.now(), random: () => Math.random(), send: (url, init) => fetch(url, init) };

/** Longer than a try can take; a try whose isolate died is made up for after it. */
const leaseMs = 60_000;

/**
 * Sends a delivery of a web hook once (contract push 8.5), and says whether, and when, it is to be sent again. Each of up to
 * four tries counts from when it begins, so that one which brings its isolate down is not repeated for ever. A delivery
 * whose hook is gone, paused or switched off meanwhile is dropped. Throws where the database fails, and then nothing is
 * settled.
 *
 * A delivery, with all its tries, is one success or failure of its hook. It arrives at least once: where the answer comes but
 * cannot be written down, it is sent again under the same `Idempotency-Key`.
 */
export async function deliverHook(env: Env, deliveryId: number, world: DeliveryWorld = realWorld): Promise<Settled> {
  const db = openDb(env.DB);
  const now = new Date(world.clock());
  const claim = await claimDelivery(db, deliveryId, now, new Date(now.getTime() + leaseMs));
  if (claim.state === "settled") return { done: true };
  if (claim.state === "waiting") return { retryInSeconds: secondsUntil(claim.until, now) };
  const { delivery, hook } = claim;
  if (hook === null || !isExecutable(hook, now)) return drop(db, delivery, hook === null ? "gone" : "not executable", now);
  if (delivery.attempts > mostTries) return drop(db, delivery, "tried too often", now);

  const outcome = await send(env, db, claim, hook, world);
  return settle(db, delivery, outcome, world);
}

function send(env: Env, db: Db, { delivery, settings, payload }: ClaimedDelivery, hook: HookRow, world: DeliveryWorld) {
  const { encryptionKeys: keys, gitlabVersion: version } = configOf(env);
  const { instanceUrl, idempotencyKey, payloadKey } = delivery;
  const trigger = triggerOfDelivery(delivery);
  const body = readPayload(db, payloadKey, payload);
  const allowsLocal = settings.allow_local_requests_from_web_hooks_and_services;
  return callHook({ hook, trigger, version, instanceUrl, idempotencyKey, payloadKey, body }, { ...world, keys, allowsLocal });
}

async function settle(
  db: Db,
  delivery: DeliveryRow,
  { result, logged }: HookCallOutcome,
  { clock, random }: DeliveryWorld,
): Promise<Settled> {
  const now = new Date(clock());
  const delay = result === "failed" ? retryDelaySeconds(delivery.attempts, random()) : null;
  const { id, hookId, payloadKey, notVerified } = delivery;
  const trigger = triggerOfDelivery(delivery);
  const request = { ...logged, hookId, deliveryId: id, payloadKey, trigger, notVerified, createdAt: now };
  const outcome: DeliveryOutcome =
    delay === null ? { state: result === "delivered" ? "delivered" : "failed" } : { retryAt: new Date(now.getTime() + delay * 1000) };
  await settleDelivery(db, delivery, { request, outcome, verdict: delay === null ? verdictOf(result) : "unknown" }, now);
  const fields = {
    delivery_id: id,
    hook_id: hookId,
    attempt: delivery.attempts,
    response_status: logged.responseStatus,
    error: logged.error,
  };
  if (result === "delivered") log.info("hook:delivered", fields);
  else log.warn("hook:failed", { ...fields, retry_in_seconds: delay });
  return delay === null ? { done: true } : { retryInSeconds: delay };
}

function verdictOf(result: HookCallOutcome["result"]): HookVerdict {
  if (result === "unsendable") return "unknown";
  return result === "delivered" ? "works" : "failed";
}

async function drop(db: Db, delivery: DeliveryRow, reason: string, now: Date): Promise<Settled> {
  await settleDelivery(db, delivery, { request: null, outcome: { state: "dropped" }, verdict: "unknown" }, now);
  log.warn("hook:dropped", { delivery_id: delivery.id, hook_id: delivery.hookId, reason });
  return { done: true };
}

function secondsUntil(time: Date, now: Date): number {
  return Math.max(1, Math.ceil((time.getTime() - now.getTime()) / 1000));
}
