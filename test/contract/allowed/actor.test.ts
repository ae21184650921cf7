import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../../src/db/users.ts";
import { archive, ask, byKey, byUser, missing, outcome, pull, push, refused, texts } from "../../setup/allowed.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addUser,
  db,
  setSettings,
  unique,
  type Group,
  type Project,
} from "../../setup/world.ts";
import * as schema from "../../../src/db/schema/index.ts";

let ada: UserRow;
let group: Group;
let hidden: Project;
let open: Project;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  group = await addGroup({ path: "engines" });
  hidden = await addProject(group, { path: "hidden" });
  open = await addProject(group, { path: "open", visibility: "public" });
  await addMember(ada, { group }, 30);
});
afterEach(() => setSettings(null));

/** Whoever it is may do whatever is asked, if nothing is wrong with them. */
const onHidden = { project: "engines/hidden" };
const onOpen = { project: "engines/open" };
const expectEach = async (who: Record<string, unknown>, expected: unknown, swap = {}) => {
  for (const json of [pull, push, archive]) expect(await outcome(ask({ ...json, ...who, ...onHidden }, swap))).toEqual(expected);
};

const expectRefused = async (who: Record<string, unknown>) =>
  expect(await outcome(ask({ ...pull, ...who, ...onHidden }))).toEqual(missing(texts.project));
const expectAda = async (who: Record<string, unknown>) =>
  expect((await ask({ ...pull, ...who, ...onHidden })).body).toMatchObject({ gl_username: "ada" });

describe("git-access 3: the actor", () => {
  it("32: a key that does not exist, on a private project", async () => {
    expect(await outcome(ask({ ...pull, key_id: "999999", ...onHidden }))).toEqual(missing(texts.project));
  });

  it.each<[string, Record<string, unknown>]>([
    ["40: no parameter", {}],
    ["a key that does not exist", { key_id: "999999" }],
    ["a user that does not exist", { user_id: 999999 }],
    ["a name of nobody", { username: "nobody" }],
    ["an identifier of nobody", { identifier: "user-999999" }],
    ["37: a malformed identifier", { identifier: "user--1" }],
    ["a Kerberos principal", { krb5principal: "ada@EXAMPLE.TEST" }],
    ["an empty key_id, which is given", { key_id: "", username: "ada" }],
    ["no number", { key_id: "1; drop table keys" }],
    ["a boolean", { key_id: true }],
    ["a list", { user_id: [1] }],
    ["an object", { user_id: { id: 1 } }],
    ["a fraction", { user_id: 1.5 }],
    ["a negative number", { user_id: -1 }],
    ["a huge number", { user_id: 1e308 }],
    ["a lone surrogate", { username: "\ud800" }],
    ["a NUL byte", { username: "ada\u0000" }],
  ])("%s: as anybody: a public project may be pulled (200, empty gl_id), 41: not pushed to, a private one is not there", async (_, who) => {
    const pulled = await ask({ ...pull, ...who, ...onOpen });
    expect(pulled.status).toBe(200);
    expect(pulled.body.gl_id).toBe("");
    expect(await outcome(ask({ ...push, ...who, ...onOpen }))).toEqual(refused(texts.upload));
    expect(await outcome(ask({ ...pull, ...who, ...onHidden }))).toEqual(missing(texts.project));
  });

  it("the first parameter given decides, and there is no falling through", async () => {
    const stranger = await addUser();
    const key = await addKey(stranger);
    await expectRefused({ key_id: key.id, user_id: ada.id, username: "ada", identifier: `user-${ada.id}` });
    await expectRefused({ user_id: stranger.id, username: "ada", identifier: `user-${ada.id}` });
    await expectRefused({ username: stranger.username, identifier: `user-${ada.id}` });
    await expectAda({ key_id: null, user_id: null, username: "ada", identifier: `user-${stranger.id}` });
    await expectAda({ key_id: null, user_id: ada.id, username: stranger.username });
  });

  it("a key that only signs is no key, also as an identifier", async () => {
    const key = await addKey(ada, { usage: "signing" });
    for (const who of [byKey(key), { identifier: `key-${key.id}` }])
      expect(await outcome(ask({ ...pull, ...who, ...onHidden }))).toEqual(missing(texts.project));
  });

  it("36, 39: identifiers: a user, the owner of a user key, a deploy key", async () => {
    const key = await addKey(ada);
    const deployKey = await addDeployKey(ada, [{ project: hidden }]);
    expect((await ask({ ...pull, identifier: `user-${ada.id}`, ...onHidden })).body).toMatchObject({ gl_id: `user-${ada.id}` });
    const asOwner = (await ask({ ...pull, identifier: `key-${key.id}`, ...onHidden })).body;
    expect(asOwner).toMatchObject({ gl_id: `user-${ada.id}` });
    expect(asOwner).not.toHaveProperty("gl_key_id");
    // Not the rights of its creator, who could push.
    expect((await ask({ ...pull, identifier: `key-${deployKey.id}`, ...onHidden })).body).toMatchObject({ gl_key_type: "deploy_key" });
    expect(await outcome(ask({ ...push, identifier: `key-${deployKey.id}`, ...onHidden }))).toEqual(
      refused("This deploy key does not have write access to this project."),
    );
  });

  it("a name counts in any letter case, and a number as its text", async () => {
    expect((await ask({ ...pull, username: "ADA", ...onHidden })).status).toBe(200);
    const numbered = await addUser({ username: "4711" });
    await addMember(numbered, { project: hidden }, 20);
    expect((await ask({ ...pull, username: 4711, ...onHidden })).body).toMatchObject({ gl_username: "4711" });
  });

  it("43, 50: an expired key", async () => {
    const expiresAt = new Date(Date.now() - 2 * 86_400_000);
    await expectEach(byKey(await addKey(ada, { expiresAt })), refused("Your SSH key has expired."));
    await expectEach(
      byKey(await addDeployKey(ada, [{ project: hidden, canPush: true }], { expiresAt })),
      refused("Your SSH key has expired."),
    );
  });

  it("48: a key below the instance's minimum", async () => {
    await setSettings({ rsa_key_restriction: 4096 });
    const rsa = { keyType: "rsa" as const, bits: 2048 };
    const text = "Your SSH key must be at least 4096 bits.";
    await expectEach(byKey(await addKey(ada, rsa)), refused(text));
    await expectEach(byKey(await addDeployKey(ada, [{ project: hidden, canPush: true }], rsa)), refused(text));
  });

  it("a key of a forbidden type", async () => {
    const key = await addKey(ada);
    await setSettings({ ed25519_key_restriction: -1 });
    await expectEach(byKey(key), refused("Your SSH key type is forbidden. Must be RSA, DSA, ECDSA, ECDSA_SK, or ED25519_SK."));
    await setSettings({
      ed25519_key_restriction: -1,
      dsa_key_restriction: -1,
      ecdsa_sk_key_restriction: -1,
      ed25519_sk_key_restriction: -1,
    });
    await expectEach(byKey(key), refused("Your SSH key type is forbidden. Must be RSA or ECDSA."));
  });
});

