import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import { packPush, unpackPush } from "../../src/counter/client.ts";
import type { BuriedPush, Turn } from "../../src/counter/push-line.ts";
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
  const take = async (id: string) => {
    const turn = (await object.take(id)) as Turn;
    return turn.state === "ready" ? { ...turn, push: unpackPush(turn.push) } : turn;
  };
  return { glRepository, object, queue, accept, announced, take };
}

it("announces a push by a small message, and gives it back as it was accepted", async () => {
  const { glRepository, queue, accept, take } = await aLine();
  const push = await accept({ options: { merge_request: { create: true, label: { a: 2 } } }, changes: "not even a line" });
  await vi.waitFor(() => expect(queue.sent).toEqual([{ kind: "push", version: 1, gl_repository: glRepository, push_id: push.id }]));
  expect(await take(push.id)).toEqual({ state: "ready", push, superseded: [] });
});

it("takes a push on once, however often it comes, also when it is processed already", async () => {
  const { object, accept, take, announced } = await aLine();
  const push = await accept();
  await object.accept(packPush(push));
  await vi.waitFor(() => expect(announced()).toEqual([push.id]));
  await take(push.id);
  await object.finish(push.id, false);
  await object.accept(packPush(push));
  expect(await take(push.id)).toEqual({ state: "gone" });
  expect(announced()).toEqual([push.id]);
});

it("gives a push its turn when all before it are done, and announces it then", async () => {
  const { object, accept, take, announced } = await aLine();
  const [first, second, third] = [await accept(), await accept(), await accept()];
  await vi.waitFor(() => expect(announced()).toEqual([first.id]));
  expect(await take(second.id)).toEqual({ state: "waiting" });
  expect(await take(first.id)).toMatchObject({ state: "ready" });
  expect(await object.finish(first.id, false)).toBeNull();
  expect(announced()).toEqual([first.id, second.id]);
  expect(await take(third.id)).toEqual({ state: "waiting" });
  expect(await take(second.id)).toMatchObject({ state: "ready" });
  expect(await object.finish(second.id, true)).toBe(third.id);
  expect(announced()).toEqual([first.id, second.id]);
  expect(await take(third.id)).toMatchObject({ state: "ready" });
  expect(await object.finish(third.id, true)).toBeNull();
});

it("lets nobody begin while another run is under way, until its lease is over", async () => {
  const { object, accept, take } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await take(first.id);
  expect(await take(first.id)).toEqual({ state: "busy" });
  expect(await take(second.id)).toEqual({ state: "busy" });
  await passTime(object, 3 * minute);
  expect(await take(first.id)).toMatchObject({ state: "ready" });
});

