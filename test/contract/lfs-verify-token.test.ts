import { env } from "cloudflare:workers";
import { SignJWT, UnsecuredJWT } from "jose";
import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { instanceKeys } from "../../src/auth/instance-key.ts";
import { signLfsToken } from "../../src/auth/lfs-token.ts";
import { configOf } from "../../src/config.ts";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { newLfsClaims } from "../../src/domain/lfs/claims.ts";
import { holderSecret, type LfsHolder } from "../../src/domain/lfs/holder.ts";
import { asRoot, asShell, call } from "../setup/call.ts";
import { shellCall } from "../setup/swapped.ts";
import { testVars } from "../setup/vars.ts";
import { addDeployKey, addGroup, addKey, addProject, addUser, db, type Group, type Project } from "../setup/world.ts";

let ada: UserRow;
let group: Group;
let project: Project;
let other: Project;

const path = "/internal/lfs/verify_token";
const ask = async (json: Record<string, unknown>) => {
  const { status, body } = await asShell("POST", path, { json });
  return { status, body };
};
const valid = (actor: string, glRepository: string | null) => ({ status: 200, body: { valid: true, actor, gl_repository: glRepository } });
const invalid = { status: 200, body: { valid: false } };

/** A token as git-lfs-authenticate gets it. */
async function tokenOf(actor: Record<string, unknown>, of: string = project.fullPath): Promise<{ username: string; token: string }> {
  const { status, body } = await asShell("POST", "/internal/lfs_authenticate", { json: { ...actor, project: of } });
  expect(status).toBe(200);
  return { username: body.username, token: body.lfs_token };
}

const [instanceKey] = instanceKeys(configOf(env).encryptionKeys, "lfs-tokens");
const holderOf = ({ id, username, passwordStamp }: UserRow): LfsHolder => ({ kind: "user", id, username, passwordStamp });
/** A token that is signed as ours are, with claims of one's own. */
const sign = (holder: LfsHolder, claims: Record<string, unknown>) =>
  signLfsToken(claims as ReturnType<typeof newLfsClaims>, holderSecret(holder, instanceKey));
const claimsAt = (when: Date) => newLfsClaims(holderOf(ada), { type: "project", id: project.id }, crypto.randomUUID(), when);
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000);

beforeAll(async () => {
  ada = await addUser({ username: "ada", passwordStamp: "ijklmnopqrstuv12" });
  group = await addGroup({ path: "engines" });
  project = await addProject(group, { path: "analytical" });
  other = await addProject(group, { path: "difference" });
  await db.query.insert(schema.snippets).values({ id: 3, title: "t", authorId: ada.id, projectId: project.id });
});

