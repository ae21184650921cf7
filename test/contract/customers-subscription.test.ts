import { beforeAll, describe, expect, it } from "vitest";
import { eq } from "drizzle-orm";
import * as schema from "../../src/db/schema/index.ts";
import { asPortal, asRoot, call, withToken, type CallOptions, type Reply } from "../setup/call.ts";
import { addSubscription, storedHistory, storedLedger, storedSubscription } from "../setup/billing.ts";
import { testVars } from "../setup/vars.ts";
import { addGroup, addMember, addProject, addToken, addUser, dayFromNow, db, personalNamespaceId, type Group } from "../setup/world.ts";

const root = testVars.GATEHOUSE_ROOT_TOKEN;
const missing = [404, { message: "404 Namespace Not Found" }];
const forbidden = [403, { message: "403 Forbidden" }];
const blank = ["can't be blank"];
const internal = "/internal/gitlab_subscriptions";
const pathOf = (id: number | string) => `/namespaces/${id}/gitlab_subscription`;
const post = (group: { id: number }, query: string, as = asRoot) => as("POST", `${pathOf(group.id)}?${query}`);
const put = (group: { id: number }, query: string, as = asRoot) => as("PUT", `${pathOf(group.id)}?${query}`);
const get = (group: { id: number }, as = asRoot) => as("GET", pathOf(group.id));
const told = ({ status, body }: Reply) => [status, body];
const asPortalInside = (method: string, path: string, options?: CallOptions) => asPortal(method, `${internal}${path}`, options);

const skeleton = {
  plan: { code: null, name: null, trial: null, auto_renew: null, upgradable: null },
  usage: { seats_in_subscription: null, seats_in_use: null, max_seats_used: null, seats_owed: null },
  billing: { subscription_start_date: null, subscription_end_date: null, trial_ends_on: null },
};
/** As the seed document's samples have it. */
const seat = { planCode: "premium", seats: 80, seatsInUse: 82, maxSeatsUsed: 82, seatsOwed: 2, endDate: "2021-07-15" } as const;

let stranger: ReturnType<typeof withToken>;
let projectId: number;

beforeAll(async () => {
  stranger = withToken(await addToken(await addUser()));
  projectId = (await addProject(await addUser())).id;
});

async function groupOf(count: number): Promise<Group> {
  const group = await addGroup();
  for (let each = 0; each < count; each += 1) await addMember(await addUser(), { group }, 30);
  return group;
}

describe("the seed document's samples", () => {
  it("add, change and show a subscription, by the TOKEN header", async () => {
    const group = await groupOf(1);
    const headers = { TOKEN: root };
    const added = await call("POST", `${pathOf(group.id)}?start_date=2020-07-15&plan=premium&seats=10`, { headers });
    const sample = {
      plan: { code: "premium", name: "premium", trial: false, auto_renew: null, upgradable: true },
      usage: { seats_in_subscription: 10, seats_in_use: 0, max_seats_used: 0, seats_owed: 0 },
      billing: { subscription_start_date: "2020-07-15", subscription_end_date: null, trial_ends_on: null },
    };
    expect(told(added)).toEqual([201, sample]);
    expect(told(await call("PUT", `${pathOf(group.id)}?max_seats_used=0`, { headers }))).toEqual([200, sample]);
    expect(told(await call("GET", pathOf(group.id), { headers }))).toEqual([200, sample]);
  });

  it("are read with quotation marks in the URL too", async () => {
    const group = await groupOf(0);
    const { status, body } = await post(group, `start_date="2020-07-15"&plan="premium"&seats=10`);
    expect([status, body.plan.code, body.billing.subscription_start_date]).toEqual([201, "premium", "2020-07-15"]);
  });

  it("M250 leave what is owed where a maximum is set", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, seat);
    expect(told(await put(group, "max_seats_used=0"))).toEqual([
      200,
      {
        plan: { code: "premium", name: "premium", trial: false, auto_renew: null, upgradable: false },
        usage: { seats_in_subscription: 80, seats_in_use: 82, max_seats_used: 0, seats_owed: 2 },
        billing: { subscription_start_date: "2020-07-15", subscription_end_date: "2021-07-15", trial_ends_on: null },
      },
    ]);
    expect((await storedSubscription(group.id))?.maxSeatsUsedChangedAt).toBeInstanceOf(Date);
  });
});

