import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { loadMergeRequestFacts } from "../../src/db/facts/merge-request-facts.ts";
import { listLabels } from "../../src/db/labels.ts";
import { listMergeRequests, type MergeRequestFilter, type MergeRequestPlace } from "../../src/db/merge-request-list.ts";
import { changeMergeRequest, openMergeRequest } from "../../src/db/merge-requests.ts";
import { listMilestones } from "../../src/db/milestones.ts";
import { loadOpenMergeRequests, pushedBranchesValue } from "../../src/db/open-merge-requests.ts";
import type { UserRow } from "../../src/db/users.ts";
import { readMergeRequestOptions } from "../../src/domain/push/merge-request-options.ts";
import { parsePushOptions } from "../../src/domain/push/push-options.ts";
import { newrev, oldrev } from "../setup/facts.ts";
import { addLabel, addMergeRequest, addMilestone } from "../setup/merge-requests.ts";
import { addGroup, addMember, addProject, addShare, addUser, db, type Group, type Project } from "../setup/world.ts";

/** What is read for merge requests grows with what is asked for, and not with what others have. */

let ada: UserRow;
let group: Group;
let upstream: Project;
let fork: Project;
const page = { size: 20, offset: 0 };
const today = "2026-03-15";

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  const parent = await addGroup();
  group = await addGroup({ parent });
  upstream = await addProject(group, { isRepositoryEmpty: false });
  fork = await addProject(ada, { forkedFromProjectId: upstream.id, isRepositoryEmpty: false });
  await addMember(ada, { project: upstream }, 30);
  const invited = await addGroup();
  await addMember(await addUser({ username: "bob" }), { group: invited }, 30);
  await addShare(invited, { group: parent }, 30);
  await addLabel({ projectId: upstream.id }, "a");
  await addLabel({ namespaceId: parent.id }, "b");
  await addMilestone({ namespaceId: parent.id }, "m");
  await addMergeRequest(upstream, { sourceProjectId: fork.id, authorId: ada.id });
  await addMergeRequest(upstream, { sourceProjectId: fork.id, sourceBranch: "other" });
});

async function rowsReadBy(work: () => Promise<unknown>): Promise<number> {
  const before = db.meter.rowsRead;
  await work();
  return db.meter.rowsRead - before;
}

const options = readMergeRequestOptions(
  parsePushOptions(["mr.create", "mr.assign=bob", "mr.unassign=1", "mr.target=stable", "mr.label=a", "mr.milestone=m"]),
)!;
const change = (ref: string) => ({ oldrev, newrev, ref: `refs/heads/${ref}` });
const list = (place: MergeRequestPlace, filter: MergeRequestFilter = {}) =>
  listMergeRequests(db, place, filter, { reader: { user: ada, isAdmin: false }, today }, { by: "created_at", isDescending: true }, page);

const marks = { addLabels: ["a", "b"], removeLabels: ["c"], makesLabels: true, milestone: "m", assigneeIds: [1], unassignedIds: [2] };
let opened = 0;

const works: [string, () => Promise<unknown>][] = [
  ["the facts of push options", () => loadMergeRequestFacts(db, { projectId: fork.id, userId: ada.id, branches: ["topic", "x"] }, options)],
  [
    "those of a named target",
    () =>
      loadMergeRequestFacts(
        db,
        { projectId: fork.id, userId: ada.id, branches: ["topic"] },
        { ...options, targetProject: upstream.fullPath },
      ),
  ],
  ["the open ones of pushed branches", () => loadOpenMergeRequests(db, fork.id, ["topic", "x"].map(change))],
  [
    "the open ones of a large push",
    () =>
      loadOpenMergeRequests(
        db,
        fork.id,
        Array.from({ length: 1001 }, (_, index) => change(`n${index}`)),
      ),
  ],
  ["the list of a project", () => list({ projectId: upstream.id })],
  ["the open ones of a project", () => list({ projectId: upstream.id }, { state: "opened" })],
  ["those of a branch", () => list({ projectId: upstream.id }, { targetBranch: "main" })],
  ["those of a group", () => list({ groupId: group.id })],
  ["somebody's own", () => list("everywhere", { authorId: ada.id })],
  ["those assigned to somebody", () => list("everywhere", { assigneeId: ada.id })],
  ["labels", () => listLabels(db, { projectId: upstream.id, namespaceId: group.id }, { includesInherited: true, withCounts: true }, page)],
  ["milestones", () => listMilestones(db, { projectId: upstream.id, namespaceId: group.id }, { includesInherited: true }, page)],
  [
    "changing one",
    () =>
      changeMergeRequest(
        db,
        {
          id: 1,
          authorId: ada.id,
          targetBranch: null,
          title: "x",
          isDraft: null,
          description: null,
          headSha: newrev,
          squash: null,
          removesSourceBranch: null,
          isAutoMerge: null,
          marks,
        },
        upstream.id,
        new Date(),
      ),
  ],
  [
    "opening one",
    () =>
      openMergeRequest(
        db,
        {
          sourceProjectId: fork.id,
          sourceBranch: `opened${(opened += 1)}`,
          targetProjectId: upstream.id,
          targetBranch: "main",
          authorId: ada.id,
          title: "x",
          isDraft: false,
          description: "",
          headSha: newrev,
          squash: false,
          removesSourceBranch: false,
          isAutoMerge: true,
          marks,
        },
        new Date(),
      ),
  ],
];

