import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { removeDeployKey } from "../../src/db/deploy-keys.ts";
import { deployKeyProjects, keys, protectedBranches, protectedRefAccessLevels, protectedTags } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addShare,
  addToken,
  addUser,
  dayFromNow,
  db,
  newKeyLine,
  unique,
  type Group,
  type Project,
} from "../setup/world.ts";

const k5 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc3xOVNn5nM/6mDecs88LgWlIc1dFSDUkFS7QoHk7Yl deploy";

let ada: UserRow;
let bob: UserRow;
let group: Group;
let project: Project;
let asAda: ReturnType<typeof withToken>;
let asBob: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;
let path: string;

beforeAll(async () => {
  [ada, bob] = [await addUser(), await addUser()];
  [asAda, asBob, asEve] = [withToken(await addToken(ada)), withToken(await addToken(bob)), withToken(await addToken(await addUser()))];
  group = await addGroup();
  project = await addProject(group);
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  path = `/projects/${project.id}/deploy_keys`;
});

const pathOf = (on: Project) => `/projects/${on.id}/deploy_keys`;
const keyExists = async (id: number) => (await db.query.select().from(keys).where(eq(keys.id, id))).length === 1;
const linksOf = async (keyId: number) =>
  (await db.query.select().from(deployKeyProjects).where(eq(deployKeyProjects.deployKeyId, keyId))).map((link) => [
    link.projectId,
    link.canPush,
  ]);
const isSound = async () => expect(await db.query.all(sql`pragma foreign_key_check`)).toEqual([]);

/** A project of its own that Bob maintains. */
async function bobsProject(): Promise<Project> {
  const own = await addProject(group);
  await addMember(bob, { project: own }, 40);
  return own;
}

const enable = (by: ReturnType<typeof withToken>, on: Project, id: number | string) =>
  by("POST", `${pathOf(on)}/${id}/enable`, { raw: "", headers: { "Content-Type": "application/json" } });

/** Rules of a project that name a deploy key; answers how many of them still do. */
async function addRules(on: Project, keyId: number): Promise<() => Promise<number>> {
  const [branch] = await db.query
    .insert(protectedBranches)
    .values({ projectId: on.id, name: unique("branch") })
    .returning();
  const [tag] = await db.query
    .insert(protectedTags)
    .values({ projectId: on.id, name: unique("tag") })
    .returning();
  const rules = await db.query
    .insert(protectedRefAccessLevels)
    .values([
      { protectedBranchId: branch!.id, action: "push", deployKeyId: keyId },
      { protectedBranchId: branch!.id, action: "merge", accessLevel: 40 },
      { protectedTagId: tag!.id, action: "create", deployKeyId: keyId },
    ])
    .returning();
  return async () => {
    const left = await db.query.select().from(protectedRefAccessLevels);
    return left.filter((level) => rules.some((rule) => rule.id === level.id)).length;
  };
}

