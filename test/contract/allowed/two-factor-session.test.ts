import { sql } from "drizzle-orm";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import * as schema from "../../../src/db/schema/index.ts";
import type { UserRow } from "../../../src/db/users.ts";
import { archive, ask, byKey, byUser, missing, outcome, pull, push, refused, someChanges, texts } from "../../setup/allowed.ts";
import { asRoot } from "../../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addUser,
  db,
  setSettings,
  type Group,
  type Project,
} from "../../setup/world.ts";

/**
 * Whoever steals the private key of a user with two-factor must not get at repositories by it: with the setting
 * `two_factor_for_cli` the key alone is not enough.
 */

const required = (address = "git@gitlab.example.test") =>
  refused(`OTP verification is required to access the repository.\n\n   Use: ssh ${address} 2fa_verify`);
const allowed = { status: 200 };

let ada: UserRow;
let group: Group;
let project: Project;
let key: { id: number };
let at: { gl_repository: string };

beforeEach(async () => {
  await setSettings({ two_factor_for_cli: true });
  ada = await addUser({ isTwoFactorEnabled: true });
  group = await addGroup();
  project = await addProject(group, { isRepositoryEmpty: false });
  await addMember(ada, { group }, 40);
  key = await addKey(ada);
  at = { gl_repository: `project-${project.id}` };
});
afterEach(() => setSettings(null));

const verify = (user: { id: number }, keyId: number, seconds = 60) =>
  db.query.insert(schema.otpSessions).values({ userId: user.id, keyId, expiresAt: new Date(Date.now() + seconds * 1000) });
const asked = (json: Record<string, unknown>, swap = {}) => outcome(ask({ ...at, ...json }, swap));

describe("a key of a user with two-factor", () => {
  it("opens nothing before a one-time password was shown with it, whatever is asked and wherever", async () => {
    for (const json of [pull, archive, push]) expect(await asked({ ...json, ...byKey(key) })).toEqual(required());
    for (const gl_repository of [`wiki-${project.id}`, "project-987654321"]) {
      expect(await asked({ ...pull, ...byKey(key), gl_repository })).toEqual(required());
    }
    await verify(ada, key.id);
    for (const json of [pull, archive, push]) expect(await asked({ ...json, ...byKey(key) })).toMatchObject(allowed);
    expect(await asked({ ...pull, ...byKey(key), gl_repository: "project-987654321" })).toEqual(missing(texts.project));
  });

  it.each<[string, () => Promise<unknown>]>([
    ["a session of the user without a key", () => verify(ada, 0)],
    ["a session of another key of theirs", async () => verify(ada, (await addKey(ada)).id)],
    ["somebody else's session with the same number", async () => verify(await addUser(), key.id)],
    ["a session that has ended", () => verify(ada, key.id, -1)],
  ])("is not opened by %s", async (_, given) => {
    await given();
    expect(await asked({ ...pull, ...byKey(key) })).toEqual(required());
  });

  it("creates no project before that", async () => {
    const path = `${group.fullPath}/made`;
    const json = { ...push, ...byKey(key), gl_repository: undefined, project: path };
    expect(await asked(json)).toEqual(required());
    expect(await db.query.all(sql`select 1 from routes where path = ${path}`)).toEqual([]);
    await verify(ada, key.id);
    expect(await asked(json)).toMatchObject(allowed);
    expect(await db.query.all(sql`select 1 from routes where path = ${path}`)).toHaveLength(1);
  });

  it("is asked too where changes are named", async () => {
    expect(await asked({ ...push, ...byKey(key), changes: someChanges })).toEqual(required());
  });
});

describe("a user with two-factor who is named instead, as with a certificate", () => {
  it("needs a session without a key", async () => {
    for (const who of [{ username: ada.username }, byUser(ada), { identifier: `user-${ada.id}` }, { identifier: `key-${key.id}` }]) {
      expect(await asked({ ...pull, ...who })).toEqual(required());
    }
    await verify(ada, key.id);
    expect(await asked({ ...pull, username: ada.username })).toEqual(required());
    await verify(ada, 0);
    for (const who of [{ username: ada.username }, byUser(ada), { identifier: `user-${ada.id}` }, { identifier: `key-${key.id}` }]) {
      expect(await asked({ ...pull, ...who })).toMatchObject(allowed);
    }
  });

  it("Gitaly's hook passes: it names the user, and gitlab-shell has asked before", async () => {
    await verify(ada, key.id);
    const json = { ...push, user_id: ada.id, changes: someChanges.replace("master", "topic") };
    expect(await asked(json)).toMatchObject(allowed);
    expect(await asked({ ...json, changes: undefined })).toEqual(required());
  });
});

it.each<[string, () => Promise<Record<string, unknown>>]>([
  ["HTTP", async () => ({ ...byUser(ada), protocol: "http" })],
  ["the web interface", async () => ({ ...byUser(ada), protocol: "web" })],
  ["a deploy key that they made", async () => byKey(await addDeployKey(ada, [{ project }]))],
  ["a deploy key, by its identifier", async () => ({ identifier: `key-${(await addDeployKey(ada, [{ project }])).id}` })],
  [
    "a user without two-factor",
    async () => {
      const bob = await addUser();
      await addMember(bob, { group }, 30);
      return byKey(await addKey(bob));
    },
  ],
])("not asked of %s", async (_, who) => {
  expect(await asked({ ...pull, ...(await who()) })).toMatchObject(allowed);
});

it("is off by default, and switched on by administrators", async () => {
  await setSettings(null);
  expect(await asked({ ...pull, ...byKey(key) })).toMatchObject(allowed);
  expect((await asRoot("PUT", "/application/settings", { json: { two_factor_for_cli: "true" } })).body.two_factor_for_cli).toBe(true);
  expect(await asked({ ...pull, ...byKey(key) })).toEqual(required());
});

it.each([
  ["git@git.example.test:", "git@git.example.test"],
  ["ssh://git@git.example.test:2222/", "git@git.example.test -p 2222"],
  ["ssh://git@[2001:db8::1]:2222/", "git@2001:db8::1 -p 2222"],
  ["", "git@gitlab.example.test"],
])("the address is that of clone URLs, SSH_CLONE_PREFIX=%s", async (SSH_CLONE_PREFIX, address) => {
  expect(await asked({ ...pull, ...byKey(key) }, { SSH_CLONE_PREFIX })).toEqual(required(address));
});

it("administrators see why: in an explanation and in the log", async () => {
  await verify(ada, key.id, -60);
  await asked({ ...pull, ...byKey(key) });
  expect((await asRoot("GET", "/operator/decisions?reason=two_factor_session&per_page=1")).body).toMatchObject([
    { actor: `key-${key.id}`, allowed: false, status: 401, reason: "two_factor_session" },
  ]);
  const { body } = await asRoot("POST", "/operator/explain", { json: { ...pull, ...byKey(key), ...at } });
  expect(body).toMatchObject({ allowed: false, status: 401, stopped_by: "two_factor_session", message: required().body.message });
  expect(body.guards.find((each: { guard: string }) => each.guard === "two_factor_session")).toEqual({
    guard: "two_factor_session",
    outcome: "stopped",
    facts: { two_factor_for_cli: true, is_two_factor_enabled: true, verified_until: expect.stringMatching(/Z$/) },
  });
});
