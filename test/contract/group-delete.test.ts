import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addDeployKey, addGroup, addMember, addProject, addShare, addToken, addUser, db } from "../setup/world.ts";

const accepted = [202, { message: "202 Accepted" }];
const remove = (id: number | string, options = {}) => asRoot("DELETE", `/groups/${id}`, options);
const statusOf = async (path: string) => (await asRoot("GET", path)).status;

describe("DELETE /groups/:id", () => {
  it("E143 takes its subgroups and projects along, at once", async () => {
    const group = await addGroup();
    const sub = await addGroup({ parent: group });
    const [project, deeper] = [await addProject(group), await addProject(sub)];
    const reply = await remove(group.id);
    expect([reply.status, reply.body]).toEqual(accepted);
    for (const path of [`/groups/${group.id}`, `/groups/${sub.id}`, `/projects/${project.id}`, `/projects/${deeper.id}`]) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
    const again = await remove(group.id);
    expect([again.status, again.body]).toEqual([404, { message: "404 Group Not Found" }]);
  });

  it("takes along what belongs to them, and nothing else", async () => {
    const user = await addUser();
    const [group, other] = [await addGroup({ owner: user }), await addGroup({ owner: user })];
    const project = await addProject(group);
    const kept = await addProject(other);
    await addMember(user, { project }, 30);
    await addShare(other, { group }, 30);
    await addShare(group, { project: kept }, 30);
    const key = await addDeployKey(user, [{ project }]);
    const common = await addDeployKey(user, [{ project }, { project: kept }]);
    await asRoot("POST", `/projects/${kept.id}/protected_branches`, { json: { name: "x", allowed_to_push: [{ group_id: group.id }] } });
    await asRoot("POST", `/projects/${project.id}/protected_branches`, { json: { name: "x", push_access_level: 30 } });
    expect((await remove(encodeURIComponent(group.fullPath))).status).toBe(202);
    const keys = await db.query.all<{ id: number }>(sql`select id from keys where id in (${key.id}, ${common.id})`);
    expect(keys.map(({ id }) => id)).toEqual([common.id]);
    expect((await asRoot("GET", `/groups/${other.id}`)).body).toMatchObject({ id: other.id, shared_with_groups: [] });
    expect((await asRoot("GET", `/projects/${kept.id}`)).body).toMatchObject({ id: kept.id, shared_with_groups: [] });
    expect((await asRoot("POST", "/groups", { json: { name: "x", path: group.path } })).status).toBe(201);
  });

  it("reads its options from a body as well as from the query", async () => {
    const [one, two] = [await addGroup(), await addGroup()];
    const body = await remove(one.id, { json: { permanently_remove: true, full_path: one.fullPath } });
    expect([body.status, body.body]).toEqual(accepted);
    expect((await remove(`${two.id}?permanently_remove=true`, { headers: { "Content-Type": "application/json" } })).status).toBe(202);
  });

  it("is for owners; others are refused, and outsiders find nothing", async () => {
    const group = await addGroup();
    const as = async (level: number | null) => {
      const user = await addUser();
      if (level !== null) await addMember(user, { group }, level);
      return withToken(await addToken(user))("DELETE", `/groups/${group.id}`);
    };
    const [outsider, maintainer] = [await as(null), await as(40)];
    expect([outsider.status, outsider.body]).toEqual([404, { message: "404 Group Not Found" }]);
    expect([maintainer.status, maintainer.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await call("DELETE", `/groups/${group.id}`)).status).toBe(401);
    expect((await as(50)).status).toBe(202);
  });

  it("leaves personal namespaces alone", async () => {
    const user = await addUser();
    expect((await remove(user.username)).status).toBe(404);
    expect(await statusOf(`/users/${user.id}`)).toBe(200);
  });

  it("refuses with 412 where the group was changed since", async () => {
    const group = await addGroup();
    const reply = await remove(group.id, { headers: { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" } });
    expect([reply.status, reply.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    expect(await statusOf(`/groups/${group.id}`)).toBe(200);
  });

  it("is answered with 202 or 404 when it is asked for several times, and while something is created in it", async () => {
    const group = await addGroup();
    const create = () => asRoot("POST", "/projects", { json: { name: "late", namespace_id: group.id } });
    const replies = await Promise.all([remove(group.id), create(), remove(group.id), create()]);
    for (const reply of replies) expect(reply.status).toBeOneOf([201, 202, 400, 404]);
    expect(await statusOf(`/groups/${group.id}`)).toBe(404);
  });
});
