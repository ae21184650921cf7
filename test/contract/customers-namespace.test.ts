import { beforeAll, describe, expect, it } from "vitest";
import { eq } from "drizzle-orm";
import * as schema from "../../src/db/schema/index.ts";
import { asPortal, asRoot, call, withToken, type CallOptions, type Reply } from "../setup/call.ts";
import { addSubscription, storedHistory, storedLedger, storedSubscription } from "../setup/billing.ts";
import { addGroup, addMember, addProject, addToken, addUser, dayFromNow, db, personalNamespaceId } from "../setup/world.ts";

const missing = [404, { message: "404 Namespace Not Found" }];
const forbidden = [403, { message: "403 Forbidden" }];
const unauthorized = [401, { message: "401 Unauthorized" }];
const blank = ["can't be blank"];
const internal = "/internal/gitlab_subscriptions";
const told = ({ status, body }: Reply) => [status, body];
const put = (id: number | string, json: unknown) => asRoot("PUT", `/namespaces/${id}`, { json });
const asPortalInside = (method: string, path: string, options?: CallOptions) => asPortal(method, `${internal}${path}`, options);

const common = ["id", "name", "path", "kind", "full_path", "parent_id", "avatar_url", "web_url"];
const ofGroups = ["members_count_with_descendants", "root_repository_size", "projects_count"];
const bought = [
  "billable_members_count",
  "plan",
  "trial",
  "trial_ends_on",
  "shared_runners_minutes_limit",
  "extra_shared_runners_minutes_limit",
  "additional_purchased_storage_size",
  "additional_purchased_storage_ends_on",
];
const ofSubscription = ["max_seats_used", "max_seats_used_changed_at", "seats_in_use", "end_date"];

const limits = {
  shared_runners_minutes_limit: 100,
  extra_shared_runners_minutes_limit: 50,
  additional_purchased_storage_size: 10_000,
  additional_purchased_storage_ends_on: "2031-01-01",
};
const unset = {
  shared_runners_minutes_limit: null,
  extra_shared_runners_minutes_limit: null,
  additional_purchased_storage_size: 0,
  additional_purchased_storage_ends_on: null,
};
const attributes = {
  start_date: "2019-06-01",
  end_date: "2020-06-01",
  plan_code: "ultimate",
  seats: 20,
  max_seats_used: 10,
  auto_renew: true,
  trial: true,
  trial_starts_on: "2019-05-01",
  trial_ends_on: "2019-06-01",
  trial_extension_type: 1,
};

let stranger: ReturnType<typeof withToken>;

beforeAll(async () => {
  stranger = withToken(await addToken(await addUser()));
});

