import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { seal } from "../../src/auth/sealed.ts";
import { openDb } from "../../src/db/client.ts";
import { recordAttempt, type JudgedAttempt } from "../../src/db/otp-attempts.ts";
import { disableTwoFactor, enableTwoFactor } from "../../src/db/two-factor.ts";
import type { UserRow } from "../../src/db/users.ts";
import { passwordsOf, stepAt } from "../../src/domain/two-factor/one-time-password.ts";
import { asRoot, asShell } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { testVars } from "../setup/vars.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db, setSettings } from "../setup/world.ts";

/** Ten seconds into a step. */
const noon = new Date("2026-05-01T12:00:10Z");
const step = stepAt(noon);
const seeds = { rubi: "JBSWY3DPEHPK3PXP", ada: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" };
const minutes = (count: number) => count * 60_000;

let rubi: UserRow;
let ada: UserRow;
/** What the second factor of rubi is stored as; hashing its codes takes longer than a test. */
let enrolled: { codes: string[]; sealed: string; salt: string; digests: string[] };
/** The password of a step, counted from that of noon. */
let password: (offset: number) => string;
let codes: string[];

beforeAll(async () => {
  rubi = await addUser({ id: 7, username: "rubi" });
  ada = await addUser({ id: 8, username: "ada" });
  await addKey(rubi, { id: 11 });
  await addKey(ada, { id: 12 });
  await addKey(rubi, { id: 14 });
  await addKey(null, { id: 31 });
  await addDeployKey(rubi, [{ project: await addProject(await addGroup()) }], { id: 21 });
  const passwords = await passwordsOf(seeds.rubi);
  password = (offset) => passwords(step + offset);
  const reply = await asRoot("POST", "/users/7/enable_two_factor", { json: { otp_secret: seeds.rubi } });
  const [row] = await db.query.all<{ sealed: string; salt: string }>(sql`select sealed, recovery_salt as salt from two_factors`);
  const rows = await db.query.all<{ digest: string }>(sql`select digest from two_factor_recovery_codes`);
  enrolled = { codes: reply.body.recovery_codes, ...row!, digests: rows.map(({ digest }) => digest) };
});
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: noon });
  await setSettings(null);
  await db.query.run(sql`update users set is_locked = 0`);
  for (const user of [rubi, ada]) await disableTwoFactor(db, user.id, noon);
  await enableTwoFactor(db, rubi.id, enrolled.sealed, enrolled, noon);
  codes = [...enrolled.codes];
});
afterEach(async () => {
  vi.useRealTimers();
  await setSettings(null);
});

const at = (offsetMs: number) => vi.setSystemTime(noon.getTime() + offsetMs);
const check = async (attempt: unknown, who: Record<string, unknown> = { key_id: 11 }) =>
  (await asShell("POST", "/internal/two_factor_manual_otp_check", { json: { ...who, otp_attempt: attempt } })).body;

const ok = { success: true };
const refused = (message: string) => ({ success: false, message });
const wrong = refused("Invalid OTP");
const locked = refused("Your account is locked");
const off = refused("Two-factor authentication is not enabled for this user");

/** A password that is none of the three that are good. */
const wrongPassword = () => String([0, 1, 2, 3].map((each) => `00000${each}`).find((each) => ![-1, 0, 1].map(password).includes(each)));

interface Factor {
  failed_attempts: number;
  last_used_step: number | null;
}
async function factor(): Promise<Factor> {
  const [row] = await db.query.all<Factor>(sql`select failed_attempts, last_used_step from two_factors where user_id = 7`);
  return row!;
}
const failures = async () => (await factor()).failed_attempts;
const sessions = () =>
  db.query.all<{ user_id: number; key_id: number; expires_at: number }>(sql`select * from otp_sessions order by user_id, key_id`);
async function lockedUntil(): Promise<number | null> {
  const [row] = await db.query.all<{ locked_until: number | null }>(sql`select locked_until from users where id = 7`);
  return row!.locked_until;
}
async function fail(times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) expect(await check(wrongPassword())).toEqual(wrong);
}

