import { expect, it } from "vitest";
import { currentCount, decreaseCount, increaseCount } from "../../src/domain/push/reference-count.ts";

const second = 1000;

it("counts up and down, never below zero", () => {
  const one = increaseCount(null, 0);
  expect(one.value).toBe(1);
  expect(increaseCount(one, 0).value).toBe(2);
  expect(decreaseCount(one, 0).value).toBe(0);
  expect(decreaseCount(decreaseCount(one, 0), 0).value).toBe(0);
  expect(decreaseCount(null, 0).value).toBe(0);
});

it("forgets 600 s after the last increase", () => {
  const one = increaseCount(null, 0);
  expect(currentCount(one, 599 * second).value).toBe(1);
  expect(currentCount(one, 600 * second).value).toBe(0);
  expect(decreaseCount(one, 600 * second).value).toBe(0);
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