describe("POST /namespaces/:id/gitlab_subscription", () => {
  it.each([
    ["M228", "02/03/2018", "2018-03-02"],
    ["M232", "13 Jun 2021", "2021-06-13"],
  ])("%s takes %s for %s", async (_row, sent, day) => {
    const group = await groupOf(0);
    const { status, body } = await post(group, `start_date=${encodeURIComponent(sent)}`);
    expect([status, body.billing.subscription_start_date]).toEqual([201, day]);
    expect((await storedSubscription(group.id))?.startDate).toBe(day);
  });

  it.each([
    ["M229", "", { error: "start_date is missing" }],
    ["M230", "start_date=", { message: { start_date: blank } }],
    ["3.2.4", "start_date=soon&seats=ten&trial=maybe", { error: "start_date is invalid, seats is invalid, trial is invalid" }],
    ["3.1", "start_date=2020-01-01&trial_extension_type=3", { error: "trial_extension_type does not have a valid value" }],
    ["7", "start_date=2020-01-01&seats=2147483648", { error: "seats is invalid" }],
    [
      "4.2",
      "start_date=&seats=&trial=true",
      { message: { seats: blank, start_date: blank, trial_starts_on: blank, trial_ends_on: blank } },
    ],
    [
      "4.2b",
      "start_date=2021-06-01&trial=true&trial_ends_on=2021-06-01",
      { message: { trial_ends_on: ["must be greater than 2021-06-01"] } },
    ],
  ])("%s refuses '%s'", async (_row, query, body) => {
    const group = await groupOf(0);
    expect(told(await post(group, query))).toEqual([400, body]);
    expect(told(await asPortalInside("POST", `${pathOf(group.id)}?${query}`))).toEqual([400, body]);
    expect(await storedSubscription(group.id)).toBeUndefined();
    expect(await storedLedger(group.id, "subscription")).toEqual([]);
  });

  it("M233 M234 begins a trial with the subscription, or on its own day", async () => {
    const [one, other] = [await groupOf(3), await groupOf(0)];
    const trial = "start_date=2018-01-01&trial=true&trial_ends_on=2018-03-01&plan_code=ultimate&seats=10";
    const { status, body } = await post(one, trial);
    expect([status, body.plan.trial, body.usage.seats_in_use, body.plan.upgradable]).toEqual([201, true, 3, false]);
    expect((await post(other, `${trial}&trial_starts_on=2018-02-01`)).status).toBe(201);
    expect((await storedSubscription(one.id))?.trialStartsOn).toBe("2018-01-01");
    expect((await storedSubscription(other.id))?.trialStartsOn).toBe("2018-02-01");
  });

  it("3.6 has no plan and counts people now where none is sent; M240 and where there is none of that name", async () => {
    const group = await groupOf(3);
    const { body } = await post(group, "start_date=2021-06-01");
    expect([body.plan.code, body.plan.name, body.plan.upgradable]).toEqual([null, null, false]);
    expect([body.usage.seats_in_subscription, body.usage.seats_in_use]).toEqual([0, 3]);
    const other = await post(await groupOf(0), "start_date=2021-06-01&plan_code=nosuch");
    expect([other.status, other.body.plan.code, other.body.plan.name]).toEqual([201, null, null]);
  });

  it("takes JSON, passes over what it does not know, and prefers plan_code to plan", async () => {
    const group = await groupOf(0);
    const json = {
      id: 7,
      created_at: "x",
      start_date: "2021-06-01",
      plan_code: null,
      plan: "premium",
      seats: "5",
      trial: "",
      auto_renew: "YES",
    };
    const { status, body } = await asRoot("POST", pathOf(group.id), { json });
    expect([status, body.plan]).toEqual([201, { code: "free", name: "free", trial: false, auto_renew: true, upgradable: false }]);
  });

  it("M236 M237 refuses namespaces that are none before parameters, for all three verbs", async () => {
    for (const id of [999_999, "no%2Fsuch%2Fpath", "9".repeat(40), `%00`, projectId + 1_000_000]) {
      for (const [method, query] of [
        ["POST", ""],
        ["POST", "?start_date=2020-01-01"],
        ["PUT", "?seats=ten"],
        ["PUT", ""],
        ["GET", ""],
      ]) {
        expect(told(await asRoot(method!, `${pathOf(id)}${query}`))).toEqual(missing);
        expect(told(await asPortalInside(method!, `${pathOf(id)}${query}`))).toEqual(missing);
      }
    }
  });

  it("M237 does not find the path of a project", async () => {
    const project = await addProject(await addGroup());
    for (const method of ["POST", "PUT", "GET"]) {
      expect(told(await asRoot(method, `${pathOf(encodeURIComponent(project.fullPath))}?start_date=2020-01-01`))).toEqual(missing);
    }
  });

  it("1.3 asks who calls, then for an administrator, before all else", async () => {
    const group = await groupOf(0);
    for (const id of [group.id, 999_999]) {
      for (const query of ["", "?start_date=2020-01-01"]) {
        expect(told(await call("POST", `${pathOf(id)}${query}`))).toEqual([401, { message: "401 Unauthorized" }]);
        expect(told(await stranger("POST", `${pathOf(id)}${query}`))).toEqual(forbidden);
        expect(told(await stranger("PUT", `${pathOf(id)}${query}`))).toEqual(forbidden);
        expect(told(await asRoot("POST", `${internal}${pathOf(id)}${query}`))).toEqual([401, { message: "401 Unauthorized" }]);
      }
    }
  });

  it("M238 refuses a second one and leaves the first", async () => {
    const group = await groupOf(0);
    const first = await addSubscription(group.id, seat);
    const taken = { namespace_id: ["has already been taken"] };
    expect(told(await post(group, "start_date=2022-01-01&seats=1"))).toEqual([400, { message: taken }]);
    expect(told(await post(group, "start_date="))).toEqual([400, { message: { start_date: blank, ...taken } }]);
    expect(await storedSubscription(group.id)).toEqual(first);
    expect(await storedHistory(group.id)).toEqual([]);
    expect(await storedLedger(group.id, "subscription")).toEqual([]);
  });

  it("makes one of two that are sent at once", async () => {
    for (let round = 0; round < 3; round += 1) {
      const group = await groupOf(0);
      const replies = await Promise.all([1, 2].map((seats) => post(group, `start_date=2022-01-01&seats=${seats}`)));
      expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400]);
      const refused = replies.find(({ status }) => status === 400);
      expect(refused?.body).toEqual({ message: { namespace_id: ["has already been taken"] } });
      const ledger = await storedLedger(group.id, "subscription");
      expect(ledger).toHaveLength(1);
      expect(ledger[0]?.after.seats).toBe((await storedSubscription(group.id))?.seats);
    }
  });

  it("writes down who added what", async () => {
    const [one, other] = [await groupOf(0), await groupOf(0)];
    await post(one, "start_date=2022-01-01&plan_code=premium&seats=3");
    await asPortal("POST", `${pathOf(other.id)}?start_date=2022-01-01`);
    const after = {
      plan_code: "premium",
      seats: 3,
      start_date: "2022-01-01",
      end_date: null,
      auto_renew: null,
      trial: false,
      trial_starts_on: null,
      trial_ends_on: null,
      trial_extension_type: null,
      seats_in_use: 0,
      max_seats_used: 0,
      seats_owed: 0,
    };
    expect(await storedLedger(one.id, "subscription")).toEqual([{ actor: "user-1", before: null, after }]);
    expect((await storedLedger(other.id, "subscription"))[0]?.actor).toBe("customers-dot");
  });
});

