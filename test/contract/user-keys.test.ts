import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createUserKey } from "../../src/db/keys.ts";
import type { UserRow } from "../../src/db/users.ts";
import { readKey } from "../../src/domain/identity/key-checks.ts";
import { unlessTaken } from "../../src/routes/taken-key.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addDeployKey, addGroup, addKey, addProject, addToken, addUser, db, newKeyLine, setSettings } from "../setup/world.ts";

const k1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFTmH02jXt8Ei7OIs5vx4NcvdWDuDpbOQSgP++5CWA5 ada laptop";
const k2 =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBK1M82GrOycUJZWabzXmTN86DBifK6NZv1QHOuwHcEHH56OJQB0ASHgUEfGFxKPnLhDf8gb602GJFQU99rpDaSI= bob@desk";
const k4 =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDZ9XTbPhIFTyfuM4IUCU0+jtt5bhw4k9J08Hp5TJneV7nkz+hRjFODwsgDAv1MFcAfv369AvJvhvGIajq9Ku9TCtkoXCY38hO4bEt+Pp0IhHa8vNoL4aroddAZJk/GQhe0UMUP9DfVpRIG4K52Qs5j1f7GkTOzUcB3aqx6Qv678Q== short";

const taken = { fingerprint_sha256: ["has already been taken"], fingerprint: ["has already been taken"] };
const ungenerated = { fingerprint_sha256: ["cannot be generated"], fingerprint: ["cannot be generated"] };

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let path: string;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  asAda = withToken(await addToken(ada));
  path = `/users/${ada.id}/keys`;
});

beforeEach(async () => {
  await db.query.run(sql`delete from keys where kind = 'user'`);
  await setSettings(null);
});

const add = (values: Record<string, unknown> = {}) => asRoot("POST", path, { json: { title: "t", key: newKeyLine(), ...values } });

