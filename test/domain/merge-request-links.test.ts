import { describe, expect, it } from "vitest";
import { mergeRequestLinks, type LinkedProject, type OpenMergeRequest } from "../../src/domain/push/merge-request-links.ts";
import { blank, newrev, oldrev } from "../setup/facts.ts";

const root = "https://gitlab.example.test";
const project: LinkedProject = {
  fullPath: "engines/analytical",
  defaultBranch: "main",
  isRepositoryEmpty: false,
  printsMergeRequestLink: true,
  mergeRequestsAccessLevel: "enabled",
};
const pushed = (...names: string[]) => names.map((name) => ({ oldrev, newrev, ref: `refs/heads/${name}` }));
const created = (name: string) => ({ oldrev: blank, newrev, ref: `refs/heads/${name}` });
const createText = (branch: string, escaped = branch) =>
  `To create a merge request for ${branch}, visit:\n  ${root}/engines/analytical/-/merge_requests/new?merge_request%5Bsource_branch%5D=${escaped}`;
const open = (sourceBranch: string, iid: number, targetFullPath = "engines/analytical"): OpenMergeRequest => ({
  sourceBranch,
  targetFullPath,
  iid,
});
const viewText = (branch: string, iid: number, path = "engines/analytical") =>
  `View merge request for ${branch}:\n  ${root}/${path}/-/merge_requests/${iid}`;

describe("merge-request links", () => {
  it.each<[string, Partial<LinkedProject>]>([
    ["330 merge requests are disabled", { mergeRequestsAccessLevel: "disabled" }],
    ["330 link printing is off", { printsMergeRequestLink: false }],
    ["330 it is the default branch", { defaultBranch: "topic" }],
    ["the repository is empty", { isRepositoryEmpty: true }],
  ])("none where %s", (_, changes) => {
    expect(mergeRequestLinks({ ...project, ...changes }, pushed("topic"), [open("topic", 1)], root)).toEqual([]);
  });

  it("330 none for a deleted branch, a tag, or any other ref", () => {
    const changes = [
      { oldrev, newrev: blank, ref: "refs/heads/gone" },
      { oldrev, newrev, ref: "refs/tags/v1" },
      { oldrev, newrev, ref: "refs/merge-requests/1/head" },
      { oldrev, newrev, ref: "refs/heads/" },
    ];
    expect(mergeRequestLinks(project, changes, [open("gone", 1)], root)).toEqual([]);
  });

  it("331 one to create a merge request, for a new branch and for one without any", () => {
    expect(mergeRequestLinks(project, [created("new"), ...pushed("old")], [], root)).toEqual([createText("new"), createText("old")]);
  });

  it.each([
    ["feature/a", "feature%2Fa"],
    ["a&b=c#d", "a%26b%3Dc%23d"],
    ["it's(1)*!~", "it%27s%281%29%2A%21~"],
    ["zażółć", "za%C5%BC%C3%B3%C5%82%C4%87"],
    ["a+b%20", "a%2Bb%2520"],
  ])("331 the name of the branch escaped: %s", (name, escaped) => {
    expect(mergeRequestLinks(project, pushed(name), [], root)).toEqual([createText(name, escaped)]);
  });

  it("331 half a character in a name is no reason to fail", () => {
    expect(mergeRequestLinks(project, pushed("a\ud800"), [], root)).toEqual([createText("a\ud800", "a%EF%BF%BD")]);
  });

  it("332 one to the open merge request, which may be in the fork parent; the newest of several", () => {
    const requests = [open("topic", 3), open("topic", 2, "upstream/analytical")];
    expect(mergeRequestLinks(project, pushed("topic"), requests, root)).toEqual([viewText("topic", 2, "upstream/analytical")]);
  });

  it("332 also where merge requests are for members only", () => {
    expect(mergeRequestLinks({ ...project, mergeRequestsAccessLevel: "private" }, pushed("a"), [open("a", 9)], root)).toEqual([
      viewText("a", 9),
    ]);
  });

  it("334 one for each branch, in the order of the push", () => {
    expect(mergeRequestLinks(project, pushed("b", "main", "a"), [open("a", 7)], root)).toEqual([createText("b"), viewText("a", 7)]);
  });

  it("one for each of 100,000 branches", () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `b${index}`);
    const texts = mergeRequestLinks(project, pushed(...names), [open("b99999", 1)], root);
    expect([texts.length, texts.at(-1)]).toEqual([100_000, viewText("b99999", 1)]);
  });
});
