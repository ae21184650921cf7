import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { digestOfToken } from "../../src/domain/tokens/secret.ts";
import { asRoot, withToken } from "../setup/call.ts";
import { addToken, addUser, dayFromNow, db, setSettings } from "../setup/world.ts";

let ada: UserRow;
let path: string;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  path = `/users/${ada.id}/personal_access_tokens`;
});
beforeEach(() => setSettings(null));

const add = (values: Record<string, unknown> = {}) => asRoot("POST", path, { json: { name: "ci", scopes: ["api"], ...values } });

describe("POST /users/:id/personal_access_tokens", () => {
  it("D104 makes a token that lives a year", async () => {
    const reply = await add();
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      name: "ci",
      revoked: false,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      description: null,
      scopes: ["api"],
      user_id: ada.id,
      last_used_at: null,
      active: true,
      expires_at: dayFromNow(365),
      token: expect.stringMatching(/^glpat-[\w-]{20}$/),
    });
  });

  it("its text is good, and only its digest is kept", async () => {
    const { id, token } = (await add({ description: "for the build" })).body;
    expect((await withToken(token)("GET", "/user")).body.username).toBe("ada");
    const [row] = await db.query.all<Record<string, unknown>>(sql`select * from personal_access_tokens where id = ${id}`);
    expect(row!["digest"]).toBe(digestOfToken(token));
    expect(row!["description"]).toBe("for the build");
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it.each([
    "name=ci&scopes[]=api&scopes[]=read_user",
    "name=ci&scopes%5B%5D=api&scopes%5B%5D=read_user",
    "name=ci&scopes=api,read_user",
    "name=ci&scopes[0]=api&scopes[1]=read_user&scopes[2]=api",
  ])("D105 reads the form %s", async (form) => {
    const reply = await asRoot("POST", path, { form });
    expect([reply.status, reply.body.scopes]).toEqual([201, ["api", "read_user"]]);
  });

  it.each([
    ["D107", { scopes: undefined }, "scopes is missing"],
    ["", { name: undefined, scopes: undefined }, "name is missing, scopes is missing"],
    ["D108", { scopes: ["nope"] }, "scopes does not have a valid value"],
    ["", { scopes: ["api", "nope"] }, "scopes does not have a valid value"],
    ["", { expires_at: "soon" }, "expires_at is invalid"],
    ["", { expires_at: "2021-02-31" }, "expires_at is invalid"],
    ["", { scopes: 7 }, "scopes does not have a valid value"],
    ["", { scopes: { a: 1 } }, "scopes is invalid"],
  ])("%s refuses %j", async (_, values, error) => {
    const reply = await add(values);
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it("D109 administrators only, even for oneself", async () => {
    const reply = await withToken(await addToken(ada))("POST", path, { json: { name: "ci", scopes: ["api"] } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
  });

  it.each([
    [{ name: " " }, "Name can't be blank"],
    [{ name: "x".repeat(256) }, "Name is too long (maximum is 255 characters)"],
    [{ description: "x".repeat(256) }, "Description is too long (maximum is 255 characters)"],
    [{ scopes: [] }, "Scopes can't be blank"],
  ])("refuses %j", async (values, message) => {
    const reply = await add(values);
    expect([reply.status, reply.body]).toEqual([422, { message }]);
  });

  it("lives at most a year; the day is named that it must be before", async () => {
    expect((await add({ expires_at: dayFromNow(365) })).body.expires_at).toBe(dayFromNow(365));
    const reply = await add({ expires_at: dayFromNow(366) });
    expect([reply.status, reply.body]).toEqual([422, { message: `Expiration date must be before ${dayFromNow(366)}` }]);
    expect((await add({ expires_at: "9001-11-17" })).status).toBe(422);
  });

  it("a day that is past makes a dead token", async () => {
    const reply = await add({ expires_at: "2020-07-24" });
    expect([reply.status, reply.body.expires_at, reply.body.active]).toEqual([201, "2020-07-24", false]);
    expect((await withToken(reply.body.token)("GET", "/user")).status).toBe(401);
  });

  it.each([null, "", undefined])("the expiry %j is that of the instance", async (given) => {
    expect((await add({ expires_at: given })).body.expires_at).toBe(dayFromNow(365));
    await setSettings({ max_personal_access_token_lifetime: 30 });
    expect((await add({ expires_at: given })).body.expires_at).toBe(dayFromNow(30));
    await setSettings({ require_personal_access_token_expiry: false });
    expect((await add({ expires_at: given })).body.expires_at).toBeNull();
  });

  it("where no expiry is required and no limit is set, any day is good", async () => {
    await setSettings({ require_personal_access_token_expiry: false });
    expect((await add({ expires_at: "9001-11-17" })).body.expires_at).toBe("9001-11-17");
    await setSettings({ require_personal_access_token_expiry: false, max_personal_access_token_lifetime: 10 });
    expect((await add({ expires_at: dayFromNow(11) })).status).toBe(422);
    await setSettings({ max_personal_access_token_lifetime: 1e12 });
    expect((await add({ expires_at: "2999-01-01" })).status).toBe(201);
    expect((await add()).status).toBe(201);
  });

  it("begins as the instance wants it", async () => {
    await setSettings({ personal_access_token_prefix: "corp_" });
    expect((await add()).body.token).toMatch(/^corp_[\w-]{20}$/);
  });

  it("for nobody there is none", async () => {
    const reply = await asRoot("POST", "/users/999999/personal_access_tokens", { json: { name: "ci", scopes: ["api"] } });
    expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
  });
});