describe("PUT /namespaces/:id/gitlab_subscription", () => {
  it("M241 M242 changes what is sent and keeps the rest", async () => {
    const [one, other] = [await groupOf(0), await groupOf(0)];
    await addSubscription(one.id, { startDate: "2018-01-01", endDate: "2019-01-01" });
    const first = await put(one, "seats=150&plan_code=premium&start_date=2018-01-01&end_date=2019-01-01");
    expect([first.status, first.body.usage.seats_in_subscription, first.body.usage.max_seats_used]).toEqual([200, 150, 0]);
    expect([first.body.plan.code, first.body.plan.name]).toEqual(["premium", "premium"]);
    await addSubscription(other.id, { seats: 20, maxSeatsUsed: 42, seatsOwed: 22, planCode: "silver" });
    const second = await put(other, "plan_code=premium");
    expect([second.body.usage.seats_in_subscription, second.body.usage.max_seats_used]).toEqual([20, 42]);
  });

  it("M244 M245 M246 refuses in order", async () => {
    const group = await groupOf(0);
    expect(told(await put(group, "seats=150"))).toEqual([404, { message: "404 GitlabSubscription Not Found" }]);
    expect(told(await put(group, "seats=ten"))).toEqual([400, { error: "seats is invalid" }]);
    expect(told(await put({ id: 999_999 }, "seats=ten"))).toEqual(missing);
    expect(told(await put(group, "seats=150", stranger))).toEqual(forbidden);
    await addSubscription(group.id);
    expect(told(await put(group, "seats="))).toEqual([400, { message: { seats: blank } }]);
  });

  it("M248 M249 takes any end of a trial", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id);
    for (const day of [dayFromNow(30), dayFromNow(-1)]) {
      const { status, body } = await put(group, `trial_ends_on=${day}`);
      expect([status, body.billing.trial_ends_on]).toEqual([200, day]);
    }
  });

  it("M252 M253 begins a trial on the day sent, else with the subscription, else when it began", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id);
    const begun = async () => (await storedSubscription(group.id))?.trialStartsOn;
    expect(told(await put(group, "trial=true&trial_ends_on=2018-03-01"))).toEqual([400, { message: { trial_starts_on: blank } }]);
    expect((await put(group, "start_date=2018-01-01&trial=true&trial_ends_on=2018-03-01")).status).toBe(200);
    expect(await begun()).toBe("2018-01-01");
    expect((await put(group, "trial=true")).status).toBe(200);
    expect(await begun()).toBe("2018-01-01");
    expect((await put(group, "trial=true&start_date=2018-01-05&trial_starts_on=2018-02-01")).status).toBe(200);
    expect(await begun()).toBe("2018-02-01");
    const wrong = { message: { trial_ends_on: ["must be greater than 2018-02-01"] } };
    expect(told(await put(group, "trial=true&trial_ends_on=2018-02-01"))).toEqual([400, wrong]);
    expect((await put(group, "start_date=2018-04-01")).status).toBe(200);
    expect(await begun()).toBe("2018-02-01");
  });

  it("moves only the time where nothing is sent or nothing is another", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, { ...seat, updatedAt: new Date(0) });
    for (const query of ["", "seats=80&plan=premium", "unknown=1"]) {
      const before = await storedSubscription(group.id);
      expect((await put(group, query)).status).toBe(200);
      const after = await storedSubscription(group.id);
      expect(after?.updatedAt.getTime()).toBeGreaterThanOrEqual(before!.updatedAt.getTime());
      expect(after?.updatedAt.getTime()).toBeGreaterThan(0);
      expect({ ...after, updatedAt: 0, lockVersion: 0 }).toEqual({ ...before, updatedAt: 0, lockVersion: 0 });
    }
    expect(await storedHistory(group.id)).toEqual([]);
    expect(await storedLedger(group.id, "subscription")).toEqual([]);
  });

  it("M268 keeps what was before in the history and the ledger", async () => {
    const group = await groupOf(0);
    const was = await addSubscription(group.id, seat);
    expect((await put(group, "end_date=&seats=90")).body.billing.subscription_end_date).toBeNull();
    const rows = await storedHistory(group.id);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ change: "gitlab_subscription_updated", subscriptionId: was.id, seats: 80, endDate: "2021-07-15" });
    const [entry, ...more] = await storedLedger(group.id, "subscription");
    expect([entry?.before.seats, entry?.before.end_date, entry?.after.seats, entry?.after.end_date]).toEqual([80, "2021-07-15", 90, null]);
    expect(more).toEqual([]);
  });

  it("5.4 counts anew in a new term, on both paths", async () => {
    for (const as of [asRoot, asPortalInside]) {
      const group = await groupOf(1);
      await addSubscription(group.id, { ...seat, seats: 20, maxSeatsUsed: 42, seatsOwed: 22 });
      const { body } = await put(group, "seats=150&start_date=2021-07-15&end_date=2022-07-15&max_seats_used=42", as);
      expect(body.usage).toEqual({ seats_in_subscription: 150, seats_in_use: 1, max_seats_used: 1, seats_owed: 0 });
    }
  });

  it("applies all of twenty that are sent at once, one after another", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, { ...seat, seats: 0 });
    const replies = await Promise.all(Array.from({ length: 20 }, (_, index) => put(group, `seats=${index + 1}`)));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    const last = await storedSubscription(group.id);
    expect(last?.lockVersion).toBe(20);
    const states = [...(await storedHistory(group.id)).map(({ seats }) => seats), last?.seats ?? -1];
    expect(states[0]).toBe(0);
    expect(states.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, index) => index));
    const ledger = await storedLedger(group.id, "subscription");
    expect(ledger.map(({ before, after }) => [before.seats, after.seats])).toEqual(states.slice(1).map((seats, i) => [states[i], seats]));
  });

  it("loses no field of changes that are sent at once", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, seat);
    await Promise.all(
      ["seats=7", "plan_code=gold", "auto_renew=true", "end_date=2031-01-01", "max_seats_used=5"].map((query) => put(group, query)),
    );
    expect(await storedSubscription(group.id)).toMatchObject({
      seats: 7,
      planCode: "gold",
      autoRenew: true,
      endDate: "2031-01-01",
      maxSeatsUsed: 5,
    });
  });

  it("asks the database twice", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, seat);
    const { headers } = await asPortal("PUT", `${pathOf(encodeURIComponent(group.fullPath))}?seats=5`);
    expect(headers.get("Server-Timing")).toMatch(/2 trips|trips;desc="?2/);
  });

  it("is 404 where the namespace is deleted, and writes nothing down", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, seat);
    const [changed] = await Promise.all([put(group, "seats=1"), asRoot("DELETE", `/groups/${group.id}`)]);
    expect([200, 404]).toContain(changed.status);
    expect(told(await put(group, "seats=1"))).toEqual(missing);
    const ledger = await storedLedger(group.id, "subscription");
    expect(ledger).toHaveLength(changed.status === 200 ? 1 : 0);
  });

  it.each(["\u0000", "\uD800", "premium'; drop table subscriptions; --", "x".repeat(100_000)])(
    "takes any text for a plan",
    async (plan) => {
      const group = await groupOf(0);
      await addSubscription(group.id, seat);
      const { status, body } = await asRoot("PUT", pathOf(group.id), { json: { plan_code: plan } });
      expect([status, body.plan.code]).toEqual([200, null]);
    },
  );

  it.each([
    [{ seats: true }, "seats is invalid"],
    [{ seats: 1e300 }, "seats is invalid"],
    [{ seats: [1] }, "seats is invalid"],
    [{ trial: {} }, "trial is invalid"],
    [{ plan_code: ["premium"] }, "plan_code is invalid"],
    [{ end_date: 20_200_101 }, "end_date is invalid"],
    [{ end_date: "2021-02-30" }, "end_date is invalid"],
  ])("refuses %j", async (json, error) => {
    const group = await groupOf(0);
    expect(told(await asRoot("PUT", pathOf(group.id), { json }))).toEqual([400, { error }]);
  });
});

