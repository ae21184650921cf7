import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { disableTwoFactor, enableTwoFactor, replaceRecoveryCodes } from "../../src/db/two-factor.ts";
import type { UserRow } from "../../src/db/users.ts";
import { digestOfRecoveryCode } from "../../src/domain/two-factor/recovery-codes.ts";
import { asRoot, asShell, call } from "../setup/call.ts";
import { otpSessions } from "../../src/db/schema/index.ts";
import { shellCall } from "../setup/swapped.ts";
import { testVars } from "../setup/vars.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db, setSettings } from "../setup/world.ts";

let rubi: UserRow;
let ada: UserRow;

beforeAll(async () => {
  rubi = await addUser({ id: 7, username: "rubi" });
  ada = await addUser({ id: 8, username: "ada" });
  await addKey(rubi, { id: 11 });
  await addKey(ada, { id: 12 });
  await addKey(rubi, { id: 13, usage: "signing" });
  await addKey(null, { id: 31 });
  await addDeployKey(rubi, [{ project: await addProject(await addGroup()) }], { id: 21 });
});
beforeEach(async () => {
  await disableTwoFactor(db, rubi.id, new Date());
  await enableTwoFactor(db, rubi.id, "sealed", { salt: "00".repeat(16), digests: ["ab"] }, new Date());
});

const refused = (message: string) => ({ success: false, message });
const noKey = refused("Could not find the given key");
const noUser = refused("Could not find the given user");
const off = refused("Two-factor authentication is not enabled for this user");
const newCodes = { success: true, recovery_codes: Array.from({ length: 10 }, () => expect.stringMatching(/^[0-9a-f]{16}$/)) };

/** Which of the codes are good. */
async function good(codes: readonly string[], user = rubi): Promise<string[]> {
  const [factor] = await db.query.all<{ recovery_salt: string }>(sql`select recovery_salt from two_factors where user_id = ${user.id}`);
  const rows = await db.query.all<{ digest: string }>(sql`select digest from two_factor_recovery_codes where user_id = ${user.id}`);
  const found: string[] = [];
  for (const code of codes) {
    const digest = await digestOfRecoveryCode(code, factor!.recovery_salt);
    if (rows.some((row) => row.digest === digest)) found.push(code);
  }
  return found;
}

