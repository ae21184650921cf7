import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planNames, type PlanName } from "../../src/domain/billing/plans.ts";
import { refreshedSeats } from "../../src/domain/billing/seats.ts";

const terms = (over: object = {}) => ({ planCode: "premium" as PlanName | null, seats: 10, maxSeatsUsed: 8, isTrial: false, ...over });
const people = (all: number, withoutGuests = all) => ({ all, withoutGuests });

describe("the refresh of seats", () => {
  it.each([
    [10, 8, 5, [5, 8, 0]],
    [10, 8, 15, [15, 15, 5]],
    [10, 14, 9, [9, 14, 4]],
    [0, 14, 9, [9, 14, 0]],
  ])("with %i seats, %i used at most and %i counted", (seats, maxSeatsUsed, counted, [inUse, most, owed]) => {
    const refreshed = { seatsInUse: inUse, maxSeatsUsed: most, seatsOwed: owed };
    expect(refreshedSeats(terms({ seats, maxSeatsUsed }), people(counted))).toEqual(refreshed);
    for (const free of [{ isTrial: true }, { planCode: "free" }, { planCode: "default" }, { planCode: null }]) {
      expect(refreshedSeats(terms({ seats, maxSeatsUsed, ...free }), people(counted))).toEqual({ ...refreshed, seatsOwed: 0 });
    }
  });

  it.each([
    ["ultimate", 2],
    ["gold", 2],
    ["ultimate_trial", 2],
    ["ultimate_trial_paid_customer", 2],
    ["opensource", 2],
    ["premium", 5],
    ["premium_trial", 5],
    ["bronze", 5],
    ["silver", 5],
    ["free", 5],
    [null, 5],
  ])("265 counts guests as the plan %s does", (planCode, seatsInUse) => {
    expect(refreshedSeats(terms({ planCode }), people(5, 2))).toMatchObject({ seatsInUse });
  });

  it("done again changes nothing, never lowers the most that were used, and owes no less than nothing", () => {
    const number = fc.integer({ min: -100, max: 2 ** 31 - 1 });
    const some = fc.record({ planCode: fc.constantFrom(null, ...planNames), seats: number, maxSeatsUsed: number, isTrial: fc.boolean() });
    fc.assert(
      fc.property(some, fc.nat(20_000), (before, count) => {
        const once = refreshedSeats(before, people(count));
        expect(refreshedSeats({ ...before, ...once }, people(count))).toEqual(once);
        expect(once.maxSeatsUsed).toBe(Math.max(before.maxSeatsUsed, count));
        expect(once.seatsOwed).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