describe("accounts 10.2: a token of ours", () => {
  it("105 of a user says who it is, and for which repository", async () => {
    const reply = await asShell("POST", path, { json: await tokenOf({ user_id: ada.id }) });
    expect({ status: reply.status, body: reply.body }).toEqual(valid(`user-${ada.id}`, `project-${project.id}`));
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
  });

  it("of a user's key is the user's", async () => {
    const key = await addKey(ada);
    expect(await ask(await tokenOf({ key_id: key.id }))).toEqual(valid(`user-${ada.id}`, `project-${project.id}`));
  });

  it("of a deploy key is the key's", async () => {
    const key = await addDeployKey(ada, [{ project }]);
    const shown = await tokenOf({ key_id: key.id });
    expect(shown.username).toBe(`lfs+deploy-key-${key.id}`);
    expect(await ask(shown)).toEqual(valid(`key-${key.id}`, `project-${project.id}`));
  });

  it("of a wiki and of designs names these", async () => {
    expect(await ask(await tokenOf({ user_id: ada.id }, "engines/analytical.wiki"))).toEqual(valid(`user-${ada.id}`, `wiki-${project.id}`));
    expect(await ask(await tokenOf({ user_id: ada.id }, "engines/analytical.design"))).toEqual(
      valid(`user-${ada.id}`, `design-${project.id}`),
    );
  });

  it("is good again and again, by form too", async () => {
    const { username, token } = await tokenOf({ user_id: ada.id });
    const form = new URLSearchParams({ username, token }).toString();
    for (const reply of await Promise.all([asShell("POST", path, { form }), asShell("POST", path, { form })])) {
      expect(reply.body.valid).toBe(true);
    }
  });

  it.each<[string, () => Record<string, unknown>]>([
    ["its path", () => ({ project: "engines/analytical" })],
    ["its path as Git has it", () => ({ project: "/Engines/Analytical.git" })],
    ["its identifier", () => ({ gl_repository: `project-${project.id}` })],
    ["its identifier, and somebody else's path", () => ({ gl_repository: `project-${project.id}`, project: other.fullPath })],
    ["nothing that is filled", () => ({ gl_repository: "", project: null })],
  ])("is good for its repository, named by %s", async (_, named) => {
    const shown = await tokenOf({ user_id: ada.id });
    expect(await ask({ ...shown, ...named() })).toEqual(valid(`user-${ada.id}`, `project-${project.id}`));
  });

  it.each<[string, () => Record<string, unknown>]>([
    ["another project", () => ({ project: "engines/difference" })],
    ["another project by identifier", () => ({ gl_repository: `project-${other.id}` })],
    ["another project by identifier, and its own path", () => ({ gl_repository: `project-${other.id}`, project: project.fullPath })],
    ["its wiki", () => ({ gl_repository: `wiki-${project.id}` })],
    ["its designs", () => ({ project: "engines/analytical.design" })],
    ["a snippet of it", () => ({ gl_repository: "snippet-3" })],
    ["a path that leads nowhere", () => ({ project: "no/such" })],
    ["a project that is not there", () => ({ gl_repository: "project-999999999" })],
    ["no identifier", () => ({ gl_repository: "whatever" })],
    ["no identifier, and its own path", () => ({ gl_repository: "whatever", project: project.fullPath })],
    ["a number", () => ({ gl_repository: project.id })],
    ["a list", () => ({ project: [project.fullPath] })],
    ["a very long path", () => ({ project: "a/".repeat(100_000) })],
    ["odd letters", () => ({ project: "engines/analytical\u0000\ud800" })],
  ])("is not good for %s", async (_, named) => {
    const shown = await tokenOf({ user_id: ada.id });
    expect(await ask({ ...shown, ...named() })).toEqual(invalid);
  });

  it("112 without a container is good for any that there is", async () => {
    const { data, ...times } = claimsAt(new Date());
    const shown = { username: "ada", token: await sign(holderOf(ada), { ...times, data: { actor: data.actor } }) };
    const answer = valid(`user-${ada.id}`, null);
    expect(await ask(shown)).toEqual(answer);
    expect(await ask({ ...shown, gl_repository: `project-${other.id}` })).toEqual(answer);
    expect(await ask({ ...shown, gl_repository: "project-999999999" })).toEqual(invalid);
  });

  it("108 is good until a minute after its end, and from a minute before its beginning", async () => {
    const shown = async (when: Date) => ask({ username: "ada", token: await sign(holderOf(ada), claimsAt(when)) });
    expect((await shown(secondsAgo(1800 + 30))).body.valid).toBe(true);
    expect(await shown(secondsAgo(1800 + 61))).toEqual(invalid);
    expect((await shown(secondsAgo(-50))).body.valid).toBe(true);
    expect(await shown(secondsAgo(-120))).toEqual(invalid);
  });
});

