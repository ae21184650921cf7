import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addOnNames,
  addOnOf,
  errorsOfPurchase,
  isComplete,
  isNothing,
  titleOfAddOn,
  withoutOvertaken,
  type SentPurchase,
} from "../../src/domain/billing/add-ons.ts";

const today = "2024-06-15";
const sent = (values: Partial<SentPurchase> = {}): SentPurchase => ({
  addOn: "duo_pro",
  quantity: 10,
  startedOn: "2024-06-01",
  expiresOn: "2025-06-01",
  purchaseXid: "A-1",
  isTrial: null,
  ...values,
});

describe("names of add-ons", () => {
  it("have the titles of the portal", () => {
    expect(addOnNames.map(titleOfAddOn)).toEqual(["Duo Core", "Code Suggestions", "Duo Enterprise", "Product Analytics"]);
  });

  it("take the former name of Duo Pro, and nothing else", () => {
    expect(["duo_pro", "code_suggestions", "Duo_Pro", "", "constructor"].map(addOnOf)).toEqual(["duo_pro", "duo_pro", null, null, null]);
  });
});

describe("what is sent together", () => {
  const pro = sent();
  const others = [sent({ addOn: "duo_core" }), sent({ addOn: "product_analytics" })];

  it.each([
    ["with a quantity", sent({ addOn: "duo_enterprise" }), false],
    ["that keeps its quantity", sent({ addOn: "duo_enterprise", quantity: null }), false],
    ["of none", sent({ addOn: "duo_enterprise", quantity: 0 }), true],
    ["that ended yesterday", sent({ addOn: "duo_enterprise", expiresOn: "2024-06-14" }), true],
    ["that ends today", sent({ addOn: "duo_enterprise", expiresOn: today }), false],
  ])("of Duo Pro and a Duo Enterprise %s", (_, enterprise, keepsPro) => {
    const kept = withoutOvertaken([pro, enterprise, ...others], today);
    expect(kept).toEqual(keepsPro ? [pro, enterprise, ...others] : [enterprise, ...others]);
  });
});

describe("one purchase", () => {
  it("is wrong without what a new one needs, and not without what a stored one has", () => {
    const bare = sent({ quantity: null, purchaseXid: null });
    expect(errorsOfPurchase(bare, { isStored: true, least: 0 })).toEqual({});
    expect(errorsOfPurchase(bare, { isStored: false, least: 0 })).toEqual({
      quantity: ["can't be blank"],
      purchase_xid: ["can't be blank"],
    });
    expect(errorsOfPurchase(sent({ purchaseXid: " " }), { isStored: true, least: 0 })).toEqual({ purchase_xid: ["can't be blank"] });
    expect(errorsOfPurchase(sent({ quantity: 0 }), { isStored: true, least: 1 })).toEqual({
      quantity: ["must be greater than or equal to 1"],
    });
    expect(errorsOfPurchase(sent({ purchaseXid: "x".repeat(255) }), { isStored: false, least: 1 })).toEqual({});
    expect(errorsOfPurchase(sent({ purchaseXid: "x".repeat(256) }), { isStored: false, least: 1 })).toEqual({
      purchase_xid: ["is too long (maximum is 255 characters)"],
    });
  });

  it("is nothing where none is bought, or what never was is ended", () => {
    expect(isNothing(sent({ quantity: 0 }), false, today)).toBe(true);
    expect(isNothing(sent({ quantity: 0 }), true, today)).toBe(false);
    expect(isNothing(sent({ quantity: null, expiresOn: "2024-06-14" }), false, today)).toBe(true);
    expect(isNothing(sent({ quantity: null, expiresOn: today }), false, today)).toBe(false);
  });

  it("that is complete is decided the same whatever is stored", () => {
    const any = fc.record({
      quantity: fc.option(fc.nat({ max: 3 })),
      purchaseXid: fc.option(fc.string()),
      expiresOn: fc.constantFrom("2024-06-14", today, "2024-06-16"),
    });
    fc.assert(
      fc.property(any, (values) => {
        const each = sent(values);
        fc.pre(isComplete(each));
        const [known, unknown] = [true, false].map((isStored) => [
          isNothing(each, isStored, today),
          errorsOfPurchase(each, { isStored, least: 0 }),
        ]);
        expect(known).toEqual(unknown);
      }),
    );
  });
});
