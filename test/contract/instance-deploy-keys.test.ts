import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addProject,
  addToken,
  addUser,
  db,
  newKeyLine,
  setSettings,
  type Project,
} from "../setup/world.ts";

const k5 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc3xOVNn5nM/6mDecs88LgWlIc1dFSDUkFS7QoHk7Yl deploy";
const taken = { fingerprint_sha256: ["has already been taken"], fingerprint: ["has already been taken"] };
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let bob: UserRow;
let asBob: ReturnType<typeof withToken>;
let project: Project;
let other: Project;

beforeAll(async () => {
  bob = await addUser();
  asBob = withToken(await addToken(bob));
  const group = await addGroup({ path: "engines", name: "Engines" });
  const sub = await addGroup({ parent: group, path: "steam", name: "Steam" });
  project = await addProject(group, { path: "analytical", name: "Analytical", description: "Computes" });
  other = await addProject(sub, { path: "boiler", name: "Boiler" });
});

beforeEach(async () => {
  await db.query.run(sql`delete from deploy_key_projects`);
  await db.query.run(sql`delete from keys`);
  await setSettings(null);
});

const idsOf = (reply: { body: { id: number }[] }) => reply.body.map((key) => key.id);

describe("GET /deploy_keys", () => {
  it("238 lists the deploy keys of all projects, and where each may read and write", async () => {
    const key = await addDeployKey(bob, [{ project, canPush: true }, { project: other }], { line: k5, title: "robot" });
    const alone = await addDeployKey(null, [], { isPublic: true });
    await addKey(bob);
    const reply = await asRoot("GET", "/deploy_keys");
    expect(reply.status).toBe(200);
    expect(idsOf(reply)).toEqual([key.id, alone.id]);
    expect(reply.body[0]).toEqual({
      id: key.id,
      title: "robot",
      created_at: time,
      expires_at: null,
      key: k5,
      fingerprint: "28:38:f4:cd:91:6c:ec:cc:f0:aa:ed:ca:da:68:f0:ce",
      fingerprint_sha256: "SHA256:z+VPNNPbp+haF+CjeWtJocPlS9+tL3a9NW5/KTCQeHk",
      projects_with_write_access: [
        {
          id: project.id,
          description: "Computes",
          name: "Analytical",
          name_with_namespace: "Engines / Analytical",
          path: "analytical",
          path_with_namespace: "engines/analytical",
          created_at: project.createdAt.toISOString(),
        },
      ],
      projects_with_readonly_access: [
        expect.objectContaining({
          id: other.id,
          description: null,
          name_with_namespace: "Engines / Steam / Boiler",
          path_with_namespace: "engines/steam/boiler",
        }),
      ],
    });
    expect(reply.body[1]).toMatchObject({ projects_with_write_access: [], projects_with_readonly_access: [] });
  });

  it("238 of the public ones alone, where asked; administrators only", async () => {
    const [hidden, open] = [await addDeployKey(null, [{ project }]), await addDeployKey(null, [{ project: other }], { isPublic: true })];
    const reply = await asRoot("GET", "/deploy_keys?public=true");
    expect([idsOf(reply), reply.headers.get("X-Total")]).toEqual([[open.id], "1"]);
    expect(reply.body[0].projects_with_readonly_access).toEqual([expect.objectContaining({ id: other.id })]);
    for (const query of ["", "?public=false"]) expect(idsOf(await asRoot("GET", `/deploy_keys${query}`))).toEqual([hidden.id, open.id]);
    expect((await asRoot("GET", "/deploy_keys?public=maybe")).body).toEqual({ error: "public is invalid" });
    const refused = await asBob("GET", "/deploy_keys");
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
    const unknown = await call("GET", "/deploy_keys");
    expect([unknown.status, unknown.body]).toEqual([401, { message: "401 Unauthorized" }]);
  });

  it("has numbered pages only", async () => {
    const reply = await asRoot("GET", "/deploy_keys?pagination=keyset");
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it("is paged, and asks the database twice however many keys and projects there are", async () => {
    const keys = [];
    for (let count = 0; count < 5; count += 1) keys.push(await addDeployKey(null, [{ project }, { project: other, canPush: true }]));
    const reply = await asRoot("GET", "/deploy_keys?per_page=2&page=2");
    expect(idsOf(reply)).toEqual([keys[2]!.id, keys[3]!.id]);
    for (const key of reply.body) {
      expect(key.projects_with_write_access).toEqual([expect.objectContaining({ id: other.id })]);
      expect(key.projects_with_readonly_access).toEqual([expect.objectContaining({ id: project.id })]);
    }
    expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual(["5", "3"]);
    const all = await asRoot("GET", "/deploy_keys?per_page=100");
    expect(all.body).toHaveLength(5);
    expect(all.headers.get("Server-Timing")).toContain("2 trips, 4 statements");
    expect((await asRoot("GET", "/deploy_keys?page=9")).body).toEqual([]);
  });
});

describe("POST /deploy_keys", () => {
  it("registers a public key, which any project's maintainer may enable", async () => {
    const reply = await asRoot("POST", "/deploy_keys", { json: { title: "instance key", key: k5, expires_at: "2999-03-01" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      title: "instance key",
      created_at: time,
      expires_at: "2999-03-01T00:00:00.000Z",
      key: k5,
      fingerprint: "28:38:f4:cd:91:6c:ec:cc:f0:aa:ed:ca:da:68:f0:ce",
      fingerprint_sha256: "SHA256:z+VPNNPbp+haF+CjeWtJocPlS9+tL3a9NW5/KTCQeHk",
      projects_with_write_access: [],
      projects_with_readonly_access: [],
      usage_type: "auth_and_signing",
    });
    expect(idsOf(await asRoot("GET", "/deploy_keys?public=true"))).toEqual([reply.body.id]);
    const own = await addProject(bob);
    const enabled = await asBob("POST", `/projects/${own.id}/deploy_keys/${reply.body.id}/enable`);
    expect([enabled.status, enabled.body.id]).toEqual([201, reply.body.id]);
  });

  it("a key is there once: neither a user's, nor a project's, nor again", async () => {
    const lines = [newKeyLine(), newKeyLine(), newKeyLine()] as const;
    await addKey(bob, { line: lines[0] });
    await addDeployKey(null, [{ project }], { line: lines[1] });
    await asRoot("POST", "/deploy_keys", { json: { title: "t", key: lines[2] } });
    for (const key of lines) {
      const reply = await asRoot("POST", "/deploy_keys", { json: { title: "t", key } });
      expect([reply.status, reply.body]).toEqual([400, { message: taken }]);
    }
    const blank = await asRoot("POST", "/deploy_keys", { json: { title: " ", key: lines[0] } });
    expect(blank.body).toEqual({ message: { title: ["can't be blank"], ...taken } });
  });

  it("of requests at once with one key, one wins", async () => {
    const json = { title: "race", key: newKeyLine() };
    const replies = await Promise.all([1, 2, 3].map(() => asRoot("POST", "/deploy_keys", { json })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400, 400]);
  });

  const noFingerprint = { fingerprint_sha256: ["cannot be generated"], fingerprint: ["cannot be generated"] };
  it.each([
    [{ title: "x" }, { error: "key is missing" }],
    [{ key: "some key" }, { error: "title is missing" }],
    [{}, { error: "title is missing, key is missing" }],
    [{ title: "x", key: k5, expires_at: "soon" }, { error: "expires_at is invalid" }],
    [{ title: "x", key: "some key" }, { message: { key: ["is invalid"], ...noFingerprint } }],
    [{ title: "x", key: k5, expires_at: "2001-01-01" }, { message: { key: ["has expired"] } }],
    [{ title: "x".repeat(256), key: k5 }, { message: { title: ["is too long (maximum is 255 characters)"] } }],
  ])("refuses %j", async (json, body) => {
    const reply = await asRoot("POST", "/deploy_keys", { json });
    expect([reply.status, reply.body]).toEqual([400, body]);
  });

  it("refuses what the instance's settings refuse", async () => {
    await setSettings({ ed25519_key_restriction: -1 });
    const reply = await asRoot("POST", "/deploy_keys", { json: { title: "t", key: k5 } });
    expect(reply.status).toBe(400);
    expect(reply.body.message.key[0]).toMatch(/^type is forbidden\./);
  });

  it("is for administrators", async () => {
    const json = { title: "t", key: k5 };
    const reply = await asBob("POST", "/deploy_keys", { json });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await call("POST", "/deploy_keys", { json })).body).toEqual({ message: "401 Unauthorized" });
    expect((await asRoot("GET", "/deploy_keys")).body).toEqual([]);
  });
});
