import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unseal } from "../../src/auth/sealed.ts";
import { updateUser, type UserRow } from "../../src/db/users.ts";
import { disableTwoFactor, enableTwoFactor } from "../../src/db/two-factor.ts";
import { deleteUser } from "../../src/db/user-deletion.ts";
import { digestOfRecoveryCode } from "../../src/domain/two-factor/recovery-codes.ts";
import { asRoot, withToken } from "../setup/call.ts";
import { testVars } from "../setup/vars.ts";
import { addToken, addUser, db, personalNamespaceId } from "../setup/world.ts";

const sample = "JBSWY3DPEHPK3PXP";
const keys = { current: Uint8Array.from(Buffer.from(testVars.GATEHOUSE_ENCRYPTION_KEY, "base64")), old: null };
let ada: UserRow;

beforeAll(async () => {
  ada = await addUser({ username: "ada", email: "ada@example.test" });
});
beforeEach(async () => {
  await disableTwoFactor(db, ada.id, new Date());
});

const enable = (user: UserRow, json: unknown = { otp_secret: sample }) => asRoot("POST", `/users/${user.id}/enable_two_factor`, { json });
const disable = (user: UserRow) => asRoot("PATCH", `/users/${user.id}/disable_two_factor`);
const isOn = { message: "400 Bad request - Two-factor authentication is already enabled for this user" };
const isOff = { message: "400 Bad request - Two-factor authentication is not enabled for this user" };

type Row = Record<string, string | number | null>;
async function stored(user: UserRow) {
  const rows = (table: string) => db.query.all<Row>(sql`select * from ${sql.identifier(table)} where user_id = ${user.id}`);
  const [flags] = await db.query.all<Row>(sql`select is_two_factor_enabled, locked_until, updated_at from users where id = ${user.id}`);
  return {
    flags: flags!,
    factors: await rows("two_factors"),
    codes: await rows("two_factor_recovery_codes"),
    sessions: await rows("otp_sessions"),
  };
}

describe("POST /users/:id/enable_two_factor", () => {
  it("L282 shows the seed and ten recovery codes, and the user is found by it", async () => {
    const reply = await enable(ada);
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      two_factor_enabled: true,
      otp_secret: sample,
      otp_provisioning_uri: `otpauth://totp/gitlab.example.test:ada@example.test?secret=${sample}&issuer=gitlab.example.test`,
      recovery_codes: Array.from({ length: 10 }, () => expect.stringMatching(/^[0-9a-f]{16}$/)),
    });
    expect(Object.keys(reply.body)).toEqual(["two_factor_enabled", "otp_secret", "otp_provisioning_uri", "recovery_codes"]);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect((await asRoot("GET", `/users/${ada.id}`)).body.two_factor_enabled).toBe(true);
    const found = await asRoot("GET", "/users?two_factor=enabled");
    expect(found.body.map((user: { username: string }) => user.username)).toContain("ada");
  });

  it("keeps the seed sealed and the codes hashed", async () => {
    const { recovery_codes: codes } = (await enable(ada)).body;
    const { factors, codes: digests, flags } = await stored(ada);
    const [factor] = factors;
    expect(await unseal(keys, String(factor!["sealed"]))).toBe(sample);
    expect(factor).toMatchObject({ last_used_step: null, failed_attempts: 0, recovery_salt: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(flags["is_two_factor_enabled"]).toBe(1);
    expect(flags["updated_at"]).toBeGreaterThanOrEqual(ada.updatedAt.getTime());
    const salt = String(factor!["recovery_salt"]);
    const expected: string[] = [];
    for (const code of codes) expected.push(await digestOfRecoveryCode(code, salt));
    expect(new Set(digests.map((row) => row["digest"]))).toEqual(new Set(expected));
    const everything = JSON.stringify([factors, digests]);
    for (const secret of [sample, ...codes]) expect(everything).not.toContain(secret);
  });

  it.each([{}, { otp_secret: "" }, { otp_secret: "  " }, { otp_secret: null }])("makes a seed of 160 bits for %j", async (json) => {
    const reply = await enable(ada, json);
    expect([reply.status, reply.body.otp_secret]).toEqual([201, expect.stringMatching(/^[A-Z2-7]{32}$/)]);
    expect(reply.body.otp_provisioning_uri).toContain(`?secret=${reply.body.otp_secret}&`);
  });

  it.each([
    ["jbsw y3dp ehpk 3pxp====", sample],
    ["A".repeat(128), "A".repeat(128)],
    [2222222222222222, "2222222222222222"],
  ])("takes the seed %j", async (sent, seed) => {
    expect((await enable(ada, { otp_secret: sent })).body.otp_secret).toBe(seed);
  });

  it.each([
    ["too short", "JBSWY3DPEHPK3PX"],
    ["too long", "A".repeat(129)],
    ["no Base32", "JBSWY3DPEHPK3PX1"],
    ["padding alone", "===="],
    ["letters that only become ones of the alphabet", "ſ".repeat(16)],
    ["a NUL byte", `${sample}\u0000`],
    ["half a surrogate pair", `${sample}\ud800`],
    ["huge", "A".repeat(500_000)],
    ["a list", [sample]],
    ["an object", { a: sample }],
    ["a truth", true],
    ["a large number", 1e300],
  ])("refuses a seed: %s", async (_, sent) => {
    const reply = await enable(ada, { otp_secret: sent });
    expect([reply.status, reply.body]).toEqual([400, { error: "otp_secret is invalid" }]);
    expect((await stored(ada)).factors).toEqual([]);
  });

  it("is refused where there is one, which stays as it is", async () => {
    await enable(ada);
    const before = await stored(ada);
    const reply = await enable(ada, {});
    expect([reply.status, reply.body]).toEqual([400, isOn]);
    expect(await stored(ada)).toEqual(before);
  });

  it("of several at once one is done, and its codes alone are good", async () => {
    const replies = await Promise.all([enable(ada, {}), enable(ada), enable(ada, {}), enable(ada)]);
    const [done, ...others] = replies.toSorted((a, b) => a.status - b.status);
    expect(done!.status).toBe(201);
    for (const reply of others) expect([reply.status, reply.body]).toEqual([400, isOn]);
    const { factors, codes } = await stored(ada);
    expect(await unseal(keys, String(factors[0]!["sealed"]))).toBe(done!.body.otp_secret);
    expect(codes).toHaveLength(10);
    const digest = await digestOfRecoveryCode(done!.body.recovery_codes[7], String(factors[0]!["recovery_salt"]));
    expect(codes.map((row) => row["digest"])).toContain(digest);
  });

  it("is refused by the database where another one came first, or the user has gone", async () => {
    const codes = { salt: "00".repeat(16), digests: ["ab"] };
    await enableTwoFactor(db, ada.id, "first", codes, new Date());
    await expect(enableTwoFactor(db, ada.id, "second", { ...codes, digests: ["cd"] }, new Date())).rejects.toThrow();
    const { factors, codes: digests } = await stored(ada);
    expect([factors[0]!["sealed"], digests.map((row) => row["digest"])]).toEqual(["first", ["ab"]]);
    await expect(enableTwoFactor(db, 987_654_321, "third", codes, new Date())).rejects.toThrow();
  });

  it.each(["987654321", "ada", "0", "9007199254740993", "%00"])("for %s there is none", async (id) => {
    const reply = await asRoot("POST", `/users/${id}/enable_two_factor`, { json: {} });
    expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
  });

  it("is for administrators", async () => {
    const own = withToken(await addToken(ada));
    for (const json of [{}, { otp_secret: sample }]) {
      const reply = await own("POST", `/users/${ada.id}/enable_two_factor`, { json });
      expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    }
  });
});

