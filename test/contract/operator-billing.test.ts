import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { listLedger, recordChange } from "../../src/db/billing-ledger.ts";
import { listFormerSubscriptions } from "../../src/db/subscription-history.ts";
import * as schema from "../../src/db/schema/index.ts";
import { ledgerKinds } from "../../src/domain/billing/ledger.ts";
import { asRoot, call, shellHeaders, withToken } from "../setup/call.ts";
import { watchedDatabase, type Seen } from "../setup/watched-database.ts";
import { openDb } from "../../src/db/client.ts";
import { addGroup, addToken, addUser, db, personalNamespaceId, type Group } from "../setup/world.ts";
import { eq } from "drizzle-orm";
import { app } from "../../src/app.ts";
import { createExecutionContext } from "cloudflare:test";
import { testVars } from "../setup/vars.ts";

let [one, other]: Group[] = [];
let asNobody: ReturnType<typeof withToken>;

beforeAll(async () => {
  [one, other] = [await addGroup(), await addGroup()];
  asNobody = withToken(await addToken(await addUser()));
  const change = { namespaceId: one.id, actor: "customers-dot" } as const;
  await recordChange(db, { ...change, kind: "subscription", before: null, after: { plan_code: "premium", seats: 10 } }, new Date(1000));
  await recordChange(db, { ...change, kind: "minutes", actor: "user-1", before: null, after: { purchase_xid: "x1" } }, new Date(2000));
  await db.query.insert(schema.billingLedger).values({
    recordedAt: new Date(3000),
    kind: "minutes_move",
    namespaceId: one.id,
    targetNamespaceId: other.id,
    actor: "user-1",
    before: '{"namespace_id":1}',
    after: null,
  });
  await recordChange(db, { ...change, kind: "minutes", namespaceId: other.id, before: { a: [1] }, after: { a: [2] } }, new Date(4000));
});

describe("GET /operator/ledger", () => {
  const ask = async (query = "") => (await asRoot("GET", `/operator/ledger${query}`)).body;
  const times = async (query = "") => (await ask(query)).map((row: { at: string }) => new Date(row.at).getTime());

  it("tells every change, newest first", async () => {
    const rows = await ask();
    expect(rows).toEqual([
      { ...entry("minutes", 4000), namespace_id: other!.id, before: { a: [1] }, after: { a: [2] } },
      { ...entry("minutes_move", 3000), actor: "user-1", before: { namespace_id: 1 } },
      { ...entry("minutes", 2000), actor: "user-1", after: { purchase_xid: "x1" } },
      { ...entry("subscription", 1000), after: { plan_code: "premium", seats: 10 } },
    ]);
    expect(Object.keys(rows[0])).toEqual(["id", "at", "kind", "namespace_id", "actor", "before", "after"]);
  });

  const entry = (kind: string, at: number) => ({
    id: expect.any(Number),
    at: new Date(at).toISOString(),
    kind,
    actor: "customers-dot",
    before: null,
    after: null,
    namespace_id: one!.id,
  });

  it("finds what is a namespace's or was moved to it, and what is of a kind", async () => {
    expect(await times(`?namespace_id=${one!.id}`)).toEqual([3000, 2000, 1000]);
    expect(await times(`?namespace_id=${other!.id}`)).toEqual([4000, 3000]);
    expect(await times(`?namespace_id=987654321`)).toEqual([]);
    expect(await times("?kind=minutes")).toEqual([4000, 2000]);
    expect(await times(`?namespace_id=${other!.id}&kind=minutes_move`)).toEqual([3000]);
    for (const kind of ledgerKinds) expect((await asRoot("GET", `/operator/ledger?kind=${kind}`)).status).toBe(200);
  });

  it("has pages", async () => {
    const page = await asRoot("GET", `/operator/ledger?namespace_id=${one!.id}&per_page=2&page=2`);
    expect([page.body.length, page.headers.get("X-Total"), page.headers.get("X-Next-Page")]).toEqual([1, "3", ""]);
    expect(await times(`?namespace_id=${other!.id}&per_page=1&page=2`)).toEqual([3000]);
    expect(await times("?page=1000000&per_page=100")).toEqual([]);
  });

  it("refuses what it cannot look for", async () => {
    for (const [query, error] of [
      ["kind=other", "kind does not have a valid value"],
      ["namespace_id=abc", "namespace_id is invalid"],
      ["page=0", "page has a value not allowed"],
    ]) {
      const reply = await asRoot("GET", `/operator/ledger?${query}`);
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    }
  });

  it.each([{ kind: "minutes" }, { namespaceId: 1 }, { namespaceId: 1, kind: "minutes" }] as const)(
    "walks through nothing but what it looks for: %j",
    async (filter) => {
      const watched = watchedDatabase();
      await listLedger(openDb(watched.binding as unknown as D1Database), filter, { size: 20, offset: 0 });
      const [trip, ...more] = watched.sessions[0]!;
      expect([more, await scansOfLedger(trip!.statements)]).toEqual([[], []]);
    },
  );
});

