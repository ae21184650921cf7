import { describe, expect, it } from "vitest";
import { isReservedProjectPath, pathFromName } from "../../src/domain/identity/path.ts";

describe("the path of a name", () => {
  it.each([
    ["My App!", "my-app"],
    ["Café Ünder", "cafe-under"],
    ["--.a.b.git.atom-.", "a.b"],
    [".git", "git"],
    ["…", ""],
    ["x".repeat(255), "x".repeat(255)],
  ])("of %j is %j", (name, path) => {
    expect(pathFromName(name)).toBe(path);
  });

  it.each([".", "-", ".git", "a.", "ﷺ", "… x"])("of a megabyte of %j is found at once", (piece) => {
    const name = piece.repeat(2 ** 20 / piece.length);
    const started = performance.now();
    expect(pathFromName(`${name}x`).length).toBeLessThan(1024);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

it("words of a project's pages are reserved, whatever their letter case", () => {
  expect(["tree", "Blob", "-", "trees"].map(isReservedProjectPath)).toEqual([true, true, true, false]);
});
