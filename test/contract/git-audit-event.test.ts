import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { beforeAll, beforeEach, afterAll, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { allowedFetch, ask, byKey, byUser, malformed, missing, outcome, pull, refused, someChanges, texts } from "../setup/allowed.ts";
import { asRoot, call, shellHeaders } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { testVars } from "../setup/vars.ts";
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
} from "../setup/world.ts";

let ada: UserRow;
let group: Group;
let project: Project;
const key: { id: number; fingerprintSha256: string } = { id: 0, fingerprintSha256: "" };

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  group = await addGroup({ path: "engines" });
  project = await addProject(group, { path: "analytical", isRepositoryEmpty: false });
  await addMember(ada, { project }, 30);
  Object.assign(key, await addKey(ada));
});
beforeEach(async () => {
  await db.query.delete(schema.decisions);
  await setSettings({ git_audit_events: true });
});
afterAll(() => setSettings(null));

const path = "/internal/shellhorse/git_audit_event";
/** As gitlab-shell tells of a fetch: the user by name, the key as a number. */
const told = (json: Record<string, unknown> = {}) => ({
  action: "git-upload-pack",
  protocol: "ssh",
  gl_repository: `project-${project.id}`,
  username: "ada",
  key_id: key.id,
  changes: "_any",
  packfile_stats: { wants: 3 },
  ...json,
});
const send = (json: Record<string, unknown> = {}, swap: Parameters<typeof shellCall>[2] = {}) =>
  shellCall(path, { json: told(json) }, swap);
const tell = async (json: Record<string, unknown> = {}, swap: Parameters<typeof shellCall>[2] = {}) => outcome(send(json, swap));
const recorded = (verb: string, action = "git-upload-pack", protocol = "ssh") => ({
  status: 200,
  body: { status: true, message: { protocol, action, verb } },
});
const notNeeded = { status: 200, body: { status: false, message: "No git audit event needed" } };
const events = async (query = ""): Promise<any[]> => (await asRoot("GET", `/operator/decisions${query}`)).body;

