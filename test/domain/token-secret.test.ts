import * as fc from "fast-check";
import { expect, it } from "vitest";
import { deriveToken } from "../../src/domain/tokens/secret.ts";

const key = "0123456789abcdefghijklmnopqrstuv";

it("a derived token is as long and as plain as a random one", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (parts) => {
      expect(deriveToken("glpat-", 20, key, parts)).toMatch(/^glpat-[\w-]{20}$/);
      expect(deriveToken("glpat-", 20, key, parts)).toBe(deriveToken("glpat-", 20, key, parts));
    }),
  );
});

it("other parts, or parts that are cut otherwise, give another; so does another key", () => {
  const all = [
    ["a", "b"],
    ["ab"],
    ["a", ["b"]],
    ["a,b"],
    ['a","b'],
    ["b", "a"],
    [1],
    ["1"],
    [null],
    ["null"],
    [],
    [[]],
    ["\ud800"],
    ["\ufffd"],
  ];
  const tokens = all.map((parts) => deriveToken("", 20, key, parts));
  expect(new Set(tokens).size).toBe(all.length);
  expect(deriveToken("", 20, `${key}0`, ["a", "b"])).not.toBe(tokens[0]);
});
