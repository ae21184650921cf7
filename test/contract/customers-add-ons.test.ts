import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { asPortal, asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addProject, addToken, addUser, dayFromNow, db, type Group } from "../setup/world.ts";

const all = (id: number | string) => `/internal/gitlab_subscriptions/namespaces/${id}/subscription_add_on_purchases`;
const older = (id: number | string, name = "code_suggestions") => `/namespaces/${id}/subscription_add_on_purchase/${name}`;
const [today, nextYear, yesterday] = [dayFromNow(0), dayFromNow(365), dayFromNow(-1)];

const purchase = (values: object = {}) => ({
  started_on: today,
  expires_on: nextYear,
  purchase_xid: "A-12345",
  quantity: 10,
  trial: true,
  ...values,
});
const post = (group: Group, purchases: object) => asPortal("POST", all(group.id), { json: { add_on_purchases: purchases } });
const rows = (group: Group) =>
  db.query.all(sql`select add_on, quantity, started_on, expires_on, purchase_xid, is_trial from add_on_purchases
    where namespace_id = ${group.id} order by add_on`);
const ledger = async (group: Group) => {
  const found = await db.query.all<{ kind: string; actor: string; before: string | null; after: string }>(
    sql`select kind, actor, before, after from billing_ledger where namespace_id = ${group.id} order by id`,
  );
  return found.map(({ before, after, ...rest }) => ({ ...rest, before: JSON.parse(before ?? "null"), after: JSON.parse(after) }));
};

