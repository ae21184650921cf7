import { expect, it } from "vitest";
import { keptSince } from "../../src/domain/access/decision-log.ts";
import { inHours, now } from "../setup/facts.ts";

it("decisions are kept for so many days; with 0 none is", () => {
  expect(keptSince(30, now)).toEqual(inHours(-30 * 24));
  expect(keptSince(1, now)).toEqual(inHours(-24));
  expect(keptSince(0, now)).toEqual(now);
  expect(keptSince(-1, now)).toEqual(now);
});