describe("what has happened is in the log of decisions", () => {
  it("C124: a clone, with all that is kept of a decision", async () => {
    const reply = await send({ check_ip: "192.0.2.7", packfile_stats: { payload_size: 9, packets: 1, wants: 100, caps: ["side-band"] } });
    expect({ status: reply.status, body: reply.body }).toEqual(recorded("clone"));
    expect(await events()).toEqual([
      allowedFetch(key, project, {
        call: "git_audit_event",
        verb: "clone",
        wants: 100,
        haves: 0,
        address: "192.0.2.7",
        request_id: reply.headers.get("X-Request-Id"),
      }),
    ]);
  });

  it("C124: a pull of somebody who had commits already, inside the group of a certificate", async () => {
    const json = { namespace_path: "engines", packfile_stats: { wants: 100, haves: 100 } };
    expect(await tell(json)).toEqual(recorded("pull"));
    expect(await events()).toMatchObject([{ call: "git_audit_event", verb: "pull", wants: 100, haves: 100, actor: `key-${key.id}` }]);
    expect(await tell({ ...json, namespace_path: "other" })).toEqual(missing(texts.project));
  });

  it("C125: without a key the user is known by name", async () => {
    expect(await tell({ key_id: undefined })).toEqual(recorded("clone"));
    expect(await events()).toMatchObject([{ actor: `user-${ada.id}`, username: "ada", key_fingerprint: null }]);
  });

  it("a push has no numbers, whatever is sent", async () => {
    for (const packfile_stats of [undefined, { wants: 5, haves: 5 }]) {
      expect(await tell({ action: "git-receive-pack", packfile_stats })).toEqual(recorded("push", "git-receive-pack"));
    }
    expect(await events()).toMatchObject([
      { verb: "push", wants: null, haves: null, ref_count: null },
      { verb: "push", wants: null, haves: null },
    ]);
  });

  it.each<[string, unknown, { wants: number; haves: number; verb: string }]>([
    ["nothing: zeros are left out", {}, { wants: 0, haves: 0, verb: "pull" }],
    ["left out", undefined, { wants: 0, haves: 0, verb: "pull" }],
    ["null", null, { wants: 0, haves: 0, verb: "pull" }],
    ["digits", { wants: "12", haves: "3" }, { wants: 12, haves: 3, verb: "pull" }],
    ["huge", { wants: 1e300, haves: "9".repeat(300) }, { wants: 9_007_199_254_740_991, haves: 9_007_199_254_740_991, verb: "pull" }],
    ["no numbers", { wants: [1], haves: { a: 1 } }, { wants: 0, haves: 0, verb: "pull" }],
    ["negative and broken", { wants: -1, haves: 0.5 }, { wants: 0, haves: 0, verb: "pull" }],
    ["a list", [1, 2], { wants: 0, haves: 0, verb: "pull" }],
    ["text", "wants", { wants: 0, haves: 0, verb: "pull" }],
  ])("packfile_stats: %s", async (_, packfile_stats, kept) => {
    expect(await tell({ packfile_stats })).toEqual(recorded(kept.verb));
    expect(await events()).toMatchObject([kept]);
  });

  it("as a form too", async () => {
    const form = `action=git-upload-pack&protocol=http&gl_repository=project-${project.id}&user_id=${ada.id}&changes=_any&packfile_stats[wants]=2`;
    const reply = await call("POST", path, { headers: shellHeaders, form });
    expect({ status: reply.status, body: reply.body }).toEqual(recorded("clone", "git-upload-pack", "http"));
  });

  it("of a deploy key, of a wiki, and of who may read what is public", async () => {
    const deploy = await addDeployKey(ada, [{ project }]);
    expect(await tell({ ...byKey(deploy), username: undefined })).toEqual(recorded("clone"));
    expect(await tell({ gl_repository: `wiki-${project.id}` })).toEqual(recorded("clone"));
    const open = await addProject(group, { visibility: "public" });
    expect(await tell({ key_id: undefined, username: undefined, gl_repository: `project-${open.id}` })).toEqual(recorded("clone"));
    expect(await events()).toMatchObject([
      { actor: null, username: null },
      { gl_repository: `wiki-${project.id}` },
      { actor: `key-${deploy.id}` },
    ]);
  });

  it("is found by call and verb, and in an export", async () => {
    await ask({ ...pull, ...byUser(ada), gl_repository: `project-${project.id}` });
    await tell();
    await tell({ packfile_stats: { wants: 1, haves: 1 } });
    await tell({ action: "git-receive-pack" });
    const verbs = async (query: string) => (await events(query)).map((row) => row.verb);
    expect(await verbs("?call=git_audit_event")).toEqual(["push", "pull", "clone"]);
    expect(await verbs("?call=allowed")).toEqual([null]);
    expect(await verbs("?verb=clone")).toEqual(["clone"]);
    expect(await verbs("?verb=push&actor=user-0")).toEqual([]);
    const lines = await asRoot("GET", "/operator/decisions?verb=pull", { headers: { Accept: "application/x-ndjson" } });
    expect(lines.body).toMatchObject({ call: "git_audit_event", verb: "pull", wants: 1, haves: 1 });
  });

  it("is there before the answer, each of two that come at once", async () => {
    await Promise.all([
      call("POST", path, { headers: shellHeaders, json: told() }),
      call("POST", path, { headers: shellHeaders, json: told() }),
    ]);
    expect(await db.query.select().from(schema.decisions)).toHaveLength(2);
  });
});

describe("what is malformed", () => {
  it.each(["action", "protocol", "gl_repository", "changes"])("%s missing or blank", async (name) => {
    for (const value of [undefined, null, "", "  ", "\n"]) expect(await tell({ [name]: value })).toEqual(malformed(`${name} is missing`));
    expect(await events()).toEqual([]);
  });

  it("several", async () => {
    const reply = await shellCall(path, { json: {} });
    expect(reply.body).toEqual({
      status: false,
      message: "400 Bad request - action is missing, protocol is missing, gl_repository is missing, changes is missing",
    });
  });

  it.each(["git_invalid_action", "git-upload-archive", "GIT-UPLOAD-PACK", "push", 5])("344: action %s", async (action) => {
    const answer = { status: 400, body: { status: false, message: "No valid action specified" } };
    expect(await tell({ action })).toEqual(answer);
    // Before anything is said about the repository, or asked about the caller's user.
    expect(await tell({ action, gl_repository: "nonsense", username: "nobody", key_id: undefined })).toEqual(answer);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ gl_repository: "nonsense" }, "gl_repository is invalid"],
    [{ gl_repository: "project-0" }, "gl_repository is invalid"],
    [{ gl_repository: "project-1\u0000" }, "gl_repository is invalid"],
    [{ gl_repository: { id: 1 } }, "gl_repository is invalid"],
    [{ protocol: ["ssh"] }, "protocol is invalid"],
    [{ action: "a".repeat(5000) }, "action is invalid"],
    [{ key_id: undefined, username: { a: 1 } }, "username is invalid"],
  ])("%j", async (json, text) => {
    expect(await tell(json)).toEqual(malformed(text));
  });

  it("C126: is told with a string message, as every refusal; Git has ended by then", async () => {
    for (const json of [{ action: "x" }, { gl_repository: "nonsense" }, { gl_repository: "project-987654321" }]) {
      expect((await send(json)).body).toEqual({ status: false, message: expect.any(String) });
    }
  });
});

