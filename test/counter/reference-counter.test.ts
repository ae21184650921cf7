import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { unique } from "../setup/world.ts";

const newCounter = () => env.REFERENCE_COUNTER.getByName(unique("project-"));

it("counts increases and decreases, never below zero", async () => {
  const counter = newCounter();
  expect(await counter.value()).toBe(0);
  expect(await counter.increase()).toBe(1);
  expect(await counter.increase()).toBe(2);
  expect(await counter.decrease()).toBe(1);
  expect(await counter.decrease()).toBe(0);
  expect(await counter.decrease()).toBe(0);
});

it("loses nothing when hundreds come at once", async () => {
  const counter = newCounter();
  await Promise.all(Array.from({ length: 500 }, () => counter.increase()));
  expect(await counter.value()).toBe(500);
  await Promise.all([...Array.from({ length: 300 }, () => counter.decrease()), ...Array.from({ length: 100 }, () => counter.increase())]);
  expect(await counter.value()).toBe(300);
});

it("one repository's count is not another's", async () => {
  const [one, other] = [newCounter(), newCounter()];
  await one.increase();
  expect(await other.value()).toBe(0);
});

it("keeps the count when the object is evicted", async () => {
  const counter = newCounter();
  await counter.increase();
  await evictDurableObject(counter);
  expect(await counter.value()).toBe(1);
});

it("keeps a live count when its alarm comes, and drops an expired one", async () => {
  const counter = newCounter();
  await counter.increase();
  await runDurableObjectAlarm(counter);
  expect(await counter.value()).toBe(1);
  const expired = await runInDurableObject(counter, async (_instance, state) => {
    state.storage.sql.exec("update count set expires_at = 1");
    return true;
  });
  expect(expired).toBe(true);
  expect(await counter.value()).toBe(0);
  await runDurableObjectAlarm(counter);
  const rows = await runInDurableObject(counter, (_instance, state) => [...state.storage.sql.exec("select * from count")]);
  expect(rows).toEqual([]);
});