describe("git-access 8: the account", () => {
  const url = "http://gitlab.example.test";
  const terms = (name: string) =>
    `You (@${name}) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at ${url}.`;
  const expired = { passwordExpiresAt: new Date(Date.now() - 120_000) };
  it.each<[string, Partial<UserRow>, string]>([
    ["51: blocked", { state: "blocked" }, "Your account has been blocked."],
    ["blocked in LDAP", { state: "ldap_blocked" }, "Your account has been blocked."],
    ["banned", { state: "banned" }, "Your account has been blocked."],
    [
      "53: blocked pending approval",
      { state: "blocked_pending_approval" },
      "Your account is pending approval from your administrator and hence blocked.",
    ],
    [
      "54: deactivated",
      { state: "deactivated" },
      `Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at ${url}`,
    ],
    ["55: password expired", expired, "Your password expired. Please access GitLab from a web browser to update your password."],
    ["57: password expired and blocked", { ...expired, state: "ldap_blocked" }, "Your account has been blocked."],
    [
      "62: not confirmed",
      { confirmedAt: null },
      `Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In case the link is expired, you can request a new confirmation email at ${url}/users/confirmation/new`,
    ],
    ["locked", { isLocked: true }, "Your account has been blocked."],
    ["a ghost", { userType: "ghost" }, "This action cannot be performed by internal users"],
  ])("%s", async (_, values, text) => {
    const user = await addUser(values);
    await addMember(user, { project: hidden }, 50);
    for (const who of [byKey(await addKey(user)), byUser(user), { username: user.username }]) await expectEach(who, refused(text));
    // The account's text comes before "not found".
    expect(await outcome(ask({ ...pull, ...byUser(user), project: "no/such" }))).toEqual(refused(text));
  });

  it.each([10, 20, 30, 40, 50])("58, 59, 63: terms are enforced, a member with role %i", async (level) => {
    await setSettings({ enforce_terms: true });
    const user = await addUser();
    await addMember(user, { project: open }, level);
    const asked = (json: Record<string, unknown>) => outcome(ask({ ...json, ...byUser(user), ...onOpen }));
    expect(await asked(pull)).toEqual(refused(terms(user.username)));
    expect(await asked(push)).toEqual(refused(terms(user.username)));
    await db.query.update(schema.users).set({ termsAcceptedAt: new Date() });
    expect((await asked(pull)).status).toBe(200);
    expect((await asked(push)).status).toBe(level >= 30 ? 200 : 401);
  });

  it("60: terms are enforced, nobody asks", async () => {
    await setSettings({ enforce_terms: true });
    expect((await ask({ ...pull, ...onOpen })).status).toBe(200);
  });

  it("the creator of a deploy key is not asked after", async () => {
    const blocked = await addUser({ state: "blocked" });
    const key = await addDeployKey(blocked, [{ project: hidden, canPush: true }]);
    for (const json of [pull, push]) expect((await ask({ ...json, ...byKey(key), ...onHidden })).status).toBe(200);
  });
});