describe("a one-time password", () => {
  it.each(["two_factor_otp_check", "two_factor_manual_otp_check"])(
    "64 that is right opens a session of 15 minutes for the key: %s",
    async (name) => {
      const reply = await asShell("POST", `/internal/${name}`, { json: { key_id: "11", otp_attempt: password(0) } });
      expect([reply.status, reply.body]).toEqual([200, ok]);
      expect(await sessions()).toEqual([{ user_id: 7, key_id: 11, expires_at: noon.getTime() + minutes(15) }]);
      expect(await factor()).toEqual({ failed_attempts: 0, last_used_step: step });
    },
  );

  it.each(["two_factor_otp_check", "two_factor_manual_otp_check"])("65 that is wrong is counted: %s", async (name) => {
    const reply = await asShell("POST", `/internal/${name}`, { json: { key_id: 11, otp_attempt: wrongPassword() } });
    expect([reply.status, reply.body]).toEqual([200, wrong]);
    expect([await failures(), await sessions()]).toEqual([1, []]);
  });

  it("may come as a form, with white space, or as a number", async () => {
    const form = `key_id=11&otp_attempt=${password(-1).slice(0, 3)}+${password(-1).slice(3)}%0A`;
    expect((await asShell("POST", "/internal/two_factor_manual_otp_check", { form })).body).toEqual(ok);
    const digits = [0, 1].map(password).find((each) => !each.startsWith("0"));
    expect(await check(Number(digits))).toEqual(ok);
  });

  it("of a user who is named opens a session without a key, beside those of keys", async () => {
    expect(await check(password(-1), { user_id: 7 })).toEqual(ok);
    expect(await check(password(0), { user_id: "7" })).toEqual(ok);
    expect(await check(password(1), { key_id: 14 })).toEqual(ok);
    const until = noon.getTime() + minutes(15);
    expect(await sessions()).toEqual([
      { user_id: 7, key_id: 0, expires_at: until },
      { user_id: 7, key_id: 14, expires_at: until },
    ]);
  });

  it("opens a session as long as the instance says, in place of an older one", async () => {
    expect(await check(password(0))).toEqual(ok);
    await setSettings({ git_two_factor_session_expiry: 10_080 });
    at(30_000);
    expect(await check(password(1))).toEqual(ok);
    expect(await sessions()).toEqual([{ user_id: 7, key_id: 11, expires_at: noon.getTime() + 30_000 + minutes(10_080) }]);
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ["66 a deploy key", { key_id: 21 }, refused("Deploy keys cannot be used for Two Factor")],
    ["a key that does not exist", { key_id: 999999 }, refused("Could not find the given key")],
    ["no parameter", {}, refused("Could not find the given key")],
    ["a key without a user", { key_id: 31 }, refused("Could not find a user for the given key")],
    ["a user who does not exist", { user_id: 999999 }, refused("Could not find the given user")],
    ["a user without a second factor", { key_id: 12 }, off],
  ])("%s", async (_, who, expected) => {
    for (const attempt of [password(0), codes[0], wrongPassword(), "", undefined]) expect(await check(attempt, who)).toEqual(expected);
    expect([await failures(), await sessions()]).toEqual([0, []]);
  });

  it("is good from the step before to the step after, and at no other time", async () => {
    const start = -10_000;
    const tried = async (offsetMs: number) => {
      at(offsetMs);
      return check(password(0));
    };
    expect(await tried(start - 30_001)).toEqual(wrong);
    expect(await tried(start + 60_000)).toEqual(wrong);
    expect(await tried(start + 59_999)).toEqual(ok);
    await db.query.run(sql`update two_factors set last_used_step = null`);
    expect(await tried(start - 30_000)).toEqual(ok);
  });

  it("is accepted once; then it is a wrong attempt, and so is an earlier one", async () => {
    expect(await check(password(0))).toEqual(ok);
    expect(await check(password(0))).toEqual(wrong);
    expect(await check(password(0), { key_id: 14 })).toEqual(wrong);
    expect(await check(password(-1))).toEqual(wrong);
    expect(await failures()).toBe(3);
    expect(await check(password(1))).toEqual(ok);
    expect(await factor()).toEqual({ failed_attempts: 0, last_used_step: step + 1 });
  });

  it("of another user is wrong", async () => {
    await asRoot("POST", `/users/${ada.id}/enable_two_factor`, { json: { otp_secret: seeds.ada } });
    const theirs = (await passwordsOf(seeds.ada))(step);
    expect(await check(theirs)).toEqual(wrong);
    expect(await check(theirs, { key_id: 12 })).toEqual(ok);
  });

  it.each([undefined, null, "", " ", "\t\r\n", "\u00a0\u3000"])("that is blank (%j) is not counted", async (attempt) => {
    expect(await check(attempt)).toEqual(wrong);
    expect(await failures()).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ["full-width digits", () => password(0).replace(/./g, (digit) => String.fromCharCode(0xff10 + Number(digit)))],
    ["Arabic digits", () => password(0).replace(/./g, (digit) => String.fromCharCode(0x0660 + Number(digit)))],
    ["a NUL byte behind it", () => `${password(0)}\u0000`],
    ["a NUL byte within", () => `${password(0).slice(0, 3)}\u0000${password(0).slice(3)}`],
    ["half a surrogate pair", () => `${password(0)}\ud800`],
    ["a zero-width space", () => `${password(0)}\u200b`],
    ["twice", () => password(0) + password(0)],
    ["a digit too many", () => `0${password(0)}`],
    ["a digit too few", () => password(0).slice(1)],
    ["a sign", () => `+${password(0)}`],
    ["wildcards", () => "%%%%%%"],
    ["4,096 digits", () => "1".repeat(4096)],
    ["a huge number", () => 1e308],
    ["a fraction", () => 0.5],
  ])("with %s is wrong", async (_, attempt) => {
    expect(await check(attempt())).toEqual(wrong);
    expect(await failures()).toBe(1);
  });

  it.each([
    ["a list", () => [password(0)]],
    ["an object", () => ({ a: password(0) })],
    ["a truth", () => true],
    ["text of a hundred thousand characters", () => "1".repeat(100_000)],
  ])("that is %s is a bad request, and not counted", async (_, attempt) => {
    const json = { key_id: 11, otp_attempt: attempt() };
    const reply = await asShell("POST", "/internal/two_factor_manual_otp_check", { json });
    expect([reply.status, reply.body]).toEqual([400, { message: "400 Bad request - otp_attempt is invalid" }]);
    expect(await failures()).toBe(0);
  });
});

