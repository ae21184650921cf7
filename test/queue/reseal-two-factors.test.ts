import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seal, unseal } from "../../src/auth/sealed.ts";
import { findSealedOtherwise, recordResealed, sealedTables } from "../../src/db/seals.ts";
import { forgetOldOtpSessions } from "../../src/schedule/forget-otp-sessions.ts";
import { runHourly } from "../../src/schedule/hourly.ts";
import { resealTwoFactors } from "../../src/schedule/reseal.ts";
import { testVars } from "../setup/vars.ts";
import { addUser, db } from "../setup/world.ts";

const newKey = () => crypto.getRandomValues(new Uint8Array(32));
const old = Uint8Array.from(Buffer.from(testVars.GATEHOUSE_ENCRYPTION_KEY, "base64"));
const current = newKey();
const rotating = {
  ...env,
  GATEHOUSE_ENCRYPTION_KEY: Buffer.from(current).toString("base64"),
  GATEHOUSE_ENCRYPTION_KEY_OLD: testVars.GATEHOUSE_ENCRYPTION_KEY,
} as Env;
const onlyNew = { current, old: null };
const sealOld = (seed: string) => seal({ current: old, old: null }, seed);

/** Answers the ids of their users. */
async function addFactors(texts: readonly string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const text of texts) {
    const { id } = await addUser({ isTwoFactorEnabled: true });
    await db.query.run(sql`
      insert into two_factors (user_id, sealed, last_used_step, failed_attempts, recovery_salt, updated_at)
      values (${id}, ${text}, 5, 3, 'salt', 1)`);
    ids.push(id);
  }
  return ids;
}
async function sealedOf(id: number): Promise<string> {
  const [row] = await db.query.all<{ sealed: string }>(sql`select sealed from two_factors where user_id = ${id}`);
  return row?.sealed ?? "";
}

/** What a run says. */
async function run(with_: Env = rotating): Promise<unknown[]> {
  const lines: unknown[] = [];
  const note = (line: unknown) => void lines.push(JSON.parse(String(line)));
  const spies = [vi.spyOn(console, "log").mockImplementation(note), vi.spyOn(console, "warn").mockImplementation(note)];
  await resealTwoFactors(with_);
  for (const spy of spies) spy.mockRestore();
  return lines;
}
const told = (resealed: number, left: number) => ({ level: "info", event: "two-factors:resealed", resealed, left });