describe("the access is judged as /allowed judges it", () => {
  it.each<[string, Record<string, unknown>, object]>([
    ["an unknown repository", { gl_repository: "project-987654321" }, missing(texts.project)],
    ["nobody, and a private project", { username: undefined, key_id: undefined }, missing(texts.project)],
    ["an unknown key", { key_id: 987_654_321 }, missing(texts.project)],
    ["a key that wins over the name", { key_id: "x", username: "ada" }, missing(texts.project)],
    ["a huge id", { key_id: 1e300 }, missing(texts.project)],
  ])("%s", async (_, json, expected) => {
    expect(await tell(json)).toEqual(expected);
    expect(await events()).toEqual([]);
  });

  it("a blocked user, a protocol that is switched off, a push that is not allowed", async () => {
    const eve = await addUser({ state: "blocked" });
    expect(await tell({ key_id: undefined, username: eve.username })).toEqual(refused("Your account has been blocked."));
    const guest = await addUser();
    await addMember(guest, { project }, 20);
    const who = { key_id: undefined, username: guest.username };
    expect(await tell({ ...who, action: "git-receive-pack" })).toEqual(refused(texts.push));
    expect(await tell(who)).toEqual(recorded("clone"));
    await setSettings({ git_audit_events: true, enabled_git_access_protocol: "http" });
    expect(await tell()).toEqual(refused("Git access over SSH is not allowed"));
    expect(await tell({ protocol: "http" })).toEqual(recorded("clone", "git-upload-pack", "http"));
  });

  it("an address that the group does not allow", async () => {
    const closed = await addGroup({ ipRestrictionRanges: "192.0.2.0/24" });
    const inner = await addProject(closed);
    await addMember(ada, { project: inner }, 30);
    const at = { gl_repository: `project-${inner.id}` };
    expect(await tell({ ...at, check_ip: "198.51.100.1" })).toEqual(missing(texts.project));
    expect(await tell({ ...at, check_ip: "192.0.2.1" })).toEqual(recorded("clone"));
  });

  it("changes that are named are judged, and counted", async () => {
    const push = { action: "git-receive-pack", username: undefined, ...byKey(key) };
    expect(await tell({ ...push, changes: "nonsense" })).toEqual(malformed("changes is invalid"));
    expect(await tell({ ...push, changes: someChanges.replace("master", "topic") })).toEqual(recorded("push", "git-receive-pack"));
    expect(await events()).toMatchObject([{ ref_count: 1 }]);
  });

  it("but no one-time password is asked for: it was, before", async () => {
    await setSettings({ git_audit_events: true, two_factor_for_cli: true });
    const careful = await addUser({ isTwoFactorEnabled: true });
    await addMember(careful, { project }, 30);
    const own = await addKey(careful);
    const at = { gl_repository: `project-${project.id}` };
    expect((await ask({ ...pull, ...byKey(own), ...at })).status).toBe(401);
    expect(await tell({ key_id: own.id, username: careful.username })).toEqual(recorded("clone"));
  });

  it("nor is it counted as an operation", async () => {
    const asked: unknown[] = [];
    const limiter = { limit: (options: unknown) => Promise.resolve(asked.push(options)).then(() => ({ success: false })) };
    expect(await tell({}, { GIT_OPERATIONS: limiter })).toEqual(recorded("clone"));
    expect(asked).toEqual([]);
  });

  it("nor is a project created", async () => {
    await addMember(ada, { group }, 50);
    const json = { action: "git-receive-pack", project: "engines/made" };
    expect(await tell({ ...json, gl_repository: undefined })).toEqual(malformed("gl_repository is missing"));
    expect(await tell({ ...json, gl_repository: "project-987654321" })).toEqual(missing(texts.project));
    expect((await asRoot("GET", "/projects/engines%2Fmade")).status).toBe(404);
  });
});

