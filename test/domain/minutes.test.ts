import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstOfEachPurchase, minutesBalance, packsToSave, type SentPack } from "../../src/domain/billing/minutes.ts";

const pack = { numberOfMinutes: 10, expiresAt: "2026-01-01", purchaseXid: "x" };

describe("packs that can be saved (customers.md 6.1)", () => {
  it.each<[string, Partial<SentPack>]>([
    ["zero minutes", { numberOfMinutes: 0 }],
    ["minutes below zero", { numberOfMinutes: -5 }],
    ["a past expiry", { expiresAt: "0001-01-01" }],
    ["an xid of 50 characters", { purchaseXid: "x".repeat(50) }],
    ["an xid of 50 characters that take two units each", { purchaseXid: "💥".repeat(50) }],
    ["an xid with blanks around it", { purchaseXid: " x " }],
  ])("with %s", (_, values) => {
    expect(packsToSave([{ ...pack, ...values }])).toEqual([{ ...pack, ...values }]);
  });

  it.each<[string, Partial<SentPack>]>([
    ["no number", { numberOfMinutes: null }],
    ["no date", { expiresAt: null }],
    ["no xid", { purchaseXid: null }],
    ["an empty xid", { purchaseXid: "" }],
    ["a blank xid", { purchaseXid: " \t\n" }],
    ["an xid of 51 characters", { purchaseXid: "x".repeat(51) }],
    ["an xid of 51 characters that take two units each", { purchaseXid: "💥".repeat(51) }],
    ["NUL in its xid", { purchaseXid: "a\0b" }],
    ["half a character in its xid", { purchaseXid: "a\ud800" }],
  ])("are none where one has %s", (_, values) => {
    expect(packsToSave([pack, { ...pack, ...values }])).toBeNull();
  });

  it("keep their order; of a repeated xid the first counts", () => {
    const packs = ["b", "a", "b", "c", "a"].map((purchaseXid, index) => ({ ...pack, purchaseXid, numberOfMinutes: index }));
    expect(packsToSave(packs)).toEqual(packs);
    expect(firstOfEachPurchase(packs).map((each) => [each.purchaseXid, each.numberOfMinutes])).toEqual([
      ["b", 0],
      ["a", 1],
      ["c", 3],
    ]);
  });

  it("each purchase is kept once, as it came first", () => {
    const packs = fc.array(
      fc.record({ numberOfMinutes: fc.integer(), expiresAt: fc.constant("2026-01-01"), purchaseXid: fc.string({ maxLength: 2 }) }),
    );
    fc.assert(
      fc.property(packs, (all) => {
        const first = firstOfEachPurchase(all);
        expect(first.map(({ purchaseXid }) => purchaseXid)).toEqual([...new Set(all.map(({ purchaseXid }) => purchaseXid))]);
        for (const each of first) expect(each).toBe(all.find(({ purchaseXid }) => purchaseXid === each.purchaseXid));
      }),
    );
  });
});

describe("the balance (customers.md 6.2)", () => {
  const of = (numberOfMinutes: number, expiresAt: string) => ({ ...pack, numberOfMinutes, expiresAt });

  it("counts what expires today or later", () => {
    expect(minutesBalance([of(1, "2026-02-28"), of(10, "2026-03-01"), of(100, "2026-03-02"), of(-3, "9999-12-31")], "2026-03-01")).toBe(
      107,
    );
    expect(minutesBalance([], "2026-03-01")).toBe(0);
  });
});
