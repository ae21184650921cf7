import { describe, expect, it } from "vitest";
import {
  describeReconciliationErrors,
  isShown,
  reconciliationErrors,
  reconciliationsToStore,
} from "../../src/domain/billing/reconciliation.ts";

const entry = { namespaceId: 127, nextReconciliationDate: "2021-06-13", displayAlertFrom: "2021-06-06" };

describe("an upcoming reconciliation (customers.md 8.1)", () => {
  it.each([
    ["301 between the days", "2021-06-10", true],
    ["301 on the first day", "2021-06-06", true],
    ["301 on the day itself", "2021-06-13", true],
    ["301 the day after", "2021-06-14", false],
    ["301 before the first day", "2021-06-05", false],
  ])("%s", (_, today, shown) => {
    expect(isShown(entry, today)).toBe(shown);
  });

  it("is never shown where its days are the wrong way round", () => {
    for (const today of ["2021-06-05", "2021-06-10", "2021-06-14"])
      expect(isShown({ displayAlertFrom: "2021-06-13", nextReconciliationDate: "2021-06-06" }, today)).toBe(false);
  });
});

describe("entries (customers.md 8.1)", () => {
  it.each([
    ["good", entry, true, []],
    ["of no namespace", entry, false, ["Namespace can't be blank"]],
    ["without a date", { ...entry, nextReconciliationDate: null }, true, ["Next reconciliation date can't be blank"]],
    ["without a first day", { ...entry, displayAlertFrom: null }, true, ["Display alert from can't be blank"]],
    [
      "of nothing",
      { namespaceId: 1, nextReconciliationDate: null, displayAlertFrom: null },
      false,
      ["Namespace can't be blank", "Next reconciliation date can't be blank", "Display alert from can't be blank"],
    ],
  ])("that are %s", (_, sent, known, errors) => {
    expect(reconciliationErrors(sent, known)).toEqual(errors);
  });

  it("are told in one text, each under its namespace", () => {
    const sent = [entry, { ...entry, namespaceId: 999 }, { ...entry, displayAlertFrom: null }];
    expect(describeReconciliationErrors(sent, new Set([127]))).toBe(
      '[{"999":["Namespace can\'t be blank"]},{"127":["Display alert from can\'t be blank"]}]',
    );
    expect(describeReconciliationErrors([entry], new Set([127]))).toBeNull();
  });

  it("of one namespace: the last that can be stored holds", () => {
    const last = { ...entry, nextReconciliationDate: "2021-07-01" };
    expect(reconciliationsToStore([entry, last, { ...entry, nextReconciliationDate: null }])).toEqual([last]);
  });
});
