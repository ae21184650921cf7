import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountKey, AccountUser } from "../../src/domain/accounts/account.ts";
import { decideTokenOverSsh, type AskedToken, type TokenFacts } from "../../src/domain/tokens/over-ssh.ts";
import { ownScopes, scopes, sshScopes } from "../../src/domain/tokens/scopes.ts";

const today = "2021-06-13";
const key: AccountKey = { id: 11, kind: "user", lastUsedAt: null };
const deployKey: AccountKey = { ...key, kind: "deploy" };
const user: AccountUser = { id: 7, state: "active", isTwoFactorEnabled: false, isLocked: false, lockedUntil: null };
const settings = { max_personal_access_token_lifetime: null, require_personal_access_token_expiry: true };
const tenDays = { ...settings, max_personal_access_token_lifetime: 10 };
const long = "x".repeat(256);

const byKey: AskedToken["account"] = { by: "key", id: 11 };
const byUser: AskedToken["account"] = { by: "user", id: 7 };
const asked: AskedToken = { account: byKey, name: "ci", scopes: ["api"], expiresAt: null };
const facts: TokenFacts = { key, user, settings };

const valid =
  '["ai_features", "api", "create_runner", "granular", "k8s_proxy", "manage_runner", "mcp", "read_api", "read_registry", "read_repository", "read_user", "self_rotate", "write_registry", "write_repository"]';

/** Each row fails at its step, and at every later one too: what is told is the first. */
const failures: [string, Partial<AskedToken>, Partial<TokenFacts>, string][] = [
  ["a deploy key", {}, { key: deployKey }, "Deploy keys cannot be used to create personal access tokens"],
  ["a user who is not there", { account: byUser }, { key: null, user: null }, "Could not find the given user"],
  ["a key that is not there", {}, { key: null, user: null }, "Could not find the given key"],
  ["a key of nobody", {}, { user: null }, "Could not find a user for the given key"],
  ["no name", { name: " \t\n" }, {}, "No token name specified"],
  ["no scopes", { scopes: [] }, {}, "No token scopes specified"],
  ["an unknown scope", { scopes: ["api", "bad1", "bad2"] }, {}, `Invalid scope: 'bad1'. Valid scopes are: ${valid}`],
  ["no date", { expiresAt: "soon" }, {}, "Invalid token expiry date: 'soon'"],
  [
    "too long and too late",
    { name: long, expiresAt: "2021-06-24" },
    {},
    "Failed to create token: Name is too long (maximum is 255 characters) and Expiration date must be before 2021-06-24",
  ],
  ["too late", { expiresAt: "2021-06-24" }, {}, "Failed to create token: Expiration date must be before 2021-06-24"],
  ["too long", { name: long }, {}, "Failed to create token: Name is too long (maximum is 255 characters)"],
  ["a blocked user", {}, { user: { ...user, state: "blocked" } }, "Failed to create token: Not permitted to create"],
];

describe("accounts 9: the steps", () => {
  it.each(failures)("%s", (_, changedAsk, changedFacts, refused) => {
    const decision = decideTokenOverSsh({ ...asked, ...changedAsk }, { ...facts, settings: tenDays, ...changedFacts }, today);
    expect(decision).toEqual({ refused });
  });

  it("the first that fails is told", () => {
    for (const [index, [, askOf, factsOf, refused]] of failures.entries()) {
      if (index < 4) continue;
      for (const [, laterAsk, laterFacts] of failures.slice(index + 1)) {
        const decision = decideTokenOverSsh(
          { ...asked, ...laterAsk, ...askOf },
          { ...facts, settings: tenDays, ...laterFacts, ...factsOf },
          today,
        );
        if (refused.startsWith("Failed")) expect(decision).toMatchObject({ refused: expect.stringMatching(/^Failed to create token: /) });
        else expect(decision).toEqual({ refused });
      }
    }
  });

  it.each(["blocked", "ldap_blocked", "blocked_pending_approval", "banned", "deactivated"] as const)("%s users get none", (state) => {
    expect(decideTokenOverSsh(asked, { ...facts, user: { ...user, state } }, today)).toEqual({
      refused: "Failed to create token: Not permitted to create",
    });
  });

  it("scopes that administrators need are not to be had, whoever asks", () => {
    for (const scope of scopes) {
      const decision = decideTokenOverSsh({ ...asked, scopes: [scope] }, facts, today);
      expect([scope, "token" in decision]).toEqual([scope, sshScopes.includes(scope)]);
    }
    expect(scopes.filter((scope) => !sshScopes.includes(scope))).toEqual([
      "read_virtual_registry",
      "write_virtual_registry",
      "sudo",
      "admin_mode",
      "read_service_ping",
    ]);
  });

  it("anybody makes tokens with two of them for themselves over HTTP (provisioning 6.4)", () => {
    expect(ownScopes).toEqual(["k8s_proxy", "self_rotate"]);
  });

  it("a name of 255 characters is not too long", () => {
    const name = "x".repeat(255);
    expect(decideTokenOverSsh({ ...asked, name }, facts, today)).toMatchObject({ token: { name } });
  });

  it("scopes are kept in the order sent, each once", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...sshScopes), { minLength: 1, maxLength: 40 }), (sent) => {
        const decision = decideTokenOverSsh({ ...asked, scopes: sent }, facts, today);
        expect(decision).toEqual({
          token: {
            userId: 7,
            name: "ci",
            scopes: sent.filter((scope, index) => sent.indexOf(scope) === index),
            expiresAt: "2022-06-13",
          },
        });
      }),
    );
  });

  it.each<[string, AskedToken["expiresAt"], TokenFacts["settings"], string | null]>([
    ["nothing", null, settings, "2022-06-13"],
    ["blank", "", settings, "2022-06-13"],
    ["white space", " ", tenDays, "2021-06-23"],
    ["nothing where none is required", null, { ...settings, require_personal_access_token_expiry: false }, null],
    ["far away where none is required", "9001-11-17", { ...settings, require_personal_access_token_expiry: false }, "9001-11-17"],
    ["the last day", "23/06/2021", tenDays, "2021-06-23"],
    ["a past day", "2020-07-24", tenDays, "2020-07-24"],
  ])("expiry: %s", (_, expiresAt, limits, expected) => {
    const decision = decideTokenOverSsh({ ...asked, expiresAt }, { ...facts, settings: limits }, today);
    expect(decision).toMatchObject({ token: { expiresAt: expected } });
  });

  it.each<[AskedToken["expiresAt"], string]>([
    [20210613, "20210613"],
    [true, "true"],
    ["2021-02-30", "2021-02-30"],
    ["no_date", "no_date"],
  ])("%j is no date", (expiresAt, told) => {
    expect(decideTokenOverSsh({ ...asked, expiresAt }, facts, today)).toEqual({ refused: `Invalid token expiry date: '${told}'` });
  });
});