describe("PATCH /users/:id/disable_two_factor", () => {
  it("L281 is refused where there is none", async () => {
    const reply = await disable(ada);
    expect([reply.status, reply.body]).toEqual([400, isOff]);
  });

  it("takes seed, codes, sessions and a lock away, and nobody else's", async () => {
    const bob = await addUser();
    for (const user of [ada, bob]) {
      await enable(user);
      await db.query.run(sql`insert into otp_sessions (user_id, key_id, expires_at) values (${user.id}, 0, 1), (${user.id}, 7, 2)`);
      await db.query.run(sql`update users set locked_until = ${Date.now() + 60_000} where id = ${user.id}`);
    }
    const before = await stored(bob);
    const reply = await disable(ada);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    expect(await stored(ada)).toEqual({
      flags: { is_two_factor_enabled: 0, locked_until: null, updated_at: expect.any(Number) },
      factors: [],
      codes: [],
      sessions: [],
    });
    expect(await stored(bob)).toEqual(before);
    expect((await asRoot("GET", `/users/${ada.id}`)).body.two_factor_enabled).toBe(false);
    expect((await enable(ada)).status).toBe(201);
  });

  it("of several at once one is done", async () => {
    await enable(ada);
    const replies = await Promise.all([disable(ada), disable(ada), disable(ada)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 400, 400]);
    expect(replies.filter(({ status }) => status === 400).map(({ body }) => body)).toEqual([isOff, isOff]);
  });

  it("L284 is refused for administrators, with a second factor and without", async () => {
    const admin = await addUser({ isAdmin: true });
    const root = { ...admin, id: 1 };
    const refusal = {
      message: "403 Forbidden - Two-factor authentication for admins cannot be disabled via the API. Use the Rails console",
    };
    expect(await disable(root)).toMatchObject({ status: 403, body: refusal });
    expect((await enable(root)).status).toBe(201);
    expect(await disable(root)).toMatchObject({ status: 403, body: refusal });
    expect((await stored(root)).factors).toHaveLength(1);
    expect(await disable(admin)).toMatchObject({ status: 403, body: refusal });
  });

  it("keeps that of a user who is an administrator by the time it is written", async () => {
    await enable(ada);
    await updateUser(db, { user: ada, namespaceId: await personalNamespaceId(ada) }, { isAdmin: true });
    const before = await stored(ada);
    expect(await disableTwoFactor(db, ada.id, new Date())).toBe(false);
    expect(await stored(ada)).toEqual(before);
    await updateUser(db, { user: ada, namespaceId: await personalNamespaceId(ada) }, { isAdmin: false });
  });

  it("L285 is for administrators", async () => {
    const reply = await withToken(await addToken(ada))("PATCH", `/users/${ada.id}/disable_two_factor`);
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
  });

  it.each(["987654321", "ada", "%ED%A0%80"])("for %s there is none", async (id) => {
    const reply = await asRoot("PATCH", `/users/${id}/disable_two_factor`);
    expect([reply.status, reply.body]).toEqual([404, { message: "404 User Not Found" }]);
  });

  it("goes with the user, too", async () => {
    const bob = await addUser();
    await enable(bob);
    await deleteUser(db, bob.id, [await personalNamespaceId(bob)]);
    const rows = await db.query.all(sql`select user_id from two_factors where user_id = ${bob.id}`);
    expect(rows).toEqual([]);
  });
});
