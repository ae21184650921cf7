import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account, AccountUser, TwoFactorFacts } from "../../src/domain/accounts/account.ts";
import { attemptsUntilLock, decideCheck, decideRecoveryCodes, lockMilliseconds, readAttempt } from "../../src/domain/two-factor/attempt.ts";
import { matchStep, passwordsOf, stepAt } from "../../src/domain/two-factor/one-time-password.ts";
import { digestOfRecoveryCode, makeRecoveryCodes } from "../../src/domain/two-factor/recovery-codes.ts";
import { makeSeed, parseSeed, provisioningUri } from "../../src/domain/two-factor/seed.ts";

/** `12345678901234567890`, the seed of RFC 6238's vectors. */
const rfcSeed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const now = new Date("2026-05-01T12:00:10Z");
const step = stepAt(now);

describe("one-time passwords", () => {
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("are those of RFC 6238 at %d seconds", async (seconds, password) => {
    const then = new Date(seconds * 1000);
    expect((await passwordsOf(rfcSeed))(stepAt(then))).toBe(password);
    expect(await matchStep(rfcSeed, password, then, null)).toBe(stepAt(then));
  });

  it("are those of the sample seed, too, which is shorter than any hash", async () => {
    const password = (await passwordsOf("JBSWY3DPEHPK3PXP"))(step);
    expect(password).toMatch(/^[0-9]{6}$/);
    expect(await matchStep("JBSWY3DPEHPK3PXP", password, now, null)).toBe(step);
    expect(await matchStep(rfcSeed, password, now, null)).toBeNull();
  });

  it.each([
    [-2, null],
    [-1, -1],
    [0, 0],
    [1, 1],
    [2, null],
  ])("are good one step early or late: %d", async (offset, found) => {
    const password = (await passwordsOf(rfcSeed))(step + offset);
    expect(await matchStep(rfcSeed, password, now, null)).toBe(found === null ? null : step + found);
  });

  it.each(["", "8", "28708", "2870820", "２８７０８２", "287082\u0000", "28708\ud800"])("are none of another length: %j", async (text) => {
    expect(await matchStep(rfcSeed, text, new Date(59_000), null)).toBeNull();
  });

  it("change with the first millisecond of a step, and not before", () => {
    const start = step * 30_000;
    expect([start - 1, start, start + 29_999, start + 30_000].map((time) => stepAt(new Date(time)) - step)).toEqual([-1, 0, 0, 1]);
  });

  it("are not accepted at or before the step of the last one", async () => {
    const passwords = await passwordsOf(rfcSeed);
    const found = (offset: number, last: number) => matchStep(rfcSeed, passwords(step + offset), now, step + last);
    expect(await Promise.all([found(0, 0), found(-1, 0), found(1, 0), found(1, 1), found(0, -1), found(0, 5)])).toEqual([
      null,
      null,
      step + 1,
      null,
      step,
      null,
    ]);
  });

  it("that two steps share are the later one's, so that one password is not good twice", async () => {
    const passwords = await passwordsOf(rfcSeed);
    const shared = 59_061_240;
    expect([passwords(shared), passwords(shared + 1)]).toEqual(["963181", "963181"]);
    const then = new Date(shared * 30_000);
    expect(await matchStep(rfcSeed, "963181", then, null)).toBe(shared + 1);
    expect(await matchStep(rfcSeed, "963181", then, shared + 1)).toBeNull();
  });
});

describe("what is shown as a second factor", () => {
  it.each([
    ["123456", { kind: "password", text: "123456" }],
    [" 123 456\n", { kind: "password", text: "123456" }],
    ["123\u00a0456", { kind: "password", text: "123456" }],
    ["d93ee7037944afd5", { kind: "recovery_code", text: "d93ee7037944afd5" }],
    ["D93EE703 7944AFD5", { kind: "recovery_code", text: "d93ee7037944afd5" }],
    ["1234567890123456", { kind: "recovery_code", text: "1234567890123456" }],
    ["", null],
    [" \t\r\n\u3000", null],
  ])("%j is read", (sent, attempt) => {
    expect(readAttempt(sent)).toEqual(attempt);
  });

  it.each([
    "12345",
    "1234567",
    "１２３４５６",
    "١٢٣٤٥٦",
    "123456\u0000",
    "12345\ud800",
    "-12345",
    "1e5000",
    "d93ee7037944afd",
    "d93ee7037944afd55",
    "g93ee7037944afd5",
    "💥",
  ])("%j is none that could be right", (sent) => {
    expect(readAttempt(sent)?.kind).toBe("other");
  });

  it("has one of three forms, whatever is sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (sent) => {
        const bare = sent
          .split("")
          .filter((each) => each.trim() !== "")
          .join("");
        const attempt = readAttempt(sent);
        if (attempt === null) return bare === "";
        if (attempt.kind === "other") return !/^([0-9]{6}|[0-9a-f]{16})$/i.test(bare);
        return attempt.text === bare.toLowerCase() && attempt.text.length === (attempt.kind === "password" ? 6 : 16);
      }),
    );
  });
});

