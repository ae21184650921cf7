import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exceedsJsonLimits, reportedLimits } from "../../src/domain/json-limits.ts";

const roomy = { bytes: 1_000_000, depth: 100 };

/** As many brackets around nothing. */
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

describe("depth of a JSON value", () => {
  it.each([
    ["a text", "x", 0],
    ["null", null, 0],
    ["an empty list", [], 1],
    ["an empty object", {}, 1],
    ["a list of scalars", [1, "a", null], 1],
    ["an object in a list", [1, { a: 2 }], 2],
    ["the deepest of several branches", { a: 1, b: [[]], c: {} }, 3],
  ])("%s", (_, value, levels) => {
    expect(exceedsJsonLimits(value, { ...roomy, depth: levels })).toBe(false);
    if (levels > 0) expect(exceedsJsonLimits(value, { ...roomy, depth: levels - 1 })).toBe(true);
  });

  it("100 levels are within 100, 101 are not", () => {
    expect(exceedsJsonLimits(nested(100), roomy)).toBe(false);
    expect(exceedsJsonLimits(nested(101), roomy)).toBe(true);
  });

  it("a value of nothing but brackets is refused without running out of stack", () => {
    expect(exceedsJsonLimits(nested(500_000), roomy)).toBe(true);
  });

  it("a wide value is looked at to its end", () => {
    const wide = Array.from({ length: 300_000 }, () => []);
    expect(exceedsJsonLimits(wide, { bytes: 10_000_000, depth: 2 })).toBe(false);
    expect(exceedsJsonLimits([...wide, [[]]], { bytes: 10_000_000, depth: 2 })).toBe(true);
  });

  it("agrees with a recursive model", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(6), (value, depth) => exceedsJsonLimits(value, { ...roomy, depth }) === depthOf(value) > depth),
    );
  });
});

describe("size of a JSON value", () => {
  it.each([
    ["the text of an object", { a: 1 }, 7],
    ["characters beyond ASCII count their bytes", "é€", 7],
    ["a lone surrogate counts as it is written, escaped", "\ud800", 8],
    ["NUL counts as it is written, escaped", "\u0000", 8],
    ["nothing at all has no bytes", undefined, 0],
  ])("%s", (_, value, bytes) => {
    expect(exceedsJsonLimits(value, { ...roomy, bytes })).toBe(false);
    if (bytes > 0) expect(exceedsJsonLimits(value, { ...roomy, bytes: bytes - 1 })).toBe(true);
  });
});

describe("the limits of what agents report", () => {
  const of = (bytes: number) => ({ a: "x".repeat(bytes - '{"a":""}'.length) });

  it("170 are 1 MiB of JSON in UTF-8", () => {
    expect(exceedsJsonLimits(of(1024 * 1024), reportedLimits)).toBe(false);
    expect(exceedsJsonLimits(of(1024 * 1024 + 1), reportedLimits)).toBe(true);
    expect(exceedsJsonLimits({ a: "ä".repeat(600_000) }, reportedLimits)).toBe(true);
  });

  it("and 100 levels, however deep it is", () => {
    expect(exceedsJsonLimits({ a: nested(99) }, reportedLimits)).toBe(false);
    expect(exceedsJsonLimits({ a: nested(100) }, reportedLimits)).toBe(true);
    expect(exceedsJsonLimits({ a: nested(2_000_000) }, reportedLimits)).toBe(true);
  });
});
