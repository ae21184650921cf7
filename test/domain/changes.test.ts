import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  changesOf,
  isBlankRevision,
  isBranch,
  isTag,
  parseChanges,
  shortNameOf,
  type ChangeList,
  type RefChange,
} from "../../src/domain/git/changes.ts";
import { blank, newrev, oldrev } from "../setup/facts.ts";

const read = (changes: unknown): "any" | "none" | "malformed" | RefChange[] => {
  const parsed = parseChanges(changes);
  if (typeof parsed === "string") return parsed;
  return parsed.isWellFormed ? [...changesOf(parsed)] : "malformed";
};
const sha256 = "c".repeat(64);
const one = { oldrev, newrev, ref: "refs/heads/main" };
const line = `${oldrev} ${newrev} refs/heads/main`;

describe("git-access 11: what is sent as changes", () => {
  it.each<[string, unknown, ReturnType<typeof read>]>([
    ["exactly _any", "_any", "any"],
    ["absent", undefined, "none"],
    ["null", null, "none"],
    ["empty", "", "none"],
    ["only blank lines", " \n\t\r\n\v\f\n", "none"],
    ["an empty list", [], "none"],
    ["a list of blanks", ["", " \n"], "none"],
    ["a line", line, [one]],
    ["a line with its newline", `${line}\n`, [one]],
    [
      "155: a leading blank line and two lines",
      `\n${line}\n${blank} ${newrev} refs/tags/v1`,
      [one, { oldrev: blank, newrev, ref: "refs/tags/v1" }],
    ],
    ["carriage returns and blanks around", ` \t${line}\r\n`, [one]],
    ["every kind of blank", `\v\f\r ${oldrev}\t\v\f\r ${newrev} \v\f\r\t refs/heads/main\vmore`, [one]],
    ["a form feed behind it", `${line}\f`, [one]],
    ["a letter before it", `v${line}`, "malformed"],
    ["no blank between the revisions", `${oldrev}v${newrev} refs/heads/main`, "malformed"],
    ["a letter between a revision and the ref", `${oldrev} ${newrev}vrefs/heads/main`, "malformed"],
    ["several blanks between", `${oldrev}  ${newrev}\trefs/heads/main`, [one]],
    ["more fields than three", `${line} and more`, [one]],
    ["64 hex digits", `${sha256} ${"0".repeat(64)} refs/heads/main`, [{ oldrev: sha256, newrev: "0".repeat(64), ref: "refs/heads/main" }]],
    ["upper-case digits", `${"A".repeat(40)} ${newrev} refs/heads/main`, [{ ...one, oldrev: "A".repeat(40) }]],
    ["a list", [line, line], [one, one]],
    ["a list with a blank", [line, ""], [one]],
    ["a list element with its newline", [`${line}\n`], [one]],
    ["a list element with blanks around", [` \t\r\n${line}\v\f\r\n `], [one]],
    ["a list element with a blank of another alphabet behind it", [`${line}\u00a0`], [{ ...one, ref: "refs/heads/main\u00a0" }]],
    ["a list element with one before it", [`\ufeff${line}`], "malformed"],
    ["a list of a blank that is none to Git", ["\u2000"], "malformed"],
    ["a list element with a second line", [`${line}\n${line}`], "malformed"],
    ["_any with a blank behind it", "_any ", "malformed"],
    ["_ANY", "_ANY", "malformed"],
    ["_any in a list", ["_any"], "malformed"],
    ["_any before a line", `_any\n${line}`, "malformed"],
    ["two fields", `${oldrev} ${newrev}`, "malformed"],
    ["39 digits", `${"a".repeat(39)} ${newrev} refs/heads/main`, "malformed"],
    ["41 digits", `${"a".repeat(41)} ${newrev} refs/heads/main`, "malformed"],
    ["63 digits", `${"a".repeat(63)} ${newrev} refs/heads/main`, "malformed"],
    ["65 digits", `${"a".repeat(65)} ${newrev} refs/heads/main`, "malformed"],
    ["no digits", `${"g".repeat(40)} ${newrev} refs/heads/main`, "malformed"],
    ["a newrev of 41 digits", `${oldrev} ${"b".repeat(41)} refs/heads/main`, "malformed"],
    ["a good line before a bad one", `${line}\nnonsense`, "malformed"],
    ["a blank that is none to Git", "\u00a0", "malformed"],
    ["a number", 0, "malformed"],
    ["false", false, "malformed"],
    ["an object", {}, "malformed"],
    ["a list of lists", [[]], "malformed"],
    ["a list with a number", [line, 1], "malformed"],
    ["a list with null", [null], "malformed"],
  ])("%s", (_, changes, expected) => {
    expect(read(changes)).toEqual(expected);
  });

  it("a line may have 4,096 bytes, in whatever letters, and not one more", () => {
    const prefix = `${oldrev} ${newrev} refs/heads/`;
    for (const [letter, bytes] of [
      ["x", 1],
      ["ü", 2],
      ["€", 3],
    ] as const) {
      const room = 4096 - prefix.length;
      const longest = letter.repeat(Math.floor(room / bytes)) + "x".repeat(room % bytes);
      expect(read(prefix + longest)).toEqual([{ oldrev, newrev, ref: `refs/heads/${longest}` }]);
      expect(read([prefix + longest])).toHaveLength(1);
      expect(read(`${prefix}${longest}x`)).toBe("malformed");
      expect(read([`${prefix}${longest}x`])).toBe("malformed");
    }
  });

  it("one endless line is refused without being looked through", () => {
    const started = performance.now();
    expect(read("a".repeat(16_000_000))).toBe("malformed");
    expect(read(" ".repeat(16_000_000))).toBe("malformed");
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("what was written is what is read", () => {
    const revision = fc.oneof(
      fc.constantFrom(blank, "0".repeat(64)),
      fc.stringMatching(/^[0-9a-f]{40}$/),
      fc.stringMatching(/^[0-9a-f]{64}$/),
    );
    const ref = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !/[\t\n\v\f\r ]/.test(text));
    const change = fc.record({ oldrev: revision, newrev: revision, ref });
    const gap = fc.constantFrom("", "\n", " \n", "\r\n\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, change), { minLength: 1, maxLength: 20 }), (lines) => {
        const text = lines.map(([before, each]) => `${before}${each.oldrev} ${each.newrev} ${each.ref}\n`).join("");
        const expected = lines.map(([, each]) => each);
        expect(read(text)).toEqual(expected);
        expect(read(expected.map((each) => `${each.oldrev} ${each.newrev} ${each.ref}`))).toEqual(expected);
        expect((parseChanges(text) as ChangeList).count).toBe(lines.length);
      }),
      { numRuns: 1000 },
    );
  });

  it("nothing that is sent is anything but these four, and nothing throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: "binary" }), fc.array(fc.string())), (changes) => {
        const parsed = parseChanges(changes);
        if (typeof parsed === "string") return;
        for (const each of changesOf(parsed)) expect(each.oldrev).toMatch(/^([0-9a-f]{40}|[0-9a-f]{64})$/i);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what is looked up before anything is decided", () => {
  const created = (count: number, prefix = "refs/heads/b") =>
    Array.from({ length: count }, (_, index) => `${blank} ${newrev} ${prefix}${index}`).join("\n");
  const parsed = (changes: string) => parseChanges(changes) as ChangeList;

  it("names branches and tags, and where created branches begin", () => {
    expect(
      parsed(`${line}\n${blank} ${newrev} refs/heads/x\n${blank} ${oldrev} refs/tags/v1\n${line.replace("heads", "notes")}`),
    ).toMatchObject({
      branches: ["main", "x"],
      tags: ["refs/tags/v1"],
      createdHeads: [newrev],
    });
  });

  it("a push of more than a thousand branches is not looked up by their names; its tags are", () => {
    expect(parsed(created(1000)).branches).toHaveLength(1000);
    const many = parsed(`${created(1001)}\n${created(1, "refs/tags/v")}`);
    expect(many).toMatchObject({ branches: null, tags: ["refs/tags/v0"], count: 1002 });
    expect(many.createdHeads).toHaveLength(1000);
  });

  it("nor are names that are longer together than D1 takes", () => {
    const long = created(999, `refs/tags/${"\u0001".repeat(4000)}`);
    expect(parsed(long).tags).toBeNull();
    expect(parsed(created(24, `refs/tags/${"x".repeat(4000)}`)).tags).toHaveLength(24);
  });
});