describe("POST subscription_add_on_purchases", () => {
  it("stores what was bought, under the titles of the add-ons, and writes it down", async () => {
    const group = await addGroup({ name: "Engines" });
    const { status, body } = await post(group, {
      duo_pro: [purchase()],
      product_analytics: [purchase({ purchase_xid: 77, trial: false })],
      duo_core: [purchase({ new_subscription: true })],
    });
    const shown = { namespace_id: group.id, namespace_name: "Engines", ...purchase() };
    expect([status, body]).toEqual([
      201,
      [
        { ...shown, add_on: "Code Suggestions" },
        { ...shown, add_on: "Product Analytics", purchase_xid: "77", trial: false },
        { ...shown, add_on: "Duo Core" },
      ],
    ]);
    const entries = await ledger(group);
    expect(entries).toHaveLength(3);
    expect(entries[0]).toEqual({
      kind: "add_on",
      actor: "customers-dot",
      before: null,
      after: { add_on: "duo_pro", quantity: 10, started_on: today, expires_on: nextYear, purchase_xid: "A-12345", trial: true },
    });
  });

  it("updates what is stored, and keeps what is left out or null", async () => {
    const group = await addGroup();
    await post(group, { duo_pro: [purchase()] });
    const dates = { started_on: dayFromNow(1), expires_on: dayFromNow(9) };
    const bare = await post(group, { duo_pro: [dates] });
    expect([bare.status, bare.body]).toEqual([
      201,
      [{ namespace_id: group.id, namespace_name: group.name, add_on: "Code Suggestions", ...purchase(dates) }],
    ]);
    const changed = await post(group, { duo_pro: [{ ...dates, quantity: null, purchase_xid: "B-1", trial: false }] });
    expect(changed.body).toMatchObject([{ quantity: 10, purchase_xid: "B-1", trial: false }]);
    expect(await rows(group)).toHaveLength(1);
    expect(await ledger(group)).toMatchObject([
      { before: null },
      { before: { started_on: today }, after: { started_on: dates.started_on } },
      { before: { trial: true, quantity: 10 }, after: { trial: false, quantity: 10 } },
    ]);
  });

  it("changes nothing when it is repeated", async () => {
    const group = await addGroup();
    const replies = [await post(group, { duo_core: [purchase()] }), await post(group, { duo_core: [purchase()] })];
    expect(replies[1]!.body).toEqual(replies[0]!.body);
    expect([await rows(group), await ledger(group)]).toMatchObject([[{ quantity: 10 }], [{ before: null }]]);
  });

  it("makes one row of two that are sent at once, and loses neither's part", async () => {
    const group = await addGroup();
    const replies = await Promise.all(Array.from({ length: 6 }, () => post(group, { duo_pro: [purchase()] })));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
    expect([await rows(group), await ledger(group)]).toMatchObject([[{ quantity: 10 }], [{ before: null }]]);
    const dates = { started_on: today, expires_on: nextYear };
    await Promise.all([
      post(group, { duo_pro: [{ ...dates, quantity: 25 }] }),
      post(group, { duo_pro: [{ ...dates, purchase_xid: "B-2" }] }),
      post(group, { duo_pro: [{ ...dates, trial: false }] }),
    ]);
    expect(await rows(group)).toMatchObject([{ quantity: 25, purchase_xid: "B-2", is_trial: 0 }]);
    const entries = await ledger(group);
    for (const [index, entry] of entries.entries()) expect(entry.before).toEqual(entries[index - 1]?.after ?? null);
  });

  it("ends a purchase by dates that are past, and does nothing where there is none", async () => {
    const group = await addGroup();
    const ended = { started_on: yesterday, expires_on: yesterday };
    const none = await post(group, { duo_pro: [ended], duo_core: [{ ...purchase(), quantity: 0 }], product_analytics: [] });
    expect([none.status, none.body, await rows(group)]).toEqual([201, [], []]);
    await post(group, { duo_pro: [purchase()] });
    expect((await post(group, { duo_pro: [ended] })).body).toMatchObject([{ ...ended, quantity: 10, purchase_xid: "A-12345" }]);
  });

  it("takes Duo Enterprise where Duo Pro is sent with it", async () => {
    const group = await addGroup();
    const { body } = await post(group, { duo_pro: [purchase()], duo_enterprise: [purchase()] });
    expect(body.map((each: any) => each.add_on)).toEqual(["Duo Enterprise"]);
    expect(await rows(group)).toMatchObject([{ add_on: "duo_enterprise" }]);
  });

  it("326 asks for the portal's name of a new purchase", async () => {
    const group = await addGroup();
    for (const values of [{ purchase_xid: undefined }, { purchase_xid: null }, { purchase_xid: "" }]) {
      const { status, body } = await post(group, { duo_core: [purchase()], duo_pro: [purchase(values)] });
      expect([status, body]).toEqual([400, { message: { purchase_xid: ["can't be blank"] } }]);
    }
    expect([await rows(group), await ledger(group)]).toEqual([[], []]);
  });

  it("328 refuses a quantity below zero", async () => {
    const group = await addGroup();
    const { status, body } = await post(group, { duo_pro: [purchase({ quantity: -1 })] });
    expect([status, body]).toEqual([400, { error: "quantity Must be a non-negative integer if provided" }]);
    expect(await rows(group)).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "add_on_purchases is missing"],
    ["a text", "duo_pro", "add_on_purchases is invalid"],
    [
      "no dates",
      { duo_pro: [{}] },
      "add_on_purchases[duo_pro][0][started_on] is missing, add_on_purchases[duo_pro][0][expires_on] is missing",
    ],
    ["an empty date", { duo_pro: [purchase({ started_on: "" })] }, "add_on_purchases[duo_pro][0][started_on] is empty"],
    ["no date", { duo_pro: [purchase({ expires_on: "2021-02-30" })] }, "add_on_purchases[duo_pro][0][expires_on] is invalid"],
    ["a huge quantity", { duo_pro: [purchase({ quantity: 2 ** 31 })] }, "add_on_purchases[duo_pro][0][quantity] is invalid"],
    ["an odd quantity", { duo_pro: [purchase({ quantity: "ten" })] }, "add_on_purchases[duo_pro][0][quantity] is invalid"],
    ["an object for a name", { duo_pro: [purchase({ purchase_xid: {} })] }, "add_on_purchases[duo_pro][0][purchase_xid] is invalid"],
    ["two purchases of one add-on", { duo_pro: [purchase(), purchase()] }, "add_on_purchases[duo_pro] is invalid"],
  ])("refuses %s", async (_, purchases, error) => {
    const group = await addGroup();
    const { status, body } = await asPortal("POST", all(group.id), { json: { add_on_purchases: purchases } });
    expect([status, body]).toEqual([400, { error }]);
    expect(await rows(group)).toEqual([]);
  });

  it("refuses add-ons that there are not, with all that is sent with them", async () => {
    const group = await addGroup();
    const { status, body } = await post(group, { duo_core: [purchase()], future_feature: [purchase()] });
    expect([status, body]).toEqual([400, { message: "400 Bad request - 'future_feature' is not a valid name" }]);
    expect(await rows(group)).toEqual([]);
  });

  it("takes a form", async () => {
    const group = await addGroup();
    const form = Object.entries(purchase()).map(([name, value]) => `add_on_purchases[duo_pro][][${name}]=${value}`);
    const { status, body } = await asPortal("POST", all(group.id), { form: form.join("&") });
    expect([status, body]).toMatchObject([201, [purchase()]]);
  });

  it("takes odd texts", async () => {
    const group = await addGroup();
    const { status, body } = await post(group, { duo_pro: [purchase({ purchase_xid: "\ud800\0'💳" })] });
    expect([status, body[0].purchase_xid]).toEqual([201, "\ufffd\ufffd'💳"]);
    const long = await post(group, { duo_pro: [purchase({ purchase_xid: "x".repeat(256) })] });
    expect(long.body).toEqual({ message: { purchase_xid: ["is too long (maximum is 255 characters)"] } });
  });

  it("looks for the namespace before anything that is sent", async () => {
    const project = await addProject(await addGroup());
    for (const id of [999999, encodeURIComponent(project.fullPath)]) {
      const { status, body } = await asPortal("POST", all(id));
      expect([status, body]).toEqual([404, { message: "404 Namespace Not Found" }]);
    }
  });

  it("is for the portal alone", async () => {
    expect((await asRoot("POST", all((await addGroup()).id))).status).toBe(401);
  });
});

