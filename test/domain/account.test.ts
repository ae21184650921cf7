import { describe, expect, it } from "vitest";
import {
  accountOf,
  parseAccountReference,
  type Account,
  type AccountKey,
  type AccountReference,
  type AccountUser,
} from "../../src/domain/accounts/account.ts";

const key: AccountKey = { id: 11, kind: "user", lastUsedAt: null };
const deployKey: AccountKey = { ...key, kind: "deploy" };
const user: AccountUser = { id: 7, state: "active", isTwoFactorEnabled: false, isLocked: false, lockedUntil: null };

describe("accounts 7: whom a call about an account names", () => {
  it.each<[Parameters<typeof parseAccountReference>[0], AccountReference]>([
    [{ key_id: 11 }, { by: "key", id: 11 }],
    [{ key_id: "11" }, { by: "key", id: 11 }],
    [{ user_id: 7 }, { by: "user", id: 7 }],
    [{ user_id: "7" }, { by: "user", id: 7 }],
    [
      { key_id: null, user_id: 7 },
      { by: "user", id: 7 },
    ],
    [{ user_id: "ada" }, { by: "user", id: null }],
  ])("%j", (params, reference) => {
    expect(parseAccountReference(params)).toEqual(reference);
  });

  it.each<[Parameters<typeof parseAccountReference>[0], number | null]>([
    [{ key_id: 11, user_id: 7 }, 11],
    [{ key_id: 0, user_id: 7 }, 0],
    [{ key_id: "", user_id: 7 }, null],
    [{ key_id: "ada", user_id: 7 }, null],
    [{ key_id: [11], user_id: 7 }, null],
  ])("a key that is given decides alone, be it none: %j", (params, id) => {
    expect(parseAccountReference(params)).toEqual({ by: "key", id });
  });

  it.each([{}, { key_id: null, user_id: null }, { user_id: undefined }])("a key that is none, where nobody is named: %j", (params) => {
    expect(parseAccountReference(params)).toEqual({ by: "key", id: null });
  });
});

describe("accounts 7, steps 2 to 4: the account that is found", () => {
  it.each<[string, AccountReference["by"], Parameters<typeof accountOf>[1], Account]>([
    ["a user by their id, without a key", "user", { key: null, user }, { kind: "person", user, key: null }],
    ["the owner of a key, with the key", "key", { key, user }, { kind: "person", user, key }],
    ["a deploy key, whoever made it", "key", { key: deployKey, user }, { kind: "deploy_key", key: deployKey }],
    ["a deploy key without a creator", "key", { key: deployKey, user: null }, { kind: "deploy_key", key: deployKey }],
  ])("%s", (_, by, facts, account) => {
    expect(accountOf({ by, id: 1 }, facts)).toEqual(account);
  });

  it.each<[string, AccountReference["by"], Parameters<typeof accountOf>[1], string]>([
    ["no user by that id", "user", { key: null, user: null }, "Could not find the given user"],
    ["no key by that id", "key", { key: null, user: null }, "Could not find the given key"],
    ["a key of nobody", "key", { key, user: null }, "Could not find a user for the given key"],
  ])("%s", (_, by, facts, refused) => {
    expect(accountOf({ by, id: 1 }, facts)).toEqual({ refused });
  });
});
