import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { movePacks } from "../../src/db/minutes-packs.ts";
import * as schema from "../../src/db/schema/index.ts";
import { asPortal, asRoot, call, withToken } from "../setup/call.ts";
import {
  addGroup,
  addMember,
  addProject,
  addToken,
  addUser,
  dayFromNow,
  db,
  personalNamespaceId,
  unique,
  type Group,
} from "../setup/world.ts";

const { minutesPacks, billingLedger } = schema;
const portalPath = "/internal/gitlab_subscriptions";

let source: Group;
let target: Group;
let path: string;
beforeEach(async () => {
  [source, target] = [await addGroup(), await addGroup()];
  path = `/namespaces/${source.id}/minutes`;
});

const xid = () => unique("xid-");
const pack = (values: Record<string, unknown> = {}) => ({
  number_of_minutes: 10_000,
  expires_at: "2022-01-01",
  purchase_xid: xid(),
  ...values,
});
const shown = (namespace: Group, ...packs: ReturnType<typeof pack>[]) =>
  packs.map(({ number_of_minutes, expires_at, purchase_xid }) => ({
    namespace_id: namespace.id,
    expires_at,
    number_of_minutes,
    purchase_xid,
  }));
const send = (packs: unknown, to: Group = source) => asRoot("POST", `/namespaces/${to.id}/minutes`, { json: { packs } });
const move = (from: Group = source, to: Group = target) => asRoot("PATCH", `/namespaces/${from.id}/minutes/move/${to.id}`);
const rowsOf = async (namespaceId: number) =>
  (await db.query.select().from(minutesPacks).where(eq(minutesPacks.namespaceId, namespaceId))).map((row) => row.purchaseXid).toSorted();
const ledgerOf = async (namespaceId: number) =>
  (await db.query.select().from(billingLedger).where(eq(billingLedger.namespaceId, namespaceId)).orderBy(billingLedger.id)).map((row) => ({
    kind: row.kind,
    target: row.targetNamespaceId,
    actor: row.actor,
    before: JSON.parse(row.before ?? "null"),
    after: JSON.parse(row.after ?? "null"),
  }));
const isRefused = (text: string) => ({ status: 400, body: { message: `400 Bad request - ${text}` } });
const unsaved = isRefused("Unable to save additional packs");
const missing = { status: 404, body: { message: "404 Namespace Not Found" } };
const isAccepted = { status: 202, body: { message: "202 Accepted" } };