describe("a recovery code", () => {
  it("is accepted where a password is, once, and leaves the others good", async () => {
    expect(await check(codes[0])).toEqual(ok);
    expect(await sessions()).toEqual([{ user_id: 7, key_id: 11, expires_at: noon.getTime() + minutes(15) }]);
    expect(await factor()).toEqual({ failed_attempts: 0, last_used_step: null });
    expect(await check(codes[0])).toEqual(wrong);
    expect(await failures()).toBe(1);
    expect(await check(codes[9])).toEqual(ok);
    expect(await failures()).toBe(0);
  });

  it("does not bring a used password back", async () => {
    expect(await check(password(0))).toEqual(ok);
    expect(await check(codes[0])).toEqual(ok);
    expect(await check(password(0))).toEqual(wrong);
  });

  it("may be in capitals, with blanks", async () => {
    expect(await check(` ${codes[1]!.toUpperCase().slice(0, 8)} ${codes[1]!.toUpperCase().slice(8)}\n`)).toEqual(ok);
    expect(await check(codes[1])).toEqual(wrong);
  });

  it("of an earlier set, of another user, or half of one is wrong", async () => {
    const before = codes[0];
    const fresh: string[] = (await asShell("POST", "/internal/two_factor_recovery_codes", { json: { key_id: 11 } })).body.recovery_codes;
    const reply = await asRoot("POST", `/users/${ada.id}/enable_two_factor`, { json: { otp_secret: seeds.ada } });
    const theirs: string[] = reply.body.recovery_codes;
    const [code] = fresh as [string];
    for (const attempt of [before, theirs[0], code.slice(0, 8), code.slice(1), `${code}0`, code + code]) {
      expect(await check(attempt)).toEqual(wrong);
    }
    expect(await check(theirs[0], { key_id: 12 })).toEqual(ok);
    expect(await check(code)).toEqual(ok);
  });

  it("is not what is stored of it", async () => {
    const rows = await db.query.all<{ digest: string }>(sql`select digest from two_factor_recovery_codes where user_id = 7`);
    for (const { digest } of rows.slice(0, 3)) {
      for (const attempt of [digest, digest.slice(0, 16)]) expect(await check(attempt)).toEqual(wrong);
    }
  });
});