describe("POST /users/:id/keys", () => {
  it("C79 registers a key, and shows the owner's name instead of the comment", async () => {
    const reply = await add({ title: "laptop", key: k1 });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      title: "laptop",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: null,
      key: `${k1.split(" ").slice(0, 2).join(" ")} Ada Byron (gitlab.example.test)`,
      usage_type: "auth_and_signing",
    });
  });

  it("C80 a key is there once, whatever its comment and whoever owns it", async () => {
    await add({ key: k1 });
    for (const user of [ada, await addUser()]) {
      const reply = await asRoot("POST", `/users/${user.id}/keys`, { json: { title: "t", key: `${k1} again` } });
      expect([reply.status, reply.body]).toEqual([400, { message: taken }]);
    }
  });

  it("a deploy key is no user's key", async () => {
    const line = newKeyLine();
    await addDeployKey(null, [{ project: await addProject(await addGroup()) }], { line });
    const reply = await add({ key: line });
    expect([reply.status, reply.body]).toEqual([400, { message: taken }]);
  });

  it("that it is taken is said beside what else is wrong", async () => {
    await add({ key: k1 });
    const reply = await add({ key: k1, title: " " });
    expect(reply.body).toEqual({ message: { title: ["can't be blank"], ...taken } });
  });

  it("of two requests at once with one key, one wins", async () => {
    const replies = await Promise.all([add({ key: k2 }), add({ key: k2 })]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400]);
  });

  it("of somebody who is deleted meanwhile, it is a conflict", async () => {
    const read = readKey(newKeyLine());
    if (!("key" in read)) throw new Error("not a key");
    const registering = unlessTaken(createUserKey(db, 404_404, { ...read.key, title: "t" }));
    await expect(registering).rejects.toMatchObject({ kind: "conflict", reason: "deleted_meanwhile" });
  });

  it.each([
    ["C82", { key: undefined }, "key is missing"],
    ["C83", { title: undefined }, "title is missing"],
    ["C89", { usage_type: "bogus" }, "usage_type does not have a valid value"],
    ["", { expires_at: "soon" }, "expires_at is invalid"],
    ["", { key: ["x"] }, "key is invalid"],
  ])("%s refuses %j", async (_, values, error) => {
    const reply = await add(values);
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it.each(["unsupported-ssh-rsa key", "", "ssh-rsa", "\u0000", "\ud800"])("C85 %j is no key", async (key) => {
    const reply = await add({ key });
    expect([reply.status, reply.body]).toEqual([400, { message: { key: ["is invalid"], ...ungenerated } }]);
  });

  it("a blob that is none is no key either", async () => {
    const reply = await add({ key: "ssh-rsa AAAAB3NzaC1yc2E= x" });
    expect([reply.status, reply.body]).toEqual([400, { message: { key: ["is not a valid SSH key"], ...ungenerated } }]);
  });

  it("C86 blanks around it and line breaks in it are closed up", async () => {
    const [algorithm, blob = ""] = k1.split(" ");
    const reply = await add({ key: ` ${algorithm} ${blob.slice(0, 20)}\n${blob.slice(20)} ada laptop\n` });
    expect(reply.status).toBe(201);
    expect(reply.body.key).toBe(`${algorithm} ${blob} Ada Byron (gitlab.example.test)`);
    const [row] = await db.query.all<{ blob: string }>(sql`select blob from keys where id = ${reply.body.id}`);
    expect(row!.blob).toBe(blob);
  });

  it.each([
    ["C87", "x".repeat(256), "is too long (maximum is 255 characters)"],
    ["", "  ", "can't be blank"],
  ])("%s refuses a title", async (_, title, error) => {
    const reply = await add({ title });
    expect([reply.status, reply.body]).toEqual([400, { message: { title: [error] } }]);
  });

  it("refuses a line of more than 5000 characters", async () => {
    const reply = await add({ key: `${k1}${" a".repeat(400_000)}` });
    expect([reply.status, reply.body]).toEqual([400, { message: { key: ["is too long (maximum is 5000 characters)"] } }]);
  });

  it("C90 an expired key is refused", async () => {
    const reply = await add({ key: k2, expires_at: "2001-01-01" });
    expect([reply.status, reply.body]).toEqual([400, { message: { key: ["has expired"] } }]);
  });

  it.each([
    ["2999-01-01", "2999-01-01T00:00:00.000Z"],
    ["2999-01-01T10:00:00Z", "2999-01-01T10:00:00.000Z"],
    ["2999-01-01T10:00:00+02:00", "2999-01-01T08:00:00.000Z"],
    ["", null],
    [null, null],
  ])("the expiry %j is a point in time: %j", async (given, shown) => {
    expect((await add({ expires_at: given })).body.expires_at).toBe(shown);
  });

  it("C92 a type that is switched off is refused", async () => {
    await setSettings({ ecdsa_key_restriction: -1 });
    const reply = await add({ key: k2 });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ message: { key: ["type is forbidden. Must be RSA, DSA, ED25519, ECDSA_SK, or ED25519_SK"] } });
  });

  it("a key that is too small is refused", async () => {
    await setSettings({ rsa_key_restriction: 2048 });
    const reply = await add({ key: k4 });
    expect([reply.status, reply.body]).toEqual([400, { message: { key: ["must be at least 2048 bits"] } }]);
  });

  it("where the life of keys is limited, an expiry is needed, and not too late a one", async () => {
    await setSettings({ max_ssh_key_lifetime: 10 });
    expect((await add()).status).toBe(400);
    const late = await add({ expires_at: "2999-01-01" });
    expect(late.body).toEqual({ message: { key: ["has an expiration date that is later than the maximum allowed on this instance"] } });
    expect((await add({ expires_at: new Date(Date.now() + 86_400_000).toISOString() })).status).toBe(201);
  });

  it("a published key is refused", async () => {
    const vagrant =
      "ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ==";
    const reply = await add({ key: vagrant });
    expect(reply.status).toBe(400);
    expect(reply.body.message.key[0]).toContain("compromised private key");
  });

  it("C93 administrators only", async () => {
    const reply = await asAda("POST", path, { json: { title: "t", key: k1 } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
  });

  it.each(["999999", "nobody", "ada"])("for the user %s there is none to be had", async (id) => {
    const reply = await asRoot("POST", `/users/${id}/keys`, { json: { title: "t", key: k1 } });
    expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
  });

  it.each(["auth", "signing", "auth_and_signing"])("keeps the usage %s", async (usage) => {
    expect((await add({ usage_type: usage })).body.usage_type).toBe(usage);
  });

  it("a name of several lines stays on one", async () => {
    const user = await addUser({ name: "A\nssh-ed25519 AAAA" });
    const reply = await asRoot("POST", `/users/${user.id}/keys`, { json: { title: "t", key: newKeyLine() } });
    expect(reply.body.key).toMatch(/ A ssh-ed25519 AAAA \(gitlab\.example\.test\)$/);
  });
});