describe("GET /projects/:id/deploy_keys", () => {
  it("lists what is enabled here, in pages, each as it is shown by itself", async () => {
    const own = await bobsProject();
    const first = await asBob("POST", pathOf(own), { json: { title: "robot", key: k5, can_push: true } });
    const second = await addDeployKey(null, [{ project: own }, { project, canPush: true }], { isPublic: true });
    await addDeployKey(null, [{ project }]);
    const reply = await asBob("GET", `${pathOf(own)}?per_page=1`);
    expect([reply.status, reply.body]).toEqual([200, [first.body]]);
    expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual(["2", "2"]);
    const next = await asBob("GET", `${pathOf(own)}?per_page=1&page=2`);
    expect(next.body).toEqual([(await asBob("GET", `${pathOf(own)}/${second.id}`)).body]);
    expect(next.body[0]).toMatchObject({ id: second.id, can_push: false });
    expect((await asBob("GET", `${pathOf(own)}?page=3`)).body).toEqual([]);
  });

  it("is for maintainers", async () => {
    expect((await asAda("GET", path)).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("GET", path)).body).toEqual({ message: "404 Project Not Found" });
    expect((await call("GET", path)).body).toEqual({ message: "401 Unauthorized" });
    expect((await asRoot("GET", path)).status).toBe(200);
  });

  it("has numbered pages only", async () => {
    const reply = await asBob("GET", `${path}?pagination=keyset`);
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it("asks the database four times: caller, project, memberships, and the page with its count", async () => {
    expect((await asRoot("GET", path)).headers.get("Server-Timing")).toContain("4 trips");
  });
});

describe("PUT /projects/:id/deploy_keys/:key_id", () => {
  it("232 changes whether it may push, on this project alone", async () => {
    const other = await addProject(group);
    const key = await addDeployKey(null, [
      { project, canPush: true },
      { project: other, canPush: true },
    ]);
    const before = await asBob("GET", `${path}/${key.id}`);
    const reply = await asBob("PUT", `${path}/${key.id}`, { json: { can_push: false } });
    expect([reply.status, reply.body]).toEqual([200, { ...before.body, can_push: false }]);
    expect(await linksOf(key.id)).toEqual([
      [project.id, false],
      [other.id, true],
    ]);
  });

  it("changes the title, everywhere, and leaves what is not given", async () => {
    const other = await bobsProject();
    const key = await addDeployKey(null, [{ project, canPush: true }, { project: other }]);
    const reply = await asBob("PUT", `${path}/${key.id}`, { json: { title: "renamed", can_push: null } });
    expect([reply.status, reply.body]).toMatchObject([200, { id: key.id, title: "renamed", can_push: true }]);
    expect((await asRoot("GET", `${pathOf(other)}/${key.id}`)).body.title).toBe("renamed");
    const both = await asBob("PUT", `${path}/${key.id}`, { form: "title=both&can_push=0" });
    expect(both.body).toMatchObject({ title: "both", can_push: false });
  });

  it("the title of a public key is for administrators: from others it is ignored", async () => {
    const key = await addDeployKey(null, [{ project }], { isPublic: true, title: "everybody's" });
    for (const title of ["mine", "", "x".repeat(300)]) {
      const reply = await asBob("PUT", `${path}/${key.id}`, { json: { title, can_push: true } });
      expect([reply.status, reply.body]).toMatchObject([200, { title: "everybody's", can_push: true }]);
    }
    expect((await asBob("PUT", `${path}/${key.id}`, { json: { title: "mine" } })).body.title).toBe("everybody's");
    expect((await asRoot("PUT", `${path}/${key.id}`, { json: { title: "renamed" } })).body.title).toBe("renamed");
  });

  it("the title of a key is for those who maintain all its projects: from others it is ignored", async () => {
    const elsewhere = await addProject(await addGroup());
    const key = await addDeployKey(null, [{ project: elsewhere }], { title: "theirs" });
    await addMember(bob, { project: elsewhere }, 10);
    expect((await enable(asBob, project, key.id)).status).toBe(201);
    for (const title of ["mine", "", "x".repeat(300)]) {
      const reply = await asBob("PUT", `${path}/${key.id}`, { json: { title, can_push: true } });
      expect([reply.status, reply.body]).toMatchObject([200, { title: "theirs", can_push: true }]);
    }
    expect((await asRoot("GET", `${pathOf(elsewhere)}/${key.id}`)).body).toMatchObject({ title: "theirs", can_push: false });
    expect((await asRoot("PUT", `${path}/${key.id}`, { json: { title: "root's" } })).body.title).toBe("root's");
    await asRoot("DELETE", `${pathOf(elsewhere)}/${key.id}`);
    expect((await asBob("PUT", `${path}/${key.id}`, { json: { title: "alone" } })).body.title).toBe("alone");
  });

  it("one maintains a project by any role that counts today, also by invitation and by owning the place", async () => {
    const invited = await addGroup();
    await addMember(bob, { group: invited }, 50);
    const inherited = await addGroup();
    await addMember(bob, { group: inherited }, 40);
    const [shared, capped] = [await addProject(await addGroup()), await addProject(await addGroup())];
    await addShare(invited, { project: shared }, 40);
    await addShare(invited, { project: capped }, 30);
    const past = await addProject(await addGroup());
    await addMember(bob, { project: past }, 40, { expiresAt: dayFromNow(-1) });
    const maintained = [await addProject(await addGroup({ parent: inherited })), shared, await addProject(bob)];
    const key = await addDeployKey(
      null,
      [project, ...maintained].map((on) => ({ project: on })),
    );
    expect((await asBob("PUT", `${path}/${key.id}`, { json: { title: "all mine" } })).body.title).toBe("all mine");
    for (const place of [capped, past]) {
      await asRoot("POST", `${pathOf(place)}/${key.id}/enable`);
      expect((await asBob("PUT", `${path}/${key.id}`, { json: { title: "not mine" } })).body.title).toBe("all mine");
      await asRoot("DELETE", `${pathOf(place)}/${key.id}`);
    }
  });

  it("234 refuses a blank title, and one that is too long, and then changes nothing", async () => {
    const key = await addDeployKey(null, [{ project }]);
    for (const title of ["", "  "]) {
      const reply = await asRoot("PUT", `${path}/${key.id}`, { json: { title, can_push: true } });
      expect([reply.status, reply.body]).toEqual([400, { message: { title: ["can't be blank"] } }]);
    }
    const long = await asBob("PUT", `${path}/${key.id}`, { json: { title: "x".repeat(256), can_push: true } });
    expect([long.status, long.body]).toEqual([400, { message: { title: ["is too long (maximum is 255 characters)"] } }]);
    expect((await asBob("GET", `${path}/${key.id}`)).body).toMatchObject({ title: key.title, can_push: false });
  });

  it("wants something to change, of the right kind", async () => {
    const key = await addDeployKey(null, [{ project }]);
    for (const json of [{}, { title: null }, { key: newKeyLine() }]) {
      const reply = await asBob("PUT", `${path}/${key.id}`, { json });
      const error = "title, can_push are missing, at least one parameter must be provided";
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    }
    expect((await asBob("PUT", `${path}/${key.id}`, { json: { can_push: "maybe" } })).body).toEqual({ error: "can_push is invalid" });
    expect((await asBob("PUT", `${path}/${key.id}`, { json: { title: {} } })).body).toEqual({ error: "title is invalid" });
  });

  it("asks the database four times, and once more where the title changes", async () => {
    const key = await addDeployKey(null, [{ project }]);
    const cost = async (json: object) => (await asRoot("PUT", `${path}/${key.id}`, { json })).headers.get("Server-Timing");
    expect(await cost({ can_push: true })).toContain("4 trips");
    expect(await cost({ title: "renamed" })).toContain("5 trips");
  });

  it("finds only deploy keys of the project, for maintainers", async () => {
    const key = await addDeployKey(null, [{ project }]);
    const foreign = await addDeployKey(null, [{ project: await addProject(group) }]);
    const personal = await addKey(bob);
    const json = { title: "taken over", can_push: true };
    for (const id of [404_404, foreign.id, personal.id, "x", "99999999999999999999"]) {
      const reply = await asBob("PUT", `${path}/${id}`, { json });
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Not found" }]);
    }
    expect((await asAda("PUT", `${path}/${key.id}`, { json })).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("PUT", `${path}/${key.id}`, { json })).body).toEqual({ message: "404 Project Not Found" });
    const titles = await db.query.select().from(keys).where(eq(keys.title, "taken over"));
    expect(titles).toEqual([]);
  });
});

