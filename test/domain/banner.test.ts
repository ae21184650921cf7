import { assert, property, stringMatching } from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseBanner, type Banner } from "../../src/domain/push/banner.ts";

const banner = (message: string, values: Partial<Banner> = {}): Banner => ({ message, targetPath: "", targetAccessLevels: [], ...values });
const atPump = { fullPath: "engines/pump", accessLevel: 30 };

/** Whether a banner for this target path is shown for the project. */
const isShown = (targetPath: string, fullPath: string | null) =>
  chooseBanner([banner("text", { targetPath })], { fullPath, accessLevel: null }) === "text";

describe("the banner that a push shows", () => {
  it("is none where none is active", () => {
    expect(chooseBanner([], atPump)).toBeNull();
  });

  it("286 is the newest one for the project's path, and not a newer general one", () => {
    const newest = [
      banner("general"),
      banner("second for this path", { targetPath: "/engines/*" }),
      banner("first for this path", { targetPath: "/engines/pump" }),
      banner("of another path", { targetPath: "/steam/*" }),
    ];
    expect(chooseBanner(newest, atPump)).toBe("second for this path");
    expect(chooseBanner(newest, { ...atPump, fullPath: "Engines/Pump" })).toBe("second for this path");
    expect(chooseBanner(newest, { ...atPump, fullPath: "air/pump" })).toBe("general");
    expect(chooseBanner(newest, { ...atPump, fullPath: null })).toBe("general");
  });

  it("is the newest general one where no path matches", () => {
    expect(chooseBanner([banner("newer"), banner("older")], atPump)).toBe("newer");
  });

  it.each([
    ["guest", 10, "guests"],
    ["developer", 30, "developers and maintainers"],
    ["maintainer", 40, "developers and maintainers"],
    ["reporter", 20, "everybody"],
    ["nobody of whom a role is known", null, "everybody"],
    ["somebody without a role", 0, "everybody"],
  ])("288 is the one for the pusher's role: %s", (_, accessLevel, text) => {
    const newest = [
      banner("developers and maintainers", { targetAccessLevels: [30, 40] }),
      banner("guests", { targetAccessLevels: [10] }),
      banner("everybody"),
    ];
    expect(chooseBanner(newest, { fullPath: "engines/pump", accessLevel })).toBe(text);
  });

  it("is none for a path where the role is another", () => {
    const newest = [banner("text", { targetPath: "/engines/*", targetAccessLevels: [50] })];
    expect(chooseBanner(newest, atPump)).toBeNull();
  });
});

describe("the target path of a banner", () => {
  it.each([
    ["/engines/pump", true],
    ["/ENGINES/Pump", true],
    ["engines/pump", false],
    ["/engines", false],
    ["/engines/*", true],
    ["*/pump", true],
    ["*", true],
    ["**", true],
    ["/*/*/*", false],
    ["/engines/pump*", true],
    ["/engines/pum", false],
    ["ngines/pump", false],
    ["/engines/p.mp", false],
    ["/engines/(pump|valve)", false],
    ["/engines/pump\n", false],
    ["[", false],
    ["   ", true],
  ])("%j: %j", (targetPath, expected) => {
    expect(isShown(targetPath, "engines/pump")).toBe(expected);
  });

  it("matches no project where none is known", () => {
    expect(isShown("*", null)).toBe(false);
  });

  it("is matched as a regular expression would that takes only `*` for special", () => {
    const text = stringMatching(/^[aAb./*]{0,8}$/);
    const path = stringMatching(/^[aAb./]{0,12}$/);
    assert(
      property(text, path, (target, fullPath) => {
        const model = new RegExp(`^${target.replaceAll(".", "\\.").replaceAll("*", ".*")}$`, "i");
        expect(isShown(target, fullPath)).toBe(target === "" || model.test(`/${fullPath}`));
      }),
      { numRuns: 2000 },
    );
  });

  /**
   * The attack: a pattern of many stars, which a regular expression would try in every combination before it gives up,
   * holds the end of every push. Tried so, this would not end.
   */
  it("is looked for once, from left to right", () => {
    for (let run = 0; run < 100; run += 1) expect(isShown(`/${"*a".repeat(120)}*b`, "a".repeat(2000))).toBe(false);
  });
});
