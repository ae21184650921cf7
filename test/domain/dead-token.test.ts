import { describe, expect, it } from "vitest";
import { Fault } from "../../src/domain/fault.ts";
import { refuseDeadToken, revokedToken } from "../../src/domain/tokens/dead.ts";
import { alreadyRevoked, deploymentTokenStays, refuseRotation, type RotatableToken } from "../../src/domain/tokens/rotation.ts";

const today = "2024-02-29";
const revokedAt = new Date("2024-01-01T00:00:00Z");
const alive: RotatableToken = { revokedAt: null, expiresAt: null, isFromDeployment: false };

describe("accounts 12: a token that is shown", () => {
  const told = ({ kind, reason, text }: Fault) => ({ kind, reason, text });
  const shown = (change: Partial<RotatableToken>) => {
    try {
      refuseDeadToken({ ...alive, ...change }, today);
    } catch (error) {
      return error instanceof Fault ? told(error) : error;
    }
    return null;
  };
  const revoked = {
    kind: "invalidToken",
    reason: "token_revoked",
    text: "Token was revoked. You have to re-authorize from the user.",
  };
  const expired = {
    kind: "invalidToken",
    reason: "token_expired",
    text: "Token is expired. You can either do re-authorization or token refresh.",
  };

  it.each<[string, Partial<RotatableToken>, object | null]>([
    ["without an end", {}, null],
    ["until tomorrow", { expiresAt: "2024-03-01" }, null],
    ["until today", { expiresAt: "2024-02-29" }, expired],
    ["until yesterday", { expiresAt: "2024-02-28" }, expired],
    ["revoked", { revokedAt }, revoked],
    ["revoked, and good until tomorrow", { revokedAt, expiresAt: "2024-03-01" }, revoked],
    ["revoked, and expired", { revokedAt, expiresAt: "2024-02-28" }, revoked],
  ])("%s", (_, change, fault) => {
    expect(shown(change)).toEqual(fault);
  });

  it("is refused the same by whoever finds it revoked", () => {
    expect(told(revokedToken())).toEqual(revoked);
  });
});

describe("provisioning 6.4: a token whose place another shall take", () => {
  it.each<[string, Partial<RotatableToken>, string | null]>([
    ["without an end", {}, null],
    ["until tomorrow", { expiresAt: "2024-03-01" }, null],
    ["until today", { expiresAt: "2024-02-29" }, "Token already expired"],
    ["until yesterday", { expiresAt: "2024-02-28" }, "Token already expired"],
    ["revoked", { revokedAt }, "Token already revoked"],
    ["revoked, and expired", { revokedAt, expiresAt: "2024-02-28" }, "Token already revoked"],
    ["the deployment's", { isFromDeployment: true }, "The deployment's token is changed by changing its secret"],
    [
      "the deployment's, revoked and expired",
      { revokedAt, expiresAt: "2024-02-28", isFromDeployment: true },
      "The deployment's token is changed by changing its secret",
    ],
  ])("%s", (_, change, refusal) => {
    expect(refuseRotation({ ...alive, ...change }, today)).toBe(refusal);
  });

  it("is told the same when it is revoked", () => {
    expect([alreadyRevoked, deploymentTokenStays]).toEqual([
      "Token already revoked",
      "The deployment's token is changed by changing its secret",
    ]);
  });
});