describe("POST /namespaces/:id/minutes", () => {
  it("269 stores a pack, and answers it; once more changes nothing", async () => {
    const one = pack();
    for (const _ of [1, 2]) expect(await send([one])).toMatchObject({ status: 201, body: shown(source, one) });
    expect((await send([one])).body).toEqual(shown(source, one));
    expect(await rowsOf(source.id)).toEqual([one.purchase_xid]);
    expect(await ledgerOf(source.id)).toEqual([
      { kind: "minutes", target: null, actor: expect.stringMatching(/^user-\d+$/), before: null, after: shown(source, one)[0] },
    ]);
  });

  it("270 a purchase that is there is answered as it is stored", async () => {
    const one = pack({ number_of_minutes: 20_000 });
    await send([one]);
    const reply = await send([
      pack({ purchase_xid: one.purchase_xid, expires_at: "2030-01-01" }),
      pack({ purchase_xid: one.purchase_xid }),
    ]);
    expect(reply).toMatchObject({ status: 201, body: shown(source, one, one) });
    expect(await rowsOf(source.id)).toEqual([one.purchase_xid]);
  });

  it("272 several at once, in the order of the request; of a repeated one the first holds", async () => {
    const [a, b, c] = [pack(), pack(), pack({ number_of_minutes: -5 })];
    expect(await send([c, a, { ...c, number_of_minutes: 1 }, b])).toMatchObject({ status: 201, body: shown(source, c, a, c, b) });
    expect(await rowsOf(source.id)).toHaveLength(3);
    expect(await ledgerOf(source.id)).toHaveLength(3);
  });

  it("273 one that cannot be saved: nothing is, and what was stays", async () => {
    const earlier = pack();
    await send([earlier]);
    for (const purchase_xid of ["x".repeat(110), "x".repeat(51), "", "  ", null, "a\0b", "\ud800"])
      expect(await send([pack(), pack({ purchase_xid })])).toMatchObject(unsaved);
    expect(await send([pack(), pack({ expires_at: null })])).toMatchObject(unsaved);
    expect(await send([pack(), pack({ number_of_minutes: "" })])).toMatchObject(unsaved);
    expect(await rowsOf(source.id)).toEqual([earlier.purchase_xid]);
    expect(await ledgerOf(source.id)).toHaveLength(1);
  });

  it("274 an unknown namespace, or a project's", async () => {
    expect(await asRoot("POST", "/namespaces/999999/minutes", { json: { packs: [pack()] } })).toMatchObject(missing);
    const { fullPath } = await addProject(source);
    expect(await asRoot("POST", `/namespaces/${encodeURIComponent(fullPath)}/minutes`, { json: { packs: [pack()] } })).toMatchObject(
      missing,
    );
  });

  it("276 takes every form of a date", async () => {
    for (const expires_at of ["2022-01-01 10:00:00 UTC", "1 Jan 2022", "01/01/2022"])
      expect((await send([pack({ expires_at })])).body[0].expires_at).toBe("2022-01-01");
  });

  it("277 278 the flat form: one object, as it is stored", async () => {
    const one = pack({ number_of_minutes: 20_000 });
    expect(await asRoot("POST", path, { json: one })).toMatchObject({ status: 201, body: shown(source, one)[0] });
    expect(await asRoot("POST", path, { json: { ...one, number_of_minutes: 1, packs: null } })).toMatchObject({
      status: 201,
      body: shown(source, one)[0],
    });
    expect(await rowsOf(source.id)).toHaveLength(1);
    expect(await asRoot("POST", path, { json: { ...one, purchase_xid: "" } })).toMatchObject(isRefused("Unable to save additional pack"));
    const { purchase_xid: _, ...rest } = one;
    expect(await asRoot("POST", path, { json: { ...rest, expires_at: "soon" } })).toMatchObject({
      status: 400,
      body: { error: "expires_at is invalid, purchase_xid is missing" },
    });
  });

  it("tells of faulty parameters without the number of the pack, before it looks for the namespace", async () => {
    const told = async (json: object) => {
      const { status, body } = await asRoot("POST", "/namespaces/999999/minutes", { json });
      expect(status).toBe(400);
      return body.error;
    };
    const nothing = "packs is missing, packs[number_of_minutes] is missing, packs[expires_at] is missing, packs[purchase_xid] is missing";
    expect(await told({})).toBe(nothing);
    expect(await told({ packs: null })).toBe(nothing);
    for (const number_of_minutes of ["ten", "1.5", 1.5, true, 2 ** 31, {}])
      expect(await told({ packs: [pack(), pack({ number_of_minutes })] })).toBe("packs[number_of_minutes] is invalid");
    expect(await told({ packs: [pack({ purchase_xid: {} }), { expires_at: "x", purchase_xid: "y" }] })).toBe(
      "packs[purchase_xid] is invalid, packs[number_of_minutes] is missing, packs[expires_at] is invalid",
    );
    for (const packs of [[1], ["x"], [null], [[]], {}, "x", 5, { a: pack() }]) expect(await told({ packs })).toBe("packs is invalid");
  });

  it("an empty list is nothing to store", async () => {
    expect(await send([])).toMatchObject({ status: 201, body: [] });
  });

  it.each([
    ["packs[][number_of_minutes]=7&packs[][expires_at]=2022-01-01&packs[][purchase_xid]="],
    ["packs[0][number_of_minutes]=7&packs[0][expires_at]=2022-01-01&packs[0][purchase_xid]="],
  ])("takes forms and queries: %s", async (text) => {
    const [a, b] = [xid(), xid()];
    const one = pack({ number_of_minutes: 7 });
    expect(await asRoot("POST", path, { form: text + a })).toMatchObject({ status: 201, body: shown(source, { ...one, purchase_xid: a }) });
    expect(await asRoot("POST", `${path}?${text}${b}`)).toMatchObject({ status: 201, body: shown(source, { ...one, purchase_xid: b }) });
  });

  it("280 eight equal calls at once: one row, eight times 201", async () => {
    const one = pack();
    const replies = await Promise.all(Array.from({ length: 8 }, () => send([one])));
    for (const reply of replies) expect(reply).toMatchObject({ status: 201, body: shown(source, one) });
    expect(await rowsOf(source.id)).toEqual([one.purchase_xid]);
    expect(await ledgerOf(source.id)).toHaveLength(1);
  });

  it("one purchase for two namespaces at once: one has it, the other is refused, with everything beside it", async () => {
    const [one, beside] = [pack(), pack()];
    const replies = await Promise.all([send([one]), send([beside, one], target)]);
    expect(replies.map(({ status }) => String(status)).toSorted()).toEqual(["201", "400"]);
    expect(replies.find(({ status }) => status === 400)).toMatchObject(unsaved);
    const stored = [...(await rowsOf(source.id)), ...(await rowsOf(target.id))];
    expect(stored.filter((each) => each === one.purchase_xid)).toHaveLength(1);
    expect(stored).toHaveLength(replies[0].status === 201 ? 1 : 2);
    expect([...(await ledgerOf(source.id)), ...(await ledgerOf(target.id))]).toHaveLength(stored.length);
  });

  it("ten thousand packs at once, and again", async () => {
    const prefix = xid();
    const packs = Array.from({ length: 10_000 }, (_, index) => pack({ purchase_xid: `${prefix}-${index}`.padEnd(50, "ü") }));
    for (const _ of [1, 2]) {
      const { status, body } = await send(packs);
      expect([status, body.length, body[9_999]]).toEqual([201, 10_000, shown(source, packs[9_999]!)[0]]);
    }
    const [{ total }] = (await db.query.all(sql`select count(*) as total from billing_ledger where namespace_id = ${source.id}`)) as [any];
    expect(total).toBe(10_000);
  }, 60_000);

  it("218 220 is for administrators and the portal, before anything is said of the parameters", async () => {
    const user = withToken(await addToken(await addUser()));
    for (const [verb, to] of [
      ["POST", path],
      ["PATCH", `${path}/move/${target.id}`],
    ] as const) {
      expect(await user(verb, to)).toMatchObject({ status: 403, body: { message: "403 Forbidden" } });
      expect(await call(verb, to)).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
      // 226
      expect(await asRoot(verb, to, { headers: { "X-Customers-Dot-Internal-Token": "bad" } })).toMatchObject({ status: 401 });
      expect(await asRoot(verb, `${portalPath}${to}`)).toMatchObject({ status: 401 });
    }
    const one = pack();
    expect(await asPortal("POST", path, { json: { packs: [one] } })).toMatchObject({ status: 201, body: shown(source, one) });
    expect(await asPortal("POST", `${portalPath}${path}`, { json: { packs: [one] } })).toMatchObject({
      status: 201,
      body: shown(source, one),
    });
    expect(await ledgerOf(source.id)).toMatchObject([{ actor: "customers-dot" }]);
  });
});