describe("too many wrong attempts", () => {
  it("68 lock the account: the tenth is invalid, the one after it is not looked at", async () => {
    await fail(9);
    expect(await failures()).toBe(9);
    expect(await lockedUntil()).toBeNull();
    expect(await check(wrongPassword())).toEqual(wrong);
    expect(await check(wrongPassword())).toEqual(locked);
    expect([await failures(), await lockedUntil()]).toEqual([0, noon.getTime() + minutes(10)]);
  });

  it("lock it for ten minutes, for right passwords and codes too, and for every key; nothing is counted then", async () => {
    await fail(10);
    for (const attempt of [password(0), codes[0], wrongPassword(), "", undefined]) {
      expect(await check(attempt)).toEqual(locked);
      expect(await check(attempt, { user_id: 7 })).toEqual(locked);
    }
    at(minutes(10) - 1);
    const passwords = await passwordsOf(seeds.rubi);
    const late = () => passwords(stepAt(new Date()));
    expect(await check(late())).toEqual(locked);
    expect([await failures(), await sessions()]).toEqual([0, []]);
    at(minutes(10));
    expect(await check(late())).toEqual(ok);
    expect(await check(codes[0])).toEqual(ok);
  });

  it("are counted anew after the lock, and lock again", async () => {
    await fail(10);
    at(minutes(10));
    await fail(10);
    expect(await lockedUntil()).toBe(noon.getTime() + minutes(20));
    expect(await check(codes[0])).toEqual(locked);
  });

  it("are forgotten with a right one, of either kind", async () => {
    await fail(9);
    expect(await check(password(0))).toEqual(ok);
    await fail(9);
    expect(await check(codes[0])).toEqual(ok);
    await fail(9);
    expect(await lockedUntil()).toBeNull();
  });

  it("are counted together: passwords, codes, and what is neither", async () => {
    for (const attempt of ["0".repeat(16), "nonsense", wrongPassword(), "0123456789abcdef", "1234567"])
      expect(await check(attempt)).toEqual(wrong);
    expect(await failures()).toBe(5);
  });

  it("are not looked at where somebody has locked the account for good", async () => {
    await db.query.run(sql`update users set is_locked = 1 where id = 7`);
    for (const attempt of [password(0), codes[0], wrongPassword()]) expect(await check(attempt)).toEqual(locked);
    expect(await failures()).toBe(0);
  });

  it("are lifted, with the count, by taking the second factor away", async () => {
    await fail(10);
    await asRoot("PATCH", "/users/7/disable_two_factor");
    expect(await check(password(0))).toEqual(off);
    await asRoot("POST", "/users/7/enable_two_factor", { json: { otp_secret: seeds.rubi } });
    expect(await check(password(0))).toEqual(ok);
  });

  it("are told to the log without the code", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await fail(10);
    const lines = warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("two-factor:locked"));
    warn.mockRestore();
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", event: "two-factor:locked", request_id: expect.any(String), user_id: 7 },
    ]);
  });
});

