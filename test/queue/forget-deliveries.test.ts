import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { hookDeliveries, hookPayloads, hookRequests } from "../../src/db/schema/index.ts";
import { forgetOldDeliveries, resendLostDeliveries } from "../../src/schedule/forget-deliveries.ts";
import { runHourly } from "../../src/schedule/hourly.ts";
import { db } from "../setup/world.ts";

const now = new Date("2026-03-08T12:00:00Z");
const ago = (milliseconds: number) => now.getTime() - milliseconds;
const week = 7 * 86_400_000;
const halfHour = 30 * 60_000;

/** So many deliveries with their bodies and requests, made then. */
async function fill(count: number, createdAt: number): Promise<void> {
  const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;
  const key = `${createdAt}/`;
  await db.query.run(
    sql`insert into hook_payloads (key, part, text, created_at) ${numbers} select ${key} || i, 0, '{}', ${createdAt} from n`,
  );
  await db.query.run(sql`
    insert into hook_deliveries (hook_id, payload_key, trigger, idempotency_key, instance_url, state, created_at)
    ${numbers} select 1, ${key} || i, 'push_hooks', 'k', 'u', 'delivered', ${createdAt} from n`);
  await db.query.run(sql`
    insert into hook_requests (hook_id, delivery_id, payload_key, trigger, url, request_headers, response_status, execution_duration, created_at)
    ${numbers} select 1, i, ${key} || i, 'push_hooks', 'u', '{}', '200', 0, ${createdAt} from n`);
}

const counts = () => Promise.all([hookRequests, hookDeliveries, hookPayloads].map((table) => db.query.$count(table)));

beforeEach(async () => {
  for (const table of [hookRequests, hookDeliveries, hookPayloads]) await db.query.delete(table);
});

describe("what was delivered", () => {
  it("is forgotten after a week, however much it is", async () => {
    await fill(2300, ago(week + 1));
    await fill(3, ago(week));
    await fill(2, ago(0));
    await forgetOldDeliveries(env, now);
    expect(await counts()).toEqual([5, 5, 5]);
    await forgetOldDeliveries(env, now);
    expect(await counts()).toEqual([5, 5, 5]);
  });
});

describe("what is still to be delivered", () => {
  const delivery = (name: string, values: Partial<typeof hookDeliveries.$inferInsert>) =>
    db.query.insert(hookDeliveries).values({
      hookId: 1,
      payloadKey: name,
      trigger: "push_hooks",
      idempotencyKey: name,
      instanceUrl: "u",
      createdAt: new Date(ago(halfHour + 1)),
      ...values,
    });
  const sentTo = (batches: unknown[][]) => ({
    sendBatch: (messages: Iterable<unknown>) => {
      batches.push([...messages]);
      return Promise.resolve();
    },
  });

  it("is queued again once nobody has taken care of it for half an hour", async () => {
    await delivery("lost", {});
    await delivery("its holder died", { leasedUntil: new Date(ago(1)) });
    await delivery("held", { leasedUntil: new Date(ago(-1)) });
    await delivery("young", { createdAt: new Date(ago(halfHour)) });
    await delivery("delivered", { state: "delivered" });
    await delivery("failed", { state: "failed" });
    const batches: unknown[][] = [];
    await resendLostDeliveries({ ...env, JOBS: sentTo(batches) as unknown as Queue }, now);
    const rows = await db.query.all<{ id: number }>(
      sql`select id from hook_deliveries where payload_key in ('lost', 'its holder died') order by id`,
    );
    expect(batches).toEqual([rows.map(({ id }) => ({ body: { kind: "deliver_hook", version: 1, delivery_id: id } }))]);
  });

  it("is queued as fast as the queue takes it, and no faster", async () => {
    await fill(1203, ago(week));
    await db.query.update(hookDeliveries).set({ state: "pending" });
    const batches: unknown[][] = [];
    await resendLostDeliveries({ ...env, JOBS: sentTo(batches) as unknown as Queue }, now);
    expect(batches.map((batch) => batch.length)).toEqual(Array(10).fill(100));
  });

  it("asks nothing of the queue where nothing is lost", async () => {
    const batches: unknown[][] = [];
    await resendLostDeliveries({ ...env, JOBS: sentTo(batches) as unknown as Queue }, now);
    expect(batches).toEqual([]);
  });
});

it("a chore of the hour that fails holds no other up", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await fill(1, ago(week + 1));
  await db.query.update(hookDeliveries).set({ state: "pending", createdAt: new Date(ago(week)) });
  await runHourly({ ...env, JOBS: { sendBatch: () => Promise.reject(new Error("queue is down")) } as unknown as Queue }, now);
  expect(await counts()).toEqual([0, 1, 0]);
  expect(JSON.parse(String(error.mock.lastCall?.[0]))).toMatchObject({
    event: "schedule:failed",
    chore: "resendLostDeliveries",
    description: "queue is down",
  });
  error.mockRestore();
});