describe("POST /projects/:id/deploy_keys/:key_id/enable", () => {
  it("235 enables a key of another project of the caller, to read", async () => {
    const key = await addDeployKey(null, [{ project, canPush: true }], { title: "robot", line: newKeyLine() });
    const open = await addGroup({ visibility: "public" });
    const own = await addProject(open, { visibility: "public" });
    await addMember(bob, { project: own }, 40);
    const reply = await enable(asBob, own, key.id);
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({ ...(await asBob("GET", `${path}/${key.id}`)).body, can_push: false });
    expect(await linksOf(key.id)).toEqual([
      [project.id, true],
      [own.id, false],
    ]);
  });

  it("leaves a key that is enabled already as it is, also when asked three times at once", async () => {
    const own = await bobsProject();
    const key = await addDeployKey(null, [{ project: own, canPush: true }]);
    const again = await enable(asBob, own, key.id);
    expect([again.status, again.body.can_push]).toEqual([201, true]);
    const open = await addDeployKey(null, [], { isPublic: true });
    const replies = await Promise.all([1, 2, 3].map(() => enable(asBob, own, open.id)));
    expect(replies.map((reply) => [reply.status, reply.body.id])).toEqual([1, 2, 3].map(() => [201, open.id]));
    expect(await linksOf(open.id)).toEqual([[own.id, false]]);
  });

  it("a key is open by any role that counts today, by owning the place, by being public, and to administrators", async () => {
    const own = await bobsProject();
    const inGroup = await addGroup();
    await addMember(bob, { group: inGroup }, 10);
    const invited = await addGroup();
    await addMember(bob, { group: invited }, 30);
    const shared = await addProject(await addGroup());
    await addShare(invited, { project: shared }, 10);
    const places = [await addProject(inGroup), shared, await addProject(bob)];
    for (const place of places) expect((await enable(asBob, own, (await addDeployKey(null, [{ project: place }])).id)).status).toBe(201);
    expect((await enable(asBob, own, (await addDeployKey(null, [], { isPublic: true })).id)).status).toBe(201);
    const hidden = await addDeployKey(null, [{ project: await addProject(await addGroup()) }]);
    expect((await enable(asRoot, own, hidden.id)).status).toBe(201);
  });

  it("is no key of a project that the caller is not in, nor of a user, nor of nobody", async () => {
    const own = await bobsProject();
    const past = await addProject(group);
    await addMember(bob, { project: past }, 40, { expiresAt: dayFromNow(-1) });
    const minimal = await addProject(group);
    await addMember(bob, { project: minimal }, 5);
    const visible = await addProject(await addGroup({ visibility: "public" }), { visibility: "public" });
    const hidden = await addProject(await addGroup());
    const foreign = await Promise.all([past, minimal, visible, hidden].map((place) => addDeployKey(null, [{ project: place }])));
    const personal = [await addKey(bob), await addKey(ada)];
    for (const id of [...foreign.map((key) => key.id), ...personal.map((key) => key.id), 404_404, "x", "99999999999999999999"]) {
      const reply = await enable(asBob, own, id);
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Deploy Key Not Found" }]);
    }
    expect((await asBob("GET", pathOf(own))).body).toEqual([]);
  });

  it("is for maintainers", async () => {
    const key = await addDeployKey(null, [], { isPublic: true });
    expect((await enable(asAda, project, key.id)).body).toEqual({ message: "403 Forbidden" });
    expect((await enable(asEve, project, key.id)).body).toEqual({ message: "404 Project Not Found" });
  });
});