/** Whoever has a key may send as many guesses as they like, at once: what one request has loaded is past when it writes. */
describe("guesses at once", () => {
  const stamp = async (): Promise<string> => {
    const [row] = await db.query.all<{ sealed: string }>(sql`select sealed from two_factors where user_id = 7`);
    return row!.sealed;
  };
  const judged = (proof: JudgedAttempt["proof"]): JudgedAttempt => ({
    userId: 7,
    keyId: 11,
    proof,
    now: noon,
    sessionUntil: new Date(noon.getTime() + minutes(15)),
    attemptsUntilLock: 10,
    lockedUntil: new Date(noon.getTime() + minutes(10)),
  });
  const record = (proof: JudgedAttempt["proof"], values: Partial<JudgedAttempt> = {}) => recordAttempt(db, { ...judged(proof), ...values });
  const right = async () => ({ by: "password", step, sealed: await stamp() }) as const;

  it("never get more than ten tries, and no answer after that tells a right one from a wrong one", async () => {
    const attempts = Array.from({ length: 80 }, (_, index) => (index === 40 ? password(0) : wrongPassword()));
    const answers = await Promise.all(attempts.map((attempt) => check(attempt)));
    const count = (message: string) => answers.filter((answer) => answer.message === message).length;
    const accepted = answers.filter(({ success }) => success).length;
    expect(count("Invalid OTP")).toBeLessThanOrEqual(accepted === 1 ? 19 : 10);
    expect(count("Your account is locked")).toBe(80 - accepted - count("Invalid OTP"));
    expect(await lockedUntil()).toBe(noon.getTime() + minutes(10));
    expect(await sessions()).toHaveLength(accepted);
  });

  it("are refused, right ones alike, when they were loaded before the lock and are written after it", async () => {
    const proof = await right();
    for (let count = 0; count < 9; count += 1) expect(await record({ by: "nothing" })).toBe("wrong");
    expect(await record({ by: "nothing" })).toBe("locking");
    expect(await record({ by: "nothing" })).toBe("locked");
    expect(await record(proof)).toBe("locked");
    expect(await record({ by: "recovery_code", digest: "00" })).toBe("locked");
    const [row] = await db.query.all<{ digest: string }>(sql`select digest from two_factor_recovery_codes where user_id = 7`);
    expect(await record({ by: "recovery_code", digest: row!.digest })).toBe("locked");
    expect(await factor()).toEqual({ failed_attempts: 0, last_used_step: null });
    expect(await sessions()).toEqual([]);
    const left = await db.query.all(sql`select digest from two_factor_recovery_codes where user_id = 7`);
    expect(left).toHaveLength(10);
  });

  it("by one password are accepted once", async () => {
    const answers = await Promise.all([11, 14, 11, 14, 11, 14].map((key) => check(password(0), { key_id: key })));
    expect(answers.filter(({ success }) => success)).toEqual([ok]);
    expect(answers.filter(({ success }) => !success)).toEqual(Array.from({ length: 5 }, () => wrong));
    expect([await failures(), await sessions()]).toEqual([5, [expect.objectContaining({ user_id: 7 })]]);
  });

  it("by one recovery code are accepted once", async () => {
    const answers = await Promise.all([11, 14, 11, 14].map((key) => check(codes[4], { key_id: key })));
    expect(answers.filter(({ success }) => success)).toEqual([ok]);
    expect(answers.filter(({ success }) => !success)).toEqual([wrong, wrong, wrong]);
    expect(await sessions()).toHaveLength(1);
  });

  it("with the passwords of two steps may both be right, but not the earlier after the later", async () => {
    const proof = await right();
    expect(await record({ ...proof, step: step + 1 })).toBe("accepted");
    expect(await record(proof)).toBe("wrong");
    expect((await factor()).last_used_step).toBe(step + 1);
  });

  it("are nothing for a second factor that is another, or none, by then", async () => {
    const proof = await right();
    await disableTwoFactor(db, rubi.id, noon);
    expect(await record(proof)).toBe("off");
    expect(await record({ by: "nothing" })).toBe("off");
    await asRoot("POST", "/users/7/enable_two_factor", { json: { otp_secret: seeds.ada } });
    expect(await record(proof)).toBe("wrong");
    expect(await record(proof, { userId: 987_654_321 })).toBe("off");
    expect(await sessions()).toEqual([]);
  });

  it("touch nobody else", async () => {
    await asRoot("POST", `/users/${ada.id}/enable_two_factor`, { json: { otp_secret: seeds.ada } });
    const theirs = () =>
      db.query.all(sql`select t.*, u.locked_until, (select count(*) from two_factor_recovery_codes where user_id = 8) as codes
        from two_factors t join users u on u.id = t.user_id where t.user_id = 8`);
    const before = await theirs();
    expect(await record(await right())).toBe("accepted");
    for (let count = 0; count < 12; count += 1) await record({ by: "nothing" });
    expect(await theirs()).toEqual(before);
  });

  it("cost as much as they do where there are many others", async () => {
    const cost = async (proof: JudgedAttempt["proof"]) => {
      const own = openDb(env.DB);
      await recordAttempt(own, judged(proof));
      return [own.meter.trips, own.meter.rowsRead];
    };
    const costs = async () => {
      await db.query.run(sql`update two_factors set last_used_step = null, failed_attempts = 0`);
      return [await cost({ by: "nothing" }), await cost(await right()), await cost({ by: "recovery_code", digest: "00" })];
    };
    await costs();
    const before = await costs();
    await addMany();
    await db.query.run(
      sql`insert into two_factors (user_id, sealed, recovery_salt) select id, 's', '00' from users where username like 'many%'`,
    );
    await db.query.run(sql`insert into two_factor_recovery_codes (user_id, digest) select id, '00' from users where username like 'many%'`);
    await db.query.run(sql`insert into otp_sessions (user_id, key_id, expires_at) select id, 11, 1 from users where username like 'many%'`);
    expect(await costs()).toEqual(before);
    expect(before.map(([trips]) => trips)).toEqual([1, 1, 1]);
  });

  async function addMany() {
    const numbers = JSON.stringify(Array.from({ length: 300 }, (_, index) => index));
    await db.query.run(sql`
      insert into users (username, name, email, password_stamp, is_two_factor_enabled)
      select 'many' || value, 'n', 'many' || value || '@x', 's', 1 from json_each(${numbers})`);
  }
});

