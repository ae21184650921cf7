import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { sentencesOf, withSaidSeats } from "../../src/domain/billing/provision.ts";
import { asPortal, asRoot } from "../setup/call.ts";
import { addGroup, addProject, addUser, dayFromNow, db, personalNamespaceId } from "../setup/world.ts";

const [today, nextYear] = [dayFromNow(0), dayFromNow(365)];
const path = (id: number | string) => `/internal/gitlab_subscriptions/namespaces/${id}/provision`;
const post = (id: number | string, provision?: unknown) => asPortal("POST", path(id), { json: { provision } });

const addOn = { started_on: today, expires_on: nextYear, purchase_xid: "A-S00001", quantity: 1, trial: false };
const everything = {
  base_product: {
    plan_code: "ultimate",
    seats: 30,
    start_date: today,
    end_date: nextYear,
    max_seats_used: 10,
    auto_renew: true,
    trial: false,
    trial_starts_on: null,
    trial_ends_on: null,
  },
  storage: { additional_purchased_storage_size: 100, additional_purchased_storage_ends_on: nextYear },
  compute_minutes: { extra_shared_runners_minutes_limit: 90, shared_runners_minutes_limit: 100 },
  add_on_purchases: { duo_core: [addOn], duo_pro: [addOn], duo_enterprise: [addOn], product_analytics: [addOn] },
};

async function stored(namespaceId: number) {
  const [subscription, limits, addOns, packs, ledger] = await db.query.batch([
    db.query.all(sql`select plan_code, seats, max_seats_used, end_date from subscriptions where namespace_id = ${namespaceId}`),
    db.query.all(sql`
      select shared_runners_minutes as minutes, extra_shared_runners_minutes as extra, purchased_storage_size as size,
        purchased_storage_ends_on as ends_on from namespace_limits where namespace_id = ${namespaceId}`),
    db.query.all<{ add_on: string }>(sql`select add_on from add_on_purchases where namespace_id = ${namespaceId} order by add_on`),
    db.query.all(sql`select number_of_minutes from minutes_packs where namespace_id = ${namespaceId}`),
    db.query.all<{ kind: string }>(sql`select kind from billing_ledger where namespace_id = ${namespaceId} order by id`),
  ]);
  return { subscription, limits, addOns: addOns.map((row) => row.add_on), packs, ledger: ledger.map((row) => row.kind) };
}

const limits = [{ minutes: 100, extra: 90, size: 100, ends_on: nextYear }];
const addOns = ["duo_core", "duo_enterprise", "product_analytics"];