describe("GET subscription_add_on_purchases/:name", () => {
  it("shows one, under either name of Duo Pro", async () => {
    const group = await addGroup();
    const [stored] = (await post(group, { duo_pro: [purchase()] })).body;
    for (const path of [`${all(group.id)}/duo_pro`, `${all(group.id)}/code_suggestions`]) {
      const { status, body } = await asPortal("GET", path);
      expect([status, body]).toEqual([200, stored]);
    }
  });

  it("does not know what is not there", async () => {
    const group = await addGroup();
    expect((await asPortal("GET", `${all(999999)}/duo_pro`)).body).toEqual({ message: "404 Namespace Not Found" });
    expect((await asPortal("GET", `${all(group.id)}/duo_free`)).body).toEqual({ message: "404 Add-on Not Found" });
    expect((await asPortal("GET", `${all(group.id)}/duo_pro`)).body).toEqual({ message: "404 Add-on Purchase Not Found" });
  });
});

describe("the older path", () => {
  const add = (group: Group, values: object = {}, name?: string) => asRoot("POST", older(group.id, name), { json: purchase(values) });
  const change = (group: Group, json: object) => asRoot("PUT", older(group.id), { json });

  it("adds, shows and changes a purchase", async () => {
    const group = await addGroup();
    const shown = { namespace_id: group.id, namespace_name: group.name, add_on: "Code Suggestions", ...purchase() };
    const added = await add(group);
    expect([added.status, added.body]).toEqual([201, shown]);
    const got = await asPortal("GET", older(group.id));
    expect([got.status, got.body]).toEqual([200, shown]);
    const dates = { started_on: dayFromNow(2), expires_on: dayFromNow(3) };
    const changed = await change(group, dates);
    expect([changed.status, changed.body]).toEqual([200, { ...shown, ...dates }]);
    expect(await ledger(group)).toMatchObject([{ actor: "user-1" }, { before: { started_on: today } }]);
  });

  it("takes a query, with no trial where none is said", async () => {
    const group = await addGroup();
    const query = `quantity=10&started_on="2024-06-15"&expires_on="2024-07-15"&purchase_xid=C-1`;
    const { status, body } = await asRoot("POST", `${older(group.id, "duo_enterprise")}?${query}`);
    expect([status, body]).toMatchObject([201, { started_on: "2024-06-15", add_on: "Duo Enterprise", trial: false }]);
  });

  it("329 does not add what is there", async () => {
    const group = await addGroup({ name: "Engines" });
    await add(group);
    const { status, body } = await add(group, { quantity: 99 });
    const message =
      "400 Bad request - Add-on purchase for namespace Engines and add-on Code Suggestions already exists, update the existing record";
    expect([status, body]).toEqual([400, { message }]);
    expect(await rows(group)).toMatchObject([{ quantity: 10 }]);
  });

  it("329 adds one of several that are sent at once", async () => {
    const group = await addGroup();
    const replies = await Promise.all([1, 2, 3, 4, 5].map((quantity) => add(group, { quantity })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400, 400]);
    const winner = replies.find(({ status }) => status === 201)!;
    expect([await rows(group), await ledger(group)]).toMatchObject([[{ quantity: winner.body.quantity }], [{ before: null }]]);
  });

  it("330 does not change what is not there", async () => {
    const group = await addGroup({ name: "Steam" });
    const { status, body } = await change(group, purchase());
    const message =
      "400 Bad request - Add-on purchase for namespace Steam and add-on Code Suggestions does not exist, create a new record instead";
    expect([status, body, await rows(group)]).toEqual([400, { message }, []]);
  });

  it("refuses less than one of it", async () => {
    const group = await addGroup();
    const refused = [400, { message: { quantity: ["must be greater than or equal to 1"] } }];
    for (const quantity of [0, -5]) {
      const { status, body } = await add(group, { quantity });
      expect([status, body]).toEqual(refused);
    }
    await add(group);
    const { status, body } = await change(group, purchase({ quantity: 0 }));
    expect([status, body]).toEqual(refused);
    expect((await add(await addGroup(), { quantity: "" })).body).toEqual({ message: { quantity: ["can't be blank"] } });
  });

  it("asks for all that a new purchase needs", async () => {
    const group = await addGroup();
    const { status, body } = await asRoot("POST", older(group.id));
    const error = "started_on is missing, expires_on is missing, quantity is missing, purchase_xid is missing";
    expect([status, body]).toEqual([400, { error }]);
    expect((await change(group, {})).body).toEqual({ error: "started_on is missing, expires_on is missing" });
  });

  it("proves the caller, then looks for the namespace and the add-on, then at the rest", async () => {
    const group = await addGroup();
    const user = withToken(await addToken(await addUser()));
    for (const method of ["POST", "PUT", "GET"]) {
      expect((await call(method, older(999999))).status).toBe(401);
      expect((await user(method, older(999999))).body).toEqual({ message: "403 Forbidden" });
      expect((await asRoot(method, older(999999))).body).toEqual({ message: "404 Namespace Not Found" });
      expect((await asRoot(method, older(group.id, "duo_free"))).body).toEqual({ message: "404 Add-on Not Found" });
    }
  });
});
