import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planNames } from "../../src/domain/billing/plans.ts";
import { isPaid } from "../../src/domain/billing/seats.ts";
import { changeSubscription, newSubscription, withTrialStart } from "../../src/domain/billing/subscription-write.ts";
import type { SentTerms, SubscriptionTerms } from "../../src/domain/billing/subscription.ts";

const now = new Date("2021-06-13T12:00:00Z");
const people = { all: 3, withoutGuests: 1 };
const blank = ["can't be blank"];

const paid: SubscriptionTerms = {
  planCode: "premium",
  seats: 20,
  startDate: "2020-07-01",
  endDate: "2021-07-01",
  autoRenew: null,
  isTrial: false,
  trialStartsOn: null,
  trialEndsOn: null,
  trialExtensionType: null,
  seatsInUse: 40,
  maxSeatsUsed: 42,
  seatsOwed: 22,
  maxSeatsUsedChangedAt: null,
};
const trial: SubscriptionTerms = { ...paid, isTrial: true, trialStartsOn: "2021-06-01", trialEndsOn: "2021-07-01" };
const counted = { seatsInUse: 3, maxSeatsUsed: 3, maxSeatsUsedChangedAt: now };

function changed(current: SubscriptionTerms, sent: SentTerms): SubscriptionTerms {
  const { terms } = changeSubscription(current, sent, people, now);
  if (terms === null) throw new Error("refused");
  return terms;
}

describe("a new subscription", () => {
  it("begins with the defaults, today and without a plan", () => {
    expect(newSubscription({}, now).terms).toEqual({
      planCode: null,
      seats: 0,
      startDate: "2021-06-13",
      endDate: null,
      autoRenew: null,
      isTrial: false,
      trialStartsOn: null,
      trialEndsOn: null,
      trialExtensionType: null,
      seatsInUse: 0,
      maxSeatsUsed: 0,
      seatsOwed: 0,
      maxSeatsUsedChangedAt: null,
    });
  });

  it.each([
    [null, "free"],
    ["free", "free"],
    ["premium", "premium"],
    ["Premium", null],
    ["", null],
    ["nosuch", null],
  ])("takes the plan code %j for the plan %j", (planCode, plan) => {
    expect(newSubscription({ planCode }, now).terms?.planCode).toBe(plan);
  });

  it("takes null for the defaults where there may be nothing", () => {
    expect(newSubscription({ maxSeatsUsed: null, isTrial: null, autoRenew: null, endDate: null }, now).terms).toEqual(
      newSubscription({}, now).terms,
    );
  });

  it("tells all that is wrong at once, seats before the start", () => {
    const { errors } = newSubscription({ startDate: null, seats: null, isTrial: true }, now);
    expect(JSON.stringify(errors)).toBe(JSON.stringify({ seats: blank, start_date: blank, trial_starts_on: blank, trial_ends_on: blank }));
  });

  it.each([
    ["2021-06-01", "2021-06-01"],
    ["2021-06-01", "2021-05-31"],
  ])("refuses a trial from %s to %s", (trialStartsOn, trialEndsOn) => {
    const { errors } = newSubscription({ isTrial: true, trialStartsOn, trialEndsOn }, now);
    expect(errors).toEqual({ trial_ends_on: ["must be greater than 2021-06-01"] });
  });

  it("does not look at a trial's days where it is none", () => {
    expect(newSubscription({ trialStartsOn: "2021-06-01", trialEndsOn: "2020-01-01" }, now).errors).toBeNull();
  });
});

describe("the start of a trial that is asked for", () => {
  it("is what is sent, or else the start of the subscription, or else not said", () => {
    const begin = (sent: SentTerms) => withTrialStart(sent).trialStartsOn;
    expect(begin({ isTrial: true, trialStartsOn: "2021-02-01", startDate: "2021-01-01" })).toBe("2021-02-01");
    expect(begin({ isTrial: true, startDate: "2021-01-01" })).toBe("2021-01-01");
    expect(begin({ isTrial: true, trialStartsOn: null, startDate: "2021-01-01" })).toBe("2021-01-01");
    expect(begin({ isTrial: true, trialStartsOn: null })).toBeUndefined();
    expect(begin({ trialStartsOn: null, startDate: "2021-01-01" })).toBeNull();
    expect(begin({ isTrial: false, startDate: "2021-01-01" })).toBeUndefined();
  });
});