describe("PATCH /namespaces/:id/minutes/move/:target_id", () => {
  it("281 moves all packs, and writes each down; again there is nothing to move", async () => {
    const packs = [pack(), pack({ number_of_minutes: 5 })];
    await send(packs);
    for (const _ of [1, 2]) expect(await move()).toMatchObject(isAccepted);
    expect(await rowsOf(source.id)).toEqual([]);
    expect(await rowsOf(target.id)).toEqual(packs.map((each) => each.purchase_xid).toSorted());
    const moves = packs.map((each) => ({
      kind: "minutes_move",
      target: target.id,
      before: shown(source, each)[0],
      after: shown(target, each)[0],
    }));
    expect((await ledgerOf(source.id)).slice(2)).toMatchObject(moves);
    expect(await ledgerOf(source.id)).toHaveLength(4);
  });

  it("282 nothing to move is no fault", async () => {
    expect(await move()).toMatchObject(isAccepted);
  });

  it("a purchase that is sent again after it was moved is refused, and stays where it is", async () => {
    const one = pack();
    await send([one]);
    await move();
    expect(await send([pack(), one])).toMatchObject(unsaved);
    expect(await send([one], target)).toMatchObject({ status: 201, body: shown(target, one) });
    expect(await rowsOf(source.id)).toEqual([]);
    expect(await rowsOf(target.id)).toEqual([one.purchase_xid]);
  });

  it("284 285 286 288 refuses, in this order", async () => {
    const nested = await addGroup({ parent: source });
    const other = await addGroup({ parent: target });
    const from = (a: unknown, b: unknown) => asRoot("PATCH", `/namespaces/${String(a)}/minutes/move/${String(b)}`);
    expect(await from(999_999, 999_998)).toMatchObject(missing);
    expect(await from(nested.id, 999_999)).toMatchObject({ status: 404, body: { message: "404 Target namespace Not Found" } });
    expect(await from(nested.id, other.id)).toMatchObject(isRefused("Namespace must be a top-level namespace"));
    expect(await from(nested.id, nested.id)).toMatchObject(isRefused("Namespace must be a top-level namespace"));
    expect(await from(source.id, other.id)).toMatchObject(isRefused("Target namespace must be a top-level namespace"));
    expect(await from(source.id, encodeURIComponent(source.fullPath))).toMatchObject(isRefused("Namespace and target must be different"));
  });

  it("289 between groups and personal namespaces, both ways; and by the portal", async () => {
    const id = await personalNamespaceId(await addUser());
    const one = pack();
    await send([one]);
    expect(await asPortal("PATCH", `${portalPath}${path}/move/${id}`)).toMatchObject(isAccepted);
    expect(await rowsOf(id)).toEqual([one.purchase_xid]);
    expect(await asRoot("PATCH", `/namespaces/${id}/minutes/move/${source.id}`)).toMatchObject(isAccepted);
    expect(await rowsOf(source.id)).toEqual([one.purchase_xid]);
  });

  it("290 where one cannot be moved none is, and nothing is written down", async () => {
    const packs = [pack(), pack()];
    await send(packs);
    expect(await movePacks(db, source.id, 999_999, { actor: "customers-dot", now: new Date() })).toBe(false);
    expect(await rowsOf(source.id)).toHaveLength(2);
    expect(await ledgerOf(source.id)).toHaveLength(2);
  });

  it("at once with a purchase: every pack is in one of the two", async () => {
    const [before, during] = [pack(), pack()];
    await send([before]);
    const [, sent] = await Promise.all([move(), send([during, before])]);
    const all = [...(await rowsOf(source.id)), ...(await rowsOf(target.id))].toSorted();
    const expected = sent.status === 201 ? [before, during] : [before];
    expect(all).toEqual(expected.map((each) => each.purchase_xid).toSorted());
  });

  it("there and back at once loses nothing", async () => {
    const packs = Array.from({ length: 20 }, () => pack());
    await Promise.all([send(packs.slice(0, 10)), send(packs.slice(10), target)]);
    const replies = await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? move() : move(target, source))));
    for (const reply of replies) expect(reply).toMatchObject(isAccepted);
    const [left, right] = [await rowsOf(source.id), await rowsOf(target.id)];
    expect([...left, ...right].toSorted()).toEqual(packs.map((each) => each.purchase_xid).toSorted());
    expect([left.length, right.length]).toContain(0);
  });
});

