import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken, type Reply } from "../setup/call.ts";
import { addGroup, addMember, addProject, addToken, addUser, dayFromNow, db, unique, type Project } from "../setup/world.ts";

const [oldrev, newrev] = ["a".repeat(40), "b".repeat(40)];

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let bob: UserRow;
let asBob: ReturnType<typeof withToken>;
let project: Project;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  bob = await addUser({ username: "bob" });
  asAda = withToken(await addToken(ada));
  asBob = withToken(await addToken(bob));
  project = await addProject(await addGroup());
  await addMember(ada, { project }, 30);
});
beforeEach(() => db.query.run(sql`delete from push_events`));

async function addEvent(values: Partial<typeof schema.pushEvents.$inferInsert> = {}): Promise<number> {
  const [row] = await db.query
    .insert(schema.pushEvents)
    .values({
      projectId: project.id,
      authorId: ada.id,
      createdAt: new Date("2026-03-01T10:00:00Z"),
      pushId: unique("push-"),
      changeIndex: 0,
      action: "pushed",
      refType: "branch",
      ref: values.refCount === undefined ? "main" : null,
      commitFrom: oldrev,
      commitTo: newrev,
      ...values,
    })
    .returning({ id: schema.pushEvents.id });
  return row!.id;
}

/** Events an hour apart, the first ones oldest. */
async function addHourly(refs: readonly string[], values: Partial<typeof schema.pushEvents.$inferInsert> = {}) {
  for (const [hour, ref] of refs.entries()) await addEvent({ ref, createdAt: new Date(Date.UTC(2026, 2, 1, hour)), ...values });
}

const ofProject = (query = "") => `/projects/${project.id}/events${query}`;
const refsOf = (reply: Reply) => [reply.status, ...reply.body.map((event: any) => event.push_data.ref)];