describe("POST provision", () => {
  it("stores all that a namespace has bought, Duo Enterprise in the place of Duo Pro", async () => {
    const group = await addGroup();
    const { status, body } = await post(group.id, everything);
    expect([status, body]).toEqual([200, undefined]);
    expect(await stored(group.id)).toEqual({
      subscription: [{ plan_code: "ultimate", seats: 30, max_seats_used: 10, end_date: nextYear }],
      limits,
      addOns,
      packs: [],
      ledger: ["subscription", "namespace", "namespace", "add_on", "add_on", "add_on"],
    });
  });

  it("changes nothing when it is repeated, or sent several times at once", async () => {
    const group = await addGroup();
    const replies = await Promise.all([1, 2, 3, 4].map(() => post(group.id, everything)));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const once = await stored(group.id);
    expect((await post(group.id, everything)).status).toBe(200);
    const again = await stored(group.id);
    expect(again).toEqual(once);
    expect([again.subscription.length, again.addOns, again.ledger.length]).toEqual([1, addOns, 6]);
  });

  it("stores what is sent and nothing else", async () => {
    const id = await personalNamespaceId(await addUser());
    const { status } = await post(id, { add_on_purchases: { duo_pro: [addOn] }, base_product: {}, storage: null, compute_minutes: "" });
    expect([status, await stored(id)]).toEqual([200, { subscription: [], limits: [], addOns: ["duo_pro"], packs: [], ledger: ["add_on"] }]);
  });

  it("counts packs of minutes once, and says where one is another namespace's", async () => {
    const [group, other] = [await addGroup(), await addGroup()];
    const minutes = { compute_minutes: { packs: [{ number_of_minutes: 1000, expires_at: nextYear, purchase_xid: "M-1" }] } };
    for (let time = 0; time < 2; time += 1) expect((await post(group.id, minutes)).status).toBe(200);
    const refused = await post(other.id, { ...everything, ...minutes });
    expect([refused.status, refused.body]).toEqual([422, { message: "Unable to save additional packs" }]);
    expect((await stored(group.id)).packs).toEqual([{ number_of_minutes: 1000 }]);
    expect(await stored(other.id)).toMatchObject({ packs: [], addOns, subscription: [{ seats: 30 }] });
  });

  it("324 is for top-level namespaces that there are", async () => {
    const group = await addGroup();
    const nested = await addGroup({ parent: group });
    const project = await addProject(group);
    for (const sent of [everything, undefined]) {
      const refused = await post(nested.id, sent);
      expect([refused.status, refused.body]).toEqual([400, { message: "400 Bad request - Must be root namespace" }]);
      for (const id of [999999, encodeURIComponent(project.fullPath)]) {
        const missing = await post(id, sent);
        expect([missing.status, missing.body]).toEqual([404, { message: "404 Namespace Not Found" }]);
      }
    }
    const bare = await post(group.id);
    expect([bare.status, bare.body]).toEqual([400, { error: "provision is missing" }]);
    expect((await asRoot("POST", path(group.id))).status).toBe(401);
  });

  it.each([
    ["left out", undefined],
    ["null", null],
    ["blank", ""],
  ])("325 refuses a base product whose seats are %s, and stores the rest", async (_, seats) => {
    const group = await addGroup();
    const { status, body } = await post(group.id, { ...everything, base_product: { ...everything.base_product, seats } });
    expect([status, body]).toEqual([422, { message: "Gitlab subscription seats can't be blank" }]);
    expect(await stored(group.id)).toMatchObject({ subscription: [], limits, addOns });
  });

  it("keeps the seats of a subscription that is there where none are sent", async () => {
    const group = await addGroup();
    await post(group.id, everything);
    expect((await post(group.id, { base_product: { plan_code: "premium" } })).status).toBe(200);
    expect((await stored(group.id)).subscription).toMatchObject([{ plan_code: "premium", seats: 30 }]);
  });

  it("joins what is wrong, and stores the add-ons that are right", async () => {
    const group = await addGroup();
    const { status, body } = await post(group.id, {
      base_product: { seats: 5, trial: true, start_date: "" },
      add_on_purchases: { duo_core: [addOn], duo_pro: [{ ...addOn, purchase_xid: null }], future_feature: [addOn] },
    });
    const sentences = [
      "Gitlab subscription start date can't be blank",
      "Gitlab subscription trial starts on can't be blank",
      "Gitlab subscription trial ends on can't be blank",
      "Purchase xid can't be blank",
      "'future_feature' is not a valid name",
    ];
    expect([status, body]).toEqual([422, { message: sentences.join(", ") }]);
    expect(await stored(group.id)).toMatchObject({ subscription: [], addOns: ["duo_core"] });
  });

  it.each<[string, unknown, string]>([
    ["a text", "all", "provision is invalid"],
    ["a list", { base_product: [] }, "provision[base_product] is invalid"],
    ["odd seats", { base_product: { seats: "ten" } }, "provision[base_product][seats] is invalid"],
    [
      "an odd size",
      { storage: { additional_purchased_storage_size: 1e99 } },
      "provision[storage][additional_purchased_storage_size] is invalid",
    ],
    [
      "a pack without its name",
      { compute_minutes: { packs: [{ number_of_minutes: 1, expires_at: today }] } },
      "provision[compute_minutes][packs][purchase_xid] is missing",
    ],
    [
      "an add-on without dates",
      { add_on_purchases: { duo_pro: [{ started_on: today }] } },
      "provision[add_on_purchases][duo_pro][0][expires_on] is missing",
    ],
    [
      "a quantity below zero",
      { add_on_purchases: { duo_pro: [{ ...addOn, quantity: -1 }] } },
      "quantity Must be a non-negative integer if provided",
    ],
  ])("refuses %s, and stores nothing", async (_, provision, error) => {
    const group = await addGroup();
    const sent = typeof provision === "object" ? { ...everything, ...provision } : provision;
    const { status, body } = await post(group.id, sent);
    expect([status, body]).toEqual([400, { error }]);
    expect((await stored(group.id)).ledger).toEqual([]);
  });
});

describe("the words of provisioning", () => {
  it("are sentences", () => {
    expect(sentencesOf({ purchase_xid: ["can't be blank"], quantity: ["a", "b"] })).toEqual([
      "Purchase xid can't be blank",
      "Quantity a",
      "Quantity b",
    ]);
  });

  it("ask for the seats of what is new", () => {
    expect([withSaidSeats({}, false), withSaidSeats({}, true), withSaidSeats({ seats: 3 }, false)]).toEqual([
      { seats: null },
      {},
      { seats: 3 },
    ]);
  });
});
