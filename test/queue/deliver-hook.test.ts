import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { seal } from "../../src/auth/sealed.ts";
import { configOf } from "../../src/config.ts";
import { recordPushDeliveries } from "../../src/db/hook-deliveries.ts";
import { hookDeliveries, hookPayloads, hookRequests, webHooks } from "../../src/db/schema/index.ts";
import type { HookSecrets } from "../../src/domain/hooks/secrets.ts";
import { deliverHook, type DeliveryWorld } from "../../src/queue/jobs/deliver-hook.ts";
import { addGroup, addProject, db, setSettings, unique } from "../setup/world.ts";
import { noteDeliveries } from "../setup/deliveries.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const event = { object_kind: "push", project: { name: 'A "name"' }, text: "💥" };

/** A network that is made of one receiver, and a clock that only moves when it is told to. */
function aWorld(answer: (call: number) => Response | Promise<Response> = () => new Response("ok")) {
  const calls: { url: string; headers: Headers; body: string; at: number }[] = [];
  const world = {
    now: start,
    calls,
    clock: () => world.now,
    random: () => 0,
    async send(url: string, init: RequestInit) {
      const request = new Request(url, init);
      calls.push({ url, headers: request.headers, body: await request.text(), at: world.now });
      return answer(calls.length);
    },
  };
  return world satisfies DeliveryWorld;
}

async function aHook(secrets: Partial<HookSecrets> = {}, values: Partial<typeof webHooks.$inferInsert> = {}): Promise<number> {
  const project = await addProject(await addGroup());
  const all = { url: "http://hook.example.test/in", token: null, customHeaders: [], urlVariables: [], ...secrets };
  const sealed = await seal(configOf(env).encryptionKeys, all);
  const [row] = await db.query
    .insert(webHooks)
    .values({ kind: "project", projectId: project.id, sealed, ...values })
    .returning();
  return row!.id;
}

async function aDelivery(hookId: number, body: readonly string[] = [JSON.stringify(event)]): Promise<number> {
  const delivery = { hookId, trigger: "push_hooks", instanceUrl: "https://git.example.test", notVerified: ["commits"] } as const;
  const [id] = await noteDeliveries(db, `${unique("push-")}/0`, body, [delivery], new Date(start));
  return id!;
}

const hookOf = async (id: number) => (await db.query.select().from(webHooks).where(eq(webHooks.id, id)))[0]!;
const deliveryOf = async (id: number) => (await db.query.select().from(hookDeliveries).where(eq(hookDeliveries.id, id)))[0]!;
const logOf = (id: number) => db.query.select().from(hookRequests).where(eq(hookRequests.deliveryId, id)).orderBy(hookRequests.id);

/** Sends as the queue does: again after as long as is asked for. */
async function deliver(id: number, world: ReturnType<typeof aWorld>): Promise<number[]> {
  const delays: number[] = [];
  for (;;) {
    const settled = await deliverHook(env, id, world);
    if ("done" in settled) return delays;
    delays.push(settled.retryInSeconds);
    world.now += settled.retryInSeconds * 1000;
  }
}

beforeEach(() => setSettings(null));

