import { describe, expect, it } from "vitest";
import {
  alreadyOpenError,
  draftTitle,
  isDraftTitle,
  mergeRequestErrors,
  titleOfBranch,
  type MergeRequestTexts,
} from "../../src/domain/push/merge-request-record.ts";

const titleTooLong = "Title is too long (maximum is 255 characters)";
const descriptionTooLong = "Description is too long (maximum is 65535 characters)";

describe("what is wrong with a merge request", () => {
  it.each<[string, Partial<MergeRequestTexts>, string[]]>([
    ["nothing", {}, []],
    ["nothing, where nothing is said of the description", { description: null }, []],
    ["nothing, where the description is empty", { description: "" }, []],
    ["no title", { title: "" }, ["Title can't be blank"]],
    ["a title of blanks", { title: " \t " }, ["Title can't be blank"]],
    ["no title of 255 characters", { title: "t".repeat(255) }, []],
    ["a title of 256 characters", { title: "t".repeat(256) }, [titleTooLong]],
    ["no title of 255 characters outside the basic plane", { title: "🚀".repeat(255) }, []],
    ["a title of 256 characters outside the basic plane", { title: "🚀".repeat(256) }, [titleTooLong]],
    ["no description of 65,535 characters", { description: "d".repeat(65_535) }, []],
    ["a description of 65,536 characters", { description: "d".repeat(65_536) }, [descriptionTooLong]],
    ["no source branch", { sourceBranch: " " }, ["Source branch can't be blank"]],
    ["no target branch", { targetBranch: " " }, ["Target branch can't be blank"]],
    ["one branch of one project", { isOwnTarget: true }, ["Branch conflict You can't use same project/branch for source and target"]],
  ])("is %s", (_name, changes, errors) => {
    const right = { title: "Fix", description: "It leaks.", sourceBranch: "fix", targetBranch: "main", isOwnTarget: false };
    expect(mergeRequestErrors({ ...right, ...changes })).toEqual(errors);
  });

  it("is all said, in this order", () => {
    const wrong = { title: " ".repeat(256), description: "d".repeat(131_071), sourceBranch: "", targetBranch: "", isOwnTarget: true };
    expect(mergeRequestErrors(wrong)).toEqual([
      "Title can't be blank",
      titleTooLong,
      descriptionTooLong,
      "Source branch can't be blank",
      "Target branch can't be blank",
      "Branch conflict You can't use same project/branch for source and target",
    ]);
  });

  it("names the one that is open already", () => {
    expect(alreadyOpenError(12)).toBe("Validate branches Another open merge request already exists for this source branch: !12");
  });
});

it.each([
  ["-fix_the-pump_", "Fix the pump"],
  ["--", ""],
  ["𐐨-x", "𐐀 x"],
])("a merge request from the branch %s is called %j", (branch, title) => {
  expect(titleOfBranch(branch)).toBe(title);
});

describe("the mark of a draft", () => {
  it.each([
    ["Draft: fix", true],
    ["  draft:fix", true],
    ["[Draft]", true],
    ["(draft) fix", true],
    ["fix Draft: it", false],
    ["x[draft] fix", false],
    ["Draft fix", false],
    ["drafted: fix", false],
  ])("%j: %s", (title, isDraft) => {
    expect(isDraftTitle(title)).toBe(isDraft);
  });

  it.each<[string, boolean | null, string]>([
    ["Draft: fix", null, "Draft: fix"],
    ["fix", null, "fix"],
    ["fix", true, "Draft: fix"],
    ["  Draft: [draft](draft) fix", false, "fix"],
    ["Draft: fix Draft: it", false, "fix Draft: it"],
    ["fix Draft: it", false, "fix Draft: it"],
    ["fix Draft: it", true, "Draft: fix Draft: it"],
  ])("%j, wanted %s: %j", (title, isDraft, expected) => {
    expect(draftTitle(title, isDraft)).toBe(expected);
  });
});