const run = (text: string) => db.query.run(sql.raw(text));

/** Other people's private projects, forks of nothing, with merge requests, labels, milestones and refs of the same names. */
async function fill(from: number, to: number): Promise<void> {
  const numbers = `with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`;
  await run(`insert into users (id, username, name, email, password_stamp)
    ${numbers} select 1000000 + i, 'bulk' || i, 'Bulk', 'bulk' || i || '@example.test', '0' from n`);
  await run(`insert into namespaces (id, kind, name, path) ${numbers} select 1000000 + i, 'group', 'B', 'b' || i from n`);
  await run(`insert into namespace_ancestors (namespace_id, ancestor_id, depth) ${numbers} select 1000000 + i, 1000000 + i, 0 from n`);
  await run(`insert into projects (id, namespace_id, name, path) ${numbers} select 1000000 + i, 1000000 + i, 'B', 'p' from n`);
  await run(`insert into routes (path, project_id) ${numbers} select 'b' || i || '/p', 1000000 + i from n`);
  await run(`insert into members (user_id, namespace_id, access_level) ${numbers} select 1000000 + i, 1000000 + i, 50 from n`);
  await run(`insert into git_refs (project_id, name, sha) ${numbers} select 1000000 + i, 'refs/heads/stable', '${newrev}' from n`);
  await run(`insert into labels (id, project_id, name, color) ${numbers} select 1000000 + i, 1000000 + i, 'a', '#000000' from n`);
  await run(`insert into milestones (project_id, iid, title) ${numbers} select 1000000 + i, 1, 'x' || i from n`);
  await run(`insert into merge_requests (id, target_project_id, source_project_id, iid, source_branch, target_branch, title, author_id)
    ${numbers} select 1000000 + i, 1000000 + i, 1000000 + i, 1, 'topic', 'main', 'B', 1000000 + i from n`);
  await run(`insert into merge_request_assignees (merge_request_id, user_id) ${numbers} select 1000000 + i, 1000000 + i from n`);
  await run(`insert into merge_request_labels (merge_request_id, label_id) ${numbers} select 1000000 + i, 1000000 + i from n`);
}

describe("three projects of others, and a thousand", () => {
  const before = new Map<string, number>();

  beforeAll(async () => {
    await fill(1, 3);
    // Once before: what is changed first is another row afterwards.
    for (const [, work] of works.slice(0, -1)) await work();
    for (const [name, work] of works) before.set(name, await rowsReadBy(work));
    // What was opened is listed: nothing else is to differ.
    await db.query.run(sql`delete from merge_request_labels where merge_request_id > 1000003`);
    await db.query.run(sql`delete from merge_request_assignees where merge_request_id > 1000003`);
    await db.query.run(sql`delete from merge_requests where id > 1000003`);
    await fill(4, 1000);
  });

  it.each(works)("the same rows are read for %s", async (name, work) => {
    const rows = await rowsReadBy(work);
    expect(rows).toBe(before.get(name));
    expect(rows).toBeLessThan(name.includes("large") ? 1200 : 150);
  });
});

describe("the value of pushed branches", () => {
  it("names those that were created or changed", () => {
    const changes = [change("a"), { ...change("b"), newrev: "0".repeat(40) }, { oldrev, newrev, ref: "refs/tags/c" }, change("d/e")];
    expect(pushedBranchesValue(changes)).toBe('["a","d/e"]');
  });

  it("is null where they are many, or long", () => {
    expect(pushedBranchesValue(Array.from({ length: 1000 }, (_, index) => change(`b${index}`)))).not.toBeNull();
    expect(pushedBranchesValue(Array.from({ length: 1001 }, (_, index) => change(`b${index}`)))).toBeNull();
    expect(pushedBranchesValue(Array.from({ length: 100 }, (_, index) => change("x".repeat(3500) + String(index))))).toBeNull();
  });

  it("finds the same either way, newest last", async () => {
    const named = await loadOpenMergeRequests(db, fork.id, ["other", "topic"].map(change));
    const all = await loadOpenMergeRequests(
      db,
      fork.id,
      Array.from({ length: 1001 }, (_, index) => change(`n${index}`)),
    );
    expect(named.map(({ sourceBranch, targetFullPath }) => [sourceBranch, targetFullPath])).toEqual([
      ["topic", upstream.fullPath],
      ["other", upstream.fullPath],
    ]);
    expect(all.slice(0, 2)).toEqual(named);
  });
});
