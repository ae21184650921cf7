import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { activeBanners, toBanner } from "../../src/db/broadcast-messages.ts";
import { loadTogether } from "../../src/db/statement.ts";
import { chooseBanner } from "../../src/domain/push/banner.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addToken, addUser, db } from "../setup/world.ts";

const path = "/broadcast_messages";
const hour = 3_600_000;
let asAda: ReturnType<typeof withToken>;

beforeAll(async () => {
  asAda = withToken(await addToken(await addUser()));
});
beforeEach(() => db.query.run(sql`delete from broadcast_messages`));

const add = async (json: Record<string, unknown> = {}) => (await asRoot("POST", path, { json: { message: "Deploy", ...json } })).body;

describe("POST /broadcast_messages", () => {
  it("L269 tells everybody something for an hour, beginning at once", async () => {
    const before = Date.now();
    const reply = await asRoot("POST", path, { json: { message: "Deploy" } });
    const { starts_at: startsAt, ends_at: endsAt } = reply.body;
    expect(Date.parse(startsAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(startsAt)).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(hour);
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      message: "Deploy",
      starts_at: startsAt,
      ends_at: endsAt,
      font: "#FFFFFF",
      color: null,
      active: true,
      target_access_levels: [],
      target_path: "",
      broadcast_type: "banner",
      dismissable: false,
      theme: "indigo",
    });
  });

  it("keeps what is given, and lasts an hour from where it begins", async () => {
    const given = {
      message: "Line 1\nLine 2 🚒",
      starts_at: "2031-02-03T04:05:06Z",
      font: "#abc",
      color: "#E75E40",
      target_access_levels: [10, 15, 20, 30, 40, 50],
      target_path: "/engines/*",
      broadcast_type: "notification",
      dismissable: true,
      theme: "light-red",
    };
    const expected = { ...given, starts_at: "2031-02-03T04:05:06.000Z", ends_at: "2031-02-03T05:05:06.000Z", active: false };
    expect(await add(given)).toMatchObject(expected);
    expect(await add({ starts_at: "", ends_at: "2031-02-03" })).toMatchObject({ ends_at: "2031-02-03T00:00:00.000Z", active: true });
    expect(await add({ starts_at: "2020-02-03", ends_at: null })).toMatchObject({ ends_at: "2020-02-03T01:00:00.000Z", active: false });
  });

  it("L270 is for administrators, and needs a message", async () => {
    const foreign = await asAda("POST", path, { json: { message: "m" } });
    expect([foreign.status, foreign.body]).toEqual([403, { message: "403 Forbidden" }]);
    const nobody = await call("POST", path, { json: { message: "m" } });
    expect([nobody.status, nobody.body]).toEqual([401, { message: "401 Unauthorized" }]);
    const empty = await asRoot("POST", path, { json: {} });
    expect([empty.status, empty.body]).toEqual([400, { error: "message is missing" }]);
  });

  it("L273 takes roles as JSON and as a form", async () => {
    const json = await asRoot("POST", path, { json: { message: "m", target_access_levels: [10, 30] } });
    const form = await asRoot("POST", path, { form: "message=m&target_access_levels[]=10&target_access_levels[]=30" });
    for (const reply of [json, form]) expect([reply.status, reply.body.target_access_levels]).toEqual([201, [10, 30]]);
  });

  it.each([
    [{ theme: "pink" }, "theme does not have a valid value"],
    [{ broadcast_type: "poster" }, "broadcast_type does not have a valid value"],
    [{ target_access_levels: [10, 11] }, "target_access_levels[1] does not have a valid value"],
    [{ target_access_levels: "all" }, "target_access_levels is invalid"],
    [{ starts_at: "tomorrow" }, "starts_at is invalid"],
    [{ ends_at: "2021-02-31" }, "ends_at is invalid"],
    [{ dismissable: "perhaps" }, "dismissable is invalid"],
    [{ show_in_cli: 7 }, "show_in_cli is invalid"],
  ])("refuses %j", async (json, error) => {
    const reply = await asRoot("POST", path, { json: { message: "m", ...json } });
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it.each([
    [{ message: " \n" }, { message: ["can't be blank"] }],
    [{ message: "x".repeat(10_001) }, { message: ["is too long (maximum is 10000 characters)"] }],
    [
      { color: "red", font: "#12" },
      { font: ["must be a valid color code"], color: ["must be a valid color code"] },
    ],
    [{ target_path: "/".repeat(256) }, { target_path: ["is too long (maximum is 255 characters)"] }],
    [{ target_path: "/a\u0000b" }, { target_path: ["is invalid"] }],
  ])("refuses what cannot be: %j", async (json, message) => {
    for (const reply of [
      await asRoot("POST", path, { json: { message: "m", ...json } }),
      await asRoot("PUT", `${path}/${(await add()).id}`, { json }),
    ]) {
      expect([reply.status, reply.body]).toEqual([400, { message }]);
    }
  });

  /** The attack: a banner that clears the terminal of whoever pushes, and writes something else there. */
  it("refuses a message that steers a terminal", async () => {
    for (const message of ["\u001b[2Jgone", "a\u0007", "a\u0000", "a\u009b2J"]) {
      const reply = await asRoot("POST", path, { json: { message } });
      expect([reply.status, reply.body]).toEqual([
        400,
        { message: { message: ["can't contain control characters other than tabs and newlines"] } },
      ]);
    }
  });
});

describe("GET /broadcast_messages", () => {
  it("is public, newest first, a page at a time, past messages among them", async () => {
    await add({ message: "past", ends_at: "2020-01-01", starts_at: "2019-12-31" });
    await add({ message: "second" });
    await add({ message: "third" });
    const reply = await call("GET", `${path}?per_page=2`);
    expect([reply.status, reply.body.map((each: any) => each.message)]).toEqual([200, ["third", "second"]]);
    expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    const rest = await asAda("GET", `${path}?per_page=2&page=2`);
    expect(rest.body).toMatchObject([{ message: "past", active: false }]);
    expect((await call("GET", `${path}?page=9`)).body).toEqual([]);
    expect((await call("GET", `${path}?pagination=keyset`)).status).toBe(405);
  });

  it("shows one to everybody, and none that is not there", async () => {
    const message = await add();
    expect((await call("GET", `${path}/${message.id}`)).body).toEqual(message);
    for (const id of ["987654321", "abc", "0", "-1", "9".repeat(30)]) {
      const reply = await call("GET", `${path}/${id}`);
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Not found" }]);
    }
  });
});

describe("PUT and DELETE /broadcast_messages/:id", () => {
  it("L272 changes what is given, and leaves the rest", async () => {
    const message = await add({ theme: "dark", target_access_levels: [10], target_path: "/a" });
    const reply = await asRoot("PUT", `${path}/${message.id}`, { json: { color: "#444444" } });
    expect([reply.status, reply.body]).toEqual([200, { ...message, color: "#444444" }]);
    expect((await call("GET", `${path}/${message.id}`)).body).toEqual(reply.body);
    const cleared = await asRoot("PUT", `${path}/${message.id}`, {
      json: { message: "Later", target_access_levels: [], target_path: "", starts_at: "2040-01-01", ends_at: "2041-01-01" },
    });
    expect(cleared.body).toEqual({
      ...reply.body,
      message: "Later",
      starts_at: "2040-01-01T00:00:00.000Z",
      ends_at: "2041-01-01T00:00:00.000Z",
      active: false,
      target_access_levels: [],
      target_path: "",
    });
    const nothing = await asRoot("PUT", `${path}/${message.id}`, { json: {} });
    expect([nothing.status, nothing.body]).toEqual([200, cleared.body]);
  });

  it("removes one, once", async () => {
    const { id } = await add();
    const stale = await asRoot("DELETE", `${path}/${id}`, { headers: { "If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT" } });
    expect([stale.status, stale.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    const removed = await asRoot("DELETE", `${path}/${id}`);
    expect([removed.status, removed.body]).toEqual([204, undefined]);
    for (const method of ["DELETE", "PUT", "GET"]) {
      const reply = await asRoot(method, `${path}/${id}`);
      expect([method, reply.status, reply.body]).toEqual([method, 404, { message: "404 Not found" }]);
    }
  });

  it("is for administrators, also where there is nothing", async () => {
    const { id } = await add();
    for (const method of ["PUT", "DELETE"]) {
      for (const target of [id, 987654321]) {
        const reply = await asAda(method, `${path}/${target}`, { json: { message: "mine" } });
        expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
        expect((await call(method, `${path}/${target}`)).status).toBe(401);
      }
    }
    expect((await call("GET", `${path}/${id}`)).body.message).toBe("Deploy");
  });
});

describe("the banners that a push may show", () => {
  const banners = async (now = Date.now()) => (await loadTogether(db, { activeBanners }, { now })).activeBanners.map(toBanner);
  const messages = async (now?: number) => (await banners(now)).map((banner) => banner.message);

  it("284 are shown on the command line, unless they are not meant for it", async () => {
    await add({ message: "for the web", show_in_cli: false });
    expect(await messages()).toEqual([]);
    const { id } = await add({ message: "for all" });
    expect(await messages()).toEqual(["for all"]);
    await asRoot("PUT", `${path}/${id}`, { json: { show_in_cli: false } });
    expect(await messages()).toEqual([]);
  });

  it("285 are no notifications", async () => {
    await add({ broadcast_type: "notification" });
    expect(await messages()).toEqual([]);
  });

  it("are active from their beginning to their end, both included", async () => {
    const start = Date.UTC(2030, 0, 1);
    await add({ starts_at: "2030-01-01", ends_at: "2030-01-02" });
    expect(await messages(start - 1)).toEqual([]);
    expect(await messages(start)).toEqual(["Deploy"]);
    expect(await messages(start + 24 * hour)).toEqual(["Deploy"]);
    expect(await messages(start + 24 * hour + 1)).toEqual([]);
  });

  it("286, 288 are chosen from by path and role, the newest first", async () => {
    await add({ message: "general" });
    await add({ message: "first", target_path: "/engines/*" });
    await add({ message: "second", target_path: "/ENGINES/pump" });
    await add({ message: "guests", target_path: "/engines/pump", target_access_levels: [10] });
    const candidates = await banners();
    expect(candidates.map((banner) => banner.message)).toEqual(["guests", "second", "first", "general"]);
    expect(chooseBanner(candidates, { fullPath: "engines/pump", accessLevel: 30 })).toBe("second");
    expect(chooseBanner(candidates, { fullPath: "engines/pump", accessLevel: 10 })).toBe("guests");
    expect(chooseBanner(candidates, { fullPath: "engines/valve", accessLevel: 10 })).toBe("first");
    expect(chooseBanner(candidates, { fullPath: null, accessLevel: null })).toBe("general");
  });

  it("are the newest hundred, found without reading what is past", async () => {
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
      insert into broadcast_messages (message, starts_at, ends_at) select 'past ' || i, i, i + 1 from n`);
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 150)
      insert into broadcast_messages (message, starts_at, ends_at) select 'active ' || i, 0, 4000000000000 from n`);
    const rowsRead = db.meter.rowsRead;
    const found = await messages();
    expect([found.length, found[0], found.at(-1)]).toEqual([100, "active 150", "active 51"]);
    expect(db.meter.rowsRead - rowsRead).toBeLessThan(600);
  });
});
