import { eq } from "drizzle-orm";
import { SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../../src/db/schema/index.ts";
import type { UserRow } from "../../../src/db/users.ts";
import { archive, ask, byKey, byUser, pull, push, someChanges } from "../../setup/allowed.ts";
import { asShell, call } from "../../setup/call.ts";
import { testVars } from "../../setup/vars.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addUser,
  dayFromNow,
  db,
  setSettings,
  type Group,
  type Project,
} from "../../setup/world.ts";

let ada: UserRow;
let top: Group;
let project: Project;
let key: { id: number };

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  top = await addGroup({ path: "engines" });
  const sub = await addGroup({ parent: top, path: "steam" });
  // The id of the contract's check value.
  project = await addProject(sub, { id: 3, path: "analytical" });
  await addMember(ada, { group: top }, 30);
  key = await addKey(ada);
});
afterEach(() => setSettings(null));

const hashOf3 = "@hashed/4e/07/4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce";
const at = { project: "engines/steam/analytical" };
const retry = {
  maxAttempts: 4,
  initialBackoff: "0.4s",
  maxBackoff: "1.4s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE", "ABORTED"],
};

/** The whole answer for Ada's key on the project. */
const whole = () => ({
  status: true,
  gl_repository: "project-3",
  gl_project_path: "engines/steam/analytical",
  gl_id: `user-${ada.id}`,
  gl_username: "ada",
  gl_key_type: "key",
  gl_key_id: key.id,
  gl_project_id: 3,
  gl_root_namespace_id: top.id,
  git_config_options: ["uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"],
  gitaly: {
    repository: {
      storage_name: "default",
      relative_path: `${hashOf3}.git`,
      git_object_directory: "",
      git_alternate_object_directories: [],
      gl_repository: "project-3",
      gl_project_path: "engines/steam/analytical",
    },
    address: "tcp://gitaly.example.test:8075",
    token: "storage-token",
    features: {},
    retry_config: retry,
  },
  gl_console_messages: [],
  need_audit: false,
});

/** Of a pull, a push and an archive. */
const needsAudit = () =>
  Promise.all([pull, push, archive].map(async (json) => (await ask({ ...json, ...byKey(key), ...at })).body.need_audit));

