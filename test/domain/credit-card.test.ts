import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { digestCard, toIsoInstant, type SentCard } from "../../src/domain/billing/credit-card.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const card = (values: Partial<SentCard> = {}): SentCard => ({
  holderName: "John SMITH",
  network: "American Express",
  maskNumber: "1111",
  expirationYear: 2024,
  expirationMonth: 2,
  zuoraPaymentMethodXid: null,
  stripeSetupIntentXid: null,
  stripePaymentMethodXid: null,
  stripeCardFingerprint: null,
  ...values,
});

describe("the digests of a card", () => {
  it("are those of the words in lower case, the last digits and the month's last day", () => {
    expect(digestCard(card())).toEqual({
      holderNameDigest: sha256("john smith"),
      networkDigest: sha256("american express"),
      lastDigitsDigest: sha256("1111"),
      expirationDateDigest: sha256("2024-02-29"),
    });
  });

  it.each([
    [2023, 2, "2023-02-28"],
    [2010, 12, "2010-12-31"],
    [99, 4, "0099-04-30"],
    [9999, 12, "9999-12-31"],
  ])("know how long the month is: %d-%d", (expirationYear, expirationMonth, day) => {
    expect(digestCard(card({ expirationYear, expirationMonth }))?.expirationDateDigest).toBe(sha256(day));
  });

  it("look at no more than the last four digits", () => {
    for (const maskNumber of ["************4242", "4111111111114242", " 4242 "])
      expect(digestCard(card({ maskNumber }))?.lastDigitsDigest).toBe(sha256("4242"));
    expect(digestCard(card({ maskNumber: "0042" }))?.lastDigitsDigest).toBe(sha256("0042"));
  });

  it.each([
    ["month 0", { expirationMonth: 0 }],
    ["month 13", { expirationMonth: 13 }],
    ["year 0", { expirationYear: 0 }],
    ["year 10000", { expirationYear: 10_000 }],
    ["no digits", { maskNumber: "none" }],
    ["a long id of Zuora", { zuoraPaymentMethodXid: "x".repeat(51) }],
    ["a long fingerprint", { stripeCardFingerprint: "x".repeat(256) }],
    ["a long holder", { holderName: "x".repeat(256) }],
  ])("are none with %s", (_, values) => {
    expect(digestCard(card(values))).toBeNull();
  });

  it("take ids that are just short enough", () => {
    expect(digestCard(card({ zuoraPaymentMethodXid: "x".repeat(50), stripeCardFingerprint: "x".repeat(255) }))).not.toBeNull();
  });
});

describe("points in time", () => {
  it.each([
    ["2020-01-01 00:00:00 UTC", "2020-01-01T00:00:00Z"],
    ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
    ["2020-01-01 10:20:30", "2020-01-01T10:20:30Z"],
    ["2020-01-01 10:20:30 +0200", "2020-01-01T10:20:30+0200"],
    ["2020-01-01T10:20:30.5-08:00", "2020-01-01T10:20:30.5-08:00"],
    ["2020-01-01", "2020-01-01"],
    ["soon", "soon"],
  ])("%s", (text, expected) => {
    expect(toIsoInstant(text)).toBe(expected);
  });
});
