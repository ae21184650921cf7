import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { runBatch } from "../../src/db/batch.ts";
import { recordChange } from "../../src/db/billing-ledger.ts";
import * as schema from "../../src/db/schema/index.ts";
import { addGroup, db, type Group } from "../setup/world.ts";

const { subscriptions, subscriptionHistory, billingLedger } = schema;

let group: Group;
let subscription: typeof subscriptions.$inferSelect;

beforeEach(async () => {
  group = await addGroup();
  const values = {
    namespaceId: group.id,
    planCode: "premium",
    seats: 10,
    seatsInUse: 3,
    maxSeatsUsed: 12,
    seatsOwed: 2,
    autoRenew: true,
    startDate: "2021-06-01",
    endDate: "2022-06-01",
    maxSeatsUsedChangedAt: new Date(5000),
    lastSeatRefreshAt: new Date(6000),
  } as const;
  [subscription] = (await db.query.insert(subscriptions).values(values).returning()) as [typeof subscription];
});

const update = (values: Partial<typeof subscriptions.$inferInsert>) =>
  db.query.update(subscriptions).set(values).where(eq(subscriptions.id, subscription.id));
const history = () => db.query.select().from(subscriptionHistory).where(eq(subscriptionHistory.namespaceId, group.id));

/** What the history says of the subscription as it was set up. */
function asItWas(change: string) {
  const { id, createdAt, updatedAt, lockVersion: _, ...terms } = subscription;
  return { ...terms, change, subscriptionId: id, subscriptionCreatedAt: createdAt, subscriptionUpdatedAt: updatedAt };
}

describe("the history of subscriptions", () => {
  it.each([
    { planCode: "ultimate" },
    { planCode: null },
    { seats: 11 },
    { maxSeatsUsed: 13 },
    { seatsOwed: 0 },
    { isTrial: true },
    { autoRenew: false },
    { autoRenew: null },
    { startDate: "2021-06-02" },
    { endDate: null },
    { trialStartsOn: "2021-06-02" },
    { trialEndsOn: "2021-07-02" },
    { trialExtensionType: 1 },
    { seats: 11, planCode: "ultimate", seatsInUse: 4, updatedAt: new Date(7000) },
  ] as const)("268 keeps once what a subscription was before %j", async (values) => {
    await update(values);
    expect(await history()).toMatchObject([asItWas("gitlab_subscription_updated")]);
    expect(await db.query.select().from(subscriptions).where(eq(subscriptions.id, subscription.id))).toMatchObject([values]);
  });

  it("keeps it where a subscription goes to another namespace", async () => {
    await update({ namespaceId: (await addGroup()).id });
    expect(await history()).toMatchObject([asItWas("gitlab_subscription_updated")]);
  });

  it.each([
    { seatsInUse: 9 },
    { lastSeatRefreshAt: new Date(9000) },
    { maxSeatsUsedChangedAt: null },
    { updatedAt: new Date(9000), createdAt: new Date(9000), lockVersion: 7 },
    { seats: 10, planCode: "premium", autoRenew: true },
  ] as const)("keeps nothing for %j, which is no change", async (values) => {
    await update(values);
    expect(await history()).toEqual([]);
  });

  it("keeps each of many states, in their order", async () => {
    for (const seats of [11, 12, 12, 13]) await update({ seats });
    expect((await history()).map((row) => row.seats)).toEqual([10, 11, 12]);
  });

  it("keeps what a subscription was when it goes, also with its namespace", async () => {
    await db.query.delete(subscriptions).where(eq(subscriptions.id, subscription.id));
    expect(await history()).toMatchObject([asItWas("gitlab_subscription_destroyed")]);
    const other = await addGroup();
    await db.query.insert(subscriptions).values({ namespaceId: other.id, startDate: "2021-06-01", seats: 7 });
    await db.query.delete(schema.routes).where(eq(schema.routes.namespaceId, other.id));
    await db.query.delete(schema.namespaceAncestors).where(eq(schema.namespaceAncestors.namespaceId, other.id));
    await db.query.delete(schema.namespaces).where(eq(schema.namespaces.id, other.id));
    expect(await db.query.select().from(subscriptions).where(eq(subscriptions.namespaceId, other.id))).toEqual([]);
    expect(await db.query.select().from(subscriptionHistory).where(eq(subscriptionHistory.namespaceId, other.id))).toMatchObject([
      { change: "gitlab_subscription_destroyed", seats: 7 },
    ]);
  });

  it("keeps nothing of a batch that is undone", async () => {
    await expect(runBatch(db, [update({ seats: 99 }), update({ startDate: sql`null` as never })])).rejects.toThrow();
    expect(await history()).toEqual([]);
  });
});

/** The database's own words. */
const refusal = (table: string) =>
  expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining(`${table} is append-only`) }) });

describe("what is append-only", () => {
  it("the history is neither changed nor taken away, by whatever statement", async () => {
    await update({ seats: 11 });
    const [before] = await history();
    for (const statement of [
      db.query.update(subscriptionHistory).set({ seats: 0 }),
      db.query.delete(subscriptionHistory),
      db.query.run(sql`update subscription_history set change = change where id = ${before!.id}`),
      db.query.run(sql`delete from subscription_history where id = ${before!.id}`),
    ]) {
      await expect(Promise.resolve(statement)).rejects.toEqual(refusal("subscription_history"));
    }
    expect(await history()).toEqual([before]);
  });

  it("nor is the ledger", async () => {
    const entry = { kind: "subscription", namespaceId: group.id, actor: "customers-dot", before: null, after: { seats: 10 } } as const;
    await recordChange(db, entry, new Date(8000));
    const ledger = () => db.query.select().from(billingLedger).where(eq(billingLedger.namespaceId, group.id));
    const [before] = await ledger();
    expect(before).toMatchObject({ ...entry, after: '{"seats":10}', recordedAt: new Date(8000), targetNamespaceId: null });
    for (const statement of [
      db.query.update(billingLedger).set({ actor: "user-1" }),
      db.query.delete(billingLedger),
      db.query.run(sql`delete from billing_ledger where id = ${before!.id}`),
    ]) {
      await expect(Promise.resolve(statement)).rejects.toEqual(refusal("billing_ledger"));
    }
    expect(await ledger()).toEqual([before]);
  });
});