describe("what ends a token", () => {
  const newcomer = async () => {
    const user = await addUser();
    return { user, shown: await tokenOf({ user_id: user.id }) };
  };

  it("a new password, and only that of its user", async () => {
    const [{ user, shown }, untouched] = [await newcomer(), await newcomer()];
    expect((await ask(shown)).body.valid).toBe(true);
    expect((await asRoot("PUT", `/users/${user.id}`, { json: { password: "another long password" } })).status).toBe(200);
    expect(await ask(shown)).toEqual(invalid);
    expect((await ask(untouched.shown)).body.valid).toBe(true);
    expect((await ask(await tokenOf({ user_id: user.id }))).body.valid).toBe(true);
  });

  it("a new name: neither the old one nor the new one has it", async () => {
    const { user, shown } = await newcomer();
    expect((await asRoot("PUT", `/users/${user.id}`, { json: { username: "renamed" } })).status).toBe(200);
    expect(await ask(shown)).toEqual(invalid);
    expect(await ask({ ...shown, username: "renamed" })).toEqual(invalid);
    await addUser({ username: shown.username, email: "successor@example.test", passwordStamp: user.passwordStamp });
    expect(await ask(shown)).toEqual(invalid);
  });

  it("109 whatever keeps its user from Git", async () => {
    for (const change of [
      { state: "blocked" },
      { state: "banned" },
      { state: "deactivated" },
      { state: "ldap_blocked" },
      { state: "blocked_pending_approval" },
      { isLocked: true },
      { lockedUntil: new Date(Date.now() + 600_000) },
      { confirmedAt: null },
      { userType: "ghost" },
    ] as const) {
      const { user, shown } = await newcomer();
      await db.query.update(schema.users).set(change).where(eq(schema.users.id, user.id));
      expect([change, await ask(shown)]).toEqual([change, invalid]);
    }
  });

  it("a lock that is over does not, nor do terms that were not accepted", async () => {
    const { user, shown } = await newcomer();
    await db.query
      .update(schema.users)
      .set({ lockedUntil: secondsAgo(1), termsAcceptedAt: null })
      .where(eq(schema.users.id, user.id));
    await db.query.update(schema.settings).set({ values: { enforce_terms: true } });
    const reply = await ask(shown);
    await db.query.update(schema.settings).set({ values: {} });
    expect(reply.body.valid).toBe(true);
  });

  it("the end of its deploy key, though a user's key has the number then", async () => {
    const key = await addDeployKey(null, [{ project }]);
    const shown = await tokenOf({ key_id: key.id });
    expect((await ask(shown)).body.valid).toBe(true);
    await db.query.update(schema.keys).set({ kind: "user", userId: ada.id }).where(eq(schema.keys.id, key.id));
    expect(await ask(shown)).toEqual(invalid);
    await db.query.run(sql`delete from deploy_key_projects where deploy_key_id = ${key.id}`);
    await db.query.run(sql`delete from keys where id = ${key.id}`);
    expect(await ask(shown)).toEqual(invalid);
    const successor = await addDeployKey(null, [{ project }], { id: key.id });
    expect(successor.fingerprintSha256).not.toBe(key.fingerprintSha256);
    expect(await ask(shown)).toEqual(invalid);
  });

  it("not that its project moves: it goes with the project, and is not for what takes its place", async () => {
    const moving = await addProject(group, { path: "moving" });
    const shown = await tokenOf({ user_id: ada.id }, "engines/moving");
    expect((await asRoot("PUT", `/projects/${moving.id}`, { json: { path: "moved" } })).status).toBe(200);
    for (const named of ["engines/moving", "engines/moved"]) {
      expect(await ask({ ...shown, project: named })).toEqual(valid(`user-${ada.id}`, `project-${moving.id}`));
    }
    const successor = await asRoot("POST", "/projects", { json: { name: "moving", namespace_id: group.id } });
    expect(successor.status).toBe(201);
    expect(await ask({ ...shown, project: "engines/moving" })).toEqual(invalid);
  });

  it("another encryption key, but not while the one before is at hand", async () => {
    const json = await tokenOf({ user_id: ada.id });
    const renewed = { GATEHOUSE_ENCRYPTION_KEY: btoa("another key of thirty-two bytes!") };
    expect((await shellCall(path, { json }, renewed)).body).toEqual({ valid: false });
    const both = { ...renewed, GATEHOUSE_ENCRYPTION_KEY_OLD: testVars.GATEHOUSE_ENCRYPTION_KEY };
    expect((await shellCall(path, { json }, both)).body).toMatchObject({ valid: true });
  });
});

