import * as fc from "fast-check";
import { expect, it } from "vitest";
import { currentCount, decreaseCount, increaseCount, remainingLife, type ReferenceCount } from "../../src/domain/push/reference-count.ts";

const second = 1000;

it("265 counts up and down, never below zero", () => {
  const one = increaseCount(null, 0);
  expect(one.value).toBe(1);
  expect(increaseCount(one, 0).value).toBe(2);
  expect(decreaseCount(one, 0)).toMatchObject({ value: 0, wasReset: false });
  expect(decreaseCount(decreaseCount(one, 0), 0)).toMatchObject({ value: 0, wasReset: true });
  expect(decreaseCount(null, 0)).toMatchObject({ value: 0, wasReset: true });
});

it("forgets 600 s after the last increase", () => {
  const one = increaseCount(null, 0);
  expect(currentCount(one, 599 * second).value).toBe(1);
  expect(currentCount(one, 600 * second).value).toBe(0);
  expect(decreaseCount(one, 600 * second)).toMatchObject({ value: 0, wasReset: true });
  expect(increaseCount(one, 600 * second).value).toBe(1);
});

it("an increase lengthens the life, a decrease does not", () => {
  const two = increaseCount(increaseCount(null, 0), 599 * second);
  expect(currentCount(two, 1198 * second).value).toBe(2);
  expect(currentCount(two, 1199 * second).value).toBe(0);
  const decreased = decreaseCount(increaseCount(increaseCount(null, 0), 0), 599 * second);
  expect(currentCount(decreased, 599 * second).value).toBe(1);
  expect(currentCount(decreased, 600 * second).value).toBe(0);
});

it("tells how many seconds are left, and none where nothing counts", () => {
  const one = increaseCount(null, 0);
  expect(remainingLife(one, 0)).toBe(600);
  expect(remainingLife(one, 100 * second)).toBe(500);
  expect(remainingLife(decreaseCount(one, 0), 0)).toBe(0);
});

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("increase", "decrease", "reset"), wait: fc.integer({ min: 0, max: 700 }) }),
  fc.record({ kind: fc.constantFrom("increase", "decrease"), wait: fc.constantFrom(0, 599, 600, 601) }),
);

it("equals a store with a number and a time to live, whatever comes in whatever order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let now = 0;
      let stored: ReferenceCount | null = null;
      /** As the peer has it: INCR and EXPIRE, DECR, DEL. */
      let model = 0;
      let dies = 0;
      for (const { kind, wait } of steps) {
        now += wait * second;
        if (now >= dies) model = 0;
        if (kind === "increase") {
          stored = increaseCount(stored, now);
          model += 1;
          dies = now + 600 * second;
        } else if (kind === "decrease") {
          stored = decreaseCount(stored, now);
          model = Math.max(0, model - 1);
        } else {
          stored = null;
          model = 0;
        }
        expect(currentCount(stored, now).value).toBe(model);
      }
    }),
  );
});
