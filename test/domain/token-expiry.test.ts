import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayAfter, decideRotatedExpiry, decideTokenExpiry } from "../../src/domain/tokens/expiry.ts";

const today = "2024-02-28";
const limits = fc.record({
  max_personal_access_token_lifetime: fc.constantFrom(null, 0, 1, 6, 7, 8, 30, 1e12),
  require_personal_access_token_expiry: fc.boolean(),
});
const days = fc.integer({ min: -400, max: 400 }).map((count) => dayAfter(today, count));

describe("the day after so many others", () => {
  it.each([
    ["2024-02-28", 0, "2024-02-28"],
    ["2024-02-28", 1, "2024-02-29"],
    ["2024-02-28", 2, "2024-03-01"],
    ["2024-03-01", -1, "2024-02-29"],
    ["2023-12-31", 365, "2024-12-30"],
  ])("%s and %d: %s", (day, count, after) => {
    expect(dayAfter(day, count)).toBe(after);
  });

  it("is one that a calendar has, however many they are", () => {
    for (const count of [1e6, 1e6 + 1, 1e12, Infinity]) expect(dayAfter("2024-02-28", count)).toBe("4762-01-25");
    expect(dayAfter("2024-02-28", 999_999)).toBe("4762-01-24");
  });
});

describe("how long a token lives that takes the place of another", () => {
  it.each([
    [null, true, "2024-03-06"],
    [30, true, "2024-03-06"],
    [7, true, "2024-03-06"],
    [6, true, "2024-03-05"],
    [0, true, "2024-03-06"],
    [null, false, null],
    [5, false, null],
  ])("a week, or the instance's %s days if those are less; for ever where none is required (%s)", (limit, isRequired, expiresAt) => {
    const settings = { max_personal_access_token_lifetime: limit, require_personal_access_token_expiry: isRequired };
    expect(decideRotatedExpiry(null, settings, today)).toEqual({ expiresAt });
  });

  it("what is asked for is judged as for any token", () => {
    fc.assert(
      fc.property(days, limits, (asked, settings) => {
        expect(decideRotatedExpiry(asked, settings, today)).toEqual(decideTokenExpiry(asked, settings, today));
      }),
    );
  });

  it("never later than a new token may live", () => {
    fc.assert(
      fc.property(limits, (settings) => {
        const decided = decideRotatedExpiry(null, settings, today);
        const expiresAt = "expiresAt" in decided ? decided.expiresAt : undefined;
        expect(decideTokenExpiry(expiresAt ?? null, settings, today)).toHaveProperty("expiresAt");
        expect(expiresAt === null).toBe(!settings.require_personal_access_token_expiry);
      }),
    );
  });
});