describe("DELETE /projects/:id/deploy_keys/:key_id", () => {
  it("takes the last project's key away for good, and with it the rules that name it", async () => {
    const key = await addDeployKey(bob, [{ project, canPush: true }]);
    const rules = await addRules(project, key.id);
    const reply = await asBob("DELETE", `${path}/${key.id}`, { json: {} });
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    expect(await keyExists(key.id)).toBe(false);
    expect(await rules()).toBe(1);
    await isSound();
    const again = await asBob("DELETE", `${path}/${key.id}`);
    expect([again.status, again.body]).toEqual([404, { message: "404 Deploy Key Not Found" }]);
    const anew = await asBob("POST", path, { json: { title: "t", key: `${key.algorithm} ${key.blob}` } });
    expect(anew.status).toBe(201);
    expect(anew.body.id).not.toBe(key.id);
  });

  it("keeps a key that another project has, and that project's rules; a second enabling opens no protected ref", async () => {
    const other = await bobsProject();
    const key = await addDeployKey(null, [
      { project, canPush: true },
      { project: other, canPush: true },
    ]);
    const [here, there] = [await addRules(project, key.id), await addRules(other, key.id)];
    expect((await asBob("DELETE", `${path}/${key.id}`)).status).toBe(204);
    expect(await linksOf(key.id)).toEqual([[other.id, true]]);
    expect([await here(), await there()]).toEqual([1, 3]);
    expect((await asBob("DELETE", `${pathOf(other)}/${key.id}`)).status).toBe(204);
    expect(await keyExists(key.id)).toBe(false);
    expect(await there()).toBe(1);
    await isSound();
  });

  it("keeps a public key, without any project", async () => {
    const key = await addDeployKey(null, [{ project }], { isPublic: true });
    const rules = await addRules(project, key.id);
    expect((await asBob("DELETE", `${path}/${key.id}`)).status).toBe(204);
    expect([await keyExists(key.id), await linksOf(key.id), await rules()]).toEqual([true, [], 1]);
  });

  it("two projects that drop a key at once leave nothing of it", async () => {
    const projects = [await bobsProject(), await bobsProject(), await bobsProject()];
    const key = await addDeployKey(
      null,
      projects.map((on) => ({ project: on })),
    );
    const rules = await Promise.all(projects.map((on) => addRules(on, key.id)));
    const replies = await Promise.all(projects.map((on) => asBob("DELETE", `${pathOf(on)}/${key.id}`)));
    expect(replies.map((reply) => reply.status)).toEqual([204, 204, 204]);
    expect([await keyExists(key.id), await linksOf(key.id)]).toEqual([false, []]);
    expect(await Promise.all(rules.map((left) => left()))).toEqual([1, 1, 1]);
    await isSound();
  });

  it("while another project enables the key, it stays there or is gone, and nothing refers to what is gone", async () => {
    const other = await bobsProject();
    for (let round = 0; round < 5; round += 1) {
      const key = await addDeployKey(null, [{ project }]);
      const [enabled, removed] = await Promise.all([enable(asBob, other, key.id), asBob("DELETE", `${path}/${key.id}`)]);
      expect(removed.status).toBe(204);
      expect([201, 404, 409]).toContain(enabled.status);
      expect(await keyExists(key.id)).toBe(enabled.status === 201);
      expect(await linksOf(key.id)).toEqual(enabled.status === 201 ? [[other.id, false]] : []);
    }
    await isSound();
  });

  it("asked three times at once, it is done once", async () => {
    const key = await addDeployKey(null, [{ project }]);
    const replies = await Promise.all([1, 2, 3].map(() => asBob("DELETE", `${path}/${key.id}`)));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
  });

  it("a user's key is nothing that a project could remove, even where it is asked of the database", async () => {
    const personal = await addKey(bob);
    expect(await removeDeployKey(db, { projectId: project.id, keyId: personal.id })).toBe(false);
    expect(await keyExists(personal.id)).toBe(true);
  });

  it("not what changed since: the key, or what it may do here", async () => {
    const old = new Date("2020-01-01T00:00:00Z");
    const key = await addDeployKey(null, [{ project }], { updatedAt: old });
    const remove = (since: string) => asBob("DELETE", `${path}/${key.id}`, { headers: { "If-Unmodified-Since": since } });
    const refused = await remove("Thu, 02 Jan 2020 00:00:00 GMT");
    expect([refused.status, refused.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    await db.query.update(deployKeyProjects).set({ updatedAt: old }).where(eq(deployKeyProjects.deployKeyId, key.id));
    await asBob("PUT", `${path}/${key.id}`, { json: { title: "renamed" } });
    expect((await remove("Thu, 02 Jan 2020 00:00:00 GMT")).status).toBe(412);
    await db.query.update(keys).set({ updatedAt: old }).where(eq(keys.id, key.id));
    expect((await remove("Thu, 02 Jan 2020 00:00:00 GMT")).status).toBe(204);
  });

  it("finds only deploy keys of the project, for maintainers", async () => {
    const key = await addDeployKey(null, [{ project }]);
    const foreign = await addDeployKey(null, [{ project: await addProject(group) }]);
    const personal = await addKey(bob);
    for (const id of [404_404, foreign.id, personal.id, "x", "99999999999999999999"]) {
      const reply = await asBob("DELETE", `${path}/${id}`);
      expect([id, reply.status, reply.body]).toEqual([id, 404, { message: "404 Deploy Key Not Found" }]);
    }
    expect((await asAda("DELETE", `${path}/${key.id}`)).body).toEqual({ message: "403 Forbidden" });
    expect((await asEve("DELETE", `${path}/${key.id}`)).body).toEqual({ message: "404 Project Not Found" });
    expect([await keyExists(key.id), await keyExists(foreign.id), await keyExists(personal.id)]).toEqual([true, true, true]);
  });
});
