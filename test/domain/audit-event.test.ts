import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditEventOf, isAudited, keepsAuditEvents } from "../../src/domain/access/audit-event.ts";
import { readSettings } from "../../src/domain/settings.ts";
import { aPush, aRequest } from "../setup/facts.ts";

const fetched = (packfileStats: unknown) => auditEventOf(aRequest(), packfileStats);
const most = Number.MAX_SAFE_INTEGER;

describe("accounts 13: what was done", () => {
  it.each<[unknown, string]>([
    [{ wants: 1 }, "clone"],
    [{ wants: 100, haves: 0 }, "clone"],
    [{ wants: "7" }, "clone"],
    [{ wants: 100, haves: 100 }, "pull"],
    [{ haves: 1 }, "pull"],
    [{ wants: 0, haves: 0 }, "pull"],
    [{}, "pull"],
    [null, "pull"],
    [undefined, "pull"],
    ["wants", "pull"],
    [["wants", 1], "pull"],
  ])("a fetch with %j: %s", (stats, verb) => {
    expect(fetched(stats).verb).toBe(verb);
  });

  it("a push, without numbers whatever is sent", () => {
    expect(auditEventOf(aPush(), { wants: 1 })).toEqual({ verb: "push", wants: null, haves: null });
  });

  it.each<[unknown, number]>([
    [0, 0],
    [3, 3],
    ["3", 3],
    ["0012", 12],
    [most, most],
    [2 ** 53, most],
    [1e300, most],
    [Infinity, most],
    ["9".repeat(400), most],
    [-0, 0],
    [-1, 0],
    [1.5, 0],
    [NaN, 0],
    ["-1", 0],
    ["1.5", 0],
    ["1e3", 0],
    [" 1", 0],
    ["１", 0],
    ["", 0],
    [null, 0],
    [true, 0],
    [[5], 0],
    [{ toString: "5" }, 0],
  ])("a count of %j: %d", (value, count) => {
    expect(fetched({ wants: value, haves: value })).toMatchObject({ wants: count, haves: count });
    expect(Object.is(fetched({ wants: value }).wants, -0)).toBe(false);
  });

  it("nothing that is sent makes it throw, or is kept as anything but a number that counts", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ wants: fc.anything(), haves: fc.anything() })), (stats) => {
        const { wants, haves } = fetched(stats);
        for (const count of [wants, haves]) expect(Number.isSafeInteger(count) && count! >= 0).toBe(true);
      }),
    );
  });
});

it("fetches and pushes are audited; archives are not, nor what is no action of Git", () => {
  expect(isAudited(aRequest())).toBe(true);
  expect(isAudited(aPush())).toBe(true);
  for (const action of ["git-upload-archive", "git_invalid_action", "", "GIT-UPLOAD-PACK"]) expect(isAudited({ action })).toBe(false);
});

it("events are kept where the setting is on and the log of decisions is kept", () => {
  const keeps = (settings: Record<string, unknown>, isReadOnly = false) =>
    keepsAuditEvents({ settings: readSettings(settings), isReadOnly });
  expect(keeps({})).toBe(false);
  expect(keeps({ git_audit_events: true })).toBe(true);
  expect(keeps({ git_audit_events: true, decision_log_days: 0 })).toBe(false);
  expect(keeps({ git_audit_events: true }, true)).toBe(false);
});
