import { CompactEncrypt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { seal, startOfSealed, unseal } from "../../src/auth/sealed.ts";

const newKey = () => crypto.getRandomValues(new Uint8Array(32));
const value = { url: "https://user:password@hook.example.test/", token: "s3cret \ud800 💥" };

describe("sealed text", () => {
  const [current, old] = [newKey(), newKey()];

  it("is read with the key that it was sealed with, today's or the one before", async () => {
    const before = await seal({ current: old, old: null }, value);
    expect(await unseal({ current: old, old: null }, before)).toEqual(value);
    expect(await unseal({ current, old }, before)).toEqual(value);
    expect(await unseal({ current, old: null }, before)).toBeUndefined();
  });

  it("is sealed with today's key, and each time differently", async () => {
    const texts = await Promise.all([seal({ current, old }, value), seal({ current, old }, value)]);
    expect(texts[0]).not.toBe(texts[1]);
    for (const text of texts) expect(await unseal({ current, old: null }, text)).toEqual(value);
  });

  it("begins alike with one key, whatever was sealed, and with no other key so", async () => {
    const start = await startOfSealed({ current, old });
    for (const each of [value, null, "x".repeat(100_000)]) expect((await seal({ current, old: null }, each)).startsWith(start)).toBe(true);
    for (const key of [old, newKey()]) expect((await seal({ current: key, old: current }, value)).startsWith(start)).toBe(false);
  });

  it("shows nothing of the value nor of the key", async () => {
    const text = await seal({ current, old }, value);
    expect(text).not.toMatch(/password|s3cret/);
    expect(decodeProtectedHeader(text)).toEqual({ alg: "dir", enc: "A256GCM", kid: expect.stringMatching(/^[\w-]{16}$/) });
    expect(text).not.toContain(Buffer.from(current).toString("base64url").slice(0, 16));
  });

  it.each(["", "x", "a.b.c", "a.b.c.d.e", "....", "\u0000"])("%j is none", async (text) => {
    expect(await unseal({ current, old }, text)).toBeUndefined();
  });

  it("that somebody changed is not read", async () => {
    const text = await seal({ current, old }, value);
    for (let part = 0; part < 5; part += 1) {
      const parts = text.split(".");
      parts[part] = `${parts[part]!.slice(0, -2)}AA`;
      if (parts.join(".") !== text) expect(await unseal({ current, old }, parts.join("."))).toBeUndefined();
    }
  });

  it("is not read by an algorithm that it names itself", async () => {
    const { kid } = decodeProtectedHeader(await seal({ current, old }, value));
    const forged = await new CompactEncrypt(new TextEncoder().encode('"forged"'))
      .setProtectedHeader({ alg: "A256KW", enc: "A256GCM", kid: String(kid) })
      .encrypt(current);
    expect(await unseal({ current, old }, forged)).toBeUndefined();
  });
});