describe("a check", () => {
  it("costs one trip to D1 where it is refused at once, and two where an attempt is judged", async () => {
    const trips = async (attempt: string) => {
      const reply = await asShell("POST", "/internal/two_factor_otp_check", { json: { key_id: 11, otp_attempt: attempt } });
      return /(\d+) trips?/.exec(reply.headers.get("Server-Timing") ?? "")?.[1];
    };
    expect([await trips(""), await trips(wrongPassword()), await trips(password(0)), await trips(codes[0]!)]).toEqual(["1", "2", "2", "2"]);
  });

  it("says and logs nothing of what was sent, nor of what is right", async () => {
    const lines: string[] = [];
    const spies = (["log", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(String(line))),
    );
    const answers = [await check("987654321012"), await check(codes[2]!.slice(0, 15)), await check(password(0))];
    for (const spy of spies) spy.mockRestore();
    const told = JSON.stringify([answers, lines]);
    for (const secret of ["987654321012", codes[2]!.slice(0, 15), password(0), password(1), seeds.rubi]) expect(told).not.toContain(secret);
  });
});

describe("a seed that was sealed with a key that is gone", () => {
  it("makes passwords invalid, uncounted, and is told to the log; recovery codes are good", async () => {
    const lost = await seal({ current: crypto.getRandomValues(new Uint8Array(32)), old: null }, seeds.rubi);
    for (const sealed of [lost, "", "nonsense"]) {
      await db.query.run(sql`update two_factors set sealed = ${sealed} where user_id = 7`);
      const error = vi.spyOn(console, "error").mockImplementation(() => {});
      expect(await check(password(0))).toEqual(wrong);
      expect(error.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
        { level: "error", event: "two-factor:seed-unreadable", user_id: 7 },
      ]);
      error.mockRestore();
      expect(await failures()).toBe(0);
      expect(await check(codes.pop())).toEqual(ok);
    }
  });

  it("is read while the old key is still configured", async () => {
    const swap = {
      GATEHOUSE_ENCRYPTION_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64"),
      GATEHOUSE_ENCRYPTION_KEY_OLD: testVars.GATEHOUSE_ENCRYPTION_KEY,
    };
    const reply = await shellCall("/internal/two_factor_otp_check", { json: { key_id: 11, otp_attempt: password(0) } }, swap);
    expect([reply.status, reply.body]).toEqual([200, ok]);
  });
});