describe("GET /namespaces/:id/gitlab_subscription", () => {
  it("M254 shows it to administrators and owners, and refuses others who see the group", async () => {
    const [owner, other] = [await addUser(), await addUser()];
    const group = await addGroup({ owner });
    await addMember(other, { group }, 40);
    await addSubscription(group.id, { planCode: "premium", seats: 10 });
    for (const as of [
      asRoot,
      withToken(await addToken(owner)),
      withToken(await addToken(owner, { scopes: ["read_api"] })),
      asPortal,
      asPortalInside,
    ]) {
      const { status, body } = await get(group, as);
      expect([status, Object.keys(body)]).toEqual([200, ["plan", "usage", "billing"]]);
      expect(body.plan).toEqual({ code: "premium", name: "premium", trial: false, auto_renew: null, upgradable: true });
    }
    expect(told(await get(group, withToken(await addToken(other))))).toEqual(forbidden);
    expect(told(await get(group, stranger))).toEqual(missing);
    expect(told(await get(await addGroup({ visibility: "public" }), stranger))).toEqual(forbidden);
    expect(told(await call("GET", pathOf(group.id)))).toEqual([401, { message: "401 Unauthorized" }]);
  });

  it("M256 shows a personal namespace to its owner alone", async () => {
    const user = await addUser();
    const id = await personalNamespaceId(user);
    expect((await get({ id }, withToken(await addToken(user)))).status).toBe(200);
    expect((await get({ id })).status).toBe(200);
    expect(told(await get({ id }, stranger))).toEqual(missing);
  });

  it("M257 is all nulls where there is none", async () => {
    const group = await groupOf(2);
    expect(told(await get(group, asPortalInside))).toEqual([200, skeleton]);
    expect(told(await get(group))).toEqual([200, skeleton]);
  });

  it("M258 tells of a top plan that there is nothing above", async () => {
    const group = await groupOf(0);
    await addSubscription(group.id, { planCode: "ultimate", seats: 10, maxSeatsUsed: 5, autoRenew: true });
    const { body } = await get(group, asPortalInside);
    expect(body.plan).toMatchObject({ code: "ultimate", auto_renew: true, upgradable: false });
    expect(body.usage).toMatchObject({ seats_in_subscription: 10, max_seats_used: 5, seats_owed: 0 });
  });

  it("M260 M261 M262 counts people now where seats are not paid for", async () => {
    const group = await groupOf(8);
    const inUse = async (values: Parameters<typeof addSubscription>[1]) => {
      await db.query.delete(schema.subscriptions).where(eq(schema.subscriptions.namespaceId, group.id));
      await addSubscription(group.id, { seatsInUse: 5, ...values });
      const { body } = await get(group);
      return [body.usage.seats_in_use, body.plan.upgradable];
    };
    const trial = { isTrial: true, trialStartsOn: "2020-01-01", trialEndsOn: "2021-01-01" };
    expect(await inUse({ planCode: "premium", seats: 10, ...trial })).toEqual([8, false]);
    expect(await inUse({ planCode: "premium", seats: 10 })).toEqual([5, true]);
    expect(await inUse({ planCode: "premium", seats: 10, endDate: dayFromNow(0) })).toEqual([5, true]);
    expect(await inUse({ planCode: "premium", seats: 10, endDate: dayFromNow(-1) })).toEqual([5, false]);
    expect(await inUse({ planCode: "free" })).toEqual([8, false]);
  });

  it("works below the top and by paths with dots, whatever their case", async () => {
    const parent = await addGroup({ path: "test.dots" });
    const group = await addGroup({ parent, path: "test-group.22" });
    expect((await asRoot("POST", `${pathOf("test.dots%2Ftest-group.22")}?start_date=2020-01-01`)).status).toBe(201);
    expect((await asRoot("GET", pathOf("TEST.dots%2Ftest-group.22"))).body.billing.subscription_start_date).toBe("2020-01-01");
    expect(await storedSubscription(group.id)).toBeDefined();
  });
});