it.each([
  ["refs/heads/main", "main"],
  ["refs/heads/refs/heads/main", "refs/heads/main"],
  ["refs/tags/v1", "v1"],
  ["refs/tags/refs/tags/v1", "refs/tags/v1"],
  ["refs/heads/", "refs/heads/"],
  ["refs/tags/", "refs/tags/"],
  ["refs/tags/x", "x"],
  ["refs/notes/commits", "refs/notes/commits"],
  ["main", "main"],
])("%s is called %s", (ref, name) => {
  expect(shortNameOf(ref)).toBe(name);
});

it("a revision is blank where it is nothing but zeros", () => {
  for (const revision of [blank, "0".repeat(64)]) expect(isBlankRevision(revision)).toBe(true);
  for (const revision of [`a${"0".repeat(39)}`, `${"0".repeat(39)}a`, oldrev]) expect(isBlankRevision(revision)).toBe(false);
});

it("a prefix alone is neither a branch nor a tag", () => {
  const refs = ["refs/heads/", "refs/tags/", "refs/heads/x", "refs/tags/x", "refs/notes/x"];
  expect(refs.filter(isBranch)).toEqual(["refs/heads/x"]);
  expect(refs.filter(isTag)).toEqual(["refs/tags/x"]);
});

it("names of 100,000 characters together are looked up, and not of one more", () => {
  const pushed = (last: string) =>
    parseChanges(
      Array.from({ length: 25 }, (_, index) => `${blank} ${newrev} refs/heads/${"x".repeat(3998)}${index + 10}${index === 24 ? last : ""}`),
    ) as ChangeList;
  expect(pushed("").branches).toHaveLength(25);
  expect(pushed("x").branches).toBeNull();
});
