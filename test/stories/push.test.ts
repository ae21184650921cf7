import { env } from "cloudflare:workers";
import { eq, sql, type SQL } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, asShell } from "../setup/call.ts";
import { blank, pushesInLine, sha } from "../setup/line.ts";
import { addGroup, addKey, addMember, addProject, addUser, db, type Project } from "../setup/world.ts";

/** Whole pushes, as gitlab-shell and Gitaly make them, through real objects and queues. */
let ada: UserRow;
let project: Project;
let key: { id: number; blob: string };

beforeAll(async () => {
  ada = await addUser();
  key = await addKey(ada);
  project = await addProject(await addGroup());
  await addMember(ada, { project }, 40);
});

// A file that ends while something is still being processed does not end.
afterAll(() => vi.waitFor(async () => expect(await pushesInLine()).toBe(0), processed));

const glRepository = () => `project-${project.id}`;
const counter = async () => (await env.REFERENCE_COUNTER.getByName(glRepository()).value()).value;
const refs = async () => {
  const rows = await db.query.select().from(schema.gitRefs).where(eq(schema.gitRefs.projectId, project.id));
  return Object.fromEntries(rows.map((row) => [row.name, row.sha]));
};
const events = () => db.query.select().from(schema.pushEvents).where(eq(schema.pushEvents.projectId, project.id));
const processed = { timeout: 15_000, interval: 100 };

/** gitlab-shell looks the key up and asks; Gitaly asks again with the refs, counts in, moves them, and reports. */
async function push(changes: string, options: string[] | null = null) {
  const found = await asShell("GET", `/internal/authorized_keys?key=${encodeURIComponent(key.blob)}`);
  expect(found.status).toBe(200);
  const allowed = await asShell("POST", "/internal/allowed", {
    json: { action: "git-receive-pack", project: `${project.fullPath}.git`, protocol: "ssh", changes: "_any", key_id: String(key.id) },
  });
  expect(allowed.body).toMatchObject({ status: true, gl_repository: glRepository(), gl_id: `user-${ada.id}` });
  const judged = await asShell("POST", "/internal/allowed", {
    json: {
      action: "git-receive-pack",
      project: "/disk",
      gl_repository: glRepository(),
      protocol: "ssh",
      changes,
      user_id: String(ada.id),
    },
  });
  expect(judged.body).toMatchObject({ status: true });
  const before = await counter();
  expect((await asShell("POST", "/internal/pre_receive", { json: { gl_repository: glRepository() } })).body).toEqual({
    reference_counter_increased: true,
  });
  expect(await counter()).toBe(before + 1);
  expect((await asRoot("GET", `/operator/projects/${project.id}/push_in_progress`)).body).toEqual({ push_in_progress: true });
  const reported = await asShell("POST", "/internal/post_receive", {
    json: { gl_repository: glRepository(), identifier: `user-${ada.id}`, changes, push_options: options, gitaly_client_context_bin: null },
  });
  expect(reported).toMatchObject({ status: 200, body: { reference_counter_decreased: true } });
  expect(await counter()).toBe(before);
  return reported.body.messages as { message: string; type: string }[];
}

