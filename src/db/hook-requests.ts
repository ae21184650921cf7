import { and, between, desc, eq, gte, or, sql, type SQL } from "drizzle-orm";
import type { PushTrigger } from "../domain/hooks/hook.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { judgeHook, type HookVerdict, type NewHookRequest } from "./hook-attempts.ts";
import { selectPayloadStart, toPayloadStart, type PayloadStart } from "./hook-payloads.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { hookDeliveries, hookPayloads, hookRequests } from "./schema/index.ts";

export type HookRequestRow = typeof hookRequests.$inferSelect;

/** A request to a hook, with the body that it was made of: null where that is not kept any more, and where it is too long to show. */
export interface LoggedRequest {
  request: HookRequestRow;
  payload: string | null;
  isOversize: boolean;
}

/** What a reader looks for: one status, or a class of them. */
export type StatusFilter = number | "successful" | "client_failure" | "server_failure";

/** Characters of a body that a list shows: it may have a hundred of them. */
const longestShown = 100_000;

/** `internal error`, where there was no answer at all, is among the failures of servers. */
function withStatus(filter: StatusFilter | undefined): SQL | undefined {
  const status = hookRequests.responseStatus;
  switch (filter) {
    case undefined:
      return undefined;
    case "successful":
      return between(status, "200", "299");
    case "client_failure":
      return between(status, "400", "499");
    case "server_failure":
      return or(between(status, "500", "599"), eq(status, "internal error"));
    default:
      return eq(status, String(filter));
  }
}

/** A page of the requests that were made to a hook since then, newest first. */
export async function listHookRequests(
  db: Db,
  hookId: number,
  filter: { since: Date; status: StatusFilter | undefined },
  page: PageRange,
): Promise<ListPage<LoggedRequest>> {
  const where = and(eq(hookRequests.hookId, hookId), gte(hookRequests.createdAt, filter.since), withStatus(filter.status));
  const newestFirst = [desc(hookRequests.createdAt), desc(hookRequests.id)];
  const shown = db.query
    .select({ key: hookRequests.payloadKey })
    .from(hookRequests)
    .where(where)
    .orderBy(...newestFirst);
  const [rows, counted, payloads] = await db.query.batch([
    db.query
      .select()
      .from(hookRequests)
      .where(where)
      .orderBy(...newestFirst)
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: hookRequests.id }).from(hookRequests).where(where)),
    db.query.all<{ key: string; text: string | null }>(sql`
      select key, case when length(text) <= ${longestShown} and not exists (
        select 1 from hook_payloads more where more.key = hook_payloads.key and more.part = 1) then text end as text
      from hook_payloads where part = 0 and key in (${shown.limit(page.size).offset(page.offset).getSQL()})`),
  ]);
  const texts = new Map(payloads.map(({ key, text }) => [key, text]));
  const found = toPage(rows, counted, page);
  return {
    ...found,
    rows: found.rows.map((request) => ({
      request,
      payload: texts.get(request.payloadKey) ?? null,
      isOversize: texts.get(request.payloadKey) === null,
    })),
  };
}

/** A request that is to be made again: as it was logged, with the start of its body. */
export interface RequestToRepeat {
  request: HookRequestRow;
  /** Of the delivery that it was a try of; null where that is not kept any more. */
  delivery: { idempotencyKey: string; instanceUrl: string } | null;
  payload: PayloadStart;
}

/** A request of this hook since then; null where there is none. */
export async function findHookRequest(db: Db, hookId: number, id: number, since: Date): Promise<RequestToRepeat | null> {
  const ofRequest = (column: "delivery_id" | "payload_key") => sql`select ${sql.identifier(column)} from hook_requests where id = ${id}`;
  const [payloadSize, payloadParts] = selectPayloadStart(db, ofRequest("payload_key"));
  const [rows, deliveries, sizes, parts] = await db.query.batch([
    db.query
      .select()
      .from(hookRequests)
      .where(and(eq(hookRequests.id, id), eq(hookRequests.hookId, hookId), gte(hookRequests.createdAt, since))),
    db.query
      .select({ idempotencyKey: hookDeliveries.idempotencyKey, instanceUrl: hookDeliveries.instanceUrl })
      .from(hookDeliveries)
      .where(sql`${hookDeliveries.id} = (${ofRequest("delivery_id")})`),
    payloadSize,
    payloadParts,
  ]);
  const [request] = rows;
  return request === undefined ? null : { request, delivery: deliveries[0] ?? null, payload: toPayloadStart(sizes, parts) };
}

/** A delivery that a person asked for, and that is made at once and once. */
export interface Trial {
  hookId: number;
  payloadKey: string;
  trigger: PushTrigger;
  idempotencyKey: string;
  instanceUrl: string;
  isDelivered: boolean;
  request: Omit<NewHookRequest, "deliveryId">;
}

/** Writes down a trial, with its body. */
export async function recordTrial(db: Db, { request, isDelivered, ...trial }: Trial, payload: string, verdict: HookVerdict, now: Date) {
  const { hookId, payloadKey } = trial;
  await runBatch(db, [
    db.query.insert(hookPayloads).values({ key: payloadKey, part: 0, text: payload, createdAt: now }),
    db.query.insert(hookDeliveries).values({ ...trial, state: isDelivered ? "delivered" : "failed", attempts: 1, createdAt: now }),
    db.query.insert(hookRequests).values({
      ...request,
      deliveryId: sql`(select id from hook_deliveries where hook_id = ${hookId} and payload_key = ${payloadKey})`,
    }),
    ...judgeHook(db, hookId, verdict, now),
  ]);
}

/** Writes down a request that was made again. */
export async function recordRepetition(db: Db, request: NewHookRequest, verdict: HookVerdict, now: Date): Promise<void> {
  await runBatch(db, [db.query.insert(hookRequests).values(request), ...judgeHook(db, request.hookId, verdict, now)]);
}