describe("the answer", () => {
  it("9, 10: a developer's pull: everything, and nothing else", async () => {
    const reply = await ask({ ...pull, ...byKey(key), project: "/engines/steam/analytical.git" });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(whole());
    expect(reply.headers.get("Content-Type")).toContain("application/json");
  });

  it.each<[string, Record<string, unknown>]>([
    ["a push", push],
    ["an archive", archive],
    ["by the repository's identifier, beside Gitaly's path on disk", { ...pull, gl_repository: "project-3", project: "/var/opt/x.git" }],
  ])("%s gives the same", async (_, json) => {
    expect((await ask({ ...at, ...json, ...byKey(key) })).body).toEqual(whole());
    expect((await ask({ ...at, ...json, key_id: key.id })).body).toEqual(whole());
  });

  it("the same over a form", async () => {
    const form = new URLSearchParams({ ...pull, ...byKey(key), ...at }).toString();
    expect((await asShell("POST", "/internal/allowed", { form })).body).toEqual(whole());
  });

  it("for a user without a key: no key fields", async () => {
    const { gl_key_type: _type, gl_key_id: _id, ...rest } = whole();
    for (const who of [
      byUser(ada),
      { user_id: ada.id },
      { username: "ADA" },
      { identifier: `user-${ada.id}` },
      { identifier: `key-${key.id}` },
    ]) {
      expect((await ask({ ...pull, ...at, ...who })).body).toEqual(rest);
    }
  });

  it("for nobody: no user fields, an empty gl_id", async () => {
    const open = await addProject(top, { visibility: "public" });
    const { body } = await ask({ ...pull, project: open.fullPath });
    expect(body).toMatchObject({ status: true, gl_id: "", gl_project_id: open.id });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(["gl_username"]));
    expect(body).not.toHaveProperty("gl_key_id");
    expect(body).not.toHaveProperty("message");
  });

  it("19: a read-only deploy key's archive", async () => {
    const deployKey = await addDeployKey(ada, [{ project }]);
    const { status, body } = await ask({ ...archive, ...byKey(deployKey), ...at });
    expect(status).toBe(200);
    // Behind it stands its creator.
    expect(body).toEqual({ ...whole(), gl_key_type: "deploy_key", gl_key_id: deployKey.id });
  });

  it("a deploy key whose creator is gone is the ghost's", async () => {
    const deployKey = await addDeployKey(null, [{ project }]);
    expect((await ask({ ...pull, ...byKey(deployKey), ...at })).body).toMatchObject({
      gl_id: "user-0",
      gl_username: "ghost",
      gl_key_type: "deploy_key",
      gl_key_id: deployKey.id,
    });
  });

  it("21, 22: a wiki has its project's ids, its own path and place", async () => {
    for (const json of [pull, push]) {
      const { status, body } = await ask({ ...json, ...byKey(key), project: "engines/steam/analytical.wiki.git" });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        gl_repository: "wiki-3",
        gl_project_path: "engines/steam/analytical.wiki",
        gl_project_id: 3,
        gl_root_namespace_id: top.id,
        gitaly: {
          repository: { relative_path: `${hashOf3}.wiki.git`, gl_repository: "wiki-3", gl_project_path: "engines/steam/analytical.wiki" },
        },
      });
    }
    // The answer has the two-part form, whichever was sent.
    expect((await ask({ ...pull, ...byKey(key), gl_repository: "project-3-wiki" })).body.gl_repository).toBe("wiki-3");
  });

  it("a design repository, over the web", async () => {
    const { body } = await ask({ ...pull, ...byKey(key), protocol: "web", gl_repository: "design-3" });
    expect(body).toMatchObject({
      gl_repository: "design-3",
      gl_project_path: "engines/steam/analytical.design",
      gitaly: { repository: { relative_path: `${hashOf3}.design.git` } },
    });
  });

  it("23, 24, 26, 27: snippets", async () => {
    const place = "@snippets/4e/07/4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce.git";
    await db.query.insert(schema.snippets).values([
      { id: 3, authorId: ada.id, title: "mine", repositoryStorage: "second" },
      { id: 4, authorId: ada.id, title: "the project's", projectId: 3 },
    ]);
    for (const json of [pull, push]) {
      const personal = await ask({ ...json, ...byKey(key), project: "snippets/3.git" });
      expect(personal.status).toBe(200);
      expect(personal.body).toMatchObject({
        gl_repository: "snippet-3",
        gl_project_path: "snippets/3",
        gitaly: { repository: { relative_path: place, storage_name: "second", gl_repository: "snippet-3", gl_project_path: "snippets/3" } },
      });
      expect(personal.body).not.toHaveProperty("gl_project_id");
      expect(personal.body).not.toHaveProperty("gl_root_namespace_id");
      const ofProject = await ask({ ...json, ...byKey(key), gl_repository: "snippet-4" });
      expect(ofProject.status).toBe(200);
      expect(ofProject.body).toMatchObject({
        gl_repository: "snippet-4",
        gl_project_path: "engines/steam/analytical/snippets/4",
        gl_project_id: 3,
        gl_root_namespace_id: top.id,
      });
    }
  });

  it("a project with legacy storage lies under its path", async () => {
    const legacy = await addProject(top, { path: "legacy", storageVersion: 0 });
    await addMember(ada, { project: legacy }, 40);
    expect((await ask({ ...pull, ...byKey(key), gl_repository: `project-${legacy.id}` })).body.gitaly.repository.relative_path).toBe(
      "engines/legacy.git",
    );
    expect((await ask({ ...pull, ...byKey(key), gl_repository: `wiki-${legacy.id}` })).body.gitaly.repository.relative_path).toBe(
      "engines/legacy.wiki.git",
    );
  });

  it("a storage that is not configured: an empty address, so that gitlab-shell says so, and a null token", async () => {
    const far = await addProject(top, { repositoryStorage: "far" });
    const { status, body } = await ask({ ...pull, ...byKey(key), project: far.fullPath });
    expect(status).toBe(200);
    expect(body.gitaly).toMatchObject({ address: "", token: null, repository: { storage_name: "far" } });
    const odd = await ask({ ...pull, ...byKey(key), ...at }, { GITALY_STORAGES: '{"default":{"address":"unix:/run/gitaly.sock"}}' });
    expect(odd.body.gitaly).toMatchObject({ address: "unix:/run/gitaly.sock", token: null });
  });

  it.each<[string, string, Record<string, string>]>([
    ["13: on for everybody", '{"mep_mep":true}', { "gitaly-feature-mep-mep": "true" }],
    ["14: on for this project", '{"mep_mep":["engines/steam/analytical"]}', { "gitaly-feature-mep-mep": "true" }],
    ["on for another project", '{"mep_mep":["engines/other"]}', { "gitaly-feature-mep-mep": "false" }],
    ["off", '{"a_b_c":false}', { "gitaly-feature-a-b-c": "false" }],
    ["none", "{}", {}],
  ])("features, %s", async (_, GITALY_FEATURES, features) => {
    expect((await ask({ ...pull, ...byKey(key), ...at }, { GITALY_FEATURES })).body.gitaly.features).toEqual(features);
  });

  const always = ["uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"];
  it.each<[string, unknown, string[]]>([
    ["17: 1 MiB", 1, [...always, "receive.maxInputSize=1048576"]],
    ["18: unset", undefined, always],
    ["null", null, always],
    ["0", 0, always],
  ])("git_config_options, %s", async (_, receive_max_input_size, options) => {
    await setSettings({ receive_max_input_size });
    for (const json of [pull, push, archive])
      expect((await ask({ ...json, ...byKey(key), ...at })).body.git_config_options).toEqual(options);
  });

  it("16: need_audit is off by default; with git_audit_events on it is set for pull and push", async () => {
    expect(await needsAudit()).toEqual([false, false, false]);
    await setSettings({ git_audit_events: true });
    expect(await needsAudit()).toEqual([true, true, false]);
  });

  it.each<[string, unknown, string, string[]]>([
    [
      "both names",
      '{"GIT_OBJECT_DIRECTORY_RELATIVE":"objects/incoming-x","GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE":["objects"],"PATH":"/"}',
      "objects/incoming-x",
      ["objects"],
    ],
    ["null alternates", '{"GIT_OBJECT_DIRECTORY_RELATIVE":"o","GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE":null}', "o", []],
    ["wrong types", '{"GIT_OBJECT_DIRECTORY_RELATIVE":1,"GIT_ALTERNATE_OBJECT_DIRECTORIES_RELATIVE":["a",2,null]}', "", ["a"]],
    ["blank", "", "", []],
    ["no JSON", "{", "", []],
    ["a JSON list", "[]", "", []],
    ["an object instead of text", { GIT_OBJECT_DIRECTORY_RELATIVE: "o" }, "", []],
    ["null", null, "", []],
  ])("28: env, %s", async (_, env, directory, alternates) => {
    for (const gl_repository of ["project-3", "wiki-3", "snippet-4"]) {
      const { status, body } = await ask({ ...push, ...byKey(key), gl_repository, env });
      expect(status).toBe(200);
      expect(body.gitaly.repository).toMatchObject({ git_object_directory: directory, git_alternate_object_directories: alternates });
    }
  });

  it.each<[string, number | null, string[]]>([
    ["47: never", null, []],
    ["47: in 14 days", 14 * 24, []],
    ["in a little more than seven days", 7 * 24 + 1, []],
    ["in a little less than seven days", 7 * 24 - 1, ["INFO: Your SSH key expires soon. Please generate a new key."]],
    ["in 2 days (46, with today's text)", 48, ["INFO: Your SSH key expires soon. Please generate a new key."]],
  ])("a key that expires, %s", async (_, hours, messages) => {
    const expiresAt = hours === null ? null : new Date(Date.now() + hours * 3_600_000);
    const ownKey = await addKey(ada, { expiresAt });
    const deployKey = await addDeployKey(ada, [{ project }], { expiresAt });
    for (const each of [ownKey, deployKey]) {
      const { status, body } = await ask({ ...pull, ...byKey(each), ...at });
      expect(status).toBe(200);
      expect(body.gl_console_messages).toEqual(messages);
    }
  });
});