describe("nothing is wanted", () => {
  it.each<[string, Record<string, unknown> | null]>([
    ["git_audit_events is off, as by default", null],
    ["git_audit_events is off", { git_audit_events: false }],
    ["no decisions are kept", { git_audit_events: true, decision_log_days: 0 }],
  ])("%s", async (_, settings) => {
    await setSettings(settings);
    expect(await tell()).toEqual(notNeeded);
    expect(await tell({ gl_repository: "project-987654321" })).toEqual(missing(texts.project));
    expect(await db.query.select().from(schema.decisions)).toEqual([]);
  });

  it("on a read-only instance, where nothing is written", async () => {
    expect(await tell({}, { READ_ONLY: "on" })).toEqual(notNeeded);
    expect(await db.query.select().from(schema.decisions)).toEqual([]);
  });

  it("C48: and then /allowed asks for none", async () => {
    const needsAudit = async (action: string, swap = {}) =>
      (await ask({ ...pull, action, ...byKey(key), gl_repository: `project-${project.id}` }, swap)).body.need_audit;
    expect(await needsAudit("git-upload-pack")).toBe(true);
    expect(await needsAudit("git-receive-pack")).toBe(true);
    expect(await needsAudit("git-upload-archive")).toBe(false);
    expect(await needsAudit("git-upload-pack", { READ_ONLY: "on" })).toBe(false);
    await setSettings({ git_audit_events: true, decision_log_days: 0 });
    expect(await needsAudit("git-upload-pack")).toBe(false);
    await setSettings(null);
    expect(await needsAudit("git-upload-pack")).toBe(false);
  });
});

describe("when the database fails", () => {
  it("facts that cannot be loaded are the 503 of /allowed", async () => {
    const failing = {
      withSession: () => ({ prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error("D1_ERROR: down")) }),
    };
    const message = "The access check could not be completed. Please try again later.";
    expect(await tell({}, { DB: failing })).toEqual({ status: 503, body: { status: false, message } });
  });

  it("an event that cannot be written is not said to be", async () => {
    const session = env.DB.withSession("first-primary");
    const broken = () => Promise.reject(new Error("D1_ERROR: full"));
    const failing = {
      withSession: () => ({
        prepare: (text: string) =>
          /^\s*insert/i.test(text) ? { bind: () => ({ run: broken, all: broken, raw: broken }) } : session.prepare(text),
        batch: (statements: D1PreparedStatement[]) => session.batch(statements),
        getBookmark: () => null,
      }),
    };
    const message = "The audit event could not be recorded. Please try again later.";
    expect(await tell({}, { DB: failing })).toEqual({ status: 503, body: { status: false, message } });
    expect(await db.query.select().from(schema.decisions)).toEqual([]);
  });
});

describe("who may tell", () => {
  it("shell callers, by JWT too", async () => {
    const jwt = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("gitlab-shell")
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign(new TextEncoder().encode(testVars.GITLAB_SHELL_SECRET));
    const reply = await call("POST", path, { headers: { "Gitlab-Shell-Api-Request": jwt }, json: told() });
    expect({ status: reply.status, body: reply.body }).toEqual(recorded("clone"));
  });

  it("nobody else, before anything is said about the event", async () => {
    for (const json of [told(), {}, told({ action: "x" })]) {
      const reply = await call("POST", path, { json });
      expect({ status: reply.status, body: reply.body }).toEqual({ status: 401, body: { message: "401 Unauthorized" } });
    }
    expect((await asRoot("POST", path, { json: told() })).status).toBe(401);
    expect(await db.query.select().from(schema.decisions)).toEqual([]);
  });
});

it("costs two round trips: the facts, the event", async () => {
  const reply = await send();
  expect(reply.headers.get("Server-Timing")).toContain("2 trips");
});

it("is no longer than other calls but those that name what is pushed", async () => {
  const reply = await call("POST", path, { headers: shellHeaders, json: told({ changes: "a".repeat(1024 * 1024) }) });
  expect({ status: reply.status, message: reply.body.message }).toEqual({ status: 413, message: "413 Request Entity Too Large" });
});