describe("seeds", () => {
  it.each([
    ["JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"],
    ["jbsw y3dp ehpk 3pxp", "JBSWY3DPEHPK3PXP"],
    ["JBSWY3DPEHPK3PXP======", "JBSWY3DPEHPK3PXP"],
    ["a".repeat(128), "A".repeat(128)],
    [`\n${"2 ".repeat(16)}`, "2".repeat(16)],
  ])("%j is one", (sent, seed) => {
    expect(parseSeed(sent)).toBe(seed);
  });

  it.each([
    "JBSWY3DPEHPK3PX",
    "A".repeat(129),
    "JBSWY3DPEHPK3PX0",
    "JBSWY3DPEHPK3PX1",
    "JBSWY3DPEHPK3PX8",
    "JBSWY3DPEHPK3PX-",
    "JBSWY3DPEHPK3PXP\u0000",
    "ı".repeat(16),
    "ſ".repeat(16),
    "Ａ".repeat(16),
    "=".repeat(16),
    "",
  ])("%j is none", (sent) => {
    expect(parseSeed(sent)).toBeNull();
  });

  it("a megabyte is none, at once", () => {
    for (const piece of ["x", "=", " ", "A ", "A="]) expect(parseSeed(piece.repeat(1_000_000))).toBeNull();
  });

  it("that are made are 160 bits, each another", async () => {
    const made = await Promise.all(Array.from({ length: 20 }, makeSeed));
    for (const seed of made) expect(seed).toMatch(/^[A-Z2-7]{32}$/);
    expect(new Set(made).size).toBe(20);
    expect(made.map(parseSeed)).toEqual(made);
  });

  it.each([
    ["git.example.test", "ada@example.test", "git.example.test:ada@example.test", "git.example.test"],
    ["git.example.test", "a+b?&#:%/\u00fc@example.test", "git.example.test:a%2Bb%3F%26%23%3A%25%2F%C3%BC@example.test", "git.example.test"],
    ["git.example.test", "\ud800@x", "git.example.test:%EF%BF%BD@x", "git.example.test"],
    ["[::1]", "ada@example.test", "%5B%3A%3A1%5D:ada@example.test", "%5B%3A%3A1%5D"],
  ])("are told to apps: %j, %j", (issuer, email, label, shown) => {
    expect(provisioningUri("JBSWY3DPEHPK3PXP", issuer, email)).toBe(`otpauth://totp/${label}?secret=JBSWY3DPEHPK3PXP&issuer=${shown}`);
  });
});

describe("recovery codes", () => {
  it("are ten, each another, with a salt that no other set has", async () => {
    const [one, two] = [await makeRecoveryCodes(), await makeRecoveryCodes()];
    expect(one.codes).toHaveLength(10);
    for (const code of one.codes) expect(code).toMatch(/^[0-9a-f]{16}$/);
    expect(one.salt).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set([...one.codes, ...two.codes]).size).toBe(20);
    expect(one.salt).not.toBe(two.salt);
    expect(await digestOfRecoveryCode(one.codes[3]!, one.salt)).toBe(one.digests[3]);
    expect(await digestOfRecoveryCode(one.codes[3]!, two.salt)).not.toBe(one.digests[3]);
  });

  it("are hashed as RFC 7914 says", async () => {
    const salt = Buffer.from("SodiumChloride").toString("hex");
    expect(await digestOfRecoveryCode("pleaseletmein", salt)).toBe("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
  });
});

describe("whose second factor is looked at", () => {
  const ada: AccountUser = { id: 1, state: "active", isTwoFactorEnabled: true, isLocked: false, lockedUntil: null };
  const person = (values: Partial<AccountUser>): Account => ({ kind: "person", user: { ...ada, ...values }, key: null });
  const nobody = { refused: "Could not find the given key" };
  const factor: TwoFactorFacts = { sealed: "", lastUsedStep: null, recoverySalt: "", verifiedUntil: null };
  const decided = (account: Account | typeof nobody, twoFactor: TwoFactorFacts | null, refused: string | null) =>
    refused === null && "user" in account ? { user: account.user, key: null, twoFactor } : { refused };
  const deployKey: Account = { kind: "deploy_key", key: { id: 1, kind: "deploy", lastUsedAt: null } };

  it("ten wrong attempts in a row lock the account, for ten minutes (accounts 8.2)", () => {
    expect([attemptsUntilLock, lockMilliseconds]).toEqual([10, 600_000]);
  });

  it.each<[string, Account | typeof nobody, boolean, string | null]>([
    ["nobody", nobody, false, nobody.refused],
    ["a deploy key", deployKey, true, "Deploy keys cannot be used for Two Factor"],
    ["a user without", person({ isLocked: true }), false, "Two-factor authentication is not enabled for this user"],
    ["a user with", person({}), true, null],
    ["one who was locked", person({ isLocked: true }), true, "Your account is locked"],
    ["one who is locked for a while", person({ lockedUntil: new Date(now.getTime() + 1) }), true, "Your account is locked"],
    ["one whose lock ends now", person({ lockedUntil: now }), true, null],
  ])("%s", (_, account, hasTwoFactor, refusal) => {
    const twoFactor = hasTwoFactor ? factor : null;
    expect(decideCheck(account, twoFactor, now)).toEqual(decided(account, twoFactor, refusal));
  });

  const until = (milliseconds: number) => ({ ...factor, verifiedUntil: new Date(now.getTime() + milliseconds) });
  const unverified = "OTP verification is required to make new recovery codes.";

  it.each<[string, Account | typeof nobody, TwoFactorFacts | null, boolean, string | null]>([
    ["nobody", nobody, null, false, nobody.refused],
    ["a deploy key", deployKey, until(1), true, "Deploy keys cannot be used to retrieve recovery codes"],
    ["a user without", person({}), null, true, "Two-factor authentication is not enabled for this user"],
    ["a locked user with", person({ isLocked: true }), factor, false, null],
    ["one who never showed a password, where Git asks", person({}), factor, true, unverified],
    ["one whose session ends now, where Git asks", person({}), until(0), true, unverified],
    ["one whose session holds, where Git asks", person({}), until(1), true, null],
  ])("new codes: %s", (_, account, twoFactor, two_factor_for_cli, refusal) => {
    expect(decideRecoveryCodes(account, twoFactor, { two_factor_for_cli }, now)).toEqual(decided(account, twoFactor, refusal));
  });
});
