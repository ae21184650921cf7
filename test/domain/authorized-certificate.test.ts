import { describe, expect, it } from "vitest";
import { decideCertificateLogin, type AuthorizedCertificateFacts } from "../../src/domain/access/authorized-certificate.ts";
import type { Membership } from "../../src/domain/identity/access-level.ts";
import { checkAuthority, parseAuthorityFingerprint } from "../../src/domain/identity/ssh-certificate.ts";
import { userStates } from "../../src/domain/identity/user-state.ts";
import { InstanceSettings } from "../../src/domain/settings.ts";
import * as v from "valibot";

const now = new Date("2025-03-01T10:00:00Z");
const direct: Membership = {
  source: "namespace",
  sourceId: 5,
  accessLevel: 10,
  expiresAt: null,
  isAwaiting: false,
  cap: null,
  capExpiresAt: null,
};
const facts: AuthorizedCertificateFacts = { namespacePath: "engines", user: { username: "ada", state: "active" }, memberships: [direct] };
const login = (change: Partial<AuthorizedCertificateFacts>) => decideCertificateLogin({ ...facts, ...change }, now);
const good = { namespace: "engines", username: "ada" };

describe("accounts 13: who a certificate logs in", () => {
  it("a member, in the group that trusts the authority", () => {
    expect(login({})).toEqual(good);
  });

  it.each<[string, Partial<Membership>, boolean]>([
    ["a guest", { accessLevel: 10 }, true],
    ["minimal access", { accessLevel: 5 }, false],
    ["until tomorrow", { expiresAt: "2025-03-02" }, true],
    ["until today", { expiresAt: "2025-03-01" }, false],
    ["not yet accepted", { isAwaiting: true }, false],
    ["through an invited group", { source: "share", cap: 30 }, true],
    ["through a group that was invited with minimal access", { source: "share", accessLevel: 50, cap: 5 }, false],
    ["through a group whose invitation is over", { source: "share", cap: 30, capExpiresAt: "2025-02-01" }, false],
  ])("membership, %s", (_, change, isMember) => {
    expect(login({ memberships: [{ ...direct, ...change }] })).toEqual(isMember ? good : "no_user");
  });

  it("one membership that counts is enough", () => {
    expect(login({ memberships: [{ ...direct, isAwaiting: true }, { ...direct, accessLevel: 5 }, direct] })).toEqual(good);
  });

  it("states: the barred are refused, but only where they are members", () => {
    for (const state of userStates) {
      const user = { username: "ada", state };
      expect(login({ user })).toEqual(state === "active" || state === "deactivated" ? good : "barred");
      expect(login({ user, memberships: [] })).toBe("no_user");
    }
  });

  it("first the authority is looked for, then the user", () => {
    expect(login({ namespacePath: null, user: null, memberships: [] })).toBe("no_certificate");
    expect(login({ namespacePath: null })).toBe("no_certificate");
    expect(login({ user: null })).toBe("no_user");
  });
});

describe("the fingerprint of an authority", () => {
  const fingerprint = "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY";
  it.each([
    ["as it is", fingerprint],
    ["padded", `${fingerprint}=`],
    ["as ssh-keygen prints it", `SHA256:${fingerprint}`],
    ["the same in small letters", `sha256:${fingerprint}`],
    ["with the plus of a careless query", fingerprint.replace("+", " ")],
  ])("%s", (_, text) => {
    expect(parseAuthorityFingerprint(text)).toBe(fingerprint);
  });

  it("may end or begin with a plus that became a blank", () => {
    expect(parseAuthorityFingerprint(` ${"A".repeat(41)} `)).toBe(`+${"A".repeat(41)}+`);
  });

  it.each([
    "",
    "A",
    fingerprint.slice(1),
    `${fingerprint}A`,
    `${fingerprint}==`,
    `MD5:${fingerprint}`,
    `${fingerprint}\n`,
    `%${fingerprint.slice(1)}`,
  ])("%j is none", (text) => {
    expect(parseAuthorityFingerprint(text)).toBeNull();
  });
});

describe("provisioning 7.2: a key that shall be an authority", () => {
  const blob = "AAAAC3NzaC1lZDI1NTE5AAAAII0cDXg9q8toeKR1zZuwMFcRyRH6YE/Ez0vSclfYthKW";
  const settings = v.parse(InstanceSettings, {});
  const check = (key: string, title = "CA", change: Partial<InstanceSettings> = {}) =>
    checkAuthority({ title, key }, { ...settings, ...change }, now);
  const authority = (key: string) => ({
    authority: { title: "CA", key, fingerprintSha256: "n2n73tkhP1Y5kgGFj9JtcRM/2lGtI627F/as+aKXMIY" },
  });

  it.each([
    ["a line", `ssh-ed25519 ${blob} ca@example.test`, `ssh-ed25519 ${blob} ca@example.test`],
    ["a line without a comment", `ssh-ed25519 ${blob}`, `ssh-ed25519 ${blob}`],
    ["a blob in pieces", ` ssh-ed25519\n${blob.slice(0, 20)}\r\n ${blob.slice(20)} \n our\n CA\n`, `ssh-ed25519 ${blob} our CA`],
    ["a comment with control characters", `ssh-ed25519 ${blob} a\u0000b\u001b[31m`, `ssh-ed25519 ${blob} a b [31m`],
    ["a comment with many in a row", `ssh-ed25519 ${blob} a\u0000\u0001\u007f\u009fb`, `ssh-ed25519 ${blob} a b`],
    ["a comment of nothing else", `ssh-ed25519 ${blob} \u0000\u0001`, `ssh-ed25519 ${blob}`],
  ])("%s is kept as one line", (_, key, kept) => {
    expect(check(key)).toEqual(authority(kept));
  });

  it.each([
    ["no key", "whatever"],
    ["nothing", ""],
    ["a blob alone", blob],
    ["half a blob", `ssh-ed25519 ${blob.slice(0, 40)}`],
    ["a blob of another algorithm", `ssh-rsa ${blob}`],
    ["a certificate", `ssh-ed25519-cert-v01@openssh.com ${blob}`],
    ["options before the key", `cert-authority ssh-ed25519 ${blob}`],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA"],
    ["a very long comment", `ssh-ed25519 ${blob} ${"a".repeat(5000)}`],
  ])("%s is none", (_, key) => {
    expect(check(key)).toEqual({ errors: "invalid_key" });
  });

  it("the instance's restrictions hold for it", () => {
    expect(check(`ssh-ed25519 ${blob}`, "CA", { ed25519_key_restriction: -1 })).toEqual({ errors: "invalid_key" });
    expect(check(`ssh-ed25519 ${blob}`, "CA", { ed25519_key_restriction: 512 })).toEqual({ errors: "invalid_key" });
  });

  it("the title: blank, or too long; a bad key is told first", () => {
    expect(check(`ssh-ed25519 ${blob}`, " \n")).toEqual({ errors: { title: ["can't be blank"] } });
    expect(check(`ssh-ed25519 ${blob}`, "a".repeat(256))).toEqual({ errors: { title: ["is too long (maximum is 255 characters)"] } });
    expect(check(`ssh-ed25519 ${blob}`, "a".repeat(255))).toHaveProperty("authority");
    expect(check("whatever", "")).toEqual({ errors: "invalid_key" });
  });
});
