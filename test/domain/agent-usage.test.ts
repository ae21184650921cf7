import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentText } from "../../src/domain/agents/agent-events.ts";
import {
  counterNames,
  countsOf,
  findNegative,
  findOverfull,
  flatNamesBesideCounters,
  uniqueCounterNames,
  uniqueIdsOf,
  type UsageReport,
} from "../../src/domain/agents/usage.ts";

const count = fc.integer({ min: -3, max: 1000 });
const maybeCount = fc.option(count, { nil: undefined });
const flat = fc.record({ gitops_sync_count: maybeCount, k8s_api_proxy_request_count: maybeCount });
const named = fc.record({ counters: fc.dictionary(fc.constantFrom(...counterNames), maybeCount) });
const ids = fc.record({
  unique_counters: fc.dictionary(
    fc.constantFrom(...uniqueCounterNames),
    fc.uniqueArray(fc.nat()).map((each) => new Set(each)),
  ),
});

describe("what a report adds", () => {
  it("is what it names, whichever its form", () => {
    fc.assert(
      fc.property(flat, (report) => {
        const { gitops_sync_count, k8s_api_proxy_request_count } = report;
        const asNamed: UsageReport = { counters: { gitops_sync: gitops_sync_count, k8s_api_proxy_request: k8s_api_proxy_request_count } };
        expect([...countsOf(report)]).toEqual([...countsOf(asNamed)]);
      }),
    );
    fc.assert(
      fc.property(named, (report) => {
        const given = Object.entries(report.counters).filter(([, value]) => value !== undefined);
        expect(Object.fromEntries(countsOf(report))).toEqual(Object.fromEntries(given));
      }),
    );
    fc.assert(
      fc.property(ids, (report) => {
        expect(Object.fromEntries(uniqueIdsOf(report))).toEqual({ ...report.unique_counters });
      }),
    );
    expect([countsOf({}).size, uniqueIdsOf({}).size]).toEqual([0, 0]);
  });

  it("is refused for the first negative one, in the order of the names", () => {
    fc.assert(
      fc.property(fc.oneof(flat, named), (report) => {
        const counts = countsOf(report);
        expect(findNegative(counts)).toBe(counterNames.find((name) => (counts.get(name) ?? 0) < 0) ?? null);
      }),
    );
  });

  it("comes in one form or the other", () => {
    fc.assert(
      fc.property(flat, fc.boolean(), (report, hasCounters) => {
        const given = Object.entries(report).flatMap(([name, value]) => (value === undefined ? [] : [name]));
        expect(flatNamesBesideCounters({ ...report, counters: hasCounters ? {} : undefined })).toEqual(hasCounters ? given : []);
      }),
    );
  });
});

it("a report holds a hundred thousand ids, in whichever lists", () => {
  const size = (length: number) => new Set(Array.from({ length }, (_, id) => id));
  const [first, second] = uniqueCounterNames;
  expect(findOverfull(new Map([[first, size(100_000)]]))).toBeNull();
  expect(findOverfull(new Map([[first, size(100_001)]]))).toBe(first);
  const both = new Map([
    [first, size(60_000)],
    [second, size(40_000)],
  ]);
  expect(findOverfull(both)).toBeNull();
  expect(findOverfull(both.set(second, size(40_001)))).toBe(second);
  expect(findOverfull(new Map())).toBeNull();
});

it("no name stands for two counters", () => {
  const all = [...counterNames, ...uniqueCounterNames];
  expect(new Set(all).size).toBe(all.length);
});

it("a text is stored as text of 255 characters at most", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
      const stored = agentText(text);
      expect(Array.from(stored).length).toBeLessThanOrEqual(255);
      expect([stored.isWellFormed(), stored.includes("\0")]).toEqual([true, false]);
      if (Array.from(text).length <= 255 && text.isWellFormed() && !text.includes("\0")) expect(stored).toBe(text);
    }),
  );
});