describe("git-access 7: the protocol and the command", () => {
  it.each<[string, string | null, string, number | string]>([
    ["64: only http", "http", "ssh", "Git access over SSH is not allowed"],
    ["only ssh", "ssh", "http", "Git access over HTTP is not allowed"],
    ["66: only ssh", "ssh", "web", 200],
    ["67: nil", null, "ssh", 200],
    ["67: nil", null, "http", 200],
    ["only ssh", "ssh", "ssh", 200],
    ["a protocol of its own", "ssh", "git\u0000<b>", "Git access over GIT\u0000<B> is not allowed"],
  ])("%s (%s), over %s", async (_, setting, protocol, expected) => {
    await setSettings({ enabled_git_access_protocol: setting });
    for (const json of [pull, push]) {
      const { status, body } = await outcome(ask({ ...json, protocol, ...byUser(ada), ...onHidden }));
      if (expected === 200) expect(status).toBe(200);
      else expect({ status, body }).toEqual(refused(expected as string));
    }
  });

  it("a missing protocol is refused only where a setting names one", async () => {
    const { protocol: _, ...silent } = { ...pull, ...byUser(ada), ...onHidden };
    expect((await ask(silent)).status).toBe(200);
    await setSettings({ enabled_git_access_protocol: "ssh" });
    expect(await outcome(ask(silent))).toEqual(refused("Git access over  is not allowed"));
  });

  it("68: the top-level group's setting, also for what lies deeper", async () => {
    const root = await addGroup({ enabledGitAccessProtocol: "http" });
    const deep = await addProject(await addGroup({ parent: root, enabledGitAccessProtocol: "ssh" }));
    await addMember(ada, { group: root }, 30);
    const over = (protocol: string) => outcome(ask({ ...pull, protocol, ...byUser(ada), project: deep.fullPath }));
    expect(await over("ssh")).toEqual(refused("Git access over SSH is not allowed"));
    expect((await over("http")).status).toBe(200);
    expect((await over("web")).status).toBe(200);
  });

  it("the protocol's text wins over everything about the key and the account", async () => {
    await setSettings({ enabled_git_access_protocol: "http" });
    const user = await addUser({ state: "blocked" });
    const key = await addKey(user, { expiresAt: new Date(0) });
    expect(await outcome(ask({ ...pull, ...byKey(key), project: "no/such" }))).toEqual(refused("Git access over SSH is not allowed"));
  });

  it.each<[string, string, Record<string, unknown>, string | null]>([
    ["70: upload-pack disabled", "git-upload-pack", pull, "Pulling over HTTP is not allowed."],
    ["70: upload-pack disabled", "git-upload-pack", push, null],
    ["70: upload-pack disabled", "git-upload-pack", archive, null],
    ["71: receive-pack disabled", "git-receive-pack", push, "Pushing over HTTP is not allowed."],
    ["71: receive-pack disabled", "git-receive-pack", pull, null],
    ["both disabled", "git-receive-pack, git-upload-pack", pull, "Pulling over HTTP is not allowed."],
  ])("%s (%s)", async (_, DISABLED_OVER_HTTP, json, text) => {
    const http = await outcome(ask({ ...json, protocol: "http", ...byUser(ada), ...onHidden }, { DISABLED_OVER_HTTP }));
    if (text === null) expect(http.status).toBe(200);
    else expect(http).toEqual(refused(text));
    expect((await ask({ ...json, ...byUser(ada), ...onHidden }, { DISABLED_OVER_HTTP })).status).toBe(200);
  });

  it("72: a read-only instance refuses pushes, before it says whether there is anything", async () => {
    const text = "You can't push code to a read-only GitLab instance.";
    for (const project of ["engines/hidden", "engines/hidden.wiki", "no/such", "ada/new"]) {
      expect(await outcome(ask({ ...push, ...byUser(ada), project }, { READ_ONLY: "on" }))).toEqual(refused(text));
    }
    expect((await ask({ ...pull, ...byUser(ada), ...onHidden }, { READ_ONLY: "on" })).status).toBe(200);
  });

  it.each([[undefined], [null], [""], ["git-lfs-authenticate"], ["GIT-UPLOAD-PACK"], [7]])(
    "an unknown command (%j) on a hidden project: 401, not 404",
    async (action) => {
      expect(await outcome(ask({ ...pull, action, ...byUser(await addUser()), ...onHidden }))).toEqual(
        refused("The command you're trying to execute is not allowed."),
      );
    },
  );
});

