import { beforeEach, describe, expect, it } from "vitest";
import { followPushedBranches, type FollowedBranch } from "../../src/db/followed-branches.ts";
import type { UserRow } from "../../src/db/users.ts";
import { addMergeRequest, mergeRequestsInto } from "../setup/merge-requests.ts";
import { addGroup, addProject, addUser, db, type Project } from "../setup/world.ts";

const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(40)) as [string, string, string];
const created = new Date("2026-03-15T12:00:00Z");
const pushedAt = new Date("2026-03-15T12:01:00Z");
const later = new Date("2026-03-15T12:02:00Z");
const times = { createdAt: created, updatedAt: created };

let project: Project;
let ada: UserRow;

beforeEach(async () => {
  project = await addProject(await addGroup());
  ada = await addUser();
});

const follow = (branches: Iterable<FollowedBranch>, of = project, at = pushedAt) =>
  followPushedBranches(db, { projectId: of.id, branches, pushedAt: at });
const pushed = (name: string, newrev = b) => ({ name, newrev });
const deleted = (name: string) => ({ name, newrev: null });

describe("a pushed source branch", () => {
  it("moves what is open from it, wherever it goes, and nothing else", async () => {
    const upstream = await addProject(await addGroup());
    await addMergeRequest(project, { ...times, headSha: a });
    await addMergeRequest(project, { ...times, headSha: a, state: "closed" });
    await addMergeRequest(project, { ...times, headSha: a, state: "merged" });
    await addMergeRequest(project, { ...times, headSha: a, sourceBranch: "other" });
    await addMergeRequest(upstream, { ...times, sourceProjectId: project.id });
    await addMergeRequest(upstream, { ...times, headSha: a });
    await follow([pushed("topic")]);
    expect((await mergeRequestsInto(project)).map(({ headSha, updatedAt }) => [headSha, updatedAt])).toEqual([
      [b, pushedAt],
      [a, created],
      [a, created],
      [a, created],
    ]);
    expect((await mergeRequestsInto(upstream)).map(({ headSha }) => headSha)).toEqual([b, a]);
  });

  it("ends an automatic merge at another commit, not one at this commit", async () => {
    const autoMerge = { autoMergeUserId: ada.id, ...times };
    await addMergeRequest(project, { ...autoMerge, autoMergeSha: a, headSha: a, sourceBranch: "one" });
    await addMergeRequest(project, { ...autoMerge, autoMergeSha: b, headSha: b, sourceBranch: "two" });
    await addMergeRequest(project, { ...autoMerge, autoMergeSha: b, headSha: a, sourceBranch: "three" });
    await follow([pushed("one"), pushed("two"), pushed("three")]);
    expect(await mergeRequestsInto(project)).toMatchObject([
      { headSha: b, autoMergeUserId: null, autoMergeSha: null },
      { headSha: b, autoMergeUserId: ada.id, autoMergeSha: b, updatedAt: created },
      { headSha: b, autoMergeUserId: ada.id, autoMergeSha: b, updatedAt: pushedAt },
    ]);
  });

  it("moves nothing that the options of a later push have changed already", async () => {
    const next = { headSha: c, autoMergeUserId: ada.id, autoMergeSha: c };
    await addMergeRequest(project, { ...times, ...next, updatedAt: later });
    await follow([pushed("topic")]);
    await follow([deleted("topic")]);
    expect(await mergeRequestsInto(project)).toMatchObject([{ ...next, state: "opened", updatedAt: later }]);
    await follow([pushed("topic", c)], project, later);
    expect(await mergeRequestsInto(project)).toMatchObject([next]);
  });
});

describe("a deleted source branch", () => {
  it("closes what is open from it", async () => {
    await addMergeRequest(project, { ...times, autoMergeUserId: ada.id, autoMergeSha: a });
    await addMergeRequest(project, { ...times, state: "merged", mergedAt: created });
    await addMergeRequest(project, { ...times, sourceBranch: "other" });
    await follow([deleted("topic")]);
    expect(await mergeRequestsInto(project)).toMatchObject([
      { state: "closed", closedAt: pushedAt, updatedAt: pushedAt, autoMergeUserId: null, autoMergeSha: null },
      { state: "merged", closedAt: null, updatedAt: created },
      { state: "opened", closedAt: null },
    ]);
  });
});