it("keeps the line through an eviction", async () => {
  const { object, accept, take } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await evictDurableObject(object);
  expect(await take(first.id)).toMatchObject({ state: "ready", push: first });
  await evictDurableObject(object);
  await object.finish(first.id, false);
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

it("announces a push anew after a quarter of an hour without a sign of it, and not before", async () => {
  const { object, accept, announced } = await aLine();
  const push = await accept();
  await vi.waitFor(() => expect(announced()).toEqual([push.id]));
  await passTime(object, 14 * minute);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([push.id]);
  await passTime(object, 2 * minute);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([push.id, push.id]);
});

it("a push that failed keeps its place, and is begun again", async () => {
  const { object, accept, take, announced } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await vi.waitFor(() => expect(announced()).toEqual([first.id]));
  await take(first.id);
  await object.fail(first.id, "D1 is down", true);
  expect(await take(second.id)).toEqual({ state: "waiting" });
  expect(await take(first.id)).toMatchObject({ state: "ready" });
  expect(await object.inspect(first.id)).toMatchObject({ attempts: 1, error: "D1 is down" });
  await object.fail(first.id, "still down", false);
  await runDurableObjectAlarm(object);
  expect(announced()).toEqual([first.id, first.id]);
});

it("goes on without a push that was given up, and tells what an operator has to know of it", async () => {
  const { object, accept, take, announced } = await aLine();
  const [first, second] = [await accept({ identifier: "key-7" }), await accept()];
  await vi.waitFor(() => expect(announced()).toEqual([first.id]));
  await take(first.id);
  expect(await object.bury(first.id)).toBe("busy");
  await object.fail(first.id, "it cannot be done", true);
  const buried = (await object.bury(first.id)) as BuriedPush;
  expect(buried).toMatchObject({ attempts: 1, error: "it cannot be done" });
  expect(unpackPush(buried.push)).toEqual(first);
  expect(announced()).toEqual([first.id, second.id]);
  expect(await take(first.id)).toEqual({ state: "gone" });
  expect(await take(second.id)).toMatchObject({ state: "ready" });
});

it("a push that is replayed learns which refs have changed since; its line waits meanwhile", async () => {
  const { object, accept, take, announced } = await aLine();
  const names = ["refs/heads/main", "refs/heads/untouched", "refs/tags/v1"];
  const buried = await accept({ changes: names.map((name) => `${blank} ${sha("a")} ${name}\n`).join("") });
  await object.bury(buried.id);
  const later = await accept({
    changes: `${blank} ${sha("b")} refs/heads/main\n${sha("b")} ${blank} refs/tags/v1\nbroken\n${blank} ${sha("b")} refs/heads/more`,
  });
  await take(later.id);
  await object.finish(later.id, false);
  expect(await object.replay(buried.id)).toBe(true);
  expect(await object.replay(buried.id)).toBe(true);
  const next = await accept();
  expect(announced().at(-1)).toBe(buried.id);
  const turn = await take(buried.id);
  expect(turn).toMatchObject({ state: "ready", push: buried });
  expect(turn.state === "ready" && turn.superseded.toSorted()).toEqual(["refs/heads/main", "refs/tags/v1"]);
  expect(await take(next.id)).toEqual({ state: "busy" });
  await object.finish(buried.id, false);
  expect(await take(next.id)).toMatchObject({ state: "ready" });
  expect(await object.replay(buried.id)).toBe(false);
  const kept = await runInDurableObject(object, (_instance, state) => [...state.storage.sql.exec("select * from later_changes")]);
  expect(kept).toEqual([]);
});

it("a buried push that is discarded is gone for ever; one in line cannot be", async () => {
  const { object, accept, take } = await aLine();
  const [first, second] = [await accept(), await accept()];
  await object.discard(first.id);
  expect(await take(first.id)).toMatchObject({ state: "ready" });
  await object.fail(first.id, "", true);
  await object.bury(first.id);
  await object.discard(first.id);
  expect(await object.inspect(first.id)).toBeNull();
  expect(await object.replay(first.id)).toBe(false);
  expect(await take(second.id)).toMatchObject({ state: "ready" });
});

it("keeps 10 MB of changes whole, with characters of any length, and forgets them when they are processed", async () => {
  const { object, accept, take } = await aLine();
  const line = `${blank} ${sha("a")} refs/heads/\u{1F600}ünïcode-`;
  const changes = Array.from({ length: 100_000 }, (_, index) => `${line}${index}\n`).join("");
  const push = await accept({ changes });
  const turn = await take(push.id);
  expect(turn.state === "ready" && turn.push.changes === changes).toBe(true);
  await object.finish(push.id, false);
  const kept = await runInDurableObject(object, (_instance, state) => [...state.storage.sql.exec("select * from push_parts")]);
  expect(kept).toEqual([]);
});

it("forgets the ids of processed pushes when no queue can repeat them any more", async () => {
  const { object, accept, take } = await aLine();
  const push = await accept();
  await take(push.id);
  await object.finish(push.id, false);
  await passTime(object, 4 * 24 * 60 * minute);
  await runDurableObjectAlarm(object);
  const count = () => runInDurableObject(object, (_instance, state) => [...state.storage.sql.exec("select 1 from pushes")].length);
  expect(await count()).toBe(1);
  await passTime(object, 2 * 24 * 60 * minute);
  await runDurableObjectAlarm(object);
  expect(await count()).toBe(0);
});