describe("PUT /namespaces/:id", () => {
  it("P308 sets limits, by a path with dots too", async () => {
    const group = await addGroup({ path: "limits.test-group.22" });
    const { status, body } = await put("limits.test-group.22", limits);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: group.id, ...limits });
    expect((await asRoot("GET", `/namespaces/${group.id}`)).body).toEqual(body);
  });

  it("9.1 changes what is sent, takes blank for nothing and leaves the rest", async () => {
    const group = await addGroup();
    await put(group.id, limits);
    expect((await put(group.id, { extra_shared_runners_minutes_limit: "" })).body).toMatchObject({
      ...limits,
      extra_shared_runners_minutes_limit: null,
    });
    const form = "shared_runners_minutes_limit=0&additional_purchased_storage_ends_on=1 Feb 2032";
    expect((await asRoot("PUT", `/namespaces/${group.id}`, { form })).body).toMatchObject({
      ...limits,
      shared_runners_minutes_limit: 0,
      extra_shared_runners_minutes_limit: null,
      additional_purchased_storage_ends_on: "2032-02-01",
    });
    const nulls = Object.fromEntries(Object.keys(limits).map((name) => [name, null]));
    expect((await put(group.id, nulls)).body).toMatchObject(unset);
  });

  it("writes real changes of limits down, and no others", async () => {
    const group = await addGroup();
    await put(group.id, { shared_runners_minutes_limit: null, additional_purchased_storage_size: 0 });
    expect(await storedLedger(group.id, "namespace")).toEqual([]);
    await put(group.id, limits);
    await put(group.id, limits);
    await put(group.id, {});
    await asPortalInside("PUT", `/namespaces/${group.id}`, { json: { additional_purchased_storage_ends_on: null } });
    const set = limits;
    expect(await storedLedger(group.id, "namespace")).toEqual([
      { actor: "user-1", before: unset, after: set },
      { actor: "customers-dot", before: set, after: { ...set, additional_purchased_storage_ends_on: null } },
    ]);
  });

  it("loses no limit of those that are sent at once, and writes them down as they came", async () => {
    const group = await addGroup();
    const one = Array.from({ length: 10 }, (_, index) => put(group.id, { shared_runners_minutes_limit: index + 1 }));
    const other = Array.from({ length: 10 }, (_, index) => put(group.id, { additional_purchased_storage_size: index + 1 }));
    expect((await Promise.all([...one, ...other])).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const ledger = await storedLedger(group.id, "namespace");
    expect(ledger).toHaveLength(20);
    expect(ledger.slice(1).map(({ before }) => before)).toEqual(ledger.slice(0, -1).map(({ after }) => after));
    expect((await asRoot("GET", `/namespaces/${group.id}`)).body).toMatchObject(ledger.at(-1)!.after);
  });

  it("P309 refuses in order: caller, administrator, namespace, parameters", async () => {
    const group = await addGroup();
    const project = await addProject(group);
    for (const id of [group.id, 999_999]) {
      expect(told(await call("PUT", `/namespaces/${id}?shared_runners_minutes_limit=unknown`))).toEqual(unauthorized);
      expect(told(await stranger("PUT", `/namespaces/${id}?shared_runners_minutes_limit=unknown`))).toEqual(forbidden);
      expect(told(await asRoot("PUT", `${internal}/namespaces/${id}`))).toEqual(unauthorized);
    }
    for (const id of [999_999, encodeURIComponent(project.fullPath)]) {
      expect(told(await put(id, { shared_runners_minutes_limit: "unknown" }))).toEqual(missing);
      expect(told(await put(id, { plan: "nosuch" }))).toEqual(missing);
      expect(told(await asPortalInside("PUT", `/namespaces/${id}`, { json: {} }))).toEqual(missing);
    }
  });

  it.each([
    "shared_runners_minutes_limit",
    "extra_shared_runners_minutes_limit",
    "additional_purchased_storage_size",
    "additional_purchased_storage_ends_on",
  ])("P310 refuses %s that is none", async (name) => {
    const group = await addGroup();
    for (const value of ["unknown", {}, [1], true, 1e300]) {
      expect(told(await put(group.id, { [name]: value }))).toEqual([400, { error: `${name} is invalid` }]);
    }
  });

  it("P312 passes over a plan_code of its own", async () => {
    const group = await addGroup();
    expect((await put(group.id, { plan_code: "free" })).status).toBe(200);
    expect(await storedSubscription(group.id)).toBeUndefined();
  });

  it("P313 P314 adds the subscription, and changes it where there is one", async () => {
    const group = await addGroup();
    const { status, body } = await put(group.id, { gitlab_subscription_attributes: attributes });
    expect([status, body.plan, body.trial, body.trial_ends_on, body.end_date]).toEqual([200, "ultimate", true, "2019-06-01", "2020-06-01"]);
    const first = await storedSubscription(group.id);
    expect(first).toMatchObject({
      startDate: "2019-06-01",
      endDate: "2020-06-01",
      planCode: "ultimate",
      seats: 20,
      maxSeatsUsed: 10,
      autoRenew: true,
      isTrial: true,
      trialStartsOn: "2019-05-01",
      trialEndsOn: "2019-06-01",
      trialExtensionType: 1,
    });
    expect((await put(group.id, { gitlab_subscription_attributes: { ...attributes, seats: 30 } })).status).toBe(200);
    expect(await storedSubscription(group.id)).toMatchObject({ id: first!.id, seats: 30, planCode: "ultimate" });
    expect(await storedHistory(group.id)).toHaveLength(1);
    const entries = await storedLedger(group.id, "subscription");
    expect(entries.map(({ before, after }) => [before?.seats ?? null, after.seats])).toEqual([
      [null, 20],
      [20, 30],
    ]);
  });

  it("begins today where no start is sent, in a form as in JSON", async () => {
    const group = await addGroup();
    const form = "gitlab_subscription_attributes[seats]=5&gitlab_subscription_attributes[plan]=premium";
    expect((await asRoot("PUT", `/namespaces/${group.id}`, { form })).body.plan).toBe("premium");
    expect(await storedSubscription(group.id)).toMatchObject({ startDate: dayFromNow(0), seats: 5 });
  });

  it.each([
    [
      { start_date: null, seats: null },
      { "gitlab_subscription.seats": blank, "gitlab_subscription.start_date": blank },
    ],
    [
      { trial: true, start_date: "2020-01-01" },
      { "gitlab_subscription.trial_starts_on": blank, "gitlab_subscription.trial_ends_on": blank },
    ],
    [{ ...attributes, trial_ends_on: "2019-04-01" }, { "gitlab_subscription.trial_ends_on": ["must be greater than 2019-05-01"] }],
  ])("P316 refuses %j and sets no limit either", async (sent, message) => {
    const group = await addGroup();
    const reply = await put(group.id, { ...limits, gitlab_subscription_attributes: sent });
    expect(told(reply)).toEqual([400, { message }]);
    expect((await asRoot("GET", `/namespaces/${group.id}`)).body).toMatchObject({ ...unset, plan: "free" });
    expect(await storedLedger(group.id, "namespace")).toEqual([]);
  });

  it("5.4 counts anew in a new term here too", async () => {
    const group = await addGroup({ owner: await addUser() });
    await addSubscription(group.id, { planCode: "premium", seats: 20, maxSeatsUsed: 42, seatsOwed: 22, endDate: "2021-07-15" });
    const sent = { start_date: "2021-07-15", end_date: "2022-07-15", seats: 150, max_seats_used: 42 };
    const { body } = await put(group.id, { gitlab_subscription_attributes: sent });
    expect([body.max_seats_used, body.seats_in_use, body.end_date]).toEqual([1, 1, "2022-07-15"]);
    expect(body.max_seats_used_changed_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect((await storedSubscription(group.id))?.seatsOwed).toBe(0);
  });

  it.each([[[]], [[{ seats: 1 }]], ["text"], [7]])("refuses attributes %j", async (sent) => {
    const group = await addGroup();
    const reply = await put(group.id, { gitlab_subscription_attributes: sent });
    expect(told(reply)).toEqual([400, { error: "gitlab_subscription_attributes is invalid" }]);
    expect(await storedSubscription(group.id)).toBeUndefined();
  });

  it("names the field of attributes that is wrong", async () => {
    const group = await addGroup();
    const reply = await put(group.id, { gitlab_subscription_attributes: { seats: "ten" } });
    expect(told(reply)).toEqual([400, { error: "gitlab_subscription_attributes[seats] is invalid" }]);
  });

  it("takes blank attributes and no plan for none", async () => {
    const group = await addGroup();
    for (const json of [{ gitlab_subscription_attributes: null }, { gitlab_subscription_attributes: "" }, { plan: null }]) {
      expect((await put(group.id, json)).status).toBe(200);
    }
    expect(await storedSubscription(group.id)).toBeUndefined();
  });

  it("takes a plan for that of the subscription, where its attributes have none", async () => {
    const [one, other] = [await addGroup(), await addGroup()];
    expect(told(await put(one.id, { plan: "nosuch" }))).toEqual([400, { message: { plan: ["is not included in the list"] } }]);
    expect((await put(one.id, { plan: "silver" })).body).toMatchObject({ plan: "silver", seats_in_use: 0 });
    expect((await put(one.id, { plan: "gold", gitlab_subscription_attributes: { seats: 3 } })).body.plan).toBe("gold");
    expect(await storedSubscription(one.id)).toMatchObject({ seats: 3, planCode: "gold" });
    await put(other.id, { plan: "gold", gitlab_subscription_attributes: { plan_code: "bronze" } });
    expect((await storedSubscription(other.id))?.planCode).toBe("bronze");
    const both = await put(other.id, { plan: "", gitlab_subscription_attributes: { seats: null } });
    expect(both.body).toEqual({ message: { plan: ["is not included in the list"], "gitlab_subscription.seats": blank } });
  });

  it("makes one subscription of many that are sent at once", async () => {
    const group = await addGroup();
    const sent = Array.from({ length: 20 }, (_, index) => put(group.id, { gitlab_subscription_attributes: { seats: index + 1 } }));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(sent.map(() => 200));
    const ledger = await storedLedger(group.id, "subscription");
    expect(ledger).toHaveLength(20);
    expect(ledger[0]?.before).toBeNull();
    expect(ledger.slice(1).map(({ before }) => before)).toEqual(ledger.slice(0, -1).map(({ after }) => after));
    expect(await storedHistory(group.id)).toHaveLength(19);
    expect((await storedSubscription(group.id))?.seats).toBe(ledger.at(-1)?.after.seats);
  });
});

