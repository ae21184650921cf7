import { createExecutionContext, createMessageBatch, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { packPush } from "../../src/counter/client.ts";
import type { Turn } from "../../src/counter/push-line.ts";
import * as schema from "../../src/db/schema/index.ts";
import { consume, retryDelay } from "../../src/queue/consumer.ts";
import { asRoot } from "../setup/call.ts";
import { aPush, blank, objectOf, passTime, sha, withFakeQueue } from "../setup/line.ts";
import { addGroup, addMember, addProject, addUser, db, unique } from "../setup/world.ts";

const brokenD1 = { withSession: () => ({ prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error("D1 is down")) }) };
const jobs = "gatehouse-jobs";
const dead = "gatehouse-jobs-dead";

/** Hands messages to the consumer as the platform would, and says what became of each. */
async function deliver(queue: string, bodies: readonly unknown[], over: { attempts?: number; env?: Record<string, unknown> } = {}) {
  const outcome = { acked: 0, delays: [] as number[] };
  const messages = bodies.map((body) => ({
    id: unique("message-"),
    timestamp: new Date(),
    attempts: over.attempts ?? 1,
    body,
    ack() {
      outcome.acked += 1;
    },
    retry(options?: QueueRetryOptions) {
      outcome.delays.push(options?.delaySeconds ?? 0);
    },
  }));
  const batch = { ...createMessageBatch<unknown>(queue, []), queue, messages };
  await consume(batch, { ...env, ...over.env });
  return outcome;
}

const pushJob = (push: { id: string; glRepository: string }) => ({
  kind: "push",
  version: 1,
  gl_repository: push.glRepository,
  push_id: push.id,
});
const letters = async (query = "") => (await asRoot("GET", `/operator/dead_letters${query}`)).body;

/** A repository with a pusher, whose object announces to a queue that delivers nothing. */
async function aRepository() {
  const user = await addUser();
  const project = await addProject(await addGroup(), { isRepositoryEmpty: false });
  await addMember(user, { project }, 40);
  const glRepository = `project-${project.id}`;
  const object = objectOf(glRepository);
  const queue = await withFakeQueue(object);
  const accept = async (changes: string) => {
    const push = aPush(glRepository, { identifier: `user-${user.id}`, changes });
    await object.accept(packPush(push));
    return push;
  };
  const refs = async () => {
    const rows = await db.query.select().from(schema.gitRefs);
    return Object.fromEntries(rows.filter((row) => row.projectId === project.id).map((row) => [row.name, row.sha]));
  };
  return { user, project, object, queue, accept, refs };
}

const create = (branch: string, digit = "a") => `${blank} ${sha(digit)} refs/heads/${branch}\n`;
const update = (branch: string, from: string, to: string) => `${sha(from)} ${sha(to)} refs/heads/${branch}\n`;

beforeEach(async () => {
  await db.query.delete(schema.deadLetters);
});

describe("messages", () => {
  it("each is settled alone: what nobody can read is kept for an operator and holds up nothing", async () => {
    const { accept, refs } = await aRepository();
    const push = await accept(create("one"));
    const result = await deliver(jobs, [{ kind: "nothing-known" }, "not even a job", null, pushJob(push), { kind: "push", version: 2 }]);
    expect(result).toEqual({ acked: 5, delays: [] });
    expect(await refs()).toEqual({ "refs/heads/one": sha("a") });
    const kept = await letters();
    expect(kept).toHaveLength(4);
    expect(kept[0]).toMatchObject({ kind: null, version: null, error: "The message is of no known kind and version.", replayed_at: null });
    const bodies = await Promise.all(
      kept.map(async ({ id }: { id: number }) => (await asRoot("GET", `/operator/dead_letters/${id}`)).body.body),
    );
    expect(bodies).toEqual(expect.arrayContaining([{ kind: "nothing-known" }, "not even a job", null, { kind: "push", version: 2 }]));
  });

  it("what nobody can read comes again while it cannot be kept", async () => {
    expect(await deliver(jobs, ["nothing"], { env: { DB: brokenD1 } })).toEqual({ acked: 0, delays: [expect.any(Number)] });
  });

  it("a failing job comes again later and later", () => {
    expect([1, 2, 3, 4, 5].map((attempts) => retryDelay(attempts, 0))).toEqual([15, 45, 135, 405, 600]);
    expect(retryDelay(50, 0)).toBe(600);
    expect(retryDelay(1, 1)).toBe(23);
  });

  it("a deployment that is not configured processes nothing and loses nothing", async () => {
    const { accept, refs } = await aRepository();
    const push = await accept(create("one"));
    expect((await deliver(jobs, [pushJob(push)], { env: { GITLAB_SHELL_SECRET: "" } })).acked).toBe(0);
    expect(await refs()).toEqual({});
    await deliver(jobs, [pushJob(push)]);
    expect(await refs()).toEqual({ "refs/heads/one": sha("a") });
  });
});