describe("a changed subscription", () => {
  it("keeps what is not sent", () => {
    expect(changed(paid, {})).toEqual(paid);
    expect(changed(trial, { isTrial: true })).toEqual(trial);
  });

  it("takes null for null where that may be, and refuses it where not", () => {
    expect(changed(paid, { endDate: null, maxSeatsUsed: null })).toMatchObject({ endDate: null, maxSeatsUsed: 0 });
    expect(changeSubscription(paid, { seats: null, startDate: null }, people, now).errors).toEqual({ seats: blank, start_date: blank });
    expect(changeSubscription(paid, { isTrial: true, trialEndsOn: "2022-01-01" }, people, now).errors).toEqual({ trial_starts_on: blank });
  });

  it("stamps a maximum that is another, and leaves what is owed", () => {
    expect(changed(paid, { maxSeatsUsed: 0 })).toEqual({ ...paid, maxSeatsUsed: 0, maxSeatsUsedChangedAt: now });
    expect(changed(paid, { maxSeatsUsed: 42 })).toEqual(paid);
    expect(changed(paid, { seats: 100 })).toEqual({ ...paid, seats: 100 });
  });
});

describe("a new term", () => {
  const term = { startDate: "2021-07-01", endDate: "2022-07-01" };

  it("counts anew, whatever maximum is sent", () => {
    expect(changed(paid, { ...term, seats: 150, maxSeatsUsed: 77 })).toEqual({ ...paid, ...term, ...counted, seats: 150, seatsOwed: 0 });
    expect(changed(paid, { ...term, seats: 1 })).toMatchObject({ ...counted, seatsOwed: 2 });
    expect(changed(paid, { ...term, planCode: "ultimate" })).toMatchObject({ seatsInUse: 1, maxSeatsUsed: 1 });
    expect(changed({ ...paid, endDate: null }, { startDate: "2000-01-01", endDate: "2000-02-01" })).toMatchObject(counted);
  });

  it("is none where one of the days stays, or the new start is before the old end", () => {
    const keeps = { seatsInUse: 40, maxSeatsUsed: 42, seatsOwed: 22, maxSeatsUsedChangedAt: null };
    expect(changed(paid, { startDate: "2021-07-01" })).toMatchObject(keeps);
    expect(changed(paid, { endDate: "2022-07-01" })).toMatchObject(keeps);
    expect(changed(paid, { ...term, startDate: "2021-06-30" })).toMatchObject(keeps);
  });

  it("is begun by a trial that is paid for", () => {
    expect(changed(trial, { isTrial: false })).toMatchObject({ ...counted, seatsOwed: 0 });
    expect(changed(trial, { isTrial: false, maxSeatsUsed: 9 })).toMatchObject(counted);
  });

  it("is begun by a start after the day of the count, but not by one without a stamp", () => {
    const at = (day: string) => ({ ...paid, maxSeatsUsedChangedAt: new Date(`${day}T23:59:59Z`) });
    expect(changed(at("2020-06-30"), {})).toMatchObject(counted);
    expect(changed(at("2020-07-01"), {})).toEqual(at("2020-07-01"));
    expect(changed(at("2020-07-01"), { startDate: "2020-07-02" })).toMatchObject(counted);
    expect(changed(paid, { startDate: "2030-01-01" })).toMatchObject({ maxSeatsUsed: 42, maxSeatsUsedChangedAt: null });
  });

  it("lets a maximum stand that is set after the start, as it is counted then", () => {
    const stale = { ...paid, maxSeatsUsedChangedAt: new Date("2020-06-30T00:00:00Z") };
    expect(changed(stale, { maxSeatsUsed: 0 })).toEqual({ ...paid, maxSeatsUsed: 0, maxSeatsUsedChangedAt: now });
    expect(changed(stale, { maxSeatsUsed: 0, startDate: "2021-06-14" })).toMatchObject(counted);
  });

  it.each<[string, SentTerms]>([
    ["free", { planCode: "free" }],
    ["without seats", { seats: 0 }],
    ["still a trial", { isTrial: true, trialStartsOn: "2021-07-01", trialEndsOn: "2021-08-01" }],
  ])("counts nothing where the result is %s", (_name, sent) => {
    expect(changed(paid, { ...term, ...sent })).toMatchObject({ seatsInUse: 40, maxSeatsUsed: 42, seatsOwed: 22 });
  });
});

