import { eq, inArray } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import { asPortal, asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addToken, addUser, db, type Group } from "../setup/world.ts";

const { upcomingReconciliations, billingLedger } = schema;
const path = "/internal/upcoming_reconciliations";

let one: Group;
let two: Group;
beforeEach(async () => {
  [one, two] = [await addGroup(), await addGroup()];
});

const entry = (group: { id: number }, values: Record<string, unknown> = {}) => ({
  namespace_id: group.id,
  next_reconciliation_date: "2021-06-13",
  display_alert_from: "2021-06-06",
  ...values,
});
const put = (...entries: unknown[]) => asRoot("PUT", path, { json: { upcoming_reconciliations: entries } });
const stored = async (...groups: Group[]) =>
  (
    await db.query
      .select()
      .from(upcomingReconciliations)
      .where(
        inArray(
          upcomingReconciliations.namespaceId,
          groups.map(({ id }) => id),
        ),
      )
      .orderBy(upcomingReconciliations.namespaceId)
  ).map((row) => [row.namespaceId, row.nextReconciliationDate, row.displayAlertFrom]);
const ledgerOf = async ({ id }: Group) =>
  (await db.query.select().from(billingLedger).where(eq(billingLedger.namespaceId, id)).orderBy(billingLedger.id)).map((row) => [
    row.kind,
    row.actor,
    JSON.parse(row.before ?? "null"),
    JSON.parse(row.after ?? "null"),
  ]);
const done = { status: 200, body: 200 };
const told = (error: string) => ({ status: 400, body: { message: { error } } });
const faulty = (error: string) => ({ status: 400, body: { error } });
const dates = (next_reconciliation_date: string, display_alert_from: string) => ({ next_reconciliation_date, display_alert_from });

describe("PUT /internal/upcoming_reconciliations", () => {
  it("292 is for administrators and the portal, before anything is said of the parameters", async () => {
    const user = withToken(await addToken(await addUser()));
    for (const json of [{ upcoming_reconciliations: [entry(one)] }, {}]) {
      expect(await user("PUT", path, { json })).toMatchObject({ status: 403, body: { message: "403 Forbidden" } });
      expect(await call("PUT", path, { json })).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
    }
    expect(await asPortal("PUT", path, { json: { upcoming_reconciliations: [entry(one)] } })).toMatchObject(done);
    expect(await ledgerOf(one)).toEqual([["reconciliation", "customers-dot", null, dates("2021-06-13", "2021-06-06")]]);
  });

  it("293 stores an entry, and answers the number 200 in JSON", async () => {
    const reply = await put(entry(one));
    expect(reply).toMatchObject(done);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(await stored(one)).toEqual([[one.id, "2021-06-13", "2021-06-06"]]);
  });

  it("294 a blank namespace", async () => {
    for (const namespace_id of [null, ""])
      expect(await put(entry(one), entry(one, { namespace_id }))).toMatchObject(faulty("upcoming_reconciliations[namespace_id] is empty"));
    expect(await stored(one)).toEqual([]);
  });

  it("296 a row is changed in place; what changes nothing is not written down", async () => {
    await put(entry(one));
    const [before] = await db.query.select().from(upcomingReconciliations).where(eq(upcomingReconciliations.namespaceId, one.id));
    const later = { next_reconciliation_date: "2021-07-13" };
    for (const _ of [1, 2]) expect(await put(entry(one, later))).toMatchObject(done);
    const [after] = await db.query.select().from(upcomingReconciliations).where(eq(upcomingReconciliations.namespaceId, one.id));
    expect(after).toMatchObject({ id: before!.id, nextReconciliationDate: "2021-07-13", displayAlertFrom: "2021-06-06" });
    expect((await ledgerOf(one)).map(([, , was, is]) => [was, is])).toEqual([
      [null, dates("2021-06-13", "2021-06-06")],
      [dates("2021-06-13", "2021-06-06"), dates("2021-07-13", "2021-06-06")],
    ]);
  });

  it("297 entries that can be stored are, beside those that cannot", async () => {
    expect(await put(entry(one), entry({ id: 999_999 }), entry({ id: -1 }), entry(two))).toMatchObject(
      told('[{"999999":["Namespace can\'t be blank"]},{"-1":["Namespace can\'t be blank"]}]'),
    );
    expect(await stored(one, two)).toHaveLength(2);
  });

  it("298 a null date costs its own entry, an absent one the request", async () => {
    expect(await put(entry(one, { next_reconciliation_date: null }), entry(two))).toMatchObject(
      told(`[{"${one.id}":["Next reconciliation date can't be blank"]}]`),
    );
    expect(await stored(one, two)).toEqual([[two.id, "2021-06-13", "2021-06-06"]]);
    const { next_reconciliation_date: _, ...rest } = entry(one);
    expect(await put(entry(one), rest)).toMatchObject(faulty("upcoming_reconciliations[next_reconciliation_date] is missing"));
    expect(await stored(one)).toEqual([]);
  });

  it("300 the samples, with either form of a date; as JSON texts too, and as a form", async () => {
    const entries = [
      entry(one, { next_reconciliation_date: "13 Jun 2021", display_alert_from: "06 Jun 2021" }),
      entry(two, { next_reconciliation_date: "2021-06-12", display_alert_from: "2021-06-05" }),
    ];
    const rows = [
      [one.id, "2021-06-13", "2021-06-06"],
      [two.id, "2021-06-12", "2021-06-05"],
    ];
    const texts = entries.map((each) => JSON.stringify(each));
    const form = texts.map((text) => `upcoming_reconciliations[]=${encodeURIComponent(text)}`).join("&");
    const fields = entries
      .flatMap((each) => Object.entries(each).map(([name, value]) => `upcoming_reconciliations[][${name}]=${value}`))
      .join("&");
    for (const send of [
      () => put(...entries),
      () => put(...texts),
      () => asRoot("PUT", path, { form }),
      () => asRoot("PUT", path, { form: fields }),
    ]) {
      await db.query.delete(upcomingReconciliations);
      expect(await send()).toMatchObject(done);
      expect(await stored(one, two)).toEqual(rows);
    }
  });

  it("tells of faulty parameters without the number of the entry", async () => {
    const all =
      "upcoming_reconciliations is missing, upcoming_reconciliations[namespace_id] is missing, upcoming_reconciliations[next_reconciliation_date] is missing, upcoming_reconciliations[display_alert_from] is missing";
    expect(await asRoot("PUT", path)).toMatchObject(faulty(all));
    expect(await put(entry(one, { display_alert_from: "soon" }), entry(two, { namespace_id: "x" }))).toMatchObject(
      faulty("upcoming_reconciliations[display_alert_from] is invalid, upcoming_reconciliations[namespace_id] is invalid"),
    );
    for (const odd of ["x", "[1]", "null", "1", "[".repeat(50_000), 1, null, []])
      expect(await put(entry(one), odd)).toMatchObject(faulty("upcoming_reconciliations is invalid"));
    expect(await stored(one, two)).toEqual([]);
  });

  it("of several entries for one namespace the last holds", async () => {
    expect(await put(entry(one), entry(two), entry(one, { display_alert_from: "2021-06-01" }))).toMatchObject(done);
    expect(await stored(one)).toEqual([[one.id, "2021-06-13", "2021-06-01"]]);
    expect(await ledgerOf(one)).toHaveLength(1);
  });

  it("an empty list changes nothing", async () => {
    expect(await put()).toMatchObject(done);
  });

  it("equal calls at once: one row, one entry in the ledger", async () => {
    for (const reply of await Promise.all(Array.from({ length: 8 }, () => put(entry(one))))) expect(reply).toMatchObject(done);
    expect(await stored(one)).toHaveLength(1);
    expect(await ledgerOf(one)).toHaveLength(1);
  });

  it("ten thousand entries at once", async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => entry({ id: 1_000_000 + index }));
    const { status, body } = await put(...entries, entry(one));
    expect([status, JSON.parse(body.message.error).length]).toEqual([400, 10_000]);
    expect(await stored(one)).toHaveLength(1);
  }, 30_000);
});