const jwt = () =>
  new SignJWT({ iss: "gitlab-shell" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("60s")
    .sign(new TextEncoder().encode(testVars.GITLAB_SHELL_SECRET));
const header = async (json: Record<string, unknown>, withJwt: boolean) => {
  const headers: Record<string, string> = withJwt
    ? { "Gitlab-Shell-Api-Request": await jwt() }
    : { "Gitlab-Shared-Secret": btoa(testVars.GITLAB_SHELL_SECRET) };
  const reply = await call("POST", "/internal/allowed", { json, headers });
  return [reply.status, reply.headers.get("Enable-Workhorse-Circuit-Breaker")];
};

describe("30, 31: Enable-Workhorse-Circuit-Breaker", () => {
  it("is there for ssh with the JWT, whatever the answer", async () => {
    expect(await header({ ...pull, ...byKey(key), ...at }, true)).toEqual([200, "true"]);
    expect(await header({ ...pull, ...byKey(key), project: "no/such" }, true)).toEqual([404, "true"]);
  });

  it("is not there for other protocols, nor without the JWT", async () => {
    expect(await header({ ...pull, ...byKey(key), ...at, protocol: "http" }, true)).toEqual([200, null]);
    expect(await header({ ...pull, ...byKey(key), ...at }, false)).toEqual([200, null]);
  });
});

const activity = async (user: UserRow) => (await db.query.select().from(schema.users).where(eq(schema.users.id, user.id)))[0]!;
const keyRow = async (id: number) => (await db.query.select().from(schema.keys).where(eq(schema.keys.id, id)))[0]!;
const member = async (level = 30) => {
  const user = await addUser();
  await addMember(user, { project }, level);
  return { user, key: await addKey(user, { updatedAt: new Date(0) }) };
};

describe("16.2: what is written", () => {
  const today = dayFromNow(0);
  it.each<[string, Record<string, unknown>, number, number, string | null]>([
    ["9: an allowed pull makes the user active today", pull, 30, 200, today],
    ["an allowed archive too", archive, 30, 200, today],
    ["a push does not", push, 30, 200, null],
    ["12: nor do real changes", { ...push, changes: someChanges }, 40, 200, null],
    ["99: nor a refused pull", pull, 10, 401, null],
    ["nor an unknown command", { ...pull, action: "" }, 30, 401, null],
  ])("%s", async (_, json, level, status, day) => {
    const { user, key: ownKey } = await member(level);
    const before = await activity(user);
    expect((await ask({ ...json, ...byKey(ownKey), ...at })).status).toBe(status);
    const after = await activity(user);
    expect(after).toEqual({ ...before, lastActivityOn: day });
    // The key was used all the same, also where the answer is a refusal.
    const row = await keyRow(ownKey.id);
    expect(Math.abs(row.lastUsedAt!.getTime() - Date.now())).toBeLessThan(10_000);
    expect(row.updatedAt).toEqual(new Date(0));
  });

  it.each<[string, number | null, boolean]>([
    ["never", null, true],
    ["25 hours ago", 25, true],
    ["23 hours ago", 23, false],
    ["an hour ago", 1, false],
  ])("F116: a key used %s", async (_, hours, isWritten) => {
    const before = hours === null ? null : new Date(Date.now() - hours * 3_600_000);
    const ownKey = await addKey(ada, { lastUsedAt: before });
    await ask({ ...pull, ...byKey(ownKey), ...at });
    const { lastUsedAt } = await keyRow(ownKey.id);
    if (isWritten) expect(Date.now() - lastUsedAt!.getTime()).toBeLessThan(10_000);
    else expect(lastUsedAt).toEqual(before);
  });

  it("a refused deploy key is used too", async () => {
    const deployKey = await addDeployKey(ada, []);
    expect((await ask({ ...pull, ...byKey(deployKey), ...at })).status).toBe(404);
    expect((await keyRow(deployKey.id)).lastUsedAt).not.toBeNull();
  });

  it("a user named by their key's identifier uses no key", async () => {
    const { user, key: ownKey } = await member();
    expect((await ask({ ...pull, identifier: `key-${ownKey.id}`, ...at })).status).toBe(200);
    expect((await keyRow(ownKey.id)).lastUsedAt).toBeNull();
    expect((await activity(user)).lastActivityOn).toBe(today);
  });

  it("nothing at all for a malformed request, nor on a read-only instance", async () => {
    const { user, key: ownKey } = await member();
    expect((await ask({ ...pull, ...byKey(ownKey) })).status).toBe(400);
    expect((await ask({ ...pull, ...byKey(ownKey), ...at }, { READ_ONLY: "on" })).status).toBe(200);
    expect((await keyRow(ownKey.id)).lastUsedAt).toBeNull();
    expect((await activity(user)).lastActivityOn).toBeNull();
  });

  it("an allowed call under the current path stores no message", async () => {
    await ask({ ...pull, ...byKey(key), project: "ENGINES/Steam/Analytical.git" });
    expect(await db.query.select().from(schema.storedMessages)).toEqual([]);
  });
});