describe("a delivery", () => {
  it("is sent once, and written down", async () => {
    const hook = await aHook({
      token: "s3cret",
      url: "http://ada:pass@hook.example.test/in?a={b}",
      urlVariables: [{ key: "b", value: "c" }],
    });
    const id = await aDelivery(hook);
    const world = aWorld(() => new Response("thanks", { status: 202, headers: { "X-Answer": "1" } }));
    expect(await deliver(id, world)).toEqual([]);
    const { idempotencyKey } = await deliveryOf(id);
    expect(world.calls).toMatchObject([{ url: "http://hook.example.test/in?a=c", body: JSON.stringify(event) }]);
    expect(Object.fromEntries(world.calls[0]!.headers)).toMatchObject({
      "content-type": "application/json",
      "user-agent": "GitLab/18.9.0",
      "x-gitlab-event": "Push Hook",
      "x-gitlab-instance": "https://git.example.test",
      "x-gitlab-token": "s3cret",
      "idempotency-key": idempotencyKey,
      authorization: `Basic ${btoa("ada:pass")}`,
    });
    expect(await deliveryOf(id)).toMatchObject({ state: "delivered", attempts: 1, leasedUntil: null });
    const [logged, ...others] = await logOf(id);
    expect(others).toEqual([]);
    expect(logged).toMatchObject({
      hookId: hook,
      trigger: "push_hooks",
      url: "http://hook.example.test/in?a={b}",
      requestHeaders: { "X-Gitlab-Token": "[REDACTED]", Authorization: "[REDACTED]", "Idempotency-Key": idempotencyKey },
      responseHeaders: { "X-Answer": "1" },
      responseBody: "thanks",
      responseStatus: "202",
      error: null,
      notVerified: ["commits"],
      executionDuration: 0,
      createdAt: new Date(start),
    });
    expect(await deliver(id, world)).toEqual([]);
    expect(world.calls).toHaveLength(1);
  });

  it("is made of a body in many parts", async () => {
    const body = JSON.stringify({ text: "aä💥".repeat(50_000) });
    const characters = Array.from(body);
    const parts = Array.from({ length: Math.ceil(characters.length / 10_001) }, (_, index) =>
      characters.slice(index * 10_001, (index + 1) * 10_001).join(""),
    );
    const world = aWorld();
    await deliver(await aDelivery(await aHook(), parts), world);
    expect(world.calls[0]!.body === body).toBe(true);
  });

  it("is tried four times, later and later, under one key, and is then one failure of its hook", async () => {
    const hook = await aHook();
    const id = await aDelivery(hook);
    const world = aWorld(() => new Response("busy", { status: 503 }));
    expect(await deliver(id, world)).toEqual([10, 60, 300]);
    expect(world.calls.map(({ at }) => (at - start) / 1000)).toEqual([0, 10, 70, 370]);
    expect(new Set(world.calls.map(({ headers }) => headers.get("Idempotency-Key"))).size).toBe(1);
    expect(new Set(world.calls.map(({ headers }) => headers.get("X-Gitlab-Event-UUID"))).size).toBe(1);
    expect(new Set(world.calls.map(({ headers }) => headers.get("X-Gitlab-Webhook-UUID"))).size).toBe(4);
    expect(await deliveryOf(id)).toMatchObject({ state: "failed", attempts: 4 });
    expect((await logOf(id)).map(({ responseStatus }) => responseStatus)).toEqual(["503", "503", "503", "503"]);
    expect(await hookOf(hook)).toMatchObject({ failures: 1, disabledUntil: null });
  });

  it("that arrives in the end is a success", async () => {
    const hook = await aHook({}, { failures: 3, disabledUntil: new Date(start - 1) });
    const id = await aDelivery(hook);
    const world = aWorld((call) => {
      if (call === 1) throw new Error("reset");
      return new Response(null, { status: call === 2 ? 404 : 204 });
    });
    expect(await deliver(id, world)).toEqual([10, 60]);
    expect((await logOf(id)).map(({ responseStatus, error }) => [responseStatus, error])).toEqual([
      ["internal error", "The receiver could not be reached"],
      ["404", null],
      ["204", null],
    ]);
    expect(await hookOf(hook)).toMatchObject({ failures: 0, disabledUntil: null });
  });

  it("does not follow a redirect", async () => {
    const world = aWorld(() => new Response(null, { status: 307, headers: { Location: "http://169.254.169.254/" } }));
    await deliver(await aDelivery(await aHook()), world);
    expect(new Set(world.calls.map(({ url }) => url))).toEqual(new Set(["http://hook.example.test/in"]));
  });

  it("is held by one of two that want to send it", async () => {
    const id = await aDelivery(await aHook());
    const world = aWorld(() => new Promise((resolve) => setTimeout(() => resolve(new Response("ok")), 50)));
    const settled = await Promise.all([deliverHook(env, id, world), deliverHook(env, id, world), deliverHook(env, id, world)]);
    expect(world.calls).toHaveLength(1);
    expect(settled.filter((each) => "done" in each)).toHaveLength(1);
    expect(settled.filter((each) => "retryInSeconds" in each)).toEqual([{ retryInSeconds: 60 }, { retryInSeconds: 60 }]);
  });

  it("is not tried before its time", async () => {
    const id = await aDelivery(await aHook());
    const world = aWorld((call) => new Response(null, { status: call === 1 ? 500 : 200 }));
    expect(await deliverHook(env, id, world)).toEqual({ retryInSeconds: 10 });
    world.now += 4000;
    expect(await deliverHook(env, id, world)).toEqual({ retryInSeconds: 6 });
    world.now += 6000;
    expect(await deliverHook(env, id, world)).toEqual({ done: true });
    expect(world.calls).toHaveLength(2);
  });

  it("is taken over from a try that died, and not for ever", async () => {
    const id = await aDelivery(await aHook());
    const died: DeliveryWorld["send"] = () => new Promise(() => undefined);
    for (let tries = 1; tries <= 4; tries += 1) {
      const leased = new Date(start + tries * 1000);
      await db.query.update(hookDeliveries).set({ attempts: tries, leasedUntil: leased }).where(eq(hookDeliveries.id, id));
      expect(await deliverHook(env, id, { ...aWorld(), send: died, clock: () => leased.getTime() - 1 })).toEqual({ retryInSeconds: 1 });
    }
    const world = aWorld();
    world.now = start + 100_000;
    expect(await deliverHook(env, id, world)).toEqual({ done: true });
    expect(world.calls).toEqual([]);
    expect(await deliveryOf(id)).toMatchObject({ state: "dropped", attempts: 5 });
  });

  it("of an unknown number is done with", async () => {
    expect(await deliverHook(env, 987_654_321, aWorld())).toEqual({ done: true });
  });

  it("throws where the database fails, and is not settled", async () => {
    const id = await aDelivery(await aHook());
    const DB = {
      withSession: () => ({ prepare: (text: string) => env.DB.prepare(text), batch: () => Promise.reject(new Error("D1 is down")) }),
    };
    await expect(deliverHook({ ...env, DB: DB as unknown as D1Database }, id, aWorld())).rejects.toThrow("D1 is down");
    expect(await deliveryOf(id)).toMatchObject({ state: "pending", attempts: 0 });
  });

  it("costs two round trips to the database", async () => {
    const id = await aDelivery(await aHook());
    let trips = 0;
    const withSession = () => {
      const session = env.DB.withSession("first-primary");
      return {
        prepare: (text: string) => session.prepare(text),
        batch: (statements: D1PreparedStatement[]) => {
          trips += 1;
          return session.batch(statements);
        },
        getBookmark: () => session.getBookmark(),
      };
    };
    await deliverHook({ ...env, DB: { withSession } as unknown as D1Database }, id, aWorld());
    expect(trips).toBe(2);
    expect((await deliveryOf(id)).state).toBe("delivered");
  });
});