describe("GET /users/:id/keys", () => {
  it("lists a user's keys by id or name, to everybody, in pages", async () => {
    const keys = [await addKey(ada), await addKey(ada), await addKey(ada)];
    await addKey(await addUser());
    await addDeployKey(ada, [{ project: await addProject(await addGroup()) }]);
    for (const name of [String(ada.id), "ada", "ADA"]) {
      const reply = await call("GET", `/users/${name}/keys?per_page=2`);
      expect(reply.body.map((key: { id: number }) => key.id)).toEqual([keys[0]!.id, keys[1]!.id]);
      expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    }
    expect(keys[0]!.comment).not.toBe("");
    expect(JSON.stringify((await call("GET", path)).body)).not.toContain(keys[0]!.comment);
  });

  it("has numbered pages only", async () => {
    const reply = await call("GET", `${path}?pagination=keyset`);
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it("shows one", async () => {
    const { body } = await add({ key: k1 });
    const reply = await call("GET", `/users/ada/keys/${body.id}`);
    expect([reply.status, reply.body]).toEqual([200, body]);
  });

  it("C96 a key that is not there, and one of somebody else's", async () => {
    const foreign = await addKey(await addUser());
    for (const id of ["999999", "x", String(foreign.id)]) {
      const reply = await asRoot("GET", `${path}/${id}`);
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Key Not Found" }]);
    }
    expect((await asRoot("GET", "/users/nobody/keys")).body).toEqual({ message: "404 User Not Found" });
    expect((await asRoot("GET", "/users/nobody/keys/1")).body).toEqual({ message: "404 User Not Found" });
  });
});

describe("DELETE /users/:id/keys/:key_id", () => {
  it("C103 deletes once", async () => {
    const key = await addKey(ada);
    const reply = await asRoot("DELETE", `${path}/${key.id}`);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    const again = await asRoot("DELETE", `${path}/${key.id}`);
    expect([again.status, again.body]).toEqual([404, { message: "404 Key Not Found" }]);
  });

  it("neither another user's key, nor a deploy key that the user made", async () => {
    const foreign = await addKey(await addUser());
    const deployKey = await addDeployKey(ada, [{ project: await addProject(await addGroup()) }]);
    for (const key of [foreign, deployKey]) expect((await asRoot("DELETE", `${path}/${key.id}`)).status).toBe(404);
  });

  it("not what changed since, not without being an administrator, not of nobody", async () => {
    const key = await addKey(ada);
    const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" };
    expect((await asRoot("DELETE", `${path}/${key.id}`, { headers })).status).toBe(412);
    expect((await asAda("DELETE", `${path}/${key.id}`)).status).toBe(403);
    expect((await asRoot("DELETE", `/users/999999/keys/${key.id}`)).body).toEqual({ message: "404 User Not Found" });
  });
});
