import { expect, it } from "vitest";
import { readMergeRequestOptions, type MergeRequestOptions } from "../../src/domain/push/merge-request-options.ts";
import { parsePushOptions } from "../../src/domain/push/push-options.ts";

const optionsOf = (...raw: string[]) => readMergeRequestOptions(parsePushOptions(raw));

/** Nothing is said of anything. */
const silent: MergeRequestOptions = {
  create: false,
  target: null,
  targetProject: null,
  title: null,
  description: null,
  isDraft: null,
  removesSourceBranch: null,
  squash: null,
  autoMerge: null,
  milestone: null,
  labels: [],
  unlabels: [],
  assign: [],
  unassign: [],
};

it.each<[string, Partial<MergeRequestOptions>]>([
  ["merge_request.create", { create: true }],
  ["merge_request.create=false", {}],
  ["merge_request.target=stable", { target: "stable" }],
  ["merge_request.target", { target: "true" }],
  ["merge_request.target_project=engines/analytical", { targetProject: "engines/analytical" }],
  ["merge_request.title=Fix the pump", { title: "Fix the pump" }],
  ["merge_request.title", { title: "true" }],
  [String.raw`merge_request.description=one\ntwo\n\nthree`, { description: "one\ntwo\n\nthree" }],
  [String.raw`merge_request.title=one\ntwo`, { title: String.raw`one\ntwo` }],
  ["merge_request.draft", { isDraft: true }],
  ["merge_request.draft=f", { isDraft: false }],
  ["merge_request.remove_source_branch", { removesSourceBranch: true }],
  ["merge_request.remove_source_branch=off", { removesSourceBranch: false }],
  ["merge_request.squash", { squash: true }],
  ["merge_request.squash=F", { squash: false }],
  ["merge_request.auto_merge", { autoMerge: true }],
  ["merge_request.auto_merge=no", { autoMerge: false }],
  ["merge_request.merge_when_pipeline_succeeds", { autoMerge: true }],
  ["merge_request.merge_when_pipeline_succeeds=0", { autoMerge: false }],
  ["merge_request.milestone=v1", { milestone: "v1" }],
  ["merge_request.label=bug", { labels: ["bug"] }],
  ["merge_request.unlabel=bug", { unlabels: ["bug"] }],
  ["merge_request.assign=ada", { assign: ["ada"] }],
  ["merge_request.unassign=7", { unassign: ["7"] }],
])("%s says that and nothing else", (raw, said) => {
  expect(optionsOf(raw)).toEqual({ ...silent, ...said });
});

it.each([
  [["mr.auto_merge=no", "mr.merge_when_pipeline_succeeds"], false],
  [["mr.merge_when_pipeline_succeeds=no", "mr.auto_merge"], true],
])("%j: the newer name of the option stands", (raw, autoMerge) => {
  expect(optionsOf(...raw)).toEqual({ ...silent, autoMerge });
});

it("keeps several values in the order in which they were given, each once", () => {
  expect(optionsOf("mr.label=pump", "mr.label=bug", "mr.label=pump", "mr.assign=grace", "mr.assign=ada")).toEqual({
    ...silent,
    labels: ["pump", "bug"],
    assign: ["grace", "ada"],
  });
});

it("leaves out what no label may be called", () => {
  const longest = "l".repeat(255);
  const names = ["a,b", `${longest}l`, longest, "ok"];
  expect(optionsOf(...names.flatMap((name) => [`mr.label=${name}`, `mr.unlabel=${name}`]))).toEqual({
    ...silent,
    labels: [longest, "ok"],
    unlabels: [longest, "ok"],
  });
});

it.each([["target"], ["milestone"], ["create"]])("takes several values for %s as none", (key) => {
  expect(readMergeRequestOptions({ ["merge_request"]: { [key]: { a: 1 } } })).toEqual(silent);
});
