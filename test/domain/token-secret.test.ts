import * as fc from "fast-check";
import { expect, it } from "vitest";
import { deriveToken, digestOfToken, makeToken } from "../../src/domain/tokens/secret.ts";

const key = "0123456789abcdefghijklmnopqrstuv";

it("of a token its SHA-256 is stored, as hex digits", () => {
  expect(digestOfToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(digestOfToken("é")).toBe("4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
});

it("a new token is its prefix and as many characters as are wanted, each time others", () => {
  const made = Array.from({ length: 100 }, () => makeToken("glpat-", 20));
  for (const token of made) expect(token).toMatch(/^glpat-[\w-]{20}$/);
  expect(new Set(made).size).toBe(100);
  expect(makeToken("", 7)).toMatch(/^[\w-]{7}$/);
});

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