async function scansOfLedger(statements: readonly Seen[]): Promise<string[]> {
  const plans = statements.map(({ text, params }) =>
    env.DB.prepare(`explain query plan ${text}`)
      .bind(...params)
      .all<{ detail: string }>(),
  );
  const details = (await Promise.all(plans)).flatMap((plan) => plan.results.map((row) => row.detail));
  return details.filter((detail) => /SCAN (billing_ledger|subscription_history)|TEMP B-TREE FOR ORDER/.test(detail));
}

describe("GET /operator/subscription_history", () => {
  it("tells what subscriptions were, newest first, and of whom", async () => {
    const group = await addGroup();
    const values = {
      namespaceId: group.id,
      startDate: "2021-06-01",
      seats: 3,
      planCode: "premium",
      seatsOwed: 1,
      autoRenew: true,
    } as const;
    await db.query.insert(schema.subscriptions).values(values);
    await db.query.update(schema.subscriptions).set({ seats: 4 }).where(eq(schema.subscriptions.namespaceId, group.id));
    await db.query.delete(schema.subscriptions).where(eq(schema.subscriptions.namespaceId, group.id));
    const reply = await asRoot("GET", `/operator/subscription_history?namespace_id=${group.id}`);
    const first = {
      id: expect.any(Number),
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      change: "gitlab_subscription_updated",
      namespace_id: group.id,
      plan_code: "premium",
      seats: 3,
      seats_in_use: 0,
      max_seats_used: 0,
      seats_owed: 1,
      auto_renew: true,
      trial: false,
      start_date: "2021-06-01",
      end_date: null,
      trial_starts_on: null,
      trial_ends_on: null,
      trial_extension_type: null,
    };
    expect([reply.status, reply.body]).toEqual([200, [{ ...first, seats: 4, change: "gitlab_subscription_destroyed" }, first]]);
    expect((await asRoot("GET", "/operator/subscription_history")).body).toEqual(reply.body);
    expect((await asRoot("GET", "/operator/subscription_history?namespace_id=987654321")).body).toEqual([]);
    const watched = watchedDatabase();
    await listFormerSubscriptions(openDb(watched.binding as unknown as D1Database), group.id, { size: 20, offset: 0 });
    expect(await scansOfLedger(watched.sessions[0]![0]!.statements)).toEqual([]);
  });
});

describe("POST /operator/subscriptions/refresh", () => {
  /** The call, and what it gave the queue. */
  async function ask(json: object) {
    const sent: object[] = [];
    const bindings = { ...env, JOBS: { send: async (job: object) => void sent.push(job) } };
    const headers = { "PRIVATE-TOKEN": testVars.GATEHOUSE_ROOT_TOKEN, "Content-Type": "application/json" };
    const url = "http://gitlab.example.test/api/v4/operator/subscriptions/refresh";
    const response = await app.request(url, { method: "POST", headers, body: JSON.stringify(json) }, bindings, createExecutionContext());
    return { answer: [response.status, await response.json()], sent };
  }
  const accepted = [202, { message: "202 Accepted" }];
  const job = { kind: "refresh_seats", version: 1, asked_at: expect.any(Number), after_id: 0 };

  it("has all refreshed, or one namespace", async () => {
    expect(await ask({})).toEqual({ answer: accepted, sent: [{ ...job, namespace_id: null }] });
    const personal = await personalNamespaceId(await addUser());
    for (const id of [one!.id, personal]) {
      expect(await ask({ namespace_id: id })).toEqual({ answer: accepted, sent: [{ ...job, namespace_id: id }] });
    }
  });

  it("knows no other namespace", async () => {
    for (const id of [987_654_321, 0, -1, Number.MAX_SAFE_INTEGER]) {
      expect(await ask({ namespace_id: id })).toEqual({ answer: [404, { message: "404 Namespace Not Found" }], sent: [] });
    }
    expect(await ask({ namespace_id: "engines" })).toEqual({ answer: [400, { error: "namespace_id is invalid" }], sent: [] });
  });
});

it.each([
  ["GET", "/operator/ledger"],
  ["GET", "/operator/subscription_history"],
  ["POST", "/operator/subscriptions/refresh"],
])("%s %s is for administrators", async (method, path) => {
  expect(await asNobody(method, path)).toMatchObject({ status: 403, body: { message: "403 Forbidden" } });
  for (const headers of [{}, shellHeaders]) {
    expect(await call(method, path, { headers })).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
  }
});
