import { expect, it } from "vitest";
import { isKeyUseStale } from "../../src/domain/identity/key-use.ts";

const now = new Date("2026-03-15T12:00:00Z");

it.each<[string, Date | null, boolean]>([
  ["that was never used", null, true],
  ["last used a day ago", new Date("2026-03-14T12:00:00.000Z"), true],
  ["last used a millisecond less than a day ago", new Date("2026-03-14T12:00:00.001Z"), false],
  ["last used long ago", new Date("1971-01-01T00:00:00Z"), true],
  ["last used now", now, false],
  ["last used in a while, by another clock", new Date("2026-03-17T12:00:00Z"), false],
])("accounts 3: a use is written down once a day, of a key %s", (_, lastUsedAt, isStale) => {
  expect(isKeyUseStale({ lastUsedAt }, now)).toBe(isStale);
});
