import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupChanges } from "../../src/domain/push/change-groups.ts";
import { pushEvents } from "../../src/domain/push/events.ts";
import type { RecordedGroup } from "../../src/domain/push/pushed-facts.ts";
import { refChanges } from "../../src/domain/push/ref-changes.ts";

const blank = "0".repeat(40);
const [one, two] = ["1".repeat(40), "2".repeat(40)];
const created = (ref: string) => `${blank} ${one} ${ref}`;
const pushed = (ref: string) => `${one} ${two} ${ref}`;
const removed = (ref: string) => `${two} ${blank} ${ref}`;

function eventsOf(lines: string[], limit = 3, recorded: RecordedGroup[] = []) {
  const changes = () => refChanges(lines.join("\n"));
  return [...pushEvents(groupChanges(changes()), changes, limit, recorded)];
}
const bulk = (changeIndex: number, action: string, refType: string, refCount: number) => ({
  changeIndex,
  action,
  refType,
  ref: null,
  commitFrom: null,
  commitTo: null,
  refCount,
});

describe("the events of a push (push.md 7.4)", () => {
  it("354 362 364 says of a created, an updated and a deleted branch what it was and what it is", () => {
    expect(eventsOf([created("refs/heads/a"), pushed("refs/heads/master"), removed("refs/heads/x/y")])).toEqual([
      { changeIndex: 0, action: "created", refType: "branch", ref: "a", commitFrom: null, commitTo: one, refCount: null },
      { changeIndex: 1, action: "pushed", refType: "branch", ref: "master", commitFrom: one, commitTo: two, refCount: null },
      { changeIndex: 2, action: "removed", refType: "branch", ref: "x/y", commitFrom: two, commitTo: null, refCount: null },
    ]);
  });

  it("has branches first, then tags, each group where its first change stands", () => {
    const events = eventsOf([
      removed("refs/tags/t1"),
      pushed("refs/heads/b1"),
      created("refs/tags/t2"),
      created("refs/heads/b2"),
      pushed("refs/heads/b3"),
      removed("refs/tags/t3"),
    ]);
    expect(events.map(({ ref }) => ref)).toEqual(["b1", "b3", "b2", "t1", "t3", "t2"]);
    expect(events.map(({ changeIndex }) => changeIndex)).toEqual([1, 4, 3, 0, 5, 2]);
  });

  it("356 makes one event of a group that is larger than the limit", () => {
    const four = [1, 2, 3, 4];
    const lines = [
      ...four.map((n) => created(`refs/heads/c${n}`)),
      ...four.map((n) => pushed(`refs/heads/p${n}`)),
      ...four.map((n) => removed(`refs/heads/r${n}`)),
    ];
    expect(eventsOf(lines)).toEqual([bulk(0, "created", "branch", 4), bulk(4, "pushed", "branch", 4), bulk(8, "removed", "branch", 4)]);
    expect(eventsOf(lines, 4)).toHaveLength(12);
  });

  it("compares each group by itself: branches and tags that are created are two", () => {
    const lines = [
      ...["a", "b", "c"].map((name) => created(`refs/heads/${name}`)),
      ...["a", "b", "c", "d"].map((name) => created(`refs/tags/${name}`)),
    ];
    expect(eventsOf(lines).map(({ ref, refCount }) => ref ?? refCount)).toEqual(["a", "b", "c", 4]);
  });

  it("368 with a limit of 0 even one change is a bulk event", () => {
    expect(eventsOf([created("refs/heads/a"), created("refs/heads/b")], 0)).toEqual([bulk(0, "created", "branch", 2)]);
    expect(eventsOf([pushed("refs/tags/a")], 0)).toEqual([bulk(0, "pushed", "tag", 1)]);
  });

  it("leaves each group as one event or as many, as it was recorded, whatever the limit is by now", () => {
    const lines = [created("refs/heads/a"), created("refs/heads/b"), pushed("refs/heads/c"), pushed("refs/heads/d"), pushed("refs/tags/e")];
    const recorded: RecordedGroup[] = [
      { type: "branch", action: "created", isBulk: true },
      { type: "branch", action: "pushed", isBulk: false },
    ];
    const before = [2, "c", "d"];
    expect(eventsOf(lines, 3, recorded).map(({ ref, refCount }) => ref ?? refCount)).toEqual([...before, "e"]);
    expect(eventsOf(lines, 0, recorded).map(({ ref, refCount }) => ref ?? refCount)).toEqual([...before, 1]);
  });

  it("has none where no branch or tag changed", () => {
    expect(eventsOf([created("refs/merge-requests/1/head"), "malformed", ""])).toEqual([]);
  });

  it("stands for every change exactly once, and never has one line twice", () => {
    const line = fc
      .tuple(fc.constantFrom(created, pushed, removed), fc.constantFrom("refs/heads/", "refs/tags/"), fc.nat(9))
      .map(([change, prefix, number]) => change(`${prefix}${number}`));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.nat(6), (lines, limit) => {
        const events = eventsOf(lines, limit);
        expect(events.reduce((sum, { refCount }) => sum + (refCount ?? 1), 0)).toBe(lines.length);
        expect(new Set(events.map(({ changeIndex }) => changeIndex)).size).toBe(events.length);
      }),
    );
  });
});