describe("the line of a repository", () => {
  it("one message goes on with the pushes behind the one that it names, in order", async () => {
    const { accept, refs, object } = await aRepository();
    const first = await accept(create("main", "1"));
    await accept(update("main", "1", "2"));
    const last = await accept(update("main", "2", "3") + create("other"));
    await deliver(jobs, [pushJob(first)]);
    expect(await refs()).toEqual({ "refs/heads/main": sha("3"), "refs/heads/other": sha("a") });
    expect((await object.take(last.id)) as Turn).toEqual({ state: "gone" });
  });

  it("one batch asks no more of D1 than an invocation may, however long the lines are", async () => {
    const repositories = await Promise.all([aRepository(), aRepository(), aRepository()]);
    const heads = [];
    for (const { accept } of repositories) {
      // oxlint-disable no-await-in-loop -- in order
      heads.push(await accept(create("b0")));
      for (let index = 1; index < 60; index += 1) await accept(create(`b${index}`));
      // oxlint-enable no-await-in-loop
    }
    let statements = 0;
    const withSession = (bookmark: string) => {
      const session = env.DB.withSession(bookmark);
      const batch = (asked: D1PreparedStatement[]) => {
        statements += asked.length;
        return session.batch(asked);
      };
      return { prepare: (query: string) => session.prepare(query), batch };
    };
    expect(await deliver(jobs, heads.map(pushJob), { env: { DB: { withSession } } })).toEqual({ acked: 3, delays: [] });
    expect(statements).toBeLessThan(1000);
    for (const { refs } of repositories) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await refs()).toMatchObject({ "refs/heads/b0": sha("a") });
    }
  });

  it("messages that come in the wrong order, twice or too late change nothing", async () => {
    const { accept, refs, project } = await aRepository();
    const first = await accept(create("main", "1"));
    const second = await accept(update("main", "1", "2"));
    expect(await deliver(jobs, [pushJob(second)])).toEqual({ acked: 1, delays: [] });
    expect(await refs()).toEqual({});
    await deliver(jobs, [pushJob(second), pushJob(first), pushJob(first), pushJob(second)]);
    await deliver(jobs, [pushJob(first)]);
    expect(await refs()).toEqual({ "refs/heads/main": sha("2") });
    const events = await db.query.select().from(schema.pushEvents);
    expect(events.filter((event) => event.projectId === project.id)).toHaveLength(2);
  });

  it("a push that fails keeps those behind it waiting, and is processed when it comes again", async () => {
    const { accept, refs, object } = await aRepository();
    const first = await accept(create("main", "1"));
    const second = await accept(update("main", "1", "2"));
    const failed = await deliver(jobs, [pushJob(first), pushJob(second)], { env: { DB: brokenD1 } });
    expect(failed).toEqual({ acked: 1, delays: [expect.any(Number)] });
    expect(await object.inspect(first.id)).toMatchObject({ attempts: 1, error: "D1 is down" });
    await deliver(jobs, [pushJob(first)], { attempts: 2 });
    expect(await refs()).toEqual({ "refs/heads/main": sha("2") });
  });

  it("an operator sees how many wait, and for what", async () => {
    const { accept, object } = await aRepository();
    const first = await accept(create("main", "1"));
    await accept(update("main", "1", "2"));
    const line = async (of = first.glRepository) => (await asRoot("GET", `/operator/lines/${of}`)).body;
    const shown = { push_id: first.id, identifier: first.identifier, accepted_at: new Date(first.acceptedAt).toISOString() };
    expect(await line()).toEqual({
      gl_repository: first.glRepository,
      waiting: 2,
      given_up: 0,
      first: { ...shown, being_processed: false, attempts: 0, error: "" },
    });
    await deliver(jobs, [pushJob(first)], { env: { DB: brokenD1 } });
    expect((await line()).first).toEqual({ ...shown, being_processed: false, attempts: 1, error: "D1 is down" });
    await object.take(first.id);
    expect((await line()).first).toMatchObject({ being_processed: true, attempts: 2 });
    expect(await line("nothing-here")).toEqual({ gl_repository: "nothing-here", waiting: 0, given_up: 0, first: null });
  });

  it("two consumers at once: one processes, the other comes again", async () => {
    const { accept, object } = await aRepository();
    const push = await accept(create("main"));
    await object.take(push.id);
    const { acked, delays } = await deliver(jobs, [pushJob(push)]);
    expect(acked).toBe(0);
    expect(delays[0]).toBeGreaterThanOrEqual(60);
  });

  it("comes to the same where a call to the repository's object fails, or its answer is lost", async () => {
    type Call = (...values: unknown[]) => Promise<unknown>;
    /** The object, whose call number `at` does not arrive, or does and is not answered. */
    const failing = (at: number, isDone: boolean, seen: { calls: number }) => ({
      getByName: (name: string) => {
        const stub = objectOf(name) as unknown as Record<string, Call>;
        const call =
          (method: string): Call =>
          async (...values) => {
            seen.calls += 1;
            if (seen.calls === at && !isDone) throw new Error("it did not arrive");
            const answer = await stub[method]!(...values);
            if (seen.calls === at) throw new Error("the answer was lost");
            return answer;
          };
        return { take: call("take"), finish: call("finish"), fail: call("fail") };
      },
    });
    // oxlint-disable no-await-in-loop -- one after the other
    for (let at = 1; at <= 4; at += 1) {
      for (const isDone of [false, true]) {
        const { accept, refs, object, project, queue } = await aRepository();
        await accept(create("main", "1"));
        await accept(update("main", "1", "2"));
        await expect.poll(() => queue.sent).toHaveLength(1);
        const [message] = queue.sent;
        const seen = { calls: 0 };
        await deliver(jobs, [message], { env: { REFERENCE_COUNTER: failing(at, isDone, seen) } });
        expect(seen.calls).toBeGreaterThanOrEqual(at);
        await passTime(object, 16 * 60_000);
        await runDurableObjectAlarm(object);
        await deliver(jobs, [message, ...queue.sent]);
        expect(await refs(), `call ${at}`).toEqual({ "refs/heads/main": sha("2") });
        const events = (await db.query.select().from(schema.pushEvents)).filter((event) => event.projectId === project.id);
        expect(events.map(({ commitTo }) => commitTo)).toEqual([sha("1"), sha("2")]);
        const left = await runInDurableObject(object, (_instance, { storage }) => [
          ...storage.sql.exec("select 1 from pushes where state <> 'done'"),
        ]);
        expect(left).toEqual([]);
      }
    }
    // oxlint-enable no-await-in-loop
  });

  it("a parked push is put in line when its repository's object is back, once", async () => {
    const { object, project, user, refs, queue } = await aRepository();
    const push = aPush(`project-${project.id}`, { identifier: `user-${user.id}`, changes: create("parked") });
    const message = { kind: "parked_push", version: 1, push };
    const down = { getByName: () => ({ accept: () => Promise.reject(new Error("object is down")) }) };
    expect((await deliver(jobs, [message], { env: { REFERENCE_COUNTER: down } })).delays).toHaveLength(1);
    expect(await deliver(jobs, [message, message])).toEqual({ acked: 2, delays: [] });
    await expect.poll(() => queue.sent).toEqual([pushJob(push)]);
    await deliver(jobs, queue.sent);
    expect(await refs()).toEqual({ "refs/heads/parked": sha("a") });
    expect(await deliver(jobs, [message])).toEqual({ acked: 1, delays: [] });
    expect((await object.take(push.id)) as Turn).toEqual({ state: "gone" });
  });
});

