import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { enableDeployKey } from "../../src/db/deploy-keys.ts";
import { deployKeyProjects, keys } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addToken,
  addUser,
  dayFromNow,
  db,
  newKeyLine,
  setSettings,
  type Group,
  type Project,
} from "../setup/world.ts";

const k1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFTmH02jXt8Ei7OIs5vx4NcvdWDuDpbOQSgP++5CWA5 ada laptop";
const k4 =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDZ9XTbPhIFTyfuM4IUCU0+jtt5bhw4k9J08Hp5TJneV7nkz+hRjFODwsgDAv1MFcAfv369AvJvhvGIajq9Ku9TCtkoXCY38hO4bEt+Pp0IhHa8vNoL4aroddAZJk/GQhe0UMUP9DfVpRIG4K52Qs5j1f7GkTOzUcB3aqx6Qv678Q== short";
const k5 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc3xOVNn5nM/6mDecs88LgWlIc1dFSDUkFS7QoHk7Yl deploy";

/** A key whose private half everybody has. */
const vagrant =
  "ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ==";

const taken = { message: { fingerprint_sha256: ["has already been taken"], fingerprint: ["has already been taken"] } };

type Call = ReturnType<typeof withToken>;
let ada: UserRow;
let bob: UserRow;
let group: Group;
let project: Project;
let asAda: Call;
let asBob: Call;
let asEve: Call;
let path: string;

beforeAll(async () => {
  [ada, bob] = [await addUser(), await addUser()];
  [asAda, asBob, asEve] = [withToken(await addToken(ada)), withToken(await addToken(bob)), withToken(await addToken(await addUser()))];
  group = await addGroup();
  project = await addProject(group);
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  path = `/projects/${project.id}/deploy_keys`;
});

const linksOf = (keyId: number) =>
  db.query.select().from(deployKeyProjects).where(eq(deployKeyProjects.deployKeyId, keyId)).orderBy(deployKeyProjects.id);

