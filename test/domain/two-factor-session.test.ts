import { describe, expect, it } from "vitest";
import type { AccessFacts, UserFacts } from "../../src/domain/access/facts.ts";
import type { PushTrace } from "../../src/domain/access/refs/judge.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import { decideAccess } from "../setup/decide.ts";
import { aKey, aMembership, aProject, aPush, aRequest, aSnippet, aUser, inHours, named, now, someFacts, targetOf } from "../setup/facts.ts";

const text = (address: string) => `OTP verification is required to access the repository.\n\n   Use: ssh ${address} 2fa_verify`;

type Changes = Parameters<typeof someFacts>[0] & object;
/** A developer with two-factor who has shown no one-time password, where it is asked for. */
const unverified = (changes: Changes = {}, user: Partial<UserFacts> = {}) =>
  someFacts({
    settings: { two_factor_for_cli: true },
    memberships: [aMembership(30)],
    user: aUser({ isTwoFactorEnabled: true, ...user }),
    ...changes,
  });

function verdict(request: AccessRequest, facts: AccessFacts): string {
  const decision = decideAccess(request, facts, now);
  return decision.kind === "refused" ? decision.refusal.reason : decision.kind;
}

describe("with two_factor_for_cli, SSH needs a one-time password that still counts", () => {
  it("without one: forbidden, and told how to show it", () => {
    for (const request of [aRequest(), aPush(), aRequest({ action: "git-upload-archive" })]) {
      expect(decideAccess(request, unverified(), now)).toEqual({
        kind: "refused",
        refusal: { class: "forbidden", reason: "two_factor_session", message: text("git@gitlab.example.test") },
        stoppedBy: "two_factor_session",
        ref: null,
        notVerified: [],
      });
    }
  });

  it.each([
    ["git@host:", "git@host"],
    ["ssh://git@host:2222/", "git@host -p 2222"],
    ["ssh://git@[2001:db8::1]/", "git@2001:db8::1"],
  ])("of a deployment with clone addresses %s", (sshClonePrefix, address) => {
    const decision = decideAccess(aRequest(), unverified({ instance: { sshClonePrefix } }), now);
    expect(decision).toMatchObject({ refusal: { message: text(address) } });
  });

  it.each<[string, AccessRequest, AccessFacts, string]>([
    ["no key", aRequest(), unverified(), "two_factor_session"],
    ["a key", aRequest(), unverified({ key: aKey() }), "two_factor_session"],
    ["an administrator", aRequest(), unverified({}, { isAdmin: true }), "two_factor_session"],
    ["a session that ends now", aRequest(), unverified({}, { verifiedUntil: now }), "two_factor_session"],
    ["a session that ended", aRequest(), unverified({}, { verifiedUntil: inHours(-1) }), "two_factor_session"],
    ["a session for a moment more", aRequest(), unverified({}, { verifiedUntil: new Date(now.getTime() + 1) }), "allowed"],
    ["the setting off", aRequest(), unverified({ settings: {} }), "allowed"],
    ["no two-factor", aRequest(), unverified({}, { isTwoFactorEnabled: false }), "allowed"],
    ["HTTP", aRequest({ protocol: "http" }), unverified(), "allowed"],
    ["the web interface", aRequest({ protocol: "web" }), unverified(), "allowed"],
    [
      "a deploy key of such a user",
      aRequest(),
      unverified({ key: aKey({ kind: "deploy" }), deployKeyGrant: { canPush: true } }),
      "allowed",
    ],
    ["nobody", aRequest(), unverified({ user: null, target: targetOf("project", aProject({ visibility: "public" })) }), "allowed"],
    ["changes that are named, without a key: pre-receive", aPush({ changes: named }), unverified(), "allowed"],
    ["changes that are named, with a key", aPush({ changes: named }), unverified({ key: aKey() }), "two_factor_session"],
    ["changes left out, without a key", aPush({ changes: "none" }), unverified(), "two_factor_session"],
    ["a certificate, which names its group", aRequest({ namespacePath: "engines" }), unverified(), "allowed"],
    ["a key beside the name of a group", aRequest({ namespacePath: "engines" }), unverified({ key: aKey() }), "two_factor_session"],
    ["what has happened", aRequest({ hasHappened: true }), unverified(), "allowed"],
  ])("%s", (_, request, facts, expected) => {
    expect(verdict(request, facts)).toBe(expected);
  });

  it("for every kind of repository but designs, which are not reached over SSH", () => {
    const outcome = (facts: AccessFacts) => verdict(aRequest({ repository: { identifier: { type: facts.target!.type, id: 1 } } }), facts);
    expect(outcome(unverified({ target: targetOf("wiki", aProject()) }))).toBe("two_factor_session");
    expect(outcome(unverified({ target: targetOf("snippet", null, aSnippet()) }))).toBe("two_factor_session");
    expect(outcome(unverified({ target: targetOf("snippet", aProject(), aSnippet()) }))).toBe("two_factor_session");
    expect(outcome(unverified({ target: targetOf("design", aProject()) }))).toBe("design_web_only");
  });
});

describe("its place: after the account, before anything is said about the repository", () => {
  it("the key and the account come first", () => {
    expect(verdict(aRequest(), unverified({ key: aKey({ expiresAt: now }) }))).toBe("key_expired");
    expect(verdict(aRequest(), unverified({}, { state: "blocked" }))).toBe("blocked");
    expect(verdict(aRequest(), unverified({}, { lockedUntil: inHours(1) }))).toBe("blocked");
  });

  it("what is hidden, missing, unknown or read-only is not told", () => {
    const hidden = { memberships: [] };
    expect(verdict(aRequest(), unverified(hidden))).toBe("two_factor_session");
    expect(verdict(aRequest(), unverified({ target: null, namespaces: [] }))).toBe("two_factor_session");
    expect(verdict(aRequest({ action: "x" }), unverified())).toBe("two_factor_session");
    expect(verdict(aPush(), unverified({ instance: { isReadOnly: true } }))).toBe("two_factor_session");
  });

  it("no project is created; with a session it is", () => {
    const maintainer = { target: null, memberships: [aMembership(40, { source: "namespace", sourceId: 100 })] };
    expect(verdict(aPush(), unverified(maintainer))).toBe("two_factor_session");
    expect(verdict(aPush(), unverified(maintainer, { verifiedUntil: inHours(1) }))).toBe("create");
    expect(verdict(aPush({ hasHappened: true }), unverified(maintainer, { verifiedUntil: inHours(1) }))).toBe("project_not_found");
  });

  it("an administrator who asks why sees what it looked at", () => {
    const trace: PushTrace = { guards: [], refs: [], refsRefused: 0 };
    decideAccess(aRequest(), unverified({}, { verifiedUntil: inHours(-1) }), now, { trace });
    expect(trace.guards.find(({ outcome }) => outcome === "stopped")).toEqual({
      guard: "two_factor_session",
      outcome: "stopped",
      facts: { two_factor_for_cli: true, is_two_factor_enabled: true, verified_until: "2026-03-15T11:00:00.000Z" },
    });
  });
});