it("a parked push that comes late leaves alone what later pushes have changed, and does all else", async () => {
  const { accept, refs, project, user, queue } = await aRepository();
  await deliver(jobs, [pushJob(await accept(create("main", "1") + create("other", "1")))]);
  const parked = aPush(`project-${project.id}`, {
    identifier: `user-${user.id}`,
    changes: update("main", "1", "2") + update("other", "1", "2") + create("mine", "2"),
  });
  await deliver(jobs, [pushJob(await accept(update("main", "2", "3")))]);
  queue.sent.length = 0;
  await deliver(jobs, [{ kind: "parked_push", version: 1, push: parked }]);
  await expect.poll(() => queue.sent).toEqual([pushJob(parked)]);
  await deliver(jobs, queue.sent);
  expect(await refs()).toEqual({ "refs/heads/main": sha("3"), "refs/heads/other": sha("2"), "refs/heads/mine": sha("2") });
  const events = await db.query.select().from(schema.pushEvents);
  expect(events.filter(({ pushId }) => pushId === parked.id)).toHaveLength(3);
});

describe("dead letters", () => {
  async function aDeadPush(changes = create("main", "1")) {
    const repository = await aRepository();
    const push = await repository.accept(changes);
    await deliver(jobs, [pushJob(push)], { env: { DB: brokenD1 } });
    expect(await deliver(dead, [pushJob(push)])).toEqual({ acked: 1, delays: [] });
    const [letter] = await letters("?kind=push");
    return { ...repository, push, letter };
  }

  it("a push that died is listed and shown with what it was; those behind it go on", async () => {
    const { object, accept, refs, push, letter, queue } = await aDeadPush();
    expect(letter).toEqual({
      id: expect.any(Number),
      kind: "push",
      version: 1,
      attempts: 1,
      error: "D1 is down",
      created_at: expect.any(String),
      replayed_at: null,
    });
    expect((await asRoot("GET", `/operator/dead_letters/${letter.id}`)).body).toEqual({
      ...letter,
      body: {
        ...pushJob(push),
        push: {
          identifier: push.identifier,
          changes: push.changes,
          changes_length: push.changes.length,
          push_options: {},
          accepted_at: new Date(push.acceptedAt).toISOString(),
        },
      },
    });
    const next = await accept(create("next"));
    await expect.poll(() => queue.sent.at(-1)).toEqual(pushJob(next));
    await deliver(jobs, [pushJob(next)]);
    expect(await refs()).toEqual({ "refs/heads/next": sha("a") });
    expect(await object.inspect(push.id)).not.toBeNull();
  });

  it("a replay does the push, however often it is asked for, and touches no ref that has changed since", async () => {
    const { accept, refs, letter, queue, project, push } = await aDeadPush(create("main", "1") + create("only", "1"));
    const later = await accept(update("main", "1", "2"));
    await deliver(jobs, [pushJob(later)]);
    for (let time = 0; time < 3; time += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await asRoot("POST", `/operator/dead_letters/${letter.id}/replay`)).toMatchObject({
        status: 202,
        body: { message: "202 Accepted" },
      });
    }
    await deliver(jobs, [...queue.sent, pushJob(push), pushJob(push)]);
    expect(await refs()).toEqual({ "refs/heads/main": sha("2"), "refs/heads/only": sha("1") });
    const events = await db.query.select().from(schema.pushEvents);
    expect(events.filter((event) => event.projectId === project.id)).toHaveLength(3);
    const [replayed] = await letters("?kind=push");
    expect(replayed.replayed_at).not.toBeNull();
    await asRoot("POST", `/operator/dead_letters/${letter.id}/replay`);
    expect(await deliver(jobs, [pushJob(push)])).toEqual({ acked: 1, delays: [] });
  });

  it("one that dies again is the same letter, and can be replayed again", async () => {
    const { push, letter, refs } = await aDeadPush();
    await asRoot("POST", `/operator/dead_letters/${letter.id}/replay`);
    await deliver(jobs, [pushJob(push)], { env: { DB: brokenD1 } });
    await deliver(dead, [pushJob(push)]);
    expect(await letters("?kind=push")).toEqual([{ ...letter, attempts: 2, created_at: expect.any(String) }]);
    await asRoot("POST", `/operator/dead_letters/${letter.id}/replay`);
    await deliver(jobs, [pushJob(push)]);
    expect(await refs()).toEqual({ "refs/heads/main": sha("1") });
  });

  it("a parked push that died and dies again as a push in line is the same letter, of the kind that it is now", async () => {
    const { object, accept } = await aRepository();
    const push = await accept(create("main"));
    const down = { getByName: () => ({ accept: () => Promise.reject(new Error("object is down")) }) };
    await deliver(dead, [{ kind: "parked_push", version: 1, push }], { env: { REFERENCE_COUNTER: down } });
    expect(await letters()).toMatchObject([{ kind: "parked_push" }]);
    await deliver(jobs, [pushJob(push)], { env: { DB: brokenD1 } });
    await deliver(dead, [pushJob(push)]);
    expect(await letters()).toMatchObject([{ kind: "push", error: "D1 is down" }]);
    expect(await object.inspect(push.id)).not.toBeNull();
  });

  it("a push that was never tried is not given up: what its message died of is not its fault", async () => {
    const { accept, queue, refs } = await aRepository();
    const push = await accept(create("main"));
    await expect.poll(() => queue.sent).toEqual([pushJob(push)]);
    expect(await deliver(dead, [pushJob(push)])).toEqual({ acked: 1, delays: [] });
    expect(await letters()).toEqual([]);
    expect(queue.sent).toEqual([pushJob(push), pushJob(push)]);
    await deliver(jobs, [pushJob(push)]);
    expect(await refs()).toEqual({ "refs/heads/main": sha("a") });
  });

  it("one that is deleted is gone, with the push that it stands for", async () => {
    const { letter, object, push } = await aDeadPush();
    expect(await asRoot("DELETE", `/operator/dead_letters/${letter.id}`)).toMatchObject({ status: 204 });
    expect(await asRoot("GET", `/operator/dead_letters/${letter.id}`)).toMatchObject({ status: 404, body: { message: "404 Not found" } });
    expect(await asRoot("DELETE", `/operator/dead_letters/${letter.id}`)).toMatchObject({ status: 404 });
    expect(await object.inspect(push.id)).toBeNull();
  });

  it("a push that was processed after all leaves no letter", async () => {
    const { accept } = await aRepository();
    const push = await accept(create("main"));
    await deliver(jobs, [pushJob(push)]);
    expect(await deliver(dead, [pushJob(push)])).toEqual({ acked: 1, delays: [] });
    expect(await letters()).toEqual([]);
  });

  it("a push that is being processed is not given up", async () => {
    const { accept, object } = await aRepository();
    const push = await accept(create("main"));
    await object.take(push.id);
    expect(await deliver(dead, [pushJob(push)])).toEqual({ acked: 0, delays: [60] });
  });

  it("while D1 is down the letter waits in its queue", async () => {
    const { accept } = await aRepository();
    const push = await accept(create("main"));
    await deliver(jobs, [pushJob(push)], { env: { DB: brokenD1 } });
    expect((await deliver(dead, [pushJob(push)], { env: { DB: brokenD1 } })).acked).toBe(0);
    expect(await deliver(dead, [pushJob(push)])).toEqual({ acked: 1, delays: [] });
    expect(await letters("?kind=push")).toHaveLength(1);
  });

  async function aDelivery(values: Partial<typeof schema.hookDeliveries.$inferInsert>): Promise<number> {
    const fixed = { hookId: 987_654_321, trigger: "push_hooks", idempotencyKey: "k", instanceUrl: "u", createdAt: new Date() } as const;
    const [row] = await db.query
      .insert(schema.hookDeliveries)
      .values({ ...fixed, payloadKey: unique("payload/"), ...values })
      .returning();
    return row!.id;
  }

  it("a delivery that another message settled leaves no letter; one that is still to be sent does", async () => {
    const settled = await Promise.all((["delivered", "failed", "dropped"] as const).map((state) => aDelivery({ state })));
    const pending = await aDelivery({ attempts: 1, leasedUntil: new Date() });
    const messages = [...settled, 999_999_999, pending].map((id) => ({ kind: "deliver_hook", version: 1, delivery_id: id }));
    expect(await deliver(dead, messages)).toEqual({ acked: 5, delays: [] });
    expect(await letters()).toHaveLength(1);
    const [{ id }] = await letters();
    expect((await asRoot("GET", `/operator/dead_letters/${id}`)).body.body).toEqual(messages.at(-1));
  });

  it("a delivery that died waits while nobody can tell whether it is settled", async () => {
    const message = { kind: "deliver_hook", version: 1, delivery_id: await aDelivery({}) };
    expect((await deliver(dead, [message], { env: { DB: brokenD1 } })).acked).toBe(0);
    expect(await letters()).toEqual([]);
  });

  it("a letter of a delivery is replayed: what the queue is given settles it, and dies no second time", async () => {
    const message = { kind: "deliver_hook", version: 1, delivery_id: await aDelivery({}) };
    await deliver(dead, [message]);
    const [letter] = await letters("?kind=deliver_hook");
    const sent: unknown[] = [];
    const fields = { JOBS: { send: (body: unknown) => Promise.resolve(sent.push(body)) } };
    const path = `http://gitlab.example.test/api/v4/operator/dead_letters/${letter.id}/replay`;
    const headers = { "PRIVATE-TOKEN": env.GATEHOUSE_ROOT_TOKEN };
    expect((await app.request(path, { method: "POST", headers }, { ...env, ...fields }, createExecutionContext())).status).toBe(202);
    expect(sent).toEqual([message]);
    // Its hook is gone: the delivery is dropped.
    expect(await deliver(jobs, sent)).toEqual({ acked: 1, delays: [] });
    expect(await deliver(dead, sent)).toEqual({ acked: 1, delays: [] });
    expect(await letters("?kind=deliver_hook")).toEqual([{ ...letter, replayed_at: expect.any(String) }]);
  });

  it("other jobs are kept as they are and replayed through the queue; what nobody can read is not", async () => {
    await deliver(dead, [{ kind: "deliver_hook", version: 1, delivery_id: await aDelivery({}) }, { what: "?" }]);
    const [hook] = await letters("?kind=deliver_hook");
    expect(hook).toMatchObject({ kind: "deliver_hook", version: 1, error: "It failed each time it was tried." });
    expect(await asRoot("POST", `/operator/dead_letters/${hook.id}/replay`)).toMatchObject({ status: 202 });
    const unknown = (await letters()).find(({ kind }: { kind: string | null }) => kind === null);
    expect(await asRoot("POST", `/operator/dead_letters/${unknown.id}/replay`)).toMatchObject({
      status: 422,
      body: { message: "The message is of no known kind and cannot be replayed." },
    });
  });

  it("of very long changes the first lines are shown", async () => {
    const { letter, push } = await aDeadPush(create("main").repeat(5000));
    const { body } = (await asRoot("GET", `/operator/dead_letters/${letter.id}`)).body;
    expect(body.push.changes.length).toBeLessThanOrEqual(100_000);
    expect(body.push.changes.endsWith("main\n")).toBe(true);
    expect(body.push.changes_length).toBe(push.changes.length);
  });

  it("an id that no letter has is 404, whatever it is", async () => {
    for (const id of ["0", "999999", "x", "1.5", "-1", "99999999999999999999"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await asRoot("POST", `/operator/dead_letters/${id}/replay`)).toMatchObject({ status: 404 });
    }
  });
});
