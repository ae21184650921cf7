import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import { packPush, unpackPush } from "../../src/counter/client.ts";
import * as pushLine from "../../src/counter/push-line.ts";
import type { BuriedPush, Turn } from "../../src/counter/push-line.ts";
import type { AcceptedPush } from "../../src/domain/push/accepted-push.ts";
import { aPush, blank, objectOf, passTime, sha, withFakeQueue } from "../setup/line.ts";
import { unique } from "../setup/world.ts";

const minute = 60_000;

async function aLine() {
  const glRepository = unique("project-");
  const object = objectOf(glRepository);
  const queue = await withFakeQueue(object);
  const accept = async (over: Parameters<typeof aPush>[1] = {}) => {
    const push = aPush(glRepository, over);
    await object.accept(packPush(push));
    return push;
  };
  const announced = () => queue.sent.map((job) => (job as { push_id: string }).push_id);
  const leases = new Map<string, number>();
  const take = async (id: string) => {
    const turn = (await object.take(id)) as Turn;
    if (turn.state !== "ready") return turn;
    leases.set(id, turn.lease);
    return { ...turn, push: unpackPush(turn.push) };
  };
  const leaseOf = (id: string) => leases.get(id) ?? 0;
  const finish = (id: string, goesOn = false) => object.finish(id, leaseOf(id), goesOn);
  const fail = (id: string, error = "", isNamed = true) => object.fail(id, leaseOf(id), error, isNamed);
  const give = async (push: { id: string }) => {
    await take(push.id);
    await fail(push.id);
    return object.bury(push.id);
  };
  return { glRepository, object, queue, accept, announced, take, leaseOf, finish, fail, give };
}

it("announces a push by a small message, and gives it back as it was accepted", async () => {
  const { glRepository, queue, accept, take } = await aLine();
  const push = await accept({ options: { merge_request: { create: true, label: { a: 2 } } }, changes: "not even a line" });
  await vi.waitFor(() => expect(queue.sent).toEqual([{ kind: "push", version: 1, gl_repository: glRepository, push_id: push.id }]));
  expect(await take(push.id)).toEqual({ state: "ready", push, lease: expect.any(Number), superseded: [] });
});

it("takes a push on once, however often it comes, also when it is processed already", async () => {
  const { object, accept, announced, take, finish } = await aLine();
  const push = await accept();
  await object.accept(packPush(push));
  await vi.waitFor(() => expect(announced()).toEqual([push.id]));
  await take(push.id);
  await finish(push.id);
  await object.accept(packPush(push));
  expect(await take(push.id)).toEqual({ state: "gone" });
  expect(announced()).toEqual([push.id]);
});

it("gives a push its turn when all before it are done, and announces it then", async () => {
  const { accept, announced, take, finish } = await aLine();
  const [first, second, third] = [await accept(), await accept(), await accept()];
  await vi.waitFor(() => expect(announced()).toEqual([first.id]));
  expect(await take(second.id)).toEqual({ state: "waiting" });
  expect(await take(first.id)).toMatchObject({ state: "ready" });
  expect(await finish(first.id)).toBeNull();
  expect(announced()).toEqual([first.id, second.id]);
  expect(await take(third.id)).toEqual({ state: "waiting" });
  expect(await take(second.id)).toMatchObject({ state: "ready" });
  expect(await finish(second.id, true)).toBe(third.id);
  expect(announced()).toEqual([first.id, second.id]);
  expect(await take(third.id)).toMatchObject({ state: "ready" });
  expect(await finish(third.id, true)).toBeNull();
});

it("lets nobody begin while another run is under way, until its lease is over", async () => {
  const { object, accept, take } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await take(first.id);
  expect(await take(first.id)).toEqual({ state: "busy" });
  expect(await take(second.id)).toEqual({ state: "waiting" });
  await passTime(object, 3 * minute);
  expect(await take(first.id)).toMatchObject({ state: "ready" });
});

it("keeps the line through an eviction", async () => {
  const { object, accept, take, finish } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await evictDurableObject(object);
  expect(await take(first.id)).toMatchObject({ state: "ready", push: first });
  await evictDurableObject(object);
  await finish(first.id);
  expect(await take(second.id)).toMatchObject({ state: "ready", push: second });
});

