import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeChanges, refChanges } from "../../src/domain/push/ref-changes.ts";

const blank = "0".repeat(40);
const [one, two] = ["1".repeat(40), "2".repeat(40)];
const refsOf = async (changes: string) => [...refChanges(await decodeChanges(changes))].map(({ ref }) => ref);
const encoded = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string))).toString("base64");

describe("the changes of an accepted push (push.md 7.1)", () => {
  it("numbers every line from 0, those that are left out too", async () => {
    const changes = [
      "",
      `${blank} ${one} refs/heads/a`,
      "malformed line",
      `${one} ${two} refs/merge-requests/1/head`,
      `${one} ${two} refs/tags/v1`,
      `  ${one} ${blank} refs/heads/x/y \r`,
    ].join("\n");
    expect([...refChanges(await decodeChanges(changes))]).toEqual([
      { index: 1, type: "branch", oldrev: blank, newrev: one, ref: "refs/heads/a" },
      { index: 4, type: "tag", oldrev: one, newrev: two, ref: "refs/tags/v1" },
      { index: 5, type: "branch", oldrev: one, newrev: blank, ref: "refs/heads/x/y" },
    ]);
  });

  it.each([
    ["refs of other kinds", `${blank} ${one} refs/notes/commits\n${blank} ${one} refs/heads\n${blank} ${one} refs/heads/\n`],
    ["revisions that are none", `xyz ${one} refs/heads/a\n${one.slice(1)} ${one} refs/heads/a\n`],
    ["lines without a ref", `${blank} ${one}\n`],
    ["lines that are too long for Git", `${blank} ${one} refs/heads/${"a".repeat(5000)}\n`],
    ["blank text", " \n \n"],
    ["nothing", ""],
  ])("352 leaves out %s", async (_, changes) => {
    expect(await refsOf(changes)).toEqual([]);
  });

  it("takes revisions of 64 digits", async () => {
    expect(await refsOf(`${"0".repeat(64)} ${"f".repeat(64)} refs/heads/a`)).toEqual(["refs/heads/a"]);
  });

  it("338 decodes what has no space as Base64", async () => {
    const text = `${blank} ${one} refs/heads/é-日本\n`;
    expect(await refsOf(encoded(text))).toEqual(["refs/heads/é-日本"]);
    expect(await refsOf(`${encoded(text).slice(0, 60)}\n${encoded(text).slice(60)}\n`)).toEqual(["refs/heads/é-日本"]);
  });

  it("338 recognises the encoding of bytes that are not UTF-8", async () => {
    const japanese = [0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x82, 0xcc, 0x83, 0x75, 0x83, 0x89, 0x83, 0x93, 0x83, 0x60];
    expect(await refsOf(encoded(`${blank} ${one} refs/heads/`, japanese, "\n"))).toEqual(["refs/heads/日本語のブランチ"]);
    expect(await refsOf(encoded(`${blank} ${one} refs/heads/caf`, [0xe9], "-d", [0xe9], "j", [0xe0], "-vu\n"))).toEqual([
      "refs/heads/café-déjà-vu",
    ]);
  });

  it("replaces what nobody can read, and goes on", async () => {
    expect(await refsOf(encoded(`${blank} ${one} refs/heads/a`, [0xff], "\n", `${blank} ${one} refs/heads/b\n`))).toContain("refs/heads/b");
  });

  it.each([["garbage"], ["AAAA"], ["%%%"], ["/w=="], ["\ud800"]])("finds nothing in %j", async (changes) => {
    expect(await refsOf(changes)).toEqual([]);
  });

  it("gives whole characters only: half of a surrogate pair is replaced", async () => {
    expect(await refsOf(`${blank} ${one} refs/heads/a\ud800b`)).toEqual(["refs/heads/a\ufffdb"]);
  });

  it("reads any text without failing, and of each line what a simple reader does", async () => {
    const revision = fc.constantFrom(blank, one, two);
    const ref = fc.oneof(
      fc.constantFrom("refs/heads/a", "refs/tags/b", "refs/heads/x/y", "refs/notes/c", "HEAD"),
      fc.string({ unit: "binary" }),
    );
    const line = fc.oneof(
      fc.tuple(revision, revision, ref).map((words) => words.join(" ")),
      fc.string(),
      fc.constant(""),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) => {
        const text = await decodeChanges(`${lines.join("\n")} `);
        const naive = text.split("\n").flatMap((each, index) => {
          const match = /^(0{40}|1{40}|2{40}) (0{40}|1{40}|2{40}) (refs\/(?:heads|tags)\/[^ \t\v\f\r]+)(?:[ \t\v\f\r]|$)/.exec(
            each.replace(/^[ \t\v\f\r]+|[ \t\v\f\r]+$/g, ""),
          );
          return match === null ? [] : [`${index} ${match[3]}`];
        });
        expect([...refChanges(text)].map((change) => `${change.index} ${change.ref}`)).toEqual(naive);
      }),
    );
  });

  it("reads 100,000 lines in a moment, as often as it is asked to", () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `${blank} ${one} refs/heads/branch-${index}\n`).join("");
    const begun = performance.now();
    for (let pass = 0; pass < 3; pass += 1) expect([...refChanges(text)].length).toBe(100_000);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