describe("GET /projects/:id/events", () => {
  it("shows nothing to a guest of a private project, whose code is not for them", async () => {
    await addEvent();
    await addMember(bob, { project }, 10);
    expect(await asBob("GET", ofProject())).toMatchObject({ status: 200, body: [] });
    await db.query.run(sql`delete from members where user_id = ${bob.id}`);
  });

  it("shows what a push did to a ref", async () => {
    const id = await addEvent({ ref: "feature/x", commitCount: 3, commitTitle: "Tighten the valve" });
    const reply = await asAda("GET", ofProject());
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual([
      {
        id,
        project_id: project.id,
        action_name: "pushed to",
        target_id: null,
        target_iid: null,
        target_type: null,
        author_id: ada.id,
        target_title: null,
        created_at: "2026-03-01T10:00:00.000Z",
        author: {
          id: ada.id,
          username: "ada",
          name: "Ada Byron",
          state: "active",
          locked: false,
          avatar_url: null,
          web_url: "http://gitlab.example.test/ada",
        },
        push_data: {
          commit_count: 3,
          action: "pushed",
          ref_type: "branch",
          commit_from: oldrev,
          commit_to: newrev,
          ref: "feature/x",
          commit_title: "Tighten the valve",
          ref_count: null,
        },
        author_username: "ada",
      },
    ]);
  });

  it("says new and deleted refs, and how many were changed alike", async () => {
    await addEvent({ action: "created", refType: "tag", ref: "v1", commitFrom: null });
    await addEvent({ action: "removed", ref: "old", commitTo: null });
    await addEvent({ action: "created", refCount: 4, commitFrom: null, commitTo: null });
    const { body } = await asAda("GET", ofProject("?sort=asc"));
    expect(body.map((event: any) => [event.action_name, event.push_data])).toMatchObject([
      ["pushed new", { action: "created", ref_type: "tag", ref: "v1", commit_from: null, commit_to: newrev }],
      ["deleted", { action: "removed", ref_type: "branch", ref: "old", commit_from: oldrev, commit_to: null }],
      [
        "pushed new",
        { action: "created", ref: null, ref_count: 4, commit_count: 0, commit_title: null, commit_from: null, commit_to: null },
      ],
    ]);
  });

  it("shows the ghost where there is no author", async () => {
    await addEvent({ authorId: null });
    const [event] = (await asAda("GET", ofProject())).body;
    const author = { id: 0, username: "ghost", name: "Ghost User", state: "active", locked: false, avatar_url: null };
    expect(event).toMatchObject({ author_id: 0, author_username: "ghost", author });
  });

  it("is newest first, or oldest first, a page at a time; ids order what happened at once", async () => {
    await addHourly(["a", "b", "c"]);
    const first = await addEvent({ ref: "d", createdAt: new Date("2027-01-01") });
    await addEvent({ ref: "e", createdAt: new Date("2027-01-01") });
    expect(refsOf(await asAda("GET", ofProject()))).toEqual([200, "e", "d", "c", "b", "a"]);
    expect(refsOf(await asAda("GET", ofProject("?sort=asc")))).toEqual([200, "a", "b", "c", "d", "e"]);
    const page = await asAda("GET", ofProject("?per_page=2&page=2"));
    expect(refsOf(page)).toEqual([200, "c", "b"]);
    expect(["X-Total", "X-Total-Pages", "X-Next-Page"].map((name) => page.headers.get(name))).toEqual(["5", "3", "3"]);
    expect(page.headers.get("Link")).toContain('rel="next"');
    expect((await asAda("GET", ofProject("?pagination=keyset"))).status).toBe(405);
    expect(first).toBeGreaterThan(0);
  });

  it("is limited to the days between, which are left out themselves", async () => {
    for (const at of ["2026-03-01T23:59:59.999Z", "2026-03-02T00:00:00Z", "2026-03-02T23:59:59.999Z", "2026-03-03T00:00:00Z"]) {
      await addEvent({ ref: at, createdAt: new Date(at) });
    }
    expect(refsOf(await asAda("GET", ofProject("?before=2026-03-02")))).toEqual([200, "2026-03-01T23:59:59.999Z"]);
    expect(refsOf(await asAda("GET", ofProject("?after=2026-03-02")))).toEqual([200, "2026-03-03T00:00:00Z"]);
    expect(refsOf(await asAda("GET", ofProject("?after=2026-03-01&before=2026-03-03T12:00:00Z&sort=asc")))).toEqual([
      200,
      "2026-03-02T00:00:00Z",
      "2026-03-02T23:59:59.999Z",
    ]);
    expect((await asAda("GET", ofProject("?before=&after="))).body).toHaveLength(4);
  });

  it("has pushes, and nothing of another kind or with a target", async () => {
    await addEvent();
    expect(refsOf(await asAda("GET", ofProject("?action=pushed")))).toEqual([200, "main"]);
    for (const query of ["?action=merged", "?target_type=issue", "?action=pushed&target_type=merge_request"]) {
      const reply = await asAda("GET", ofProject(query));
      expect([query, reply.status, reply.body, reply.headers.get("X-Total")]).toEqual([query, 200, [], "0"]);
    }
  });

  it.each([
    ["?action=thrown", "action does not have a valid value"],
    ["?target_type=moon", "target_type does not have a valid value"],
    ["?before=yesterday", "before is invalid"],
    ["?after=2026-02-30", "after is invalid"],
    ["?sort=up", "sort does not have a valid value"],
    ["?per_page=0", "per_page has a value not allowed"],
  ])("refuses %s", async (query, error) => {
    const reply = await asAda("GET", ofProject(query));
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it("is for whoever sees the project", async () => {
    await addEvent();
    for (const as of [asBob, call]) {
      const reply = await as("GET", ofProject());
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Project Not Found" }]);
    }
    const open = await addProject(await addGroup({ visibility: "public" }), { visibility: "public" });
    await addEvent({ projectId: open.id, ref: "open" });
    const path = `/projects/${encodeURIComponent(open.fullPath)}/events`;
    expect(refsOf(await call("GET", path))).toEqual([200, "open"]);
    expect(refsOf(await asRoot("GET", ofProject()))).toEqual([200, "main"]);
  });
});

describe("GET /events and /users/:id/events", () => {
  it("show the caller what they did, wherever it was", async () => {
    const own = await addProject(ada);
    await addHourly(["a", "b"]);
    await addEvent({ projectId: own.id, ref: "c" });
    await addEvent({ authorId: bob.id, ref: "of bob" });
    await addEvent({ authorId: null, ref: "of nobody" });
    for (const path of ["/events", `/users/${ada.id}/events`, "/users/ADA/events"]) {
      const reply = await asAda("GET", path);
      expect([path, ...refsOf(reply)]).toEqual([path, 200, "c", "b", "a"]);
      expect([path, reply.headers.get("X-Total")]).toEqual([path, "3"]);
      expect(refsOf(await asAda("GET", `${path}?sort=asc&per_page=1&page=2&before=2026-03-05`))).toEqual([200, "b"]);
      expect(refsOf(await asAda("GET", `${path}?action=left`))).toEqual([200]);
    }
    expect(refsOf(await asRoot("GET", "/events"))).toEqual([200]);
  });

  it("show anybody's to administrators", async () => {
    await addEvent();
    expect(refsOf(await asRoot("GET", "/users/ada/events"))).toEqual([200, "main"]);
  });

  it("are nobody else's, and none of a user who is not there", async () => {
    const foreign = await asBob("GET", `/users/${ada.id}/events`);
    expect([foreign.status, foreign.body]).toEqual([403, { message: "403 Forbidden" }]);
    for (const path of ["/events", `/users/${ada.id}/events`]) {
      const reply = await call("GET", path);
      expect([reply.status, reply.body]).toEqual([401, { message: "401 Unauthorized" }]);
    }
    for (const as of [asAda, asRoot]) {
      const reply = await as("GET", "/users/987654321/events");
      expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
    }
  });

  /** Whoever was removed from a project must not read on what is told of it: commit titles, names of branches. */
  it("leave out what happened in projects that the user may not see any more", async () => {
    const hidden = await addProject(await addGroup());
    const lapsed = await addProject(await addGroup());
    const open = await addProject(await addGroup({ visibility: "internal" }), { visibility: "internal" });
    await addMember(bob, { project: lapsed }, 30, { expiresAt: dayFromNow(0) });
    for (const [ref, { id }] of Object.entries({ hidden, lapsed, open })) await addEvent({ projectId: id, ref, authorId: bob.id });
    const reply = await asBob("GET", "/events");
    expect([...refsOf(reply), reply.headers.get("X-Total")]).toEqual([200, "open", "1"]);
    const all = await asRoot("GET", "/users/bob/events?sort=asc");
    expect([...refsOf(all), all.headers.get("X-Total")]).toEqual([200, "hidden", "lapsed", "open", "3"]);
  });

  it("may be read by a token that reads users, where the path is that of a user", async () => {
    await addEvent();
    const as = withToken(await addToken(ada, { scopes: ["read_user"] }));
    expect(refsOf(await as("GET", "/users/ada/events"))).toEqual([200, "main"]);
    expect((await as("GET", "/events")).status).toBe(403);
  });
});

describe("what these lists cost", () => {
  const costOf = async (path: string) => {
    const reply = await asRoot("GET", path);
    expect(reply.status).toBe(200);
    const [, rowsRead] = /(\d+) rows? read/.exec(reply.headers.get("Server-Timing") ?? "") ?? [];
    return Number(rowsRead);
  };
  const paths = () => [ofProject(), ofProject("?after=2026-03-01&sort=asc"), "/users/ada/events", "/users/ada/events?per_page=1"];

  it("does not grow with what happened elsewhere, or was done by others", async () => {
    await addHourly(["a", "b"]);
    const other = await addProject(await addGroup());
    // What is read ends where another's begins.
    await addEvent({ projectId: other.id, authorId: bob.id });
    const before = [];
    for (const path of paths()) before.push(await costOf(path));
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
      insert into push_events (project_id, author_id, created_at, push_id, change_index, action, ref_type, ref)
      select ${other.id}, ${bob.id}, 1772400000000 + i, 'bulk', i, 'pushed', 'branch', 'main' from n`);
    for (const [index, path] of paths().entries()) expect([path, await costOf(path)]).toEqual([path, before[index]]);
    expect(Math.max(...before)).toBeLessThan(100);
  });

  it("is bounded where a project has very many", async () => {
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
      insert into push_events (project_id, author_id, created_at, push_id, change_index, action, ref_type, ref)
      select ${project.id}, ${ada.id}, 1772400000000 + i, 'bulk', i, 'pushed', 'branch', 'b' || i from n`);
    for (const path of [ofProject("?per_page=2"), "/users/ada/events?per_page=2"]) {
      const reply = await asRoot("GET", path);
      expect([...refsOf(reply), reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual([
        200,
        "b30000",
        "b29999",
        null,
        "2",
      ]);
      expect(await costOf(path)).toBeLessThan(45_000);
    }
    const own = await asAda("GET", "/events?per_page=1&sort=asc");
    expect([...refsOf(own), own.headers.get("X-Next-Page")]).toEqual([200, "b1", "2"]);
  });
});