/** Somebody with a token of their own, or with none, who wants to be taken for somebody else. */
describe("a forger", () => {
  it("106 does not get on with their own token under another name, in another letter case, or by number", async () => {
    const eve = await addUser({ username: "eve" });
    const { token } = await tokenOf({ user_id: eve.id });
    for (const username of ["ada", "Eve", "EVE", "eve ", `user-${eve.id}`, String(eve.id), "eve\u0000", "", "%", "lfs+deploy-key-1"]) {
      expect([username, await ask({ username, token })]).toEqual([username, invalid]);
    }
  });

  it("does not get on with a token in which they name somebody else", async () => {
    const eve = await addUser();
    const claims = claimsAt(new Date());
    expect(await ask({ username: "ada", token: await sign(holderOf(eve), claims) })).toEqual(invalid);
    expect(await ask({ username: eve.username, token: await sign(holderOf(eve), claims) })).toEqual(invalid);
  });

  it("with the number 2 and the right stamp does not pass for 29", async () => {
    const id = ada.id + 1000;
    const victim = await addUser({ id: id * 10 + 9, passwordStamp: "jklmnopqrstuv12" });
    const eve = await addUser({ id, passwordStamp: "9jklmnopqrstuv12" });
    expect(holderSecret(holderOf(eve), instanceKey)).toBe(holderSecret(holderOf(victim), instanceKey));
    const { token } = await tokenOf({ user_id: eve.id });
    expect((await ask({ username: eve.username, token })).body.actor).toBe(`user-${eve.id}`);
    expect(await ask({ username: victim.username, token })).toEqual(invalid);
  });

  it("does not choose how the token is checked", async () => {
    const claims = claimsAt(new Date());
    const secret = new TextEncoder().encode(holderSecret(holderOf(ada), instanceKey).repeat(2));
    for (const token of [
      new UnsecuredJWT(claims).encode(),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(secret),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new Uint8Array(32)),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(instanceKey)),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(testVars.GITLAB_SHELL_SECRET)),
    ]) {
      expect(await ask({ username: "ada", token })).toEqual(invalid);
    }
  });

  it("does not change what is in a token", async () => {
    const { token } = await tokenOf({ user_id: ada.id });
    const [head, body, signature] = token.split(".") as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
    for (const change of [{ data: { actor: "ada" } }, { exp: 9_999_999_999 }, { nbf: 0 }]) {
      const changed = Buffer.from(JSON.stringify({ ...claims, ...change })).toString("base64url");
      expect(await ask({ username: "ada", token: `${head}.${changed}.${signature}` })).toEqual(invalid);
    }
  });

  it.each<[string, unknown]>([
    ["nothing", ""],
    ["no token", "whatever"],
    ["half a megabyte", "a.".repeat(250_000)],
    ["odd letters", "\u0000\ud800.💥.é"],
  ])("does not get on with %s", async (_, token) => {
    expect(await ask({ username: "ada", token })).toEqual(invalid);
  });

  it("does not get on with a name of half a megabyte", async () => {
    const { token } = await tokenOf({ user_id: ada.id });
    expect(await ask({ username: "a".repeat(500_000), token })).toEqual(invalid);
  });
});

describe("what is asked", () => {
  it.each<[Record<string, unknown>, string]>([
    [{}, "username is missing, token is missing"],
    [{ token: "t" }, "username is missing"],
    [{ username: "ada" }, "token is missing"],
    [{ username: null, token: "t" }, "username is missing"],
    [{ username: "ada", token: 1 }, "token is missing"],
    [{ username: ["ada"], token: "t" }, "username is missing"],
    [{ username: "ada", token: { a: "b" } }, "token is missing"],
  ])("%j: 400 %s", async (json, text) => {
    expect(await ask(json)).toEqual({ status: 400, body: { message: `400 Bad request - ${text}` } });
  });

  it("without the secret: 401", async () => {
    const { status, body } = await call("POST", path, { json: { username: "ada", token: "t" } });
    expect({ status, body }).toEqual({ status: 401, body: { message: "401 Unauthorized" } });
  });

  it("is not logged", async () => {
    const written: unknown[] = [];
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...words) => void written.push(...words)),
    );
    const { username, token } = await tokenOf({ user_id: ada.id });
    await shellCall(path, { json: { username, token } });
    await shellCall(path, { json: { username, token: `${token}x` } });
    for (const spy of spies) spy.mockRestore();
    expect(JSON.stringify(written)).not.toContain(token.slice(0, 60));
  });
});
