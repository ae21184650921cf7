import * as v from "valibot";
import { readPayload } from "../db/hook-payloads.ts";
import { findHookRequest, listHookRequests, recordRepetition, type RequestToRepeat, type StatusFilter } from "../db/hook-requests.ts";
import type { HookRow } from "../db/hooks.ts";
import { rowNotFound, unprocessable } from "../domain/fault.ts";
import { keptDeliveriesSince } from "../domain/hooks/delivery-log.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { externalUrl } from "../http/context.ts";
import { optional, text } from "../http/fields.ts";
import { operation, type Operation, type OperationContext } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { HookEvent, renderHookEvent } from "./entities/hook.ts";
import { manageHook, type HookSource } from "./hook-source.ts";
import { limitTrials } from "./hook-trial-limit.ts";
import { callOnce, reasonOf, trialVerdict } from "./hook-trials.ts";

/** An HTTP status, or a class of them. */
const statusFilter = v.union([
  v.picklist(["successful", "client_failure", "server_failure"]),
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999)),
  v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number)),
]);

/** GET …/hooks/:hook_id/events: the requests of the last seven days, newest first, for those who manage the hook. */
export function findHookEvents(source: HookSource): Operation {
  return operation({
    method: "GET",
    path: `${source.path}/hooks/:hook_id/events`,
    summary: "What a web hook was told, and what it answered",
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text(), ...pageFields, status: optional(statusFilter) }),
    answers: { 200: { description: "A page of requests, newest first", schema: v.array(HookEvent) } },
    faults: source.faults.read,
    async handle(c, params) {
      const page = pageOf(params);
      const { hook } = await manageHook(c, source);
      const status: StatusFilter | undefined = params.status;
      const { rows, total } = await listHookRequests(c.var.db, hook.id, { since: keptDeliveriesSince(c.var.now), status }, page);
      return respondPage(c, rows.map(renderHookEvent), page, total);
    },
  });
}

/**
 * POST …/events/:event_id/resend: makes the request again at once, to the hook as it is set up by now, under the
 * `Idempotency-Key` of its delivery. Limited as trials are; 422 where there is no answer.
 */
export function resendHookEvent(source: HookSource): Operation {
  return operation({
    method: "POST",
    path: `${source.path}/hooks/:hook_id/events/:event_id/resend`,
    summary: "Tell a web hook again what it was told",
    tags: ["provisioning"],
    caller: "user",
    ...source.requires,
    params: v.object({ ...source.segments, hook_id: text(), event_id: text() }),
    answers: { 201: { description: "It was answered", schema: v.object({ response_status: v.number() }) } },
    faults: [...source.faults.write, 422, 429],
    async handle(c, params) {
      const { place, hook } = await manageHook(c, source);
      const id = parseRowId(params.event_id);
      const found = id === null ? null : await findHookRequest(c.var.db, hook.id, id, keptDeliveriesSince(c.var.now));
      if (found === null) throw rowNotFound();
      await limitTrials(c, "resend", place);
      return c.json({ response_status: await resend(c, hook, found) }, 201);
    },
  });
}

async function resend(c: OperationContext<"user">, hook: HookRow, { request, delivery, payload }: RequestToRepeat): Promise<number> {
  const { db } = c.var;
  const { trigger, payloadKey, deliveryId, notVerified } = request;
  const body = readPayload(db, payloadKey, payload);
  const { idempotencyKey, instanceUrl } = delivery ?? { idempotencyKey: crypto.randomUUID(), instanceUrl: externalUrl(c) };
  const outcome = await callOnce(c, { hook, trigger, payloadKey, idempotencyKey, instanceUrl, body });
  const now = new Date();
  const repeated = { ...outcome.logged, hookId: hook.id, deliveryId, payloadKey, trigger, notVerified, createdAt: now };
  await recordRepetition(db, repeated, trialVerdict(outcome), now);
  if (outcome.status === null) throw unprocessable(reasonOf(outcome));
  return outcome.status;
}
