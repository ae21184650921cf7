import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { ask, byKey, byUser, outcome, pull, push, refused } from "../setup/allowed.ts";
import { asRoot, asShell, withToken } from "../setup/call.ts";
import { addGroup, addKey, addMember, addProject, addToken, addUser, db, type Group, type Project } from "../setup/world.ts";

/** An account that too many wrong one-time passwords have locked: for some minutes, and everywhere. */

let ada: UserRow;
let group: Group;
let project: Project;
let own: Project;
let key: { id: number };
let token: string;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  group = await addGroup({ path: "engines" });
  project = await addProject(group, { path: "analytical", isRepositoryEmpty: false });
  own = await addProject(ada, { path: "own" });
  await addMember(ada, { project }, 40);
  key = await addKey(ada);
  token = await addToken(ada);
  await db.query.insert(schema.pushEvents).values({
    projectId: project.id,
    authorId: ada.id,
    createdAt: new Date(),
    pushId: "p",
    changeIndex: 0,
    action: "pushed",
    refType: "branch",
    ref: "main",
  });
  await db.query.insert(schema.mergeRequests).values({
    iid: 1,
    title: "t",
    targetProjectId: project.id,
    sourceProjectId: project.id,
    sourceBranch: "x",
    targetBranch: "main",
    authorId: ada.id,
  });
});
beforeEach(() => lock(null));

const lock = (lockedUntil: Date | null) => db.query.update(schema.users).set({ lockedUntil }).where(eq(schema.users.id, ada.id));
const soon = () => new Date(Date.now() + 60_000);
const passed = () => new Date(Date.now() - 1);
const at = () => ({ gl_repository: `project-${project.id}` });
const blocked = refused("Your account has been blocked.");

describe("while the lock holds", () => {
  it("Git is refused, by whatever key or name, over whatever protocol", async () => {
    for (const who of [byKey(key), byUser(ada), { username: "ada" }]) {
      for (const protocol of ["ssh", "http"]) {
        for (const json of [pull, push]) {
          await lock(soon());
          expect(await outcome(ask({ ...json, ...who, ...at(), protocol }))).toEqual(blocked);
          await lock(passed());
          expect((await ask({ ...json, ...who, ...at(), protocol })).status).toBe(200);
        }
      }
    }
  });

  it("tokens open nothing, nor does an administrator acting as that user", async () => {
    await lock(soon());
    const text = { message: "403 Forbidden - Your account has been blocked." };
    for (const reply of [await withToken(token)("GET", "/user"), await asRoot("GET", "/user", { headers: { Sudo: "ada" } })]) {
      expect({ status: reply.status, body: reply.body }).toEqual({ status: 403, body: text });
    }
    await lock(passed());
    expect((await withToken(token)("GET", "/user")).body).toMatchObject({ username: "ada", locked: false });
  });

  it("a push has no merge requests made", async () => {
    const make = async () => {
      const reply = await asShell("POST", "/internal/post_receive", {
        json: {
          ...at(),
          identifier: `user-${ada.id}`,
          changes: `${"0".repeat(40)} ${"b".repeat(40)} refs/heads/y\n`,
          push_options: ["merge_request.create"],
        },
      });
      return JSON.stringify(reply.body.messages);
    };
    await lock(soon());
    expect(await make()).toContain("WARNINGS");
    expect(await db.query.select().from(schema.mergeRequests)).toHaveLength(1);
    await lock(passed());
    expect(await make()).not.toContain("WARNINGS");
    expect(await db.query.select().from(schema.mergeRequests)).toHaveLength(2);
  });
});

/** Every place that names the user, and where in the answer. */
const places: [string, () => string, (body: any) => any][] = [
  ["a user", () => `/users/${ada.id}`, (body) => body],
  ["users", () => "/users?username=ada", ([first]) => first],
  ["the owner of a key", () => `/keys/${key.id}`, (body) => body.user],
  ["a member", () => `/projects/${project.id}/members/${ada.id}`, (body) => body],
  ["members", () => `/projects/${project.id}/members/all`, (body) => body.find((each: any) => each.id === ada.id)],
  ["the users of a project", () => `/projects/${project.id}/users`, (body) => body.find((each: any) => each.id === ada.id)],
  ["the owner of a project", () => `/projects/${own.id}`, (body) => body.owner],
  ["the author of an event", () => `/projects/${project.id}/events`, ([first]) => first.author],
  ["the author of a merge request", () => `/projects/${project.id}/merge_requests/1`, (body) => body.author],
];

describe("it is shown as it is", () => {
  it.each(places)("%s", async (_, path, find) => {
    const shown = async () => {
      const reply = await asRoot("GET", path());
      expect(reply.status).toBe(200);
      return find(reply.body);
    };
    expect(await shown()).toMatchObject({ username: "ada", locked: false });
    await lock(soon());
    expect(await shown()).toMatchObject({ username: "ada", locked: true });
    await lock(passed());
    expect(await shown()).toMatchObject({ username: "ada", locked: false });
    await db.query.update(schema.users).set({ isLocked: true }).where(eq(schema.users.id, ada.id));
    expect(await shown()).toMatchObject({ username: "ada", locked: true });
    await db.query.update(schema.users).set({ isLocked: false }).where(eq(schema.users.id, ada.id));
  });

  it("of whoever made another account, and of who is added as a member", async () => {
    const made = await addUser({ createdById: ada.id });
    await lock(soon());
    expect((await asRoot("GET", `/users/${made.id}`)).body.created_by).toMatchObject({ username: "ada", locked: true });
    const added = await asRoot("POST", `/groups/${group.id}/members`, { json: { user_id: ada.id, access_level: 50 } });
    expect(added.body).toMatchObject({ username: "ada", locked: true });
    expect((await asRoot("PUT", `/users/${ada.id}`, { json: { bio: "x" } })).body).toMatchObject({ username: "ada", locked: true });
  });
});
