import { expect, it } from "vitest";
import {
  creationRefused,
  faultOf,
  forbid,
  lockedByAnother,
  notFoundOf,
  refusals,
  scopedUserNotFound,
} from "../../src/domain/access/refusal.ts";

it("git-access 6: what hides something is not found, all else that is refused is forbidden", () => {
  const missing = Object.entries(refusals).flatMap(([key, refusal]) => (refusal.class === "notFound" ? [key] : []));
  const notFound = ["project_not_found", "namespace_not_found", "no_repo", "wiki_not_found", "wiki_no_repo"];
  expect(new Set(missing)).toEqual(new Set([...notFound, "snippet_not_found", "snippet_no_repo"]));
  const others = Object.entries(refusals).filter(([key, refusal]) => !missing.includes(key) && refusal.class !== "forbidden");
  expect(others.map(([key, refusal]) => [key, refusal.class])).toEqual([
    ["changes_invalid", "invalid"],
    ["facts_not_loaded", "unavailable"],
    ["event_not_recorded", "unavailable"],
  ]);
});

it("what a refusal becomes at the edge says the same", () => {
  expect(faultOf(forbid("why", "Because."))).toMatchObject({ kind: "forbidden", reason: "why", text: "Because." });
  expect(faultOf(notFoundOf.wiki)).toMatchObject({ kind: "notFound", reason: "wiki_not_found" });
});

it("several errors of a creation are one sentence", () => {
  expect(creationRefused(["One", "two"])).toEqual({
    class: "unprocessable",
    reason: "creation",
    message: "Could not create project: One, two",
  });
});

it("a lock is told with its holder", () => {
  expect(lockedByAnother("a b.psd", "bob")).toEqual({
    class: "forbidden",
    reason: "lfs_lock",
    message: "'a b.psd' is locked in Git LFS by @bob",
  });
});

it("an id is told as it was sent, as far as somebody would read it", () => {
  expect(scopedUserNotFound("a".repeat(100)).message).toBe(`404 User ID ${"a".repeat(100)} not found Not Found`);
  expect(scopedUserNotFound("a".repeat(101)).message).toBe(`404 User ID ${"a".repeat(100)} not found Not Found`);
});
