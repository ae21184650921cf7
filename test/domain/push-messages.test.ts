import { describe, expect, it } from "vitest";
import type { Membership } from "../../src/domain/identity/access-level.ts";
import type { Banner } from "../../src/domain/push/banner.ts";
import { bannerFor, describeOptionErrors, orderMessages, reconciliationAlert } from "../../src/domain/push/messages.ts";
import type { ReportFacts } from "../../src/domain/push/report-facts.ts";

const nothing = { banner: null, reconciliation: null, optionAlert: null, mergeRequestLinks: [], stored: [] };

describe("what a push shows (push.md 3.2)", () => {
  it.each([
    ["nothing", {}, []],
    ["a banner", { banner: "b" }, [{ message: "b", type: "alert" }]],
    ["an alert about options", { optionAlert: "o" }, [{ message: "o", type: "alert" }]],
    ["a link", { mergeRequestLinks: ["l"] }, [{ message: "l", type: "basic" }]],
    ["what was stored", { stored: ["moved"] }, [{ message: "moved", type: "basic" }]],
    [
      "everything, in this order",
      { stored: ["moved", "created"], mergeRequestLinks: ["l2", "l1"], optionAlert: "o", reconciliation: "r", banner: "b" },
      [
        { message: "b", type: "alert" },
        { message: "r", type: "alert" },
        { message: "o", type: "alert" },
        { message: "l2", type: "basic" },
        { message: "l1", type: "basic" },
        { message: "moved", type: "basic" },
        { message: "created", type: "basic" },
      ],
    ],
    [
      "nothing that is blank",
      { banner: "", optionAlert: " \n", mergeRequestLinks: ["", "l"], stored: ["\t", "moved"] },
      [
        { message: "l", type: "basic" },
        { message: "moved", type: "basic" },
      ],
    ],
    ["a text with the blanks around it", { stored: ["\n a \n"] }, [{ message: "\n a \n", type: "basic" }]],
  ])("is %s", (_, texts, messages) => {
    expect(orderMessages({ ...nothing, ...texts })).toEqual(messages);
  });
});

describe("the banner for whoever pushes (push.md 3.4)", () => {
  const today = "2026-03-01";
  const member = (accessLevel: number, values: Partial<Membership> = {}): Membership => ({
    source: "project",
    sourceId: 7,
    accessLevel,
    expiresAt: null,
    isAwaiting: false,
    cap: null,
    capExpiresAt: null,
    ...values,
  });
  const banner = (message: string, targetAccessLevels: number[], targetPath = ""): Banner => ({ message, targetPath, targetAccessLevels });
  const facts: ReportFacts = {
    user: { id: 4 },
    project: {
      id: 7,
      fullPath: "engines/pump",
      defaultBranch: "main",
      isRepositoryEmpty: false,
      printsMergeRequestLink: true,
      mergeRequestsAccessLevel: "enabled",
    },
    hasRepository: true,
    isNamespaceOwner: false,
    memberships: [member(30)],
    banners: [
      banner("no role", [0]),
      banner("developers", [30]),
      banner("maintainers", [40]),
      banner("owners", [50]),
      banner("everybody", []),
    ],
    reconciliations: [],
    hasMessages: false,
    openMergeRequests: [],
  };

  it.each([
    ["a developer", {}, "developers"],
    ["the highest of several roles", { memberships: [member(30), member(40), member(10)] }, "maintainers"],
    ["the owner of the namespace, whatever the memberships", { isNamespaceOwner: true }, "owners"],
    ["the owner of the namespace without a membership", { isNamespaceOwner: true, memberships: [] }, "owners"],
    ["a role for which there is none", { memberships: [member(20)] }, "everybody"],
    ["a membership that ends today", { memberships: [member(30, { expiresAt: today })] }, "everybody"],
    ["one that ends tomorrow", { memberships: [member(30, { expiresAt: "2026-03-02" })] }, "developers"],
    ["one that awaits acceptance", { memberships: [member(30, { isAwaiting: true })] }, "everybody"],
    ["somebody without a role", { memberships: [] }, "everybody"],
    ["nobody that is known", { user: null }, "everybody"],
    ["nobody that is known, in a namespace", { user: null, isNamespaceOwner: true }, "everybody"],
    ["a project that is not known", { project: null }, "everybody"],
    ["nobody, and no project", { user: null, project: null }, "everybody"],
    ["an ownerless deploy key", { user: { id: null }, memberships: [] }, "everybody"],
    ["banners of which none is for the role", { banners: [banner("maintainers", [40])] }, null],
  ])("%s", (_, values, text) => {
    expect(bannerFor({ ...facts, ...values }, today)).toBe(text);
  });

  it("is the one for the project's path, where the project is known", () => {
    const banners = [banner("everywhere", []), banner("engines", [], "/engines/*")];
    expect(bannerFor({ ...facts, banners }, today)).toBe("engines");
    expect(bannerFor({ ...facts, banners, user: null, memberships: [] }, today)).toBe("engines");
    expect(bannerFor({ ...facts, banners, project: null }, today)).toBe("everywhere");
  });
});

describe("the alert about a reconciliation (customers.md 8.1)", () => {
  const today = "2026-03-01";
  const alertFor = (...dates: [from: string, next: string][]) =>
    reconciliationAlert(
      {
        reconciliations: dates.map(([displayAlertFrom, nextReconciliationDate]) => ({
          displayAlertFrom,
          nextReconciliationDate,
          isNamespaceOwner: true,
          memberships: [],
        })),
      },
      today,
    );

  it("tells the soonest of those that are shown today", () => {
    const shown: [string, string] = ["2026-02-20", "2026-03-09"];
    expect(alertFor(shown, ["2026-02-01", "2026-03-05"], ["2026-02-01", "2026-02-28"], ["2026-03-02", "2026-03-03"])).toBe(
      "Your next billing reconciliation is on 2026-03-05.",
    );
  });

  it("is for those who own what is reconciled, as of today", () => {
    const tell = (accessLevel: number, expiresAt: string | null) => {
      const role = { source: "namespace", sourceId: 1, accessLevel, expiresAt, isAwaiting: false, cap: null, capExpiresAt: null } as const;
      const dates = { displayAlertFrom: today, nextReconciliationDate: today, isNamespaceOwner: false, memberships: [role] };
      return reconciliationAlert({ reconciliations: [dates] }, today);
    };
    expect(tell(50, null)).toBe("Your next billing reconciliation is on 2026-03-01.");
    expect([tell(40, null), tell(50, today)]).toEqual([null, null]);
  });

  it("is none where none is shown", () => {
    expect(alertFor()).toBeNull();
    expect(alertFor(["2026-03-02", "2026-03-03"], ["2026-02-01", "2026-02-28"])).toBeNull();
  });
});

describe("the alert about push options (push.md 5)", () => {
  it.each([
    [["merge_request.create"], [], null],
    [
      ["merge_request.create"],
      ["User is required"],
      "WARNINGS:\nError encountered with push options 'merge_request.create': User is required",
    ],
    [
      ["mr.create", "mr.title=It's  a b", "unknown"],
      ["One", "Two"],
      "WARNINGS:\nError encountered with push options 'mr.create' 'mr.title=It's  a b' 'unknown': One\n\nTwo",
    ],
  ])("of %j with the errors %j", (options, errors, text) => {
    expect(describeOptionErrors(options, errors)).toBe(text);
  });
});