describe("POST /projects/:id/deploy_keys", () => {
  it("227 registers a key and echoes its text, comment included", async () => {
    const reply = await asBob("POST", path, { json: { title: "robot", key: k5, can_push: true } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      title: "robot",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: null,
      key: k5,
      fingerprint: "28:38:f4:cd:91:6c:ec:cc:f0:aa:ed:ca:da:68:f0:ce",
      fingerprint_sha256: "SHA256:z+VPNNPbp+haF+CjeWtJocPlS9+tL3a9NW5/KTCQeHk",
      can_push: true,
    });
    const [row] = await db.query.select().from(keys).where(eq(keys.id, reply.body.id));
    expect(row).toMatchObject({ kind: "deploy", userId: bob.id, isPublic: false });
  });

  it("228 answers the same key again, as it is, whatever else the second request says", async () => {
    const line = newKeyLine();
    const first = await asBob("POST", path, { json: { title: "once", key: line, can_push: true } });
    const retold = `${line.split(" ").slice(0, 2).join(" ")} another comment`;
    for (const json of [
      { title: "once", key: line, can_push: true },
      { title: "twice", key: retold, can_push: false },
      { title: "late", key: line, expires_at: "2001-01-01" },
    ]) {
      const again = await asBob("POST", path, { json });
      expect([again.status, again.body]).toEqual([201, first.body]);
    }
    expect(await linksOf(first.body.id)).toHaveLength(1);
  });

  it("228 makes one key of requests that come at once", async () => {
    const line = newKeyLine();
    const replies = await Promise.all([1, 2, 3].map(() => asBob("POST", path, { json: { title: "race", key: line } })));
    expect(replies.map((reply) => reply.status)).toEqual([201, 201, 201]);
    expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1);
  });

  it("230 needs a title and a key", async () => {
    const keyless = await asBob("POST", path, { json: { title: "x" } });
    expect([keyless.status, keyless.body]).toEqual([400, { error: "key is missing" }]);
    const untitled = await asBob("POST", path, { json: { key: "some key" } });
    expect([untitled.status, untitled.body]).toEqual([400, { error: "title is missing" }]);
  });

  const noFingerprint = { fingerprint_sha256: ["cannot be generated"], fingerprint: ["cannot be generated"] };
  it.each([
    [
      { title: "t", key: "some key" },
      { key: ["is invalid"], ...noFingerprint },
    ],
    [
      { title: "t", key: "" },
      { key: ["is invalid"], ...noFingerprint },
    ],
    [
      { title: "t", key: "ssh-rsa AAAA" },
      { key: ["is not a valid SSH key"], ...noFingerprint },
    ],
    [{ title: "t", key: `${k1} ${"x".repeat(5000)}` }, { key: ["is too long (maximum is 5000 characters)"] }],
    [{ title: " ", key: newKeyLine() }, { title: ["can't be blank"] }],
    [{ title: "x".repeat(256), key: newKeyLine() }, { title: ["is too long (maximum is 255 characters)"] }],
    [{ title: "t", key: newKeyLine(), expires_at: "2001-01-01" }, { key: ["has expired"] }],
    [
      { title: "", key: "some key", expires_at: "2001-01-01" },
      { title: ["can't be blank"], key: ["is invalid", "has expired"], ...noFingerprint },
    ],
  ])("refuses %j", async (json, message) => {
    const reply = await asBob("POST", path, { json });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ message });
  });

  it("refuses what the instance's settings refuse", async () => {
    await setSettings({ rsa_key_restriction: 2048, ed25519_key_restriction: -1 });
    const short = await asBob("POST", path, { json: { title: "t", key: k4 } });
    expect([short.status, short.body]).toEqual([400, { message: { key: ["must be at least 2048 bits"] } }]);
    const forbidden = await asBob("POST", path, { json: { title: "t", key: newKeyLine() } });
    expect(forbidden.body.message.key[0]).toMatch(/^type is forbidden\. Must be RSA, DSA, ECDSA, /);
    await setSettings(null);
  });

  it("keeps the expiry as a point in time, given as a day or with a time", async () => {
    const day = await asBob("POST", path, { json: { title: "t", key: newKeyLine(), expires_at: "2099-03-01" } });
    expect(day.body.expires_at).toBe("2099-03-01T00:00:00.000Z");
    const time = await asBob("POST", path, { json: { title: "t", key: newKeyLine(), expires_at: "2099-03-01T10:00:00+02:00" } });
    expect(time.body.expires_at).toBe("2099-03-01T08:00:00.000Z");
    const blank = await asBob("POST", path, { json: { title: "t", key: newKeyLine(), expires_at: "" } });
    expect([blank.status, blank.body.expires_at]).toEqual([201, null]);
    const nonsense = await asBob("POST", path, { json: { title: "t", key: newKeyLine(), expires_at: "soon" } });
    expect(nonsense.body).toEqual({ error: "expires_at is invalid" });
  });

  it("231 refuses a key that a user has", async () => {
    await addKey(ada, { line: k1 });
    const reply = await asBob("POST", path, { json: { title: "t", key: k1 } });
    expect([reply.status, reply.body]).toEqual([400, taken]);
    expect((await asRoot("POST", path, { json: { title: "t", key: k1 } })).status).toBe(400);
  });

  it("joins a key of another project that the caller can read", async () => {
    const [own, internal] = [await addProject(group), await addProject(group, { visibility: "internal" })];
    await addMember(bob, { project: own }, 10);
    for (const elsewhere of [own, internal]) {
      const line = newKeyLine();
      const key = await addDeployKey(null, [{ project: elsewhere, canPush: false }], { line, title: "shared" });
      const reply = await asBob("POST", path, { json: { title: "ignored", key: line, can_push: true } });
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({ id: key.id, title: "shared", can_push: true });
      expect((await linksOf(key.id)).map((link) => [link.projectId, link.canPush])).toEqual([
        [elsewhere.id, false],
        [project.id, true],
      ]);
    }
  });

  it("is refused a key of another project as it is refused a new one: title, expiry, restrictions, compromised keys", async () => {
    const elsewhere = await addProject(group, { visibility: "internal" });
    const lines = { sound: newKeyLine(), short: k4, published: vagrant };
    const ids: number[] = [];
    for (const line of Object.values(lines)) ids.push((await addDeployKey(null, [{ project: elsewhere }], { line })).id);
    const open = newKeyLine();
    ids.push((await addDeployKey(null, [], { line: open, isPublic: true })).id);
    await setSettings({ rsa_key_restriction: 2048 });
    const add = (by: Call, json: object) => by("POST", path, { json: { title: "t", ...json } });
    for (const by of [asBob, asRoot]) {
      for (const [json, message] of [
        [{ key: lines.sound, title: " " }, { title: ["can't be blank"] }],
        [{ key: lines.sound, title: "x".repeat(256) }, { title: ["is too long (maximum is 255 characters)"] }],
        [{ key: lines.sound, expires_at: "2001-01-01" }, { key: ["has expired"] }],
        [
          { key: open, title: "", expires_at: "2001-01-01" },
          { key: ["has expired"], title: ["can't be blank"] },
        ],
        [{ key: lines.short }, { key: ["must be at least 2048 bits"] }],
        [{ key: lines.published }, { key: [expect.stringContaining("compromised private key")] }],
      ] as const) {
        const reply = await add(by, json);
        expect([reply.status, reply.body]).toEqual([400, { message }]);
      }
    }
    await setSettings({ ed25519_key_restriction: -1 });
    expect((await add(asBob, { key: lines.sound })).body.message.key[0]).toMatch(/^type is forbidden\./);
    for (const id of ids) expect((await linksOf(id)).map((link) => link.projectId)).not.toContain(project.id);
    await setSettings(null);
  });

  it("228 answers a key that is here already, whatever would keep a new one out", async () => {
    const there = `/projects/${(await addProject(bob)).id}/deploy_keys`;
    const line = newKeyLine();
    const first = await asBob("POST", there, { json: { title: "mine", key: line } });
    await setSettings({ ed25519_key_restriction: -1 });
    const again = await asBob("POST", there, { json: { title: " ", key: line, expires_at: "2001-01-01", can_push: true } });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect((await asBob("POST", path, { json: { title: "t", key: line } })).status).toBe(400);
    await setSettings(null);
  });

  it("does not enable a key of a project that the caller cannot read", async () => {
    const line = newKeyLine();
    const key = await addDeployKey(null, [{ project: await addProject(group) }], { line });
    const reply = await asBob("POST", path, { json: { title: "t", key: line } });
    expect([reply.status, reply.body]).toEqual([400, taken]);
    expect(await linksOf(key.id)).toHaveLength(1);
    expect((await asRoot("POST", path, { json: { title: "t", key: line } })).body.id).toBe(key.id);
  });

  it("joins no key of an internal project where the caller is external, nor by a role that has ended", async () => {
    const external = await addUser({ isExternal: true });
    await addMember(external, { project }, 40);
    const asExternal = withToken(await addToken(external));
    const internal = await addProject(group, { visibility: "internal" });
    const past = await addProject(group);
    await addMember(external, { project: past }, 40, { expiresAt: dayFromNow(-1) });
    for (const place of [internal, past]) {
      const line = newKeyLine();
      await addDeployKey(null, [{ project: place }], { line });
      expect((await asExternal("POST", path, { json: { title: "t", key: line } })).body).toEqual(taken);
    }
    const line = newKeyLine();
    await addDeployKey(null, [{ project: await addProject(group, { visibility: "public" }) }], { line });
    expect((await asExternal("POST", path, { json: { title: "t", key: line } })).status).toBe(201);
  });

  it("joins a public key", async () => {
    const line = newKeyLine();
    const key = await addDeployKey(null, [], { line, isPublic: true });
    expect((await asBob("POST", path, { json: { title: "t", key: line } })).body.id).toBe(key.id);
  });

  it("reads a key as people paste it", async () => {
    const line = newKeyLine();
    const [algorithm, blob] = line.split(" ") as [string, string];
    const reply = await asBob("POST", path, { json: { title: "t", key: `  ${algorithm} ${blob.slice(0, 20)}\n${blob.slice(20)}\n` } });
    expect([reply.status, reply.body.key]).toEqual([201, `${algorithm} ${blob}`]);
  });

  it("is for maintainers", async () => {
    const json = { title: "t", key: newKeyLine() };
    expect((await asAda("POST", path, { json })).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("POST", path, { json })).body).toEqual({ message: "404 Project Not Found" });
    expect((await call("POST", path, { json })).body).toEqual({ message: "401 Unauthorized" });
  });

  it("asks the database four times for a new key: caller, project, memberships, and the write", async () => {
    const reply = await asRoot("POST", path, { json: { title: "t", key: newKeyLine() } });
    expect(reply.headers.get("Server-Timing")).toContain("4 trips");
  });
});

describe("enabling a deploy key", () => {
  it("leaves it as it is where it is enabled already", async () => {
    const key = await addDeployKey(null, [{ project, canPush: true }]);
    expect(await enableDeployKey(db, key.id, { projectId: project.id, canPush: false })).toBe(true);
  });
});

describe("GET /projects/:id/deploy_keys/:key_id", () => {
  it("answers what registering answered", async () => {
    const created = await asBob("POST", path, { json: { title: "read", key: newKeyLine(), can_push: true } });
    const reply = await asBob("GET", `${path}/${created.body.id}`);
    expect([reply.status, reply.body]).toEqual([200, created.body]);
    expect((await asAda("GET", `${path}/${created.body.id}`)).status).toBe(403);
  });

  it("240 finds only deploy keys of the project, by a number", async () => {
    const foreign = await addDeployKey(null, [{ project: await addProject(group) }]);
    const personal = await addKey(bob);
    for (const id of [404_404, foreign.id, personal.id, "x", "99999999999999999999", "%00"]) {
      const reply = await asBob("GET", `${path}/${id}`);
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Not found" }]);
    }
    expect((await asEve("GET", `${path}/404`)).body).toEqual({ message: "404 Project Not Found" });
  });
});
