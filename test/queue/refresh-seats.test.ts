import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { findDueSubscriptions, refreshSeats } from "../../src/db/seat-refresh.ts";
import * as schema from "../../src/db/schema/index.ts";
import { consume } from "../../src/queue/consumer.ts";
import type { JobOf } from "../../src/queue/messages.ts";
import { refreshDueSeats } from "../../src/schedule/refresh-seats.ts";
import { runHourly } from "../../src/schedule/hourly.ts";
import { addGroup, addMember, addUser, db, unique } from "../setup/world.ts";

const { subscriptions, subscriptionHistory } = schema;
const now = new Date("2026-05-01T12:00:00Z");
const today = new Date("2026-05-01T00:00:00Z");

type Terms = Partial<typeof subscriptions.$inferInsert>;

/** A group with so many people, and its subscription. */
async function aSubscription(people: number, terms: Terms = {}) {
  const group = await addGroup();
  for (let count = 0; count < people; count += 1) await addMember(await addUser(), { group }, 30);
  const values = { namespaceId: group.id, planCode: "premium", seats: 1, startDate: "2021-06-01", ...terms } as const;
  const [row] = await db.query.insert(subscriptions).values(values).returning();
  return row!;
}

const read = async ({ id }: { id: number }) => (await db.query.select().from(subscriptions).where(eq(subscriptions.id, id)))[0]!;
const historyOf = ({ id }: { id: number }) => db.query.select().from(subscriptionHistory).where(eq(subscriptionHistory.subscriptionId, id));

beforeEach(async () => {
  await db.query.delete(subscriptions);
});

