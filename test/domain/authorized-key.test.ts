import { expect, it } from "vitest";
import { decideLogin, type AuthorizedKeyFacts } from "../../src/domain/access/authorized-key.ts";
import { userStates } from "../../src/domain/identity/user-state.ts";
import { inHours, now } from "../setup/facts.ts";

const login = (changes: Partial<AuthorizedKeyFacts> = {}) =>
  decideLogin(
    {
      id: 11,
      kind: "user",
      title: "laptop",
      algorithm: "ssh-ed25519",
      blob: "AAAA",
      usage: "auth",
      expiresAt: null,
      createdAt: now,
      user: { name: "Ada Byron", state: "active" },
      ...changes,
    },
    now,
  );
const ada = { ownerName: "Ada Byron" };

it("accounts 4: a key logs its owner in", () => {
  expect(login()).toEqual(ada);
  expect(login({ usage: "auth_and_signing", expiresAt: inHours(0.001) })).toEqual(ada);
});

it("what is unknown, only signs, or has expired is not found", () => {
  expect(decideLogin(null, now)).toBe("not_found");
  expect(login({ usage: "signing" })).toBe("not_found");
  expect(login({ expiresAt: now })).toBe("not_found");
  expect(login({ expiresAt: inHours(-1) })).toBe("not_found");
});

it("a deploy key needs nobody behind it, a user's key does", () => {
  expect(login({ user: null })).toBe("not_found");
  expect(login({ user: null, kind: "deploy" })).toEqual({ ownerName: "Ghost User" });
});

it("a barred owner is refused, also of a deploy key", () => {
  for (const kind of ["user", "deploy"] as const) {
    const barred = userStates.filter((state) => login({ kind, user: { name: "Ada Byron", state } }) === "barred");
    expect(new Set(barred)).toEqual(new Set(["blocked", "ldap_blocked", "blocked_pending_approval", "banned"]));
    expect(login({ kind, user: { name: "Ada Byron", state: "deactivated" } })).toEqual(ada);
  }
});
