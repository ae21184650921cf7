import { env } from "cloudflare:workers";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { instanceKeys } from "../../src/auth/instance-key.ts";
import { verifyLfsToken } from "../../src/auth/lfs-token.ts";
import { configOf } from "../../src/config.ts";
import * as schema from "../../src/db/schema/index.ts";
import { asRoot, asShell, call } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db, type Project } from "../setup/world.ts";

let wget: Project;
let off: Project;

const path = "/internal/lfs_authenticate";
const ask = async (json: Record<string, unknown>) => {
  const { status, body } = await asShell("POST", path, { json });
  return { status, body };
};
const unknownContainer = { status: 404, body: { message: "404 Not Found" } };
const nobody = { status: 404, body: { message: "404 Not found" } };
const bad = (text: string) => ({ status: 400, body: { message: `400 Bad request - ${text}` } });
const here = { project: "gnuwget/wget2" };

beforeAll(async () => {
  const rubi = await addUser({ id: 7, username: "rubi", passwordStamp: "ijklmnopqrstuv12" });
  await addKey(rubi, { id: 11 });
  const group = await addGroup({ path: "gnuwget" });
  wget = await addProject(group, { path: "wget2" });
  off = await addProject(group, { path: "off", isLfsEnabled: false });
  await addDeployKey(rubi, [{ project: wget }], { id: 21 });
  await addKey(rubi, { id: 12, usage: "signing" });
  await addKey(null, { id: 13 });
  await db.query.insert(schema.snippets).values([
    { id: 3, title: "t", authorId: 7, projectId: wget.id },
    { id: 4, title: "t", authorId: 7 },
  ]);
  await db.query.insert(schema.redirectRoutes).values({ path: "old/wget", projectId: wget.id });
});

