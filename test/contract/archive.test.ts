import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { ask, byUser, push, pull } from "../setup/allowed.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addMember, addProject, addToken, addUser, type Project } from "../setup/world.ts";

let bob: UserRow;
let asBob: ReturnType<typeof withToken>;
let project: Project;

beforeAll(async () => {
  bob = await addUser({ username: "bob" });
  asBob = withToken(await addToken(bob));
  project = await addProject(await addGroup());
  await addMember(bob, { project }, 40);
});

const bobAsks = (action: object) => ask({ ...byUser(bob), ...action, gl_repository: `project-${project.id}`, project: project.fullPath });

const at = (action: "archive" | "unarchive") => `/projects/${project.id}/${action}`;

describe("POST /projects/:id/archive and /unarchive", () => {
  it("189 archive a project, also one that is archived, and open it again", async () => {
    for (const [action, archived] of [
      ["archive", true],
      ["archive", true],
      ["unarchive", false],
      ["unarchive", false],
    ] as const) {
      const { status, body } = await asRoot("POST", at(action));
      expect([status, body.id, body.archived]).toEqual([201, project.id, archived]);
      expect((await asRoot("GET", `/projects/${project.id}`)).body).toEqual(body);
    }
  });

  it("190 are for owners", async () => {
    for (const action of ["archive", "unarchive"] as const) {
      const { status, body } = await asBob("POST", at(action));
      expect([status, body]).toEqual([403, { message: "403 Forbidden" }]);
      expect((await call("POST", at(action))).status).toBe(401);
    }
    const outsider = withToken(await addToken(await addUser()));
    expect((await outsider("POST", at("archive"))).body).toEqual({ message: "404 Project Not Found" });
    const owner = await addUser();
    await addMember(owner, { project }, 50);
    expect((await withToken(await addToken(owner))("POST", at("unarchive"))).status).toBe(201);
  });

  it("change when the project was changed, where they change anything", async () => {
    const first = (await asRoot("POST", at("archive"))).body.updated_at;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await asRoot("POST", at("archive"))).body.updated_at).toBe(first);
    expect((await asRoot("POST", at("unarchive"))).body.updated_at > first).toBe(true);
  });

  it("take an empty body that calls itself JSON", async () => {
    expect((await asRoot("POST", at("unarchive"), { raw: "", headers: { "Content-Type": "application/json" } })).status).toBe(201);
  });

  it("keep everybody from pushing for as long, and nobody from fetching", async () => {
    expect((await bobAsks(push)).status).toBe(200);
    await asRoot("POST", at("archive"));
    expect((await bobAsks(push)).body.message).toMatch(/archived/);
    expect((await bobAsks(pull)).status).toBe(200);
    await asRoot("POST", at("unarchive"));
    expect((await bobAsks(push)).status).toBe(200);
  });

  it("are not there for groups", async () => {
    const group = await addGroup();
    for (const action of ["archive", "unarchive"]) {
      expect(await asRoot("POST", `/groups/${group.id}/${action}`)).toMatchObject({ status: 404, body: { error: "404 Not Found" } });
    }
  });
});