it("hands a push over by its alarm where the queue refused it, as often as it takes", async () => {
  const { object, queue, accept, announced } = await aLine();
  queue.refusals = 2;
  const push = await accept();
  await vi.waitFor(() => expect(queue.refusals).toBe(1));
  expect(announced()).toEqual([]);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([]);
  expect(await runDurableObjectAlarm(object)).toBe(true);
  expect(announced()).toEqual([push.id]);
});

it("announces a push anew after a minute without a sign of it, then after two, up to a quarter of an hour", async () => {
  const { object, accept, announced } = await aLine();
  const push = await accept();
  await vi.waitFor(() => expect(announced()).toEqual([push.id]));
  for (const minutes of [1, 2, 4, 8, 15, 15]) {
    const before = announced().length;
    // oxlint-disable no-await-in-loop -- one after the other
    await passTime(object, (minutes - 0.5) * minute);
    await runDurableObjectAlarm(object);
    expect(announced()).toHaveLength(before);
    await passTime(object, minute);
    await runDurableObjectAlarm(object);
    expect(announced()).toHaveLength(before + 1);
    // oxlint-enable no-await-in-loop
  }
});

it("announces a push anew when the lease of who processes it is over", async () => {
  const { object, accept, announced, take } = await aLine();
  const push = await accept();
  await vi.waitFor(() => expect(announced()).toEqual([push.id]));
  await take(push.id);
  await passTime(object, 2 * minute);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([push.id]);
  await passTime(object, 2 * minute);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([push.id, push.id]);
});

it("a push that failed keeps its place, and is begun again", async () => {
  const { object, accept, announced, take, fail } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await vi.waitFor(() => expect(announced()).toEqual([first.id]));
  await take(first.id);
  await fail(first.id, "D1 is down");
  expect(await take(second.id)).toEqual({ state: "waiting" });
  expect(await take(first.id)).toMatchObject({ state: "ready" });
  expect(await object.inspect(first.id)).toMatchObject({ attempts: 2, error: "D1 is down" });
  await fail(first.id, "still down", false);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([first.id, first.id]);
});

it("goes on without a push that was given up, and tells what an operator has to know of it", async () => {
  const { object, accept, announced, take, fail } = await aLine();
  const [first, second] = [await accept({ identifier: "key-7" }), await accept()];
  await vi.waitFor(() => expect(announced()).toEqual([first.id]));
  await take(first.id);
  expect(await object.bury(first.id)).toBe("busy");
  await fail(first.id, "it cannot be done");
  const buried = (await object.bury(first.id)) as BuriedPush;
  expect(buried).toMatchObject({ attempts: 1, error: "it cannot be done" });
  expect(unpackPush(buried.push)).toEqual(first);
  expect(announced()).toEqual([first.id, second.id]);
  expect(await take(first.id)).toEqual({ state: "gone" });
  expect(await take(second.id)).toMatchObject({ state: "ready" });
});

it("a push that is replayed learns which refs have changed since; its line waits meanwhile", async () => {
  const { object, accept, announced, take, finish, give } = await aLine();
  const names = ["refs/heads/main", "refs/heads/untouched", "refs/tags/v1"];
  const buried = await accept({ changes: names.map((name) => `${blank} ${sha("a")} ${name}\n`).join("") });
  await give(buried);
  const later = await accept({
    changes: `${blank} ${sha("b")} refs/heads/main\n${sha("b")} ${blank} refs/tags/v1\nbroken\n${blank} ${sha("b")} refs/heads/more`,
  });
  await take(later.id);
  await finish(later.id);
  expect(await object.replay(buried.id)).toBe(true);
  expect(await object.replay(buried.id)).toBe(true);
  const next = await accept();
  expect(announced().at(-1)).toBe(buried.id);
  const turn = await take(buried.id);
  expect(turn).toMatchObject({ state: "ready", push: buried });
  expect(turn.state === "ready" && turn.superseded).toEqual([0, 2]);
  expect(await take(next.id)).toEqual({ state: "waiting" });
  await finish(buried.id);
  expect(await take(next.id)).toMatchObject({ state: "ready" });
  expect(await object.replay(buried.id)).toBe(false);
  const kept = await runInDurableObject(object, (_instance, state) => [...state.storage.sql.exec("select * from later_changes")]);
  expect(kept).toEqual([]);
});