describe("the portal's view of a namespace", () => {
  it("P317 has these keys for an empty group", async () => {
    const group = await addGroup();
    const { status, body } = await asPortalInside("GET", `/namespaces/${group.id}`);
    expect([status, Object.keys(body)]).toEqual([200, [...common, ...ofGroups, ...bought]]);
    expect(body).toMatchObject({
      ...unset,
      plan: "free",
      trial: false,
      trial_ends_on: null,
      billable_members_count: 0,
      members_count_with_descendants: 0,
      projects_count: 0,
      root_repository_size: null,
    });
    await addSubscription(group.id);
    const { body: billed } = await asPortalInside("GET", `/namespaces/${group.id}`);
    expect(Object.keys(billed)).toEqual([...common, ...ofGroups, ...bought, ...ofSubscription]);
    expect((await asPortalInside("PUT", `/namespaces/${group.id}`)).body).toEqual(billed);
  });

  it("P318 counts one in a personal namespace", async () => {
    const id = await personalNamespaceId(await addUser());
    const { body } = await asPortalInside("GET", `/namespaces/${id}`);
    expect([Object.keys(body), body.billable_members_count]).toEqual([[...common, ...bought], 1]);
    expect(told(await asPortalInside("GET", "/namespaces/999999"))).toEqual(missing);
    expect(told(await asRoot("GET", `${internal}/namespaces/${id}`))).toEqual(unauthorized);
  });

  it("9.2 is what GET /namespaces/:id shows it too, by its own credential alone", async () => {
    const group = await addGroup();
    const { body } = await asPortalInside("GET", `/namespaces/${group.id}`);
    expect(told(await asPortal("GET", `/namespaces/${group.id}`))).toEqual([200, { ...body, upcoming_reconciliation: null }]);
    expect(told(await asPortal("GET", "/namespaces/999999"))).toEqual(missing);
    const headers = { "X-Customers-Dot-Internal-Token": "bad" };
    expect(told(await asRoot("GET", `/namespaces/${group.id}`, { headers }))).toEqual(unauthorized);
  });

  it("9.2 has the plan of the top-level group where it has none of its own", async () => {
    const top = await addGroup();
    const middle = await addGroup({ parent: top });
    const group = await addGroup({ parent: middle });
    await addSubscription(middle.id, { planCode: "bronze" });
    const plan = async () => {
      const { body } = await asRoot("GET", `/namespaces/${group.id}`);
      return [body.plan, body.trial, body.trial_ends_on, "seats_in_use" in body];
    };
    expect(await plan()).toEqual(["free", false, null, false]);
    await addSubscription(top.id, { planCode: "ultimate", isTrial: true, trialStartsOn: "2020-01-01", trialEndsOn: "2020-02-01" });
    expect(await plan()).toEqual(["ultimate", true, "2020-02-01", false]);
    const listed = await asRoot("GET", `/namespaces?search=${group.path}`);
    expect(listed.body[0].plan).toBe("ultimate");
    await addSubscription(group.id, { planCode: null });
    expect(await plan()).toEqual(["free", false, null, true]);
  });

  it("5.2 leaves guests out on plans where they are free, and on one that is asked for", async () => {
    const group = await addGroup();
    await addMember(await addUser(), { group }, 10);
    await addMember(await addUser(), { group }, 30);
    const count = async (query: string) => [
      (await asRoot("GET", `/namespaces/${group.id}${query}`)).body.billable_members_count,
      (await asPortalInside("GET", `/namespaces/${group.id}${query}`)).body.billable_members_count,
      (await asRoot("PUT", `/namespaces/${group.id}${query}`)).body.billable_members_count,
    ];
    expect(await count("")).toEqual([2, 2, 2]);
    expect(await count("?requested_hosted_plan=premium")).toEqual([2, 2, 2]);
    expect(await count("?requested_hosted_plan=nosuch")).toEqual([2, 2, 2]);
    expect(await count("?requested_hosted_plan=ultimate")).toEqual([1, 1, 1]);
    await addSubscription(group.id, { planCode: "gold" });
    expect(await count("")).toEqual([1, 1, 1]);
    expect((await asRoot("GET", `/namespaces/${group.id}`)).body.seats_in_use).toBe(1);
  });

  it("8.1 tells owners and administrators of the next reconciliation, not the portal's paths", async () => {
    const owner = await addUser();
    const group = await addGroup({ owner });
    const ask = async () => (await withToken(await addToken(owner))("GET", `/namespaces/${group.id}`)).body.upcoming_reconciliation;
    expect(await ask()).toBeNull();
    for (const [from, date, isShown] of [
      [0, 0, true],
      [-1, 1, true],
      [1, 2, false],
      [-2, -1, false],
    ] as const) {
      const values = { nextReconciliationDate: dayFromNow(date), displayAlertFrom: dayFromNow(from) };
      await db.query.delete(schema.upcomingReconciliations).where(eq(schema.upcomingReconciliations.namespaceId, group.id));
      await db.query.insert(schema.upcomingReconciliations).values({ namespaceId: group.id, ...values });
      expect(await ask()).toEqual({
        next_reconciliation_date: values.nextReconciliationDate,
        display_alert_from: values.displayAlertFrom,
        display_alert: isShown,
      });
    }
    expect((await put(group.id, {})).body.upcoming_reconciliation).toMatchObject({ display_alert: false });
    expect("upcoming_reconciliation" in (await asPortalInside("GET", `/namespaces/${group.id}`)).body).toBe(false);
    expect("upcoming_reconciliation" in (await asPortalInside("PUT", `/namespaces/${group.id}`)).body).toBe(false);
  });
});