describe("DELETE /internal/upcoming_reconciliations", () => {
  it("302 forgets it, and writes that down; again there is nothing", async () => {
    await put(entry(one));
    const reply = await asRoot("DELETE", `${path}?namespace_id=${one.id}`);
    expect([reply.status, reply.body]).toEqual([204, undefined]);
    expect(await asRoot("DELETE", `${path}?namespace_id=${one.id}`)).toMatchObject({ status: 404, body: { message: "404 Not Found" } });
    expect((await ledgerOf(one)).slice(1)).toMatchObject([["reconciliation", expect.any(String), dates("2021-06-13", "2021-06-06"), null]]);
  });

  it("needs to know of which namespace", async () => {
    expect(await asRoot("DELETE", path)).toMatchObject(faulty("namespace_id is missing"));
    expect(await asRoot("DELETE", `${path}?namespace_id=x`)).toMatchObject(faulty("namespace_id is invalid"));
    expect(await withToken(await addToken(await addUser()))("DELETE", path)).toMatchObject({ status: 403 });
  });
});

describe("/internal/gitlab_subscriptions/namespaces/:namespace_id/upcoming_reconciliations", () => {
  const ofNamespace = (id: unknown) => `/internal/gitlab_subscriptions/namespaces/${String(id)}/upcoming_reconciliations`;
  const send = (id: unknown, json: unknown) => asPortal("PUT", ofNamespace(id), { json });
  const missing = { status: 404, body: { message: "404 Namespace Not Found" } };

  it("304 stores it, then changes it in place", async () => {
    expect(await send(one.id, dates("2021-06-13", "2021-06-06"))).toMatchObject(done);
    expect(await send(one.fullPath, dates("2021-06-14", "2021-06-07"))).toMatchObject(done);
    expect(await stored(one)).toEqual([[one.id, "2021-06-14", "2021-06-07"]]);
    expect((await ledgerOf(one)).map(([, actor]) => actor)).toEqual(["customers-dot", "customers-dot"]);
    expect(await asRoot("PUT", ofNamespace(one.id), { json: dates("2021-06-13", "2021-06-06") })).toMatchObject({ status: 401 });
  });

  it("305 a null date, and an absent one", async () => {
    const next = "Next reconciliation date can't be blank";
    expect(await send(one.id, { ...dates("", "2021-06-06"), next_reconciliation_date: null })).toMatchObject(told(next));
    expect(await send(one.id, dates("", ""))).toMatchObject(told(`${next}, Display alert from can't be blank`));
    expect(await send(one.id, { display_alert_from: "x" })).toMatchObject(
      faulty("next_reconciliation_date is missing, display_alert_from is invalid"),
    );
    expect(await stored(one)).toEqual([]);
  });

  it("306 an unknown namespace, whatever is sent; and forgetting", async () => {
    for (const json of [{}, dates("2021-06-13", "2021-06-06"), dates("x", "y")]) expect(await send(-1, json)).toMatchObject(missing);
    expect(await asPortal("DELETE", ofNamespace(-1))).toMatchObject(missing);
    expect(await asPortal("DELETE", ofNamespace(one.id))).toMatchObject({ status: 404, body: { message: "404 Not Found" } });
    await send(one.id, dates("2021-06-13", "2021-06-06"));
    expect((await asPortal("DELETE", ofNamespace(one.id))).status).toBe(204);
    expect(await stored(one)).toEqual([]);
  });
});