it("a buried push that is discarded is gone for ever; one in line cannot be", async () => {
  const { object, accept, take, fail } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await object.discard(first.id);
  expect(await take(first.id)).toMatchObject({ state: "ready" });
  await fail(first.id);
  await object.bury(first.id);
  await object.discard(first.id);
  expect(await object.inspect(first.id)).toBeNull();
  expect(await object.replay(first.id)).toBe(false);
  expect(await take(second.id)).toMatchObject({ state: "ready" });
});

it("keeps 10 MB of changes whole, with characters of any length, and forgets them when they are processed", async () => {
  const { object, accept, take, finish } = await aLine();
  const line = `${blank} ${sha("a")} refs/heads/\u{1F600}ünïcode-`;
  const changes = Array.from({ length: 100_000 }, (_, index) => `${line}${index}\n`).join("");
  const push = await accept({ changes });
  const turn = await take(push.id);
  expect(turn.state === "ready" && turn.push.changes === changes).toBe(true);
  await finish(push.id);
  const kept = await runInDurableObject(object, (_instance, state) => [...state.storage.sql.exec("select * from push_parts")]);
  expect(kept).toEqual([]);
});

it("forgets the ids of processed pushes when no queue can repeat them any more", async () => {
  const { object, accept, take, finish } = await aLine();
  const push = await accept();
  await take(push.id);
  await finish(push.id);
  await passTime(object, 4 * 24 * 60 * minute);
  await runDurableObjectAlarm(object);
  const count = () => runInDurableObject(object, (_instance, state) => [...state.storage.sql.exec("select 1 from pushes")].length);
  expect(await count()).toBe(1);
  await passTime(object, 2 * 24 * 60 * minute);
  await runDurableObjectAlarm(object);
  expect(await count()).toBe(0);
});

it("a run whose lease is over ends nothing: somebody else may be at it", async () => {
  const { object, accept, take, leaseOf, finish } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await take(first.id);
  const late = leaseOf(first.id);
  await passTime(object, 4 * minute);
  await take(first.id);
  await object.fail(first.id, late, "too late", true);
  expect(await object.finish(first.id, late, true)).toBeNull();
  expect(await take(first.id)).toEqual({ state: "busy" });
  expect(await take(second.id)).toEqual({ state: "waiting" });
  await finish(first.id);
  expect(await take(second.id)).toMatchObject({ state: "ready" });
});

it("of several that were given up, none touches a ref that a later one has changed, in whatever order they are replayed", async () => {
  const { object, accept, take, finish, give } = await aLine();
  const both = `${blank} ${sha("a")} refs/heads/main\n${blank} ${sha("a")} refs/heads/other\n`;
  const [first, second, third] = [await accept({ changes: both }), await accept({ changes: both }), await accept({ changes: both })];
  for (const push of [first, second, third]) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    await give(push);
  }
  const last = await accept({ changes: `${blank} ${sha("b")} refs/heads/other\n` });
  await take(last.id);
  await finish(last.id);
  for (const [push, superseded] of [
    [second, [1]],
    [third, [1]],
    [first, [0, 1]],
  ] as const) {
    // oxlint-disable no-await-in-loop -- in order
    await object.replay(push.id);
    expect(await take(push.id)).toMatchObject({ superseded });
    await finish(push.id);
    // oxlint-enable no-await-in-loop
  }
});

it("a push that nobody has begun is not given up, but announced anew; one whose runs only died is", async () => {
  const { object, accept, take, announced } = await aLine();
  const push = await accept();
  await vi.waitFor(() => expect(announced()).toEqual([push.id]));
  expect(await object.bury(push.id)).toBeNull();
  expect(announced()).toEqual([push.id, push.id]);
  await take(push.id);
  await passTime(object, 4 * minute);
  expect(await object.bury(push.id)).toMatchObject({ attempts: 1, error: "" });
});

it("a push that is asked for while a replayed one is processed is announced when that one is done", async () => {
  const { object, accept, take, announced, finish, give } = await aLine();
  const buried = await accept();
  await give(buried);
  const next = await accept();
  await vi.waitFor(() => expect(announced().at(-1)).toBe(next.id));
  await object.replay(buried.id);
  await take(buried.id);
  expect(await take(next.id)).toEqual({ state: "waiting" });
  await finish(buried.id);
  expect(announced().slice(-2)).toEqual([buried.id, next.id]);
});