describe("the hourly refresh of seats", () => {
  it("264 counts everybody once, in the group and below, but for those who are blocked", async () => {
    const row = await aSubscription(2);
    const group = (await db.query.select().from(schema.namespaces).where(eq(schema.namespaces.id, row.namespaceId)))[0]!;
    const sub = await addGroup({ parent: { ...group, fullPath: group.path } });
    const [member] = await db.query.select().from(schema.members).where(eq(schema.members.namespaceId, group.id));
    await addMember({ id: member!.userId } as never, { group: sub }, 30);
    await addMember(await addUser(), { group: sub }, 30);
    await addMember(await addUser({ state: "blocked" }), { group }, 30);
    await refreshDueSeats(env, now);
    const after = { seatsInUse: 3, maxSeatsUsed: 3, seatsOwed: 2, lastSeatRefreshAt: now, maxSeatsUsedChangedAt: now };
    expect(await read(row)).toMatchObject({ ...after, lockVersion: row.lockVersion + 1, updatedAt: now });
    expect(await historyOf(row)).toMatchObject([{ change: "gitlab_subscription_updated", maxSeatsUsed: 0, seatsOwed: 0, seatsInUse: 0 }]);
  });

  it("265 counts guests where the plan does", async () => {
    for (const [planCode, seatsInUse] of [
      ["ultimate", 1],
      ["premium", 2],
    ] as const) {
      const row = await aSubscription(1, { planCode });
      await addMember(await addUser(), { group: { id: row.namespaceId } as never }, 10);
      await refreshDueSeats(env, now);
      expect(await read(row)).toMatchObject({ seatsInUse });
    }
  });

  it("266 owes for paid seats, and nothing in a trial", async () => {
    const [paid, trial] = [
      await aSubscription(12, { seats: 10, maxSeatsUsed: 15 }),
      await aSubscription(12, { seats: 10, maxSeatsUsed: 15, isTrial: true, seatsOwed: 4 }),
    ];
    await refreshDueSeats(env, now);
    expect(await read(paid)).toMatchObject({ seatsInUse: 12, maxSeatsUsed: 15, seatsOwed: 5, maxSeatsUsedChangedAt: null });
    expect(await read(trial)).toMatchObject({ seatsInUse: 12, maxSeatsUsed: 15, seatsOwed: 0 });
  });

  it("keeps no history where nothing but the seats in use changed", async () => {
    const row = await aSubscription(3, { seats: 10, maxSeatsUsed: 8 });
    await refreshDueSeats(env, now);
    expect(await read(row)).toMatchObject({ seatsInUse: 3, maxSeatsUsed: 8, seatsOwed: 0, lastSeatRefreshAt: now });
    expect(await historyOf(row)).toEqual([]);
  });

  it("comes to each once a day, and only to plans that are paid for", async () => {
    const before = new Date(today.getTime() - 1);
    const [yesterday, midnight, never, free, none] = [
      await aSubscription(1, { lastSeatRefreshAt: before }),
      await aSubscription(1, { lastSeatRefreshAt: today }),
      await aSubscription(1),
      await aSubscription(1, { planCode: "free" }),
      await aSubscription(1, { planCode: null }),
    ];
    await runHourly(env, now);
    const refreshed = await Promise.all([yesterday, midnight, never, free, none].map(async (row) => (await read(row)).lastSeatRefreshAt));
    expect(refreshed).toEqual([now, today, now, null, null]);
    await refreshDueSeats(env, new Date(today.getTime() + 86_400_000 - 1));
    expect((await read(never)).lastSeatRefreshAt).toEqual(now);
  });

  it("comes to all, piece by piece, in three round trips for twenty", async () => {
    const rows = [];
    for (let count = 0; count < 45; count += 1) rows.push(await aSubscription(0, { seats: 5 }));
    const watched = openDb(env.DB);
    const piece = await findDueSubscriptions(watched, { since: today, afterId: 0, limit: 20 });
    expect(piece.map((row) => row.id)).toEqual(rows.slice(0, 20).map((row) => row.id));
    expect(await refreshSeats(watched, piece, now)).toBe(20);
    expect(watched.meter).toMatchObject({ trips: 3, statements: 3 });
    await refreshDueSeats(env, now);
    expect(new Set((await Promise.all(rows.map(read))).map((row) => row.lastSeatRefreshAt?.getTime()))).toEqual(new Set([now.getTime()]));
  });

  it("never overwrites what was changed since it was read, which stays due", async () => {
    const [changed, deleted, other] = [await aSubscription(2), await aSubscription(2), await aSubscription(2)];
    const piece = await findDueSubscriptions(db, { since: today, afterId: 0, limit: 20 });
    await db.query.run(sql`update subscriptions set seats = 50, lock_version = lock_version + 1 where id = ${changed.id}`);
    await db.query.delete(subscriptions).where(eq(subscriptions.id, deleted.id));
    expect(await refreshSeats(db, piece, now)).toBe(1);
    expect(await read(changed)).toMatchObject({ seats: 50, seatsInUse: 0, seatsOwed: 0, lastSeatRefreshAt: null });
    expect(await read(other)).toMatchObject({ seatsInUse: 2, seatsOwed: 1 });
    expect((await findDueSubscriptions(db, { since: today, afterId: 0, limit: 20 })).map((row) => row.id)).toEqual([changed.id]);
    await refreshDueSeats(env, now);
    expect(await read(changed)).toMatchObject({ seats: 50, seatsInUse: 2, seatsOwed: 0 });
  });

  it("two at once write what one would", async () => {
    const rows = [await aSubscription(3), await aSubscription(2)];
    await Promise.all([refreshDueSeats(env, now), refreshDueSeats(env, now), refreshDueSeats(env, now)]);
    for (const [index, row] of rows.entries()) {
      expect(await read(row)).toMatchObject({ seatsInUse: 3 - index, maxSeatsUsed: 3 - index, seatsOwed: 2 - index });
      expect(await historyOf(row)).toHaveLength(1);
    }
  });

  it("passes over what cannot be counted, and comes to all others", async () => {
    const rows = [];
    for (let count = 0; count < 25; count += 1) rows.push(await aSubscription(0, { seats: 5 }));
    const bad = rows[3]!;
    const failing = failingFor(bad.namespaceId);
    await refreshDueSeats({ DB: failing }, now);
    const done = await Promise.all(rows.map(async (row) => (await read(row)).lastSeatRefreshAt !== null));
    expect(done).toEqual(rows.map((row) => row.id !== bad.id));
    await refreshDueSeats(env, now);
    expect((await read(bad)).lastSeatRefreshAt).toEqual(now);
  });
});