describe("whatever is sent", () => {
  const day = fc.integer({ min: 0, max: 5 }).map((n) => `2021-06-1${n}`);
  const days = fc.option(day);
  const sent = fc.record(
    {
      planCode: fc.option(fc.constantFrom(...planNames, "", "nosuch")),
      seats: fc.option(fc.integer({ min: -2, max: 30 })),
      startDate: days,
      endDate: days,
      isTrial: fc.option(fc.boolean()),
      trialStartsOn: days,
      trialEndsOn: days,
      maxSeatsUsed: fc.option(fc.integer({ min: 0, max: 50 })),
    },
    { requiredKeys: [] },
  );
  const stored = fc
    .record({
      planCode: fc.option(fc.constantFrom(...planNames)),
      seats: fc.integer({ min: 0, max: 30 }),
      startDate: day,
      endDate: days,
      isTrial: fc.boolean(),
      seatsInUse: fc.integer({ min: 0, max: 50 }),
      maxSeatsUsed: fc.integer({ min: 0, max: 50 }),
      seatsOwed: fc.integer({ min: 0, max: 50 }),
      maxSeatsUsedChangedAt: fc.option(day.map((text) => new Date(`${text}T12:00:00Z`))),
    })
    .map((terms): SubscriptionTerms => ({ ...paid, ...terms, trialStartsOn: "2021-06-10", trialEndsOn: "2021-06-12" }));

  it("owes what is counted beyond the seats after a reset, and what was owed before without one", () => {
    fc.assert(
      fc.property(stored, sent, (current, given) => {
        const { terms } = changeSubscription(current, given, people, now);
        if (terms === null) return;
        const isTerm =
          terms.startDate !== current.startDate &&
          terms.endDate !== current.endDate &&
          (current.endDate === null || terms.startDate >= current.endDate);
        const wanted = given.maxSeatsUsed === undefined ? current.maxSeatsUsed : (given.maxSeatsUsed ?? 0);
        const stamp = wanted !== current.maxSeatsUsed && !isTerm ? now : current.maxSeatsUsedChangedAt;
        const isStale = stamp !== null && stamp.toISOString().slice(0, 10) < terms.startDate;
        if (isPaid(terms) && (isTerm || (current.isTrial && !terms.isTrial) || isStale)) {
          const count = ["gold", "ultimate", "ultimate_trial", "ultimate_trial_paid_customer", "opensource"].includes(terms.planCode ?? "")
            ? people.withoutGuests
            : people.all;
          expect(terms).toMatchObject({ seatsInUse: count, maxSeatsUsed: count, maxSeatsUsedChangedAt: now });
          expect(terms.seatsOwed).toBe(Math.max(0, count - terms.seats));
        } else {
          expect(terms).toMatchObject({ seatsInUse: current.seatsInUse, seatsOwed: current.seatsOwed, maxSeatsUsed: wanted });
          expect(terms.maxSeatsUsedChangedAt).toEqual(stamp);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same when it is sent again, unless the start has not come", () => {
    fc.assert(
      fc.property(stored, sent, (current, given) => {
        const first = changeSubscription(current, given, people, now);
        if (first.terms === null || first.terms.startDate > "2021-06-13" || "maxSeatsUsed" in given) return;
        expect(changeSubscription(first.terms, given, people, now)).toEqual(first);
      }),
      { numRuns: 2000 },
    );
  });
});