it("no alarm comes while a push is processed, also where another one's announcement is overdue", async () => {
  const { object, accept, take, announced, give } = await aLine();
  const buried = await accept();
  await give(buried);
  const next = await accept();
  await vi.waitFor(() => expect(announced().at(-1)).toBe(next.id));
  await object.replay(buried.id);
  await passTime(object, 16 * minute);
  await take(next.id);
  await runDurableObjectAlarm(object);
  const alarm = await runInDurableObject(object, (_instance, state) => state.storage.getAlarm());
  expect(alarm! - Date.now()).toBeGreaterThan(2 * minute);
});

it("a replay of 15 MB whose every ref has changed since fits into an answer", async () => {
  const { object, accept, take, finish, give } = await aLine();
  const name = `\u{1F600}${"x".repeat(1800)}`;
  const changes = Array.from({ length: 8000 }, (_, index) => `${blank} ${sha("a")} refs/heads/${name}${index}\n`).join("");
  const buried = await accept({ changes });
  await give(buried);
  const later = await accept({ changes });
  await take(later.id);
  await finish(later.id);
  await object.replay(buried.id);
  const turn = await take(buried.id);
  expect(turn.state === "ready" && turn.superseded.length).toBe(8000);
});

it("a step costs the same few rows with 10,000 pushes in line, 100 given up and 100,000 done", async () => {
  const costs = async (waiting: number, buried: number, done: number) => {
    const { object, glRepository } = await aLine();
    return runInDurableObject(object, (_instance, { storage: { sql } }) => {
      const now = Date.now();
      for (const [state, count] of Object.entries({ done, buried, waiting })) {
        sql.exec(
          `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
          insert into pushes (push_id, gl_repository, state, done_at) select ? || i, 'g', ?, ? from n`,
          count,
          state,
          state,
          now,
        );
      }
      return stepCosts(sql, aPush(glRepository), now);
    });
  };
  const few = await costs(2, 1, 1);
  expect(await costs(10_000, 100, 100_000)).toEqual(few);
  expect(Math.max(...Object.values(few))).toBeLessThan(15);
});

/** Rows read and written by each step of the pushLine. */
function stepCosts(sql: SqlStorage, push: AcceptedPush, now: number): Record<string, number> {
  let rows = 0;
  const exec = (query: string, ...values: SqlStorageValue[]) => {
    const cursor = sql.exec(query, ...values);
    const found = cursor.toArray();
    rows += cursor.rowsRead + cursor.rowsWritten;
    return Object.assign(found, { toArray: () => found });
  };
  const counting = { exec } as unknown as SqlStorage;
  const cost = (step: () => unknown) => {
    rows = 0;
    step();
    return rows;
  };
  let lease = 0;
  const begin = () => {
    const turn = pushLine.take(counting, "waiting1", now);
    lease = turn.state === "ready" ? turn.lease : 0;
  };
  return {
    append: cost(() => pushLine.append(counting, packPush(push))),
    nextLook: cost(() => pushLine.nextLook(counting, now, minute)),
    findUnannounced: cost(() => pushLine.findUnannounced(counting, now)),
    markAnnounced: cost(() => pushLine.markAnnounced(counting, "waiting1", now)),
    notYet: cost(() => pushLine.take(counting, "waiting2", now)),
    take: cost(begin),
    finish: cost(() => pushLine.finish(counting, "waiting1", lease, now)),
    forgetDone: cost(() => pushLine.forgetDone(counting, now)),
    nextLookAtDone: cost(() => {
      sql.exec("update pushes set state = 'buried' where state = 'waiting'");
      pushLine.nextLook(counting, now, minute);
    }),
  };
}

it("a run that ends after its lease is not believed, for a replayed push may have begun meanwhile that has not heard of it", async () => {
  const { object, accept, take, finish, give } = await aLine();
  const changes = `${blank} ${sha("a")} refs/heads/main\n`;
  const [first, second] = [await accept({ changes }), await accept({ changes })];
  await give(first);
  const late = await take(second.id);
  await passTime(object, 4 * minute);
  await object.replay(first.id);
  await take(first.id);
  expect(late.state === "ready" && (await object.finish(second.id, late.lease - 4 * minute, false))).toBeNull();
  await finish(first.id);
  expect(await take(second.id)).toMatchObject({ state: "ready" });
});