beforeEach(async () => {
  await db.query.run(sql`delete from two_factors`);
  await db.query.run(sql`delete from otp_sessions`);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("seeds that the old key sealed", () => {
  it("are sealed with today's, and nothing else of them is changed", async () => {
    const [one, two] = (await addFactors([await sealOld("ONE"), await sealOld("TWO")])) as [number, number];
    expect(await run()).toEqual([told(2, 0)]);
    expect([await unseal(onlyNew, await sealedOf(one)), await unseal(onlyNew, await sealedOf(two))]).toEqual(["ONE", "TWO"]);
    const rows = await db.query.all(sql`select last_used_step, failed_attempts, recovery_salt, updated_at from two_factors`);
    const unchanged = { last_used_step: 5, failed_attempts: 3, recovery_salt: "salt", updated_at: 1 };
    expect(rows).toEqual([unchanged, unchanged]);
    expect(await run()).toEqual([told(0, 0)]);
  });

  it("are left alone where no old key is configured, or today's sealed them", async () => {
    const texts = [await seal(onlyNew, "MINE"), await sealOld("THEIRS")];
    const ids = (await addFactors(texts)) as [number, number];
    expect(await run({ ...rotating, GATEHOUSE_ENCRYPTION_KEY_OLD: "" } as Env)).toEqual([]);
    expect(await Promise.all(ids.map(sealedOf))).toEqual(texts);
    expect(await run()).toEqual([told(1, 0)]);
    expect(await sealedOf(ids[0])).toBe(texts[0]);
  });

  it("are reached behind those that nobody can read, which are told by user and stay as they are", async () => {
    const lost = await seal({ current: newKey(), old: null }, "LOST");
    const unreadable = await addFactors([...Array.from({ length: 23 }, () => lost), "", "x"]);
    const [last] = await addFactors([await sealOld("LAST")]);
    expect(await run()).toEqual([
      { level: "warn", event: "two-factors:unreadable", user_ids: unreadable.slice(0, 20) },
      { level: "warn", event: "two-factors:unreadable", user_ids: unreadable.slice(20) },
      told(1, 25),
    ]);
    expect(await unseal(onlyNew, await sealedOf(last!))).toBe("LAST");
    expect(await sealedOf(unreadable[0]!)).toBe(lost);
  });

  it("keep a change that is made between reading and writing", async () => {
    const ids = (await addFactors(["kept", "changed", "gone"])) as [number, number, number];
    const rows = await findSealedOtherwise(db, sealedTables.twoFactors, "nothing begins so", 0, 10);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    await db.query.run(sql`update two_factors set sealed = 'another' where user_id = ${ids[1]}`);
    await db.query.run(sql`delete from two_factors where user_id = ${ids[2]}`);
    const resealed = rows.map((row) => ({ ...row, resealed: `new ${row.sealed}` }));
    expect(await recordResealed(db, sealedTables.twoFactors, resealed)).toBe(1);
    expect(await Promise.all(ids.map(sealedOf))).toEqual(["new kept", "another", ""]);
  });

  it("are sealed by the hourly run, which logs nothing of what they hold", async () => {
    const lines: string[] = [];
    for (const level of ["log", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(String(line)));
    }
    const [id] = await addFactors([await sealOld("JBSWY3DPEHPK3PXP")]);
    await addFactors(["JBSWY3DPEHPK3PXP"]);
    await runHourly(rotating, new Date());
    expect(await unseal(onlyNew, await sealedOf(id!))).toBe("JBSWY3DPEHPK3PXP");
    expect(lines.join()).toContain("two-factors:resealed");
    expect(lines.join()).not.toContain("JBSWY3DP");
  });
});

describe("sessions of one-time passwords", () => {
  const now = new Date("2026-05-01T12:00:00Z");
  const left = async () => {
    const rows = await db.query.all<{ key_id: number }>(sql`select key_id from otp_sessions order by key_id`);
    return rows.map((row) => row.key_id);
  };

  it("are forgotten once they have ended", async () => {
    const { id } = await addUser();
    const end = now.getTime();
    await db.query.run(sql`
      insert into otp_sessions (user_id, key_id, expires_at)
      values (${id}, 1, ${end - 1}), (${id}, 2, ${end}), (${id}, 3, ${end + 1}), (${id}, 0, 0)`);
    await forgetOldOtpSessions(env, now);
    expect(await left()).toEqual([3]);
    await runHourly(env, new Date(end + 1));
    expect(await left()).toEqual([]);
  });

  it("are forgotten however many they are, and looked for by their end", async () => {
    const { id } = await addUser();
    const keys = JSON.stringify(Array.from({ length: 2500 }, (_, index) => index));
    await db.query.run(sql`insert into otp_sessions (user_id, key_id, expires_at) select ${id}, value, value from json_each(${keys})`);
    await db.query.run(sql`update otp_sessions set expires_at = ${now.getTime() + 1} where key_id >= 2400`);
    await forgetOldOtpSessions(env, now);
    expect(await left()).toEqual(Array.from({ length: 100 }, (_, index) => 2400 + index));
    const plan = await db.query.all<{ detail: string }>(sql`
      explain query plan select rowid from otp_sessions where expires_at <= 5 order by expires_at limit 10`);
    expect(plan.map(({ detail }) => detail).join()).toContain("USING COVERING INDEX otp_sessions_expires_at");
  });
});