describe("a hook", () => {
  it("that fails four times in a row is paused, longer and longer, and switched off in the end", async () => {
    const hook = await aHook();
    const fail = async () => {
      const id = await aDelivery(hook);
      await db.query.update(hookDeliveries).set({ attempts: 3 }).where(eq(hookDeliveries.id, id));
      const world = aWorld(() => new Response(null, { status: 500 }));
      world.now = ((await hookOf(hook)).disabledUntil?.getTime() ?? start) + 1;
      await deliver(id, world);
      const { failures, disabledUntil } = await hookOf(hook);
      return [failures, disabledUntil === null ? null : (disabledUntil.getTime() - world.now) / 1000];
    };
    const seen = [];
    for (let count = 0; count < 7; count += 1) seen.push(await fail());
    expect(seen).toEqual([
      [1, null],
      [2, null],
      [3, null],
      [4, 60],
      [5, 120],
      [6, 240],
      [7, 480],
    ]);
    await db.query.update(webHooks).set({ failures: 38 }).where(eq(webHooks.id, hook));
    expect([await fail(), await fail()]).toEqual([
      [39, 86_400],
      [40, null],
    ]);
    const dropped = await aDelivery(hook);
    const world = aWorld();
    world.now = start + 1e12;
    expect(await deliverHook(env, dropped, world)).toEqual({ done: true });
    expect([world.calls, (await deliveryOf(dropped)).state]).toEqual([[], "dropped"]);
  });

  it("counts all of several that fail at once", async () => {
    const hook = await aHook();
    const ids = await Promise.all([1, 2, 3, 4].map(() => aDelivery(hook)));
    await db.query.update(hookDeliveries).set({ attempts: 3 }).where(eq(hookDeliveries.hookId, hook));
    await Promise.all(
      ids.map((id) =>
        deliverHook(
          env,
          id,
          aWorld(() => new Response(null, { status: 500 })),
        ),
      ),
    );
    expect(await hookOf(hook)).toMatchObject({ failures: 4, disabledUntil: new Date(start + 60_000) });
  });

  it.each([
    ["is paused", { failures: 4, disabledUntil: new Date(start + 1) }],
    ["is switched off", { failures: 40 }],
  ])("that %s meanwhile has its deliveries dropped, with a word in the log", async (_, values) => {
    const warn = vi.spyOn(console, "warn");
    const hook = await aHook({}, values);
    const id = await aDelivery(hook);
    const world = aWorld();
    expect(await deliverHook(env, id, world)).toEqual({ done: true });
    expect(world.calls).toEqual([]);
    expect((await deliveryOf(id)).state).toBe("dropped");
    expect(JSON.parse(String(warn.mock.lastCall?.[0]))).toMatchObject({ event: "hook:dropped", delivery_id: id, hook_id: hook });
    warn.mockRestore();
  });

  it("that is deleted meanwhile has its deliveries dropped", async () => {
    const hook = await aHook();
    const id = await aDelivery(hook);
    await db.query.delete(webHooks).where(eq(webHooks.id, hook));
    expect(await deliverHook(env, id, aWorld())).toEqual({ done: true });
    expect((await deliveryOf(id)).state).toBe("dropped");
  });
});