describe("a target branch", () => {
  it("that is at the newest commit of a merge request has it merged", async () => {
    const fork = await addProject(await addGroup());
    await addMergeRequest(project, { ...times, headSha: b });
    await addMergeRequest(project, { ...times, headSha: b, sourceProjectId: fork.id, sourceBranch: "far" });
    await addMergeRequest(project, { ...times, headSha: a, sourceBranch: "behind" });
    await addMergeRequest(project, { ...times, headSha: b, sourceBranch: "elsewhere", targetBranch: "stable" });
    await addMergeRequest(project, { ...times, headSha: b, sourceBranch: "late", createdAt: later });
    await addMergeRequest(project, { ...times, headSha: b, sourceBranch: "closed", state: "closed" });
    await follow([pushed("main")]);
    expect((await mergeRequestsInto(project)).map(({ state, mergedAt }) => [state, mergedAt])).toEqual([
      ["merged", pushedAt],
      ["merged", pushedAt],
      ["opened", null],
      ["opened", null],
      ["opened", null],
      ["closed", null],
    ]);
  });

  it("that is pushed together with the source, in whatever order, has it merged; so it has with the source deleted", async () => {
    await addMergeRequest(project, { ...times, headSha: a, sourceBranch: "one" });
    await addMergeRequest(project, { ...times, headSha: b, sourceBranch: "two" });
    await follow([pushed("main"), pushed("one"), deleted("two")]);
    expect(await mergeRequestsInto(project)).toMatchObject([{ state: "merged", headSha: b }, { state: "merged" }]);
  });
});

describe("following", () => {
  it("twice changes nothing more, and no branch at all changes nothing", async () => {
    await addMergeRequest(project, { ...times, headSha: a });
    await addMergeRequest(project, { ...times, headSha: b, sourceBranch: "two" });
    await addMergeRequest(project, { ...times, sourceBranch: "three" });
    await follow([]);
    const branches = [pushed("topic"), pushed("main"), deleted("three")];
    await follow(branches);
    const once = await mergeRequestsInto(project);
    await follow(branches, project, later);
    expect(await mergeRequestsInto(project)).toEqual(once);
    expect(once.map(({ state }) => state)).toEqual(["merged", "merged", "closed"]);
  });

  it("takes names of every kind", async () => {
    const names = ["__proto__", "a\"b'c\\", "zażółć/💥", "x".repeat(4000), "\u0001"];
    for (const sourceBranch of names) await addMergeRequest(project, { ...times, sourceBranch });
    await follow(names.map((name) => pushed(name)));
    expect((await mergeRequestsInto(project)).map(({ headSha }) => headSha)).toEqual(names.map(() => b));
    await follow([...names.map((name) => deleted(name)), deleted("\ud800"), pushed("\ud800"), deleted("\0")]);
    expect((await mergeRequestsInto(project)).map(({ state }) => state)).toEqual(names.map(() => "closed"));
  });

  it("of 30,000 branches with long names takes a few statements", { timeout: 60_000 }, async () => {
    await addMergeRequest(project, { ...times, sourceBranch: `${"n".repeat(100)}29999` });
    await addMergeRequest(project, { ...times, sourceBranch: `${"n".repeat(100)}0` });
    function* branches(): Generator<FollowedBranch> {
      for (let index = 0; index < 30_000; index += 1) yield pushed(`${"n".repeat(100)}${index}`);
    }
    const before = db.meter.trips;
    await follow(branches());
    expect((await mergeRequestsInto(project)).map(({ headSha }) => headSha)).toEqual([b, b]);
    expect(db.meter.trips - before).toBeLessThan(12);
  });

  it("reads as much as the branches need, however many merge requests others have", async () => {
    await addMergeRequest(project, { ...times, headSha: a });
    const cost = async () => {
      const before = db.meter.rowsRead;
      await follow([pushed("topic"), pushed("main", c), deleted("gone")]);
      return db.meter.rowsRead - before;
    };
    const stranger = await addProject(await addGroup());
    const add = async (from: number, to: number) => {
      for (let index = from; index < to; index += 1) {
        await addMergeRequest(stranger, { sourceBranch: `b${index}` });
        await addMergeRequest(project, { sourceBranch: `b${index}`, targetBranch: "stable" });
      }
    };
    await add(0, 3);
    await follow([pushed("topic")]);
    const few = await cost();
    await add(3, 40);
    expect(await cost()).toBe(few);
    expect(few).toBeLessThan(30);
  });
});