describe("GET /namespaces/:id/minutes", () => {
  it("gives what can be used today, soonest expiry first", async () => {
    const packs = [
      pack({ expires_at: dayFromNow(9), number_of_minutes: 100 }),
      pack({ expires_at: dayFromNow(-1), number_of_minutes: 1 }),
      pack({ expires_at: dayFromNow(0), number_of_minutes: 10 }),
    ];
    await send(packs);
    const body = { namespace_id: source.id, balance: 110, packs: shown(source, packs[1]!, packs[2]!, packs[0]!) };
    expect(await asRoot("GET", path)).toMatchObject({ status: 200, body });
    expect(await asPortal("GET", path)).toMatchObject({ status: 200, body });
    expect(await asPortal("GET", `${portalPath}${path}`)).toMatchObject({ status: 200, body });
    expect((await asRoot("GET", `/namespaces/${target.id}/minutes`)).body).toEqual({ namespace_id: target.id, balance: 0, packs: [] });
    expect(await asRoot("GET", "/namespaces/999999/minutes")).toMatchObject(missing);
  });

  it("is for owners; others who see the namespace are refused, and to the rest it is not there", async () => {
    const statusOf = async (level: number | null, to = path) => {
      const user = await addUser();
      if (level !== null) await addMember(user, { group: source }, level);
      const { status, body } = await withToken(await addToken(user))("GET", to);
      return [status, body.message ?? body.balance];
    };
    expect(await statusOf(50)).toEqual([200, 0]);
    expect(await statusOf(40)).toEqual([403, "403 Forbidden"]);
    expect(await statusOf(10)).toEqual([403, "403 Forbidden"]);
    expect(await statusOf(null)).toEqual([404, "404 Namespace Not Found"]);
    const owner = await addUser();
    const own = `/namespaces/${await personalNamespaceId(owner)}/minutes`;
    expect(await withToken(await addToken(owner))("GET", own)).toMatchObject({ status: 200, body: { balance: 0 } });
    expect(await statusOf(null, own)).toEqual([404, "404 Namespace Not Found"]);
    expect(await call("GET", own)).toMatchObject({ status: 401 });
  });
});