/**
 * The attack: what is legal when a hook is stored is made to lead elsewhere when it is called, by a variable, a setting that
 * is taken back, or the key of a hook that was written by other means.
 */
describe("where a request may go is judged when it is made", () => {
  it.each([
    ["http://127.0.0.1/", []],
    ["http://{host}/", [{ key: "host", value: "169.254.169.254" }]],
    ["http://hook.example.test{rest}", [{ key: "rest", value: "@[::1]/" }]],
    ["http://{host}.example.test/", [{ key: "host", value: "0x7f.1#" }]],
    ["http://{host}/", []],
    ["{url}", [{ key: "url", value: "file:///etc/passwd" }]],
  ])("%s is not called, not tried again, and counts against the hook", async (url, urlVariables) => {
    const hook = await aHook({ url, urlVariables, token: "s3cret" });
    const id = await aDelivery(hook);
    const world = aWorld();
    expect(await deliver(id, world)).toEqual([]);
    expect(world.calls).toEqual([]);
    expect(await deliveryOf(id)).toMatchObject({ state: "failed", attempts: 1 });
    const [logged] = await logOf(id);
    expect(logged).toMatchObject({
      url,
      requestHeaders: {},
      responseStatus: "internal error",
      error: expect.stringMatching(/not allowed|not a legal/),
    });
    expect((await hookOf(hook)).failures).toBe(1);
  });

  it("a local address is called where the instance allows it", async () => {
    await setSettings({ allow_local_requests_from_web_hooks_and_services: true });
    const world = aWorld();
    await deliver(await aDelivery(await aHook({ url: "http://127.0.0.1:3000/" })), world);
    expect(world.calls.map(({ url }) => url)).toEqual(["http://127.0.0.1:3000/"]);
  });
});

