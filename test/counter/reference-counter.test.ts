import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { unique } from "../setup/world.ts";

const newCounter = () => env.REFERENCE_COUNTER.getByName(unique("project-"));
const valueOf = async (step: Promise<{ value: number }>) => (await step).value;

it("counts increases and decreases, never below zero, and says when there was nothing to take away", async () => {
  const counter = newCounter();
  expect(await valueOf(counter.value())).toBe(0);
  expect(await valueOf(counter.increase())).toBe(1);
  expect(await valueOf(counter.increase())).toBe(2);
  expect(await counter.decrease()).toMatchObject({ value: 1, wasReset: false });
  expect(await counter.decrease()).toMatchObject({ value: 0, wasReset: false });
  expect(await counter.decrease()).toMatchObject({ value: 0, wasReset: true });
  expect(await valueOf(counter.value())).toBe(0);
});

it("262 264 lives 600 s from the last increase", async () => {
  const counter = newCounter();
  await counter.increase();
  const { lifeSeconds } = await counter.value();
  expect(lifeSeconds).toBeGreaterThan(500);
  expect(lifeSeconds).toBeLessThanOrEqual(600);
});

it("267 268 a reset makes any count 0, and an absent one reads 0", async () => {
  const counter = newCounter();
  expect(await counter.value()).toEqual({ value: 0, expiresAt: 0, lifeSeconds: 0 });
  await counter.increase();
  await counter.increase();
  await counter.increase();
  expect(await valueOf(counter.reset())).toBe(0);
  expect(await valueOf(counter.value())).toBe(0);
});

it("is exact under 1,000 increases and decreases at once", async () => {
  const counter = newCounter();
  await Promise.all(Array.from({ length: 1000 }, () => counter.increase()));
  expect(await valueOf(counter.value())).toBe(1000);
  await Promise.all(Array.from({ length: 1000 }, (_, index) => (index % 4 === 0 ? counter.increase() : counter.decrease())));
  expect(await valueOf(counter.value())).toBe(500);
});

it("every step has a later version than the one before, also over a reset and an expiry", async () => {
  const counter = newCounter();
  const steps = [await counter.increase(), await counter.increase(), await counter.decrease(), await counter.reset()];
  await runInDurableObject(counter, (_instance, state) => {
    state.storage.sql.exec("update counter set expires_at = 1");
  });
  await runDurableObjectAlarm(counter);
  steps.push(await counter.increase());
  const versions = steps.map(({ version }) => version);
  expect(versions.toSorted((one, other) => one - other)).toEqual(versions);
  expect(new Set(versions).size).toBe(versions.length);
});

it("equals a number that never goes below zero, whatever is asked for at once, over evictions", async () => {
  const step = fc.constantFrom(
    "increase" as const,
    "increase" as const,
    "decrease" as const,
    "decrease" as const,
    "reset" as const,
    "value" as const,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 4 }), async (rounds) => {
      const counter = newCounter();
      let model = 0;
      for (const steps of rounds) {
        // Calls of one caller arrive in their order; none waits for another's answer.
        const expected = steps.map((each) => {
          if (each === "increase") model += 1;
          if (each === "decrease") model = Math.max(0, model - 1);
          if (each === "reset") model = 0;
          return model;
        });
        // oxlint-disable no-await-in-loop -- round by round
        const states = await Promise.all(steps.map((each) => counter[each]()));
        expect(states.map(({ value }) => value)).toEqual(expected);
        await evictDurableObject(counter);
        // oxlint-enable no-await-in-loop
      }
      expect(await valueOf(counter.value())).toBe(model);
    }),
    { numRuns: 40 },
  );
});

it("one repository's count is not another's", async () => {
  const [one, other] = [newCounter(), newCounter()];
  await one.increase();
  expect(await valueOf(other.value())).toBe(0);
});

it("keeps the count when the object is evicted", async () => {
  const counter = newCounter();
  await counter.increase();
  await evictDurableObject(counter);
  expect(await valueOf(counter.value())).toBe(1);
  expect(await valueOf(counter.increase())).toBe(2);
});

it("keeps a live count when its alarm comes, and drops an expired one", async () => {
  const counter = newCounter();
  await counter.increase();
  await runDurableObjectAlarm(counter);
  expect(await valueOf(counter.value())).toBe(1);
  await runInDurableObject(counter, (_instance, state) => {
    state.storage.sql.exec("update counter set expires_at = 1");
  });
  expect(await valueOf(counter.value())).toBe(0);
  await runDurableObjectAlarm(counter);
  const rows = await runInDurableObject(counter, (_instance, state) => [...state.storage.sql.exec("select * from counter")]);
  expect(rows).toEqual([]);
});