/** D1 that refuses to count this namespace. */
function failingFor(namespaceId: number) {
  const withSession = () => {
    const session = env.DB.withSession("first-primary");
    return {
      batch: session.batch.bind(session),
      getBookmark: session.getBookmark.bind(session),
      prepare(text: string) {
        const statement = session.prepare(text);
        if (!text.includes("namespace_ancestors")) return statement;
        return {
          bind(...values: unknown[]) {
            if (values.some((value) => typeof value === "string" && value.startsWith("[") && JSON.parse(value).includes(namespaceId))) {
              throw new Error("too much");
            }
            return statement.bind(...values);
          },
        };
      },
    };
  };
  return { withSession } as unknown as D1Database;
}

/** Hands the job to the consumer, with whatever it sends on. What was sent, and how often messages are to come again. */
async function settle(first: JobOf<"refresh_seats">, { times = 1 } = {}) {
  const sent: JobOf<"refresh_seats">[] = [];
  const outcome = { acked: 0, retried: 0 };
  const queue = { send: async (job: JobOf<"refresh_seats">) => void sent.push(job) };
  const pending = Array<JobOf<"refresh_seats">>(times).fill(first);
  for (let body = pending.shift(); body !== undefined; body = pending.shift()) {
    const message = {
      id: unique("message-"),
      timestamp: new Date(),
      attempts: 1,
      body,
      ack: () => void (outcome.acked += 1),
      retry: () => void (outcome.retried += 1),
    };
    const before = sent.length;
    await consume(
      { ...createMessageBatch<unknown>("gatehouse-jobs", []), queue: "gatehouse-jobs", messages: [message] },
      {
        ...env,
        JOBS: queue as unknown as Queue,
      },
    );
    pending.push(...sent.slice(before));
  }
  return { sent, ...outcome };
}

const job = (over: Partial<JobOf<"refresh_seats">> = {}): JobOf<"refresh_seats"> => ({
  kind: "refresh_seats",
  version: 1,
  namespace_id: null,
  asked_at: Date.now(),
  after_id: 0,
  ...over,
});

describe("the job that an operator asks for", () => {
  it("refreshes all of the paid plans, again even if that was done today", async () => {
    const rows = [];
    for (let count = 0; count < 41; count += 1) rows.push(await aSubscription(0, { lastSeatRefreshAt: new Date(Date.now() - 1000) }));
    const free = await aSubscription(0, { planCode: "free" });
    const asked = job();
    const { sent, acked, retried } = await settle(asked);
    expect([sent.map((each) => each.after_id), acked, retried]).toEqual([[rows[19]!.id, rows[39]!.id], 3, 0]);
    for (const row of rows) expect((await read(row)).lastSeatRefreshAt!.getTime()).toBeGreaterThanOrEqual(asked.asked_at);
    expect((await read(free)).lastSeatRefreshAt).toBeNull();
  });

  it("that comes twice does nothing twice", async () => {
    const rows = [];
    for (let count = 0; count < 21; count += 1) rows.push(await aSubscription(count === 0 ? 3 : 0));
    await settle(job(), { times: 3 });
    for (const row of rows) expect((await read(row)).lockVersion).toBe(1);
    expect(await historyOf(rows[0]!)).toHaveLength(1);
  });

  it("refreshes one namespace alone, whatever its plan", async () => {
    const [free, other] = [await aSubscription(4, { planCode: "free", seats: 0, maxSeatsUsed: 14, seatsOwed: 3 }), await aSubscription(1)];
    expect(await settle(job({ namespace_id: free.namespaceId }))).toEqual({ sent: [], acked: 1, retried: 0 });
    expect(await read(free)).toMatchObject({ seatsInUse: 4, maxSeatsUsed: 14, seatsOwed: 0 });
    expect((await read(other)).lastSeatRefreshAt).toBeNull();
    const { id } = await addGroup();
    expect(await settle(job({ namespace_id: id }))).toEqual({ sent: [], acked: 1, retried: 0 });
  });
});

it("what is due is found by the primary key", async () => {
  const { sql: text, params } = findDueSubscriptions(db, { since: today, afterId: 7, limit: 20 }).toSQL();
  const plan = await env.DB.prepare(`explain query plan ${text}`)
    .bind(...params)
    .all<{ detail: string }>();
  expect(plan.results.map((row) => row.detail)).toEqual(["SEARCH subscriptions USING INTEGER PRIMARY KEY (rowid>?)"]);
});