describe("what cannot be sent", () => {
  it("a hook whose key is gone fails with that reason, which is not its fault", async () => {
    const hook = await aHook(
      {},
      { sealed: await seal({ current: new Uint8Array(32), old: null }, { url: "http://hook.example.test/s3cret" }) },
    );
    const id = await aDelivery(hook);
    const world = aWorld();
    expect(await deliver(id, world)).toEqual([]);
    expect(world.calls).toEqual([]);
    expect(await logOf(id)).toMatchObject([
      {
        url: "[unreadable]",
        error: "The URL of this hook cannot be read: the key it was encrypted with is gone",
        responseStatus: "internal error",
      },
    ]);
    expect((await hookOf(hook)).failures).toBe(0);
    expect((await deliveryOf(id)).state).toBe("failed");
  });

  it("a hook that was sealed with the key before is read with it", async () => {
    const old = crypto.getRandomValues(new Uint8Array(32));
    const sealed = await seal(
      { current: old, old: null },
      { url: "http://hook.example.test/", token: null, customHeaders: [], urlVariables: [] },
    );
    const world = aWorld();
    const rotated = { ...env, GATEHOUSE_ENCRYPTION_KEY_OLD: Buffer.from(old).toString("base64") } as Env;
    await deliverHook(rotated, await aDelivery(await aHook({}, { sealed })), world);
    expect(world.calls).toHaveLength(1);
  });

  it("a body that is not kept any more", async () => {
    const id = await aDelivery(await aHook());
    const { payloadKey } = await deliveryOf(id);
    await db.query.delete(hookPayloads).where(eq(hookPayloads.key, payloadKey));
    await deliver(id, aWorld());
    expect(await logOf(id)).toMatchObject([{ error: "The body of this delivery is not kept any more" }]);
  });

  it("a body of more than 25 MiB", { timeout: 60_000 }, async () => {
    const hook = await aHook();
    const part = "x".repeat(499_999);
    const parts = (count: number) => Array<string>(count).fill(part);
    const [large, tooLarge] = [await aDelivery(hook, parts(52)), await aDelivery(hook, parts(53))];
    const lengths: number[] = [];
    const send: DeliveryWorld["send"] = async (_, init) => {
      lengths.push((await new Response(init.body).arrayBuffer()).byteLength);
      return new Response("ok");
    };
    expect(await deliverHook(env, large, { ...aWorld(), send })).toEqual({ done: true });
    expect(await deliverHook(env, tooLarge, { ...aWorld(), send })).toEqual({ done: true });
    expect(lengths).toEqual([52 * 499_999]);
    expect(await logOf(tooLarge)).toMatchObject([{ error: "The body of this delivery is too large" }]);
    expect((await hookOf(hook)).failures).toBe(0);
  });
});

describe("a large body", () => {
  const parts = Array<string>(40).fill("x".repeat(150_000));

  // The attack: a push of 100,000 refs, and a system hook for each of the requests that are made at once.
  it("is read as the receiver takes it, and never held as a whole", async () => {
    const id = await aDelivery(await aHook(), parts);
    const session = env.DB.withSession("first-primary");
    let reads = 0;
    const prepare = (text: string) => {
      if (text.includes("from hook_payloads") && text.includes("limit")) reads += 1;
      return session.prepare(text);
    };
    const withSession = () => ({
      prepare,
      batch: (statements: D1PreparedStatement[]) => session.batch(statements),
      getBookmark: () => session.getBookmark(),
    });
    const seen: number[] = [];
    const send: DeliveryWorld["send"] = async (_, init) => {
      seen.push(reads);
      const body = await new Request("http://h/", { method: "POST", body: init.body ?? null }).text();
      seen.push(body.length, reads);
      return new Response("ok");
    };
    await deliverHook({ ...env, DB: { withSession } as unknown as D1Database }, id, { ...aWorld(), send });
    expect(seen).toEqual([1, 40 * 150_000, 6]);
    expect((await deliveryOf(id)).state).toBe("delivered");
  });

  it("that is gone half-way is broken off, and tried again", async () => {
    const id = await aDelivery(await aHook(), parts);
    const { payloadKey } = await deliveryOf(id);
    const send: DeliveryWorld["send"] = async (_, init) => {
      await db.query.delete(hookPayloads).where(eq(hookPayloads.key, payloadKey));
      await new Response(init.body).arrayBuffer();
      return new Response("ok");
    };
    expect(await deliverHook(env, id, { ...aWorld(), send })).toEqual({ retryInSeconds: 10 });
    expect(await logOf(id)).toMatchObject([{ error: "The receiver could not be reached" }]);
  });

  it("is too large for a template", async () => {
    const id = await aDelivery(await aHook({}, { customWebhookTemplate: "{}" }), parts);
    expect(await deliver(id, aWorld())).toEqual([]);
    expect(await logOf(id)).toMatchObject([{ error: "The event is too large for a custom webhook template" }]);
  });
});