describe("a push, from the key to a counter of zero", () => {
  it("the first one makes the repository, its default branch and its first event", async () => {
    expect(await push(`${blank} ${sha("1")} refs/heads/main\n`)).toEqual([]);
    await vi.waitFor(async () => expect(await refs()).toEqual({ "refs/heads/main": sha("1") }), processed);
    expect((await asRoot("GET", `/projects/${project.id}`)).body).toMatchObject({ empty_repo: false, default_branch: "main" });
    expect(await events()).toMatchObject([{ action: "created", refType: "branch", ref: "main", authorId: ada.id, commitTo: sha("1") }]);
  });

  it("then a branch with a merge request, which follows it", async () => {
    const [first] = await push(`${blank} ${sha("2")} refs/heads/topic\n`, ["mr.create", "mr.title=A topic"]);
    expect(first!.message).toMatch(/^View merge request for topic:\n {2}http.*\/-\/merge_requests\/1$/);
    const [again] = await push(`${sha("2")} ${sha("3")} refs/heads/topic\n`);
    expect(again).toEqual(first);
    const head = async () => {
      const [row] = await db.query.select().from(schema.mergeRequests).where(eq(schema.mergeRequests.targetProjectId, project.id));
      return { sha: row!.headSha, state: row!.state };
    };
    await vi.waitFor(async () => expect(await head()).toEqual({ sha: sha("3"), state: "opened" }), processed);
    await push(`${sha("3")} ${blank} refs/heads/topic\n`);
    await vi.waitFor(async () => expect((await head()).state).toBe("closed"), processed);
    expect(await refs()).toEqual({ "refs/heads/main": sha("1") });
  });

  it("ten at once are all processed, in the order in which they were accepted", async () => {
    const branches = Array.from({ length: 10 }, (_, index) => `b${index}`);
    await Promise.all(branches.map((branch) => reportNew(branch)));
    expect(await counter()).toBe(0);
    await vi.waitFor(
      async () =>
        expect(Object.keys(await refs()).toSorted()).toEqual(["main", ...branches].map((each) => `refs/heads/${each}`).toSorted()),
      processed,
    );
    const made = (await events()).filter(({ ref }) => ref !== null && branches.includes(ref));
    expect(made).toHaveLength(10);
  });

  async function reportNew(branch: string) {
    await asShell("POST", "/internal/pre_receive", { json: { gl_repository: glRepository() } });
    const changes = `${blank} ${sha("4")} refs/heads/${branch}\n`;
    await asShell("POST", "/internal/post_receive", { json: { gl_repository: glRepository(), identifier: `key-${key.id}`, changes } });
  }

  it("one branch moved a hundred times ends where the last push left it, with an event for each", async () => {
    const revision = (step: number) => step.toString(16).padStart(40, "f");
    for (let step = 0; step < 100; step += 1) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await asShell("POST", "/internal/post_receive", {
        json: {
          gl_repository: glRepository(),
          identifier: `user-${ada.id}`,
          changes: `${step === 0 ? blank : revision(step - 1)} ${revision(step)} refs/heads/moving\n`,
        },
      });
    }
    await vi.waitFor(async () => expect((await refs())["refs/heads/moving"]).toBe(revision(99)), processed);
    const moved = (await events()).filter(({ ref }) => ref === "moving");
    expect(moved).toHaveLength(100);
    expect(moved.map(({ commitTo }) => commitTo)).toEqual(Array.from({ length: 100 }, (_, step) => revision(step)));
  });
});

it("a push of 100,000 branches is taken on whole, and every one of them is stored", { timeout: 120_000 }, async () => {
  const large = await addProject(await addGroup(), { printsMergeRequestLink: false });
  const changes = Array.from(
    { length: 100_000 },
    (_, index) => `${blank} ${index.toString(16).padStart(40, "a")} refs/heads/branch-${index}\n`,
  );
  const reply = await asShell("POST", "/internal/post_receive", {
    json: { gl_repository: `project-${large.id}`, identifier: `user-${ada.id}`, changes: changes.join("") },
  });
  expect(reply).toMatchObject({ status: 200, body: { messages: [], reference_counter_decreased: true } });
  const count = async (query: SQL) => (await db.query.all<{ n: number }>(query))[0]!.n;
  await vi.waitFor(async () => expect(await count(sql`select count(*) as n from git_refs where project_id = ${large.id}`)).toBe(100_000), {
    timeout: 100_000,
    interval: 500,
  });
  const stored = await db.query.all(
    sql`select name, sha from git_refs where project_id = ${large.id} and name = 'refs/heads/branch-99999'`,
  );
  expect(stored).toEqual([{ name: "refs/heads/branch-99999", sha: (99_999).toString(16).padStart(40, "a") }]);
  const made = await db.query.select().from(schema.pushEvents).where(eq(schema.pushEvents.projectId, large.id));
  expect(made).toMatchObject([{ action: "created", refType: "branch", ref: null, refCount: 100_000, changeIndex: 0 }]);
});
