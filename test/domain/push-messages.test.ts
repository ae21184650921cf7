import { describe, expect, it } from "vitest";
import type { Membership } from "../../src/domain/identity/access-level.ts";
import type { Banner } from "../../src/domain/push/banner.ts";
import { bannerFor, describeOptionErrors, orderMessages } from "../../src/domain/push/messages.ts";
import type { ReportFacts } from "../../src/domain/push/report-facts.ts";

const nothing = { banner: null, optionAlert: null, mergeRequestLinks: [], stored: [] };

describe("what a push shows (push.md 3.2)", () => {
  it.each([
    ["nothing", {}, []],
    ["a banner", { banner: "b" }, [{ message: "b", type: "alert" }]],
    ["an alert about options", { optionAlert: "o" }, [{ message: "o", type: "alert" }]],
    ["a link", { mergeRequestLinks: ["l"] }, [{ message: "l", type: "basic" }]],
    ["what was stored", { stored: ["moved"] }, [{ message: "moved", type: "basic" }]],
    [
      "everything, in this order",
      { stored: ["moved", "created"], mergeRequestLinks: ["l2", "l1"], optionAlert: "o", banner: "b" },
      [
        { message: "b", type: "alert" },
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