describe.each([
  ["POST", (params: Record<string, unknown>) => asShell("POST", "/internal/two_factor_recovery_codes", { json: params })],
  [
    "GET",
    (params: Record<string, unknown>) =>
      asShell("GET", `/internal/two_factor_recovery_codes?${new URLSearchParams(params as Record<string, string>).toString()}`),
  ],
])("%s /internal/two_factor_recovery_codes", (_, ask) => {
  it("45 makes ten codes, which nobody may cache, and keeps their digests alone", async () => {
    const reply = await ask({ key_id: 11 });
    expect([reply.status, reply.body]).toEqual([200, newCodes]);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect(await good(reply.body.recovery_codes)).toEqual(reply.body.recovery_codes);
    const rows = await db.query.all(sql`select * from two_factor_recovery_codes`);
    expect(rows).toHaveLength(10);
    for (const code of reply.body.recovery_codes) expect(JSON.stringify(rows)).not.toContain(code);
  });

  it("46 puts them in place of all that were", async () => {
    const first: string[] = (await ask({ key_id: 11 })).body.recovery_codes;
    const second: string[] = (await ask({ key_id: "11" })).body.recovery_codes;
    expect(new Set([...first, ...second]).size).toBe(20);
    expect(await good([...first, ...second])).toEqual(second);
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ["48 a key that does not exist", { key_id: 999999 }, noKey],
    ["49 a key without a user", { key_id: 31 }, refused("Could not find a user for the given key")],
    ["50 a deploy key", { key_id: 21 }, refused("Deploy keys cannot be used to retrieve recovery codes")],
    ["52 no parameter", {}, noKey],
    ["53 a user alone", { user_id: 7 }, newCodes],
    ["a user in digits", { user_id: "7" }, newCodes],
    ["a user who does not exist", { user_id: 999999 }, noUser],
    ["a user that is no id", { user_id: "7abc" }, noUser],
    ["an empty user", { user_id: "" }, noUser],
    ["a key comes before a user", { key_id: 12, user_id: 7 }, off],
    ["an unknown key is not made up for by a user", { key_id: 999999, user_id: 7 }, noKey],
    ["an empty key is given", { key_id: "", user_id: 7 }, noKey],
    ["a key that only signs", { key_id: 13 }, noKey],
    ["a name", { username: "rubi" }, noKey],
    ["an identifier", { identifier: "user-7" }, noKey],
    ["a user without a second factor", { key_id: 12 }, off],
    ["a large number", { key_id: "9".repeat(400) }, noKey],
    ["a NUL byte", { key_id: "11\u0000" }, noKey],
    ["full-width digits", { key_id: "１１" }, noKey],
  ])("%s", async (__, params, expected) => {
    const reply = await ask(params);
    expect([reply.status, reply.body]).toEqual([200, expected]);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
  });

  it("of several at once the codes of one are good, as a whole set", async () => {
    const replies = await Promise.all([ask({ key_id: 11 }), ask({ user_id: 7 }), ask({ key_id: 11 })]);
    const sets: string[][] = replies.map(({ body }) => body.recovery_codes);
    const left: string[][] = [];
    for (const set of sets) left.push(await good(set));
    expect(left.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([0, 0, 10]);
  });

  it("asks for a one-time password, or an older code, where Git over SSH does: with the key alone nobody gets in", async () => {
    await setSettings({ two_factor_for_cli: true });
    const verify = (keyId: number, seconds: number) =>
      db.query.insert(otpSessions).values({ userId: rubi.id, keyId, expiresAt: new Date(Date.now() + seconds * 1000) });
    const unverified = refused("OTP verification is required to make new recovery codes.");
    for (const who of [{ key_id: 11 }, { user_id: 7 }]) expect((await ask(who)).body).toEqual(unverified);
    await verify(11, -1);
    await verify(12, 60);
    expect((await ask({ key_id: 11 })).body).toEqual(unverified);
    expect(await db.query.all(sql`select digest from two_factor_recovery_codes`)).toEqual([{ digest: "ab" }]);
    await verify(0, 60);
    expect((await ask({ key_id: 11 })).body).toEqual(unverified);
    expect((await ask({ user_id: 7 })).body).toEqual(newCodes);
    expect((await ask({ key_id: 12 })).body).toEqual(off);
    await setSettings(null);
    expect((await ask({ key_id: 11 })).body).toEqual(newCodes);
  });

  it("asks for a credential first", async () => {
    const method = _ as "GET" | "POST";
    const reply = await call(method, "/internal/two_factor_recovery_codes?key_id=11");
    expect([reply.status, reply.body]).toEqual([401, { message: "401 Unauthorized" }]);
  });
});

describe("HEAD /internal/two_factor_recovery_codes", () => {
  it("has the headers of GET, and leaves the codes that somebody keeps good", async () => {
    const codes: string[] = (await asShell("POST", "/internal/two_factor_recovery_codes", { json: { key_id: 11 } })).body.recovery_codes;
    const reply = await asShell("HEAD", "/internal/two_factor_recovery_codes?key_id=11");
    expect([reply.status, reply.body]).toEqual([200, undefined]);
    expect(["Cache-Control", "Content-Type"].map((name) => reply.headers.get(name))).toEqual(["no-store", "application/json"]);
    expect(await good(codes)).toEqual(codes);
  });
});

describe("recovery codes", () => {
  it("are not made for a second factor that is gone meanwhile", async () => {
    await disableTwoFactor(db, rubi.id, new Date());
    expect(await replaceRecoveryCodes(db, rubi.id, { salt: "00".repeat(16), digests: ["ab"] }, new Date())).toBe(false);
    expect(await db.query.all(sql`select * from two_factor_recovery_codes`)).toEqual([]);
  });

  it("leave those of others alone", async () => {
    await asRoot("POST", `/users/${ada.id}/enable_two_factor`);
    const theirs: string[] = (await asShell("POST", "/internal/two_factor_recovery_codes", { json: { key_id: 12 } })).body.recovery_codes;
    await asShell("POST", "/internal/two_factor_recovery_codes", { json: { key_id: 11 } });
    expect(await good(theirs, ada)).toEqual(theirs);
    expect(await good(theirs)).toEqual([]);
    await disableTwoFactor(db, ada.id, new Date());
  });
});

describe("POST /internal/two_factor_config", () => {
  const ask = (json: unknown) => asShell("POST", "/internal/two_factor_config", { json });
  const required = (isRequired: boolean) => ({ success: true, two_factor_required: isRequired });

  it.each<[string, Record<string, unknown>, unknown]>([
    ["56 a user with a second factor", { key_id: 11 }, required(true)],
    ["57 a user without", { key_id: 12 }, required(false)],
    ["58 a deploy key", { key_id: 21 }, required(false)],
    ["60 a key that does not exist", { key_id: 999999 }, noKey],
    ["a key without a user", { key_id: 31 }, refused("Could not find a user for the given key")],
    ["a user", { user_id: 7 }, required(true)],
    ["a user who does not exist", { user_id: 999999 }, noUser],
    ["no parameter", {}, noKey],
    ["a list", { key_id: [11] }, noKey],
    ["an object", { key_id: { id: 11 } }, noKey],
  ])("%s", async (_, params, expected) => {
    const reply = await ask(params);
    expect([reply.status, reply.body]).toEqual([200, expected]);
  });

  it("10 takes the secret as a parameter", async () => {
    const json = { secret_token: testVars.GITLAB_SHELL_SECRET, key_id: 11 };
    const reply = await call("POST", "/internal/two_factor_config", { json });
    expect([reply.status, reply.body]).toEqual([200, required(true)]);
  });
});

describe("POST /internal/two_factor_push_otp_check", () => {
  it.each([{ key_id: 11 }, { key_id: 21 }, { key_id: 999999 }, { user_id: 8 }, {}, { key_id: 11, otp_attempt: { a: 1 } }])(
    "69 is not available for %j",
    async (json) => {
      const reply = await asShell("POST", "/internal/two_factor_push_otp_check", { json });
      expect([reply.status, reply.body]).toEqual([200, refused("Feature is not available")]);
    },
  );
});

describe("the use of a key", () => {
  const usedAt = async (id: number) => {
    const [row] = await db.query.all<{ at: number | null }>(sql`select last_used_at as at from keys where id = ${id}`);
    return row!.at;
  };

  it.each(["recovery_codes", "config", "otp_check", "manual_otp_check", "push_otp_check"])(
    "is written down by two_factor_%s, whatever it answers, and not while the instance is read-only",
    async (name) => {
      for (const key of [11, 12, 21, 31]) {
        await db.query.run(sql`update keys set last_used_at = null where id = ${key}`);
        await shellCall(`/internal/two_factor_${name}`, { json: { key_id: key } }, { READ_ONLY: "on" });
        expect(await usedAt(key)).toBeNull();
        await shellCall(`/internal/two_factor_${name}`, { json: { key_id: key } });
        expect(await usedAt(key)).toBeGreaterThan(Date.now() - 60_000);
      }
    },
  );
});