const counted = (keys: string[], limited: (key: string) => boolean) => ({
  GIT_OPERATIONS: {
    limit({ key }: { key: string }) {
      keys.push(key);
      return Promise.resolve({ success: !limited(key) });
    },
  },
});

describe("git-access 5, step 2: the limit on operations", () => {
  const tooMany = refused("This endpoint has been requested too many times. Try again later.");

  it("150: reached: 401 with a string message, and nothing that makes gitlab-shell wait", async () => {
    const reply = await ask(
      { ...pull, ...byUser(ada), ...onHidden },
      counted([], () => true),
    );
    expect({ status: reply.status, body: reply.body }).toEqual(tooMany);
    expect(reply.headers.has("Retry-After")).toBe(false);
  });

  it("is counted by operation, repository and actor, and again by the address", async () => {
    const keys: string[] = [];
    await ask(
      { ...pull, ...byUser(ada), ...onHidden, check_ip: "192.0.2.1" },
      counted(keys, () => false),
    );
    expect(keys).toHaveLength(2);
    const again: string[] = [];
    await ask(
      { ...pull, ...byUser(ada), project: "/Engines/Hidden.git", check_ip: "192.0.2.1" },
      counted(again, () => false),
    );
    expect(again).toEqual(keys);
    const differing = [
      { ...push, ...byUser(ada), ...onHidden },
      { ...pull, ...byUser(ada), ...onOpen },
      { ...pull, user_id: "999", ...onHidden },
      { ...pull, key_id: ada.id, ...onHidden },
      { ...pull, username: "ada", ...onHidden },
      { ...pull, ...byUser(ada), gl_repository: "project-1" },
    ];
    const actorKeys = new Set([keys[0]]);
    for (const json of differing) {
      const own: string[] = [];
      await ask(
        json,
        counted(own, () => false),
      );
      expect(own).toHaveLength(1);
      actorKeys.add(own[0]);
    }
    expect(actorKeys.size).toBe(differing.length + 1);
  });

  it("151: a trusted address is not counted, and an actor still is", async () => {
    const keys: string[] = [];
    const swap = { ...counted(keys, (key) => key.includes("192.0.2.")), TRUSTED_IPS: "10.0.0.0/8, 192.0.2.7" };
    const from = (check_ip: string) => outcome(ask({ ...pull, ...byUser(ada), ...onHidden, check_ip }, swap));
    expect((await from("192.0.2.7")).status).toBe(200);
    expect((await from("10.9.9.9")).status).toBe(200);
    expect(keys).toHaveLength(2);
    expect(await from("192.0.2.8")).toEqual(tooMany);
    expect(
      await outcome(
        ask(
          { ...pull, ...byUser(ada), ...onHidden },
          counted([], () => true),
        ),
      ),
    ).toEqual(tooMany);
  });

  it("comes before everything about the request but its form", async () => {
    const over = counted([], () => true);
    expect(await outcome(ask({ ...pull, action: "nonsense", project: "no/such", key_id: "0" }, over))).toEqual(tooMany);
    expect((await ask({ ...pull }, over)).status).toBe(400);
    expect((await ask({ ...pull, ...onHidden, gitaly_client_context_bin: "!" }, over)).status).toBe(400);
  });

  it("a push that creates a project is one operation", async () => {
    const keys: string[] = [];
    expect(
      (
        await ask(
          { ...push, ...byUser(ada), project: `ada/${unique("counted")}` },
          counted(keys, () => keys.length > 1),
        )
      ).status,
    ).toBe(200);
    expect(keys).toHaveLength(1);
  });

  it("the setting 0 switches it off", async () => {
    await setSettings({ gitlab_shell_operation_limit: 0 });
    expect(
      (
        await ask(
          { ...pull, ...byUser(ada), ...onHidden },
          counted([], () => true),
        )
      ).status,
    ).toBe(200);
  });

  it("what cannot be counted refuses nobody", async () => {
    const broken = { GIT_OPERATIONS: { limit: () => Promise.reject(new Error("no counter")) } };
    expect((await ask({ ...pull, ...byUser(ada), ...onHidden }, broken)).status).toBe(200);
  });
});