describe("a custom webhook template", () => {
  it("makes the body, from what the event holds", async () => {
    const world = aWorld();
    const customWebhookTemplate = '{"event":"{{object_kind}}","name":"{{project.name}}","text":"{{text}}"}';
    await deliver(await aDelivery(await aHook({}, { customWebhookTemplate })), world);
    expect(JSON.parse(world.calls[0]!.body)).toEqual({ event: "push", name: 'A "name"', text: "💥" });
  });

  it("that makes no JSON fails, and is not tried again", async () => {
    const world = aWorld();
    const hook = await aHook({}, { customWebhookTemplate: '{"event":{{object_kind}}}' });
    const id = await aDelivery(hook);
    expect(await deliver(id, world)).toEqual([]);
    expect(world.calls).toEqual([]);
    expect(await logOf(id)).toMatchObject([{ error: "The custom webhook template gives no JSON, or too much of it" }]);
  });
});

describe("what is noted to be delivered", () => {
  const to = (...hooks: number[]) =>
    hooks.map((hookId) => ({ hookId, trigger: "push_hooks" as const, instanceUrl: "u", notVerified: ["commits"] }));

  it("is noted once for a hook and a body, however often its push is processed", async () => {
    const push = unique("push-");
    const note = (...parts: string[]) => noteDeliveries(db, `${push}/0`, parts, to(1001, 1002), new Date(start));
    const first = await note("first");
    expect(first).toHaveLength(2);
    const before = await deliveryOf(first[0]!);
    expect(await note("second", "and more")).toEqual(first);
    expect(await deliveryOf(first[0]!)).toEqual(before);
    await db.query.update(hookDeliveries).set({ state: "delivered" }).where(eq(hookDeliveries.id, first[0]!));
    expect(await note("first")).toEqual(first.slice(1));
    expect(await noteDeliveries(db, `${push}0/0`, ["other"], to(1001), new Date(start))).toHaveLength(1);
    const parts = await db.query
      .select()
      .from(hookPayloads)
      .where(eq(hookPayloads.key, `${push}/0`));
    expect(parts.map(({ text }) => text)).toEqual(["first"]);
  });

  it("has the body of one run, though another run kept some of it before", async () => {
    const push = unique("push-");
    const key = `${push}/repository_update`;
    const told = (letter: string, count: number) => ({
      pushId: push,
      parts: Array.from({ length: count }, (_, part) => ({ key, part, text: letter.repeat(290_000) })),
      deliveries: to(1001).map((each) => ({ ...each, payloadKey: key })),
    });
    let trips = 0;
    const brokenOff = recordPushDeliveries(db, told("a", 16), new Date(start), () => {
      trips += 1;
      if (trips > 1) throw new Error("out of time");
    });
    await expect(brokenOff).rejects.toThrow("out of time");
    await recordPushDeliveries(db, told("b", 3), new Date(start), () => {});
    const parts = await db.query.select().from(hookPayloads).where(eq(hookPayloads.key, key)).orderBy(hookPayloads.part);
    expect(parts.map(({ text }) => text.slice(0, 1))).toEqual(["b", "b", "b"]);
  });

  it("may be thousands at once", async () => {
    const push = unique("push-");
    const hooks = Array.from({ length: 2500 }, (_, index) => index + 1);
    const ids = await noteDeliveries(db, `${push}/0`, [], to(...hooks), new Date(start));
    expect(ids).toHaveLength(2500);
    expect(await deliveryOf(ids[0]!)).toMatchObject({
      notVerified: ["commits"],
      state: "pending",
      attempts: 0,
      createdAt: new Date(start),
    });
  });
});
