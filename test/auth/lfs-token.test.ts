import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { signLfsToken, verifyLfsToken } from "../../src/auth/lfs-token.ts";
import { newLfsClaims } from "../../src/domain/lfs/claims.ts";

/** The vector of accounts 10.1: it lives 7200 s, and names no container. */
const vector =
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImFjdG9yIjoiYWRhIn0sImp0aSI6IjVmMWMzYzBlLTVmMGUtNGM1My05YjBiLTJmN2Q2ZTBjOWExMSIsImlhdCI6MTYyMzU4NTYwMCwibmJmIjoxNjIzNTg1NTk1LCJleHAiOjE2MjM1OTI4MDB9.wXDB4WFgxwfvQrmtMsVo1WIlzFSoj_UYLfyD_D4IWmc";
const secret = "29ijklmnopqrstuv120123456789abcdef";
const iat = 1623585600;
const exp = iat + 7200;
const claims = { data: { actor: "ada" }, jti: "5f1c3c0e-5f0e-4c53-9b0b-2f7d6e0c9a11", iat, nbf: iat - 5, exp };

const at = (seconds: number) => new Date(seconds * 1000);
const isGood = async (token: string, when = at(iat + 10), secrets = [secret]) => (await verifyLfsToken(token, secrets, when)) !== null;
const encode = (text: string) => new TextEncoder().encode(text);
const signed = (payload: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT(payload).setProtectedHeader({ alg: "HS256", ...header }).sign(encode(secret));

describe("the vector", () => {
  it("105 is good ten seconds after it was made, and says whose it is", async () => {
    expect(await verifyLfsToken(vector, [secret], at(iat + 10))).toEqual({ data: { actor: "ada" }, iat, exp });
  });

  it("106 is not good with another user's secret, nor after the password changed", async () => {
    expect(await isGood(vector, at(iat + 10), ["30ijklmnopqrstuv120123456789abcdef"])).toBe(false);
    expect(await isGood(vector, at(iat + 10), ["29zjklmnopqrstuv120123456789abcdef"])).toBe(false);
    expect(await isGood(vector, at(iat + 10), [])).toBe(false);
  });

  it("is good with any of the secrets, while the encryption key is being replaced", async () => {
    expect(await isGood(vector, at(iat + 10), ["29ijklmnopqrstuv12another key, today", secret])).toBe(true);
  });

  it("108 is good until a minute after its end", async () => {
    expect(await isGood(vector, at(exp + 59))).toBe(true);
    expect(await isGood(vector, new Date((exp + 60) * 1000 - 1))).toBe(true);
    expect(await isGood(vector, at(exp + 60))).toBe(false);
    expect(await isGood(vector, at(exp + 86_400))).toBe(false);
  });

  it("is good from a minute before its beginning", async () => {
    expect(await isGood(vector, at(iat - 5 - 60))).toBe(true);
    expect(await isGood(vector, at(iat - 5 - 61))).toBe(false);
  });

  it("is what is signed, to the letter", async () => {
    const signedNow = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(encode(secret));
    expect(signedNow).toBe(vector);
    const { data, ...times } = newLfsClaims(
      { kind: "user", id: 29, username: "ada", passwordStamp: "ijklmnopqrstuv12" },
      { type: "project", id: 3 },
      claims.jti,
      at(iat),
    );
    const [header, payload] = (await signLfsToken({ data, ...times }, secret)).split(".");
    expect(header).toBe(vector.split(".")[0]);
    expect(Buffer.from(payload!, "base64url").toString()).toBe(
      `{"data":{"actor":"ada","container_gid":"gid://gitlab/Project/3"},"jti":"${claims.jti}","iat":${iat},"nbf":${iat - 5},"exp":${iat + 1800}}`,
    );
  });
});

/** Somebody without the secret, who tries to have a token of their own making accepted. */
describe("a forged token is not good", () => {
  const [head, body, signature] = vector.split(".") as [string, string, string];
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  it.each<[string, string]>([
    ["with another actor in it", `${head}.${part({ ...claims, data: { actor: "bob" } })}.${signature}`],
    ["that lives longer", `${head}.${part({ ...claims, exp: exp + 1 })}.${signature}`],
    ["without a signature", `${head}.${body}.`],
    ["with half a signature", `${head}.${body}.${signature.slice(0, 20)}`],
    ["with a signature of zeros", `${head}.${body}.${"A".repeat(43)}`],
    ["that names no algorithm", `${part({ typ: "JWT" })}.${body}.${signature}`],
    ["that names the algorithm none", `${part({ alg: "none" })}.${body}.`],
    ["that names the algorithm None, and keeps the signature", `${part({ alg: "None" })}.${body}.${signature}`],
    ["that brings its key along", `${part({ alg: "HS256", jwk: { kty: "oct", k: "AA" } })}.${body}.${signature}`],
    ["with a fourth part", `${vector}.${body}`],
    ["of two parts", `${head}.${body}`],
    ["with blanks around it", ` ${vector} `],
    ["as JSON", JSON.stringify({ protected: head, payload: body, signature })],
    ["that is empty", ""],
    ["of dots", ".".repeat(4000)],
    ["with odd letters", "\u0000\ud800💥.é.ü"],
    ["that is too long to be looked at", "A".repeat(1_000_000)],
  ])("%s", async (_, token) => {
    expect(await isGood(token)).toBe(false);
  });

  it("by the library: unsecured, by RSA, and by HS256 with a public key for a secret", async () => {
    expect(await isGood(new UnsecuredJWT(claims).encode())).toBe(false);
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
    expect(await isGood(await new SignJWT(claims).setProtectedHeader({ alg: "RS256" }).sign(privateKey))).toBe(false);
    const withPublicKey = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(encode(await exportSPKI(publicKey)));
    expect(await isGood(await withPublicKey)).toBe(false);
    expect(await isGood(await new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(encode(secret.repeat(2))))).toBe(false);
  });
});

describe("what was signed with the secret, and is no LFS token", () => {
  it.each<[string, Record<string, unknown>]>([
    ["without an end", { ...claims, exp: undefined }],
    ["without a beginning", { ...claims, iat: undefined }],
    ["with times that are texts", { ...claims, exp: String(exp) }],
    ["without data", { ...claims, data: undefined }],
    ["without an actor", { ...claims, data: {} }],
    ["with an actor that is a list", { ...claims, data: { actor: ["ada"] } }],
    ["with a container that is a number", { ...claims, data: { actor: "ada", container_gid: 3 } }],
  ])("%s", async (_, payload) => {
    expect(await isGood(await signed(payload))).toBe(false);
  });

  it("with an extension that has to be understood", async () => {
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", crit: ["urn:example:test"], "urn:example:test": true })
      .sign(encode(secret), { crit: { "urn:example:test": true } });
    expect(await isGood(token)).toBe(false);
  });

  it("longer than any token", async () => {
    expect(await isGood(await signed({ ...claims, filler: "x".repeat(2_000) }))).toBe(true);
    expect(await isGood(await signed({ ...claims, filler: "x".repeat(4_000) }))).toBe(false);
  });
});