describe("accounts 10", () => {
  it("92, C117 a key and a path: the four fields, and no more", async () => {
    const reply = await asShell("POST", path, { json: { key_id: "11", project: "gnuwget/wget2", operation: "download" } });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    expect(reply.body).toEqual({
      username: "rubi",
      lfs_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      repository_http_path: "http://gitlab.example.test/gnuwget/wget2.git",
      expires_in: 1800,
    });
    const claims = decodeJwt(reply.body.lfs_token);
    expect(claims.exp! - claims.iat!).toBe(reply.body.expires_in);
    expect(Math.abs(claims.iat! - Date.now() / 1000)).toBeLessThan(60);
  });

  it("the sample of the base document, by form and by query", async () => {
    const form = await asShell("POST", path, { form: "key_id=11&project=gnuwget/wget2" });
    const query = await asShell("POST", `${path}?key_id=11&project=gnuwget/wget2`);
    for (const { status, body } of [form, query]) {
      expect({ status, username: body.username }).toEqual({ status: 200, username: "rubi" });
      expect(Object.keys(body)).toEqual(["username", "lfs_token", "repository_http_path", "expires_in"]);
    }
  });

  it("the token is signed for the user, and names the container", async () => {
    const { body } = await ask({ key_id: 11, ...here });
    expect(decodeProtectedHeader(body.lfs_token)).toEqual({ alg: "HS256", typ: "JWT" });
    const { data, jti, iat, nbf } = decodeJwt(body.lfs_token);
    expect(data).toEqual({ actor: "rubi", container_gid: `gid://gitlab/Project/${wget.id}` });
    expect(jti).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(nbf).toBe(iat! - 5);
    const [instanceKey] = instanceKeys(configOf(env).encryptionKeys, "lfs-tokens");
    expect(await verifyLfsToken(body.lfs_token, [`7ijklmnopqrstuv12${instanceKey.slice(0, 16)}`], new Date())).not.toBeNull();
  });

  it("two tokens of the same second differ", async () => {
    const [one, two] = await Promise.all([ask({ key_id: 11, ...here }), ask({ key_id: 11, ...here })]);
    expect(one.body.lfs_token).not.toBe(two.body.lfs_token);
  });

  it.each<[string, Record<string, unknown>]>([
    ["93 user_id", { user_id: 7, ...here }],
    ["user_id as text, as gitlab-shell sends it", { user_id: "7", ...here }],
    ["94 a leading slash and .git", { key_id: 11, project: "/gnuwget/wget2.git" }],
    ["another letter case", { key_id: 11, project: "GNUwget/Wget2" }],
    ["a former path", { key_id: 11, project: "old/wget.git" }],
    ["a user name, in any letter case", { username: "RUBI", ...here }],
    ["the identifier of a user", { identifier: "user-7", ...here }],
    ["the identifier of a key, which stands for its owner", { identifier: "key-11", ...here }],
    ["key_id before user_id", { key_id: 11, user_id: 999999, ...here }],
    ["104 somebody who is no member of a private project", { user_id: 7, ...here }],
  ])("%s: 200, for the same user and address", async (_, json) => {
    expect(await ask(json)).toMatchObject({
      status: 200,
      body: { username: "rubi", repository_http_path: "http://gitlab.example.test/gnuwget/wget2.git" },
    });
  });

  it.each<[string, (id: number) => Record<string, unknown>, string, string]>([
    ["gl_repository beats project", (id) => ({ gl_repository: `project-${id}`, project: "no/such" }), "", "Project"],
    ["a wiki by identifier", (id) => ({ gl_repository: `wiki-${id}` }), ".wiki", "ProjectWiki"],
    ["a wiki by path", () => ({ project: "gnuwget/wget2.wiki.git" }), ".wiki", "ProjectWiki"],
    ["a design by identifier", (id) => ({ gl_repository: `design-${id}` }), ".design", "DesignManagement::Repository"],
    ["a design by path", () => ({ project: "gnuwget/wget2.design" }), ".design", "DesignManagement::Repository"],
  ])("%s", async (_, json, suffix, model) => {
    const { status, body } = await ask({ key_id: 11, ...json(wget.id) });
    expect(status).toBe(200);
    expect(body.repository_http_path).toBe(`http://gitlab.example.test/gnuwget/wget2${suffix}.git`);
    expect(decodeJwt(body.lfs_token)["data"]).toEqual({ actor: "rubi", container_gid: `gid://gitlab/${model}/${wget.id}` });
  });

  it.each([
    ["102 by key_id", { key_id: 21 }],
    ["by identifier", { identifier: "key-21" }],
  ])("a deploy key gets a token of its own: %s", async (_, actor) => {
    const { status, body } = await ask({ ...actor, ...here });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      username: "lfs+deploy-key-21",
      repository_http_path: "http://gitlab.example.test/gnuwget/wget2.git",
      expires_in: 1800,
    });
  });

  it("nobody's state, and no key's end, is asked for: the LFS server does that", async () => {
    const user = await addUser({ state: "blocked" });
    const key = await addKey(user, { expiresAt: new Date(0) });
    expect(await ask({ key_id: key.id, ...here })).toMatchObject({ status: 200, body: { username: user.username } });
  });

  it.each<[string, Record<string, unknown>]>([
    ["96 no key, no user", {}],
    ["97 an unknown key", { key_id: 999999 }],
    ["98 an unknown user", { user_id: 999999 }],
    ["an unknown key, though the user is known", { key_id: 999999, user_id: 7 }],
    ["a key that only signs", { key_id: 12 }],
    ["a key of nobody", { key_id: 13 }],
    ["what is no id", { key_id: "11abc" }],
    ["a huge number", { user_id: 1e300 }],
    ["a list", { user_id: [7] }],
    ["an empty name", { username: "" }],
    ["a name with a NUL and half a letter", { username: "rubi\u0000\ud800" }],
    ["an identifier of nothing", { identifier: "group-7" }],
  ])("%s: the small f", async (_, json) => {
    expect(await ask({ ...json, ...here })).toEqual(nobody);
  });

  it.each<[string, Record<string, unknown>]>([
    ["100 an unknown path", { project: "no/such" }],
    ["101 a project's snippet", { gl_repository: "snippet-3" }],
    ["a project's snippet by path", { project: "gnuwget/wget2/snippets/3" }],
    ["a personal snippet", { gl_repository: "snippet-4" }],
    ["a personal snippet by path", { project: "snippets/4" }],
    ["a project that is not there", { gl_repository: "project-999999999" }],
    ["a number beyond all rows", { gl_repository: "project-99999999999999999999999" }],
    ["LFS is off", { project: "gnuwget/off" }],
    ["LFS is off, by the wiki", { project: "gnuwget/off.wiki" }],
    ["a group", { project: "gnuwget" }],
    ["odd letters", { project: "gnuwget/\u0000\ud800%_" }],
  ])("%s: the capital F, whoever asks", async (_, json) => {
    expect(await ask({ key_id: 11, ...json })).toEqual(unknownContainer);
    expect(await ask(json)).toEqual(unknownContainer);
  });

  it("LFS is off, by identifier", async () => {
    expect(await ask({ key_id: 11, gl_repository: `project-${off.id}` })).toEqual(unknownContainer);
  });

  it.each<[Record<string, unknown>, string]>([
    [{}, "project or gl_repository is missing"],
    [{ project: "", gl_repository: " " }, "project or gl_repository is missing"],
    [{ gl_repository: "whatever", ...here }, "gl_repository is invalid"],
    [{ gl_repository: "project-0" }, "gl_repository is invalid"],
    [{ gl_repository: "project-1x" }, "gl_repository is invalid"],
    [{ project: ["a/b"] }, "project is invalid"],
    [{ project: "a".repeat(5000) }, "project is invalid"],
  ])("%j: 400 %s", async (json, text) => {
    expect(await ask({ key_id: 11, ...json })).toEqual(bad(text));
  });

  it("without the secret: 401, before anything else", async () => {
    const { status, body } = await call("POST", path, { json: {} });
    expect({ status, body }).toEqual({ status: 401, body: { message: "401 Unauthorized" } });
  });

  it("a project that moved is found by both paths, and its address is today's", async () => {
    const project = await addProject(await addGroup({ path: "moving" }), { path: "before" });
    expect((await asRoot("PUT", `/projects/${project.id}`, { json: { path: "after" } })).status).toBe(200);
    for (const asked of ["moving/before", "moving/after"]) {
      expect((await ask({ key_id: 11, project: asked })).body.repository_http_path).toBe("http://gitlab.example.test/moving/after.git");
    }
  });

  it("the address is below the configured root for clones", async () => {
    const { body } = await shellCall(path, { json: { key_id: 11, ...here } }, { HTTP_CLONE_ROOT: "https://clone.example.test/git/" });
    expect(body).toMatchObject({ repository_http_path: "https://clone.example.test/git/gnuwget/wget2.git" });
  });
});

describe("116 the use of the key", () => {
  const hours = (count: number) => new Date(Date.now() - count * 3_600_000);
  const used = async (json: Record<string, unknown>, keyId: number, swap = {}) => {
    await shellCall(path, { json }, swap);
    const [row] = await db.query.all<{ at: number | null }>(sql`select last_used_at as at from keys where id = ${keyId}`);
    return row!.at;
  };
  const newKey = async (lastUsedAt: Date | null) => (await addKey(await addUser(), { lastUsedAt })).id;

  it.each([
    ["25 hours ago", 25],
    ["never", null],
  ])("is written down where it was %s", async (_, before) => {
    const id = await newKey(before === null ? null : hours(before));
    expect(Date.now() - (await used({ key_id: id, ...here }, id))!).toBeLessThan(60_000);
  });

  it("is not where it was an hour ago, the instance is read-only, or there is no such project", async () => {
    const recent = hours(1);
    const id = await newKey(recent);
    expect(await used({ key_id: id, ...here }, id)).toBe(recent.getTime());
    const never = await newKey(null);
    expect(await used({ key_id: never, ...here }, never, { READ_ONLY: "on" })).toBeNull();
    expect(await used({ key_id: never, project: "no/such" }, never)).toBeNull();
  });
});
