import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seal, unseal } from "../../src/auth/sealed.ts";
import { findSealedOtherwise, recordResealed, sealedTables } from "../../src/db/seals.ts";
import { webHooks } from "../../src/db/schema/index.ts";
import type { HookSecrets } from "../../src/domain/hooks/secrets.ts";
import { runHourly } from "../../src/schedule/hourly.ts";
import { resealHooks } from "../../src/schedule/reseal.ts";
import { testVars } from "../setup/vars.ts";
import { db } from "../setup/world.ts";

const newKey = () => crypto.getRandomValues(new Uint8Array(32));
const inBase64 = (key: Uint8Array) => Buffer.from(key).toString("base64");
const old = Uint8Array.from(Buffer.from(testVars.GATEHOUSE_ENCRYPTION_KEY, "base64"));
const current = newKey();
const rotating = { ...env, GATEHOUSE_ENCRYPTION_KEY: inBase64(current), GATEHOUSE_ENCRYPTION_KEY_OLD: inBase64(old) } as Env;
const onlyNew = { current, old: null };
const secretsOf = (name: string): HookSecrets => ({
  url: `https://hook.example.test/${name}`,
  token: name,
  customHeaders: [],
  urlVariables: [],
});
const sealOld = (name: string) => seal({ current: old, old: null }, secretsOf(name));

const updatedAt = new Date("2026-01-02T03:04:05Z");
async function addHooks(texts: readonly string[]): Promise<number[]> {
  const rows = await db.query.all<{ id: number }>(sql`
    insert into web_hooks (kind, sealed, updated_at)
    select 'system', value, ${updatedAt.getTime()} from json_each(${JSON.stringify(texts)}) order by key returning id`);
  return rows.map(({ id }) => id).toSorted((a, b) => a - b);
}
const sealedOf = async (id: number) => (await db.query.select().from(webHooks).where(eq(webHooks.id, id)))[0]?.sealed ?? "";

interface Line {
  event: string;
  [field: string]: unknown;
}
/** What a run says, and whatever else is said. */
async function run(with_: Env = rotating): Promise<Line[]> {
  const lines: Line[] = [];
  const note = (line: unknown) => void lines.push(JSON.parse(String(line)));
  const spies = [vi.spyOn(console, "log").mockImplementation(note), vi.spyOn(console, "warn").mockImplementation(note)];
  await resealHooks(with_);
  for (const spy of spies) spy.mockRestore();
  return lines;
}
const told = (resealed: number, left: number) => ({ level: "info", event: "hooks:resealed", resealed, left });

beforeEach(async () => {
  await db.query.delete(webHooks);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("hooks that the old key sealed", () => {
  it("are sealed with today's, holding what they held, and are not changed otherwise", async () => {
    const ids = await addHooks(await Promise.all(["a", "b"].map(sealOld)));
    expect(await run()).toEqual([told(2, 0)]);
    expect(await Promise.all(ids.map(async (id) => unseal(onlyNew, await sealedOf(id))))).toEqual([secretsOf("a"), secretsOf("b")]);
    const rows = await db.query.select().from(webHooks);
    expect(rows.map((row) => row.updatedAt)).toEqual([updatedAt, updatedAt]);
  });

  it("are left alone where the current key sealed them, or no old key is configured", async () => {
    const [mine] = await addHooks([await seal(onlyNew, secretsOf("mine"))]);
    const [theirs] = await addHooks([await sealOld("theirs")]);
    const before = [await sealedOf(mine!), await sealedOf(theirs!)];
    for (const none of ["", undefined])
      expect(await run({ ...rotating, GATEHOUSE_ENCRYPTION_KEY_OLD: none } as unknown as Env)).toEqual([]);
    expect([await sealedOf(mine!), await sealedOf(theirs!)]).toEqual(before);
    expect(await run()).toEqual([told(1, 0)]);
    expect(await sealedOf(mine!)).toBe(before[0]);
    expect(await run()).toEqual([told(0, 0)]);
  });

  it("are two hundred an hour, by id, until none is left", async () => {
    const sealed = await sealOld("many");
    const ids = await addHooks(Array.from({ length: 430 }, () => sealed));
    expect(await run()).toEqual([told(200, 230)]);
    expect(await Promise.all([199, 200].map(async (index) => (await sealedOf(ids[index]!)) === sealed))).toEqual([false, true]);
    expect(await run()).toEqual([told(200, 30)]);
    expect(await run()).toEqual([told(30, 0)]);
  });

  it("are reached behind any number that nobody can read, which are told by id and stay as they are", async () => {
    const lost = await seal({ current: newKey(), old: null }, secretsOf("lost"));
    const broken = `${(await sealOld("broken")).slice(0, -4)}AAAA`;
    const texts = [...Array.from({ length: 250 }, () => lost), broken, "", "x"];
    const unreadable = await addHooks(texts);
    const [last] = await addHooks([await sealOld("last")]);
    const lines = await run();
    expect(lines.at(-1)).toEqual(told(1, 253));
    expect(lines.slice(0, -1).every(({ level, event }) => level === "warn" && event === "hooks:unreadable")).toBe(true);
    expect(lines.slice(0, -1).flatMap((line) => line["hook_ids"])).toEqual(unreadable);
    expect(await unseal(onlyNew, await sealedOf(last!))).toEqual(secretsOf("last"));
    expect(await Promise.all(unreadable.slice(-4).map(sealedOf))).toEqual(texts.slice(-4));
    const [next] = await addHooks([await sealOld("next")]);
    expect((await run()).at(-1)).toEqual(told(1, 253));
    expect(await unseal(onlyNew, await sealedOf(next!))).toEqual(secretsOf("next"));
  });

  it("keep a change that is made between reading and writing", async () => {
    const [kept, changed, gone] = (await addHooks(await Promise.all(["kept", "changed", "gone"].map(sealOld)))) as [number, number, number];
    const hooks = await findSealedOtherwise(db, sealedTables.hooks, "nothing begins so", 0, 10);
    const change = await seal(onlyNew, secretsOf("its change"));
    await db.query.update(webHooks).set({ sealed: change }).where(eq(webHooks.id, changed));
    await db.query.delete(webHooks).where(eq(webHooks.id, gone));
    expect(
      await recordResealed(
        db,
        sealedTables.hooks,
        hooks.map((hook) => ({ ...hook, resealed: `new ${hook.id}` })),
      ),
    ).toBe(1);
    expect([await sealedOf(kept), await sealedOf(changed), await sealedOf(gone)]).toEqual([`new ${kept}`, change, ""]);
  });

  it("are sealed by the hourly run, and are large without harm", async () => {
    const values = Array.from({ length: 20 }, (_, index) => ({ key: `k${index}`, value: "\u{1f4a5}".repeat(1024) }));
    const large = { ...secretsOf("large"), customHeaders: values, urlVariables: values };
    const ids = await addHooks(await Promise.all(Array.from({ length: 25 }, () => seal({ current: old, old: null }, large))));
    await runHourly(rotating, new Date());
    for (const id of ids) expect(await unseal(onlyNew, await sealedOf(id))).toEqual(large);
  });

  it("log nothing of what they hold", async () => {
    await addHooks([await sealOld("s3cret-of-this-hook"), "s3cret"]);
    expect(JSON.stringify(await run())).not.toMatch(/s3cret|hook\.example/);
  });
});
