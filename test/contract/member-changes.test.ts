import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { ask as asks, byUser, push } from "../setup/allowed.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { blank, newrev } from "../setup/facts.ts";
import {
  addGroup,
  addMember,
  addProject,
  addShare,
  addToken,
  addUser,
  dayFromNow,
  db,
  unique,
  type Group,
  type Project,
} from "../setup/world.ts";

type Ask = ReturnType<typeof withToken>;

let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let asAda: Ask;
let asBob: Ask;
let asEve: Ask;
let engines: Group;
let project: Project;
let ofGroup: string;
let ofProject: string;

beforeAll(async () => {
  [ada, bob, eve] = [await addUser({ username: "ada" }), await addUser({ username: "bob" }), await addUser({ username: "eve" })];
  [asAda, asBob, asEve] = [withToken(await addToken(ada)), withToken(await addToken(bob)), withToken(await addToken(eve))];
});

beforeEach(async () => {
  engines = await addGroup({ name: "Engines" });
  project = await addProject(engines);
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  [ofGroup, ofProject] = [`/groups/${engines.id}/members`, `/projects/${project.id}/members`];
});

async function rolesIn(place: Group | Project): Promise<Record<string, number>> {
  const rows = await db.query.all<{ username: string; access_level: number }>(sql`
    select u.username, m.access_level from members m join users u on u.id = m.user_id
    where ${"namespaceId" in place ? sql`m.project_id` : sql`m.namespace_id`} = ${place.id} order by u.id`);
  return Object.fromEntries(rows.map((row) => [row.username, row.access_level]));
}

const forbidden = [403, { message: "403 Forbidden" }];
const notFound = [404, { message: "404 Not found" }];
const outcome = async (asked: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await asked;
  return [status, body];
};

const stepDown = (ask: Ask, user: UserRow) => ask("PUT", `${ofGroup}/${user.id}`, { json: { access_level: 10 } });

describe("PUT members/:user_id", () => {
  it("161 gives another role and an end", async () => {
    await addMember(eve, { project }, 30);
    const { status, body } = await asBob("PUT", `${ofProject}/${eve.id}`, { json: { access_level: 40, expires_at: "2099-08-05" } });
    expect([status, body.id, body.access_level, body.expires_at]).toEqual([200, eve.id, 40, "2099-08-05"]);
    expect((await asRoot("GET", `${ofProject}/${eve.id}`)).body).toEqual(body);
  });

  it("163 asks for the access level", async () => {
    expect(await outcome(asBob("PUT", `${ofProject}/${ada.id}`, { json: {} }))).toEqual([400, { error: "access_level is missing" }]);
  });

  it("keeps the end where none is sent, or null, and who made the membership; an empty one takes the end away", async () => {
    await asRoot("POST", ofGroup, { json: { user_id: eve.id, access_level: 30, expires_at: "2099-08-05" } });
    for (const json of [{ access_level: 20 }, { access_level: 20, expires_at: null }]) {
      const { body } = await asRoot("PUT", `${ofGroup}/${eve.id}`, { json });
      expect(body).toMatchObject({ access_level: 20, expires_at: "2099-08-05", created_by: { username: "root" } });
    }
    const { body } = await asRoot("PUT", `${ofGroup}/${eve.id}`, { form: "access_level=20&expires_at=" });
    expect(body).toMatchObject({ access_level: 20, expires_at: null });
  });

  const wrong: [string, Record<string, unknown>, unknown][] = [
    ["a level that is none", { access_level: 1234 }, { message: { access_level: ["is not included in the list"] } }],
    ["minimal access in a project", { access_level: 5 }, { message: { access_level: ["is not included in the list"] } }],
    ["an end in the past", { access_level: 30, expires_at: "2001-01-01" }, { message: { expires_at: ["cannot be a date in the past"] } }],
    ["an end that is no day", { access_level: 30, expires_at: "soon" }, { error: "expires_at is invalid" }],
    ["a level that is no number", { access_level: "most" }, { error: "access_level is invalid" }],
  ];
  it.each(wrong)("refuses %s", async (_name, json, body) => {
    expect(await outcome(asRoot("PUT", `${ofProject}/${ada.id}`, { json }))).toEqual([400, body]);
    expect(await rolesIn(project)).toMatchObject({ ada: 30 });
  });

  it("refuses less than what is inherited", async () => {
    await addMember(ada, { group: engines }, 30);
    expect(await outcome(asRoot("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 20 } }))).toEqual([
      400,
      { message: { access_level: ["should be greater than or equal to Developer inherited membership from group Engines"] } },
    ]);
    expect((await asRoot("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 30 } })).status).toBe(200);
  });

  it("is for maintainers of a project and owners of a group", async () => {
    await addMember(eve, { group: engines }, 40);
    expect(await outcome(asAda("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 40 } }))).toEqual(forbidden);
    expect(await outcome(asEve("PUT", `${ofGroup}/${eve.id}`, { json: { access_level: 50 } }))).toEqual(forbidden);
    expect((await call("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 10 } })).status).toBe(401);
    const outsider = withToken(await addToken(await addUser()));
    expect((await outsider("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 10 } })).body.message).toBe("404 Project Not Found");
  });

  it("lets no maintainer make an owner, nor change one", async () => {
    await addMember(eve, { project }, 50);
    expect(await outcome(asBob("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 50 } }))).toEqual(forbidden);
    expect(await outcome(asBob("PUT", `${ofProject}/${eve.id}`, { json: { access_level: 10 } }))).toEqual(forbidden);
    expect(await rolesIn(project)).toEqual({ ada: 30, bob: 40, eve: 50 });
    expect((await asEve("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 50 } })).status).toBe(200);
  });

  it("finds nobody who is a member from above alone, or not at all, or no longer", async () => {
    await addMember(eve, { group: engines }, 10);
    const gone = await addUser();
    await addMember(gone, { project }, 30, { expiresAt: dayFromNow(0) });
    for (const id of [eve.id, gone.id, 999_999, "all", "ada", "%00"]) {
      expect(await outcome(asRoot("PUT", `${ofProject}/${id}`, { json: { access_level: 30 } }))).toEqual(notFound);
    }
  });

  it("leaves the last owner of a group an owner, and without an end", async () => {
    await addMember(eve, { group: engines }, 50);
    for (const json of [{ access_level: 40 }, { access_level: 50, expires_at: dayFromNow(9) }]) {
      expect(await outcome(asRoot("PUT", `${ofGroup}/${eve.id}`, { json }))).toEqual(forbidden);
    }
    expect((await asRoot("PUT", `${ofGroup}/${eve.id}`, { json: { access_level: 50 } })).status).toBe(200);
    await addMember(ada, { group: engines }, 50);
    expect((await asRoot("PUT", `${ofGroup}/${eve.id}`, { json: { access_level: 40 } })).status).toBe(200);
  });

  it("leaves one owner of two who step down at once", async () => {
    await addMember(ada, { group: engines }, 50);
    await addMember(eve, { group: engines }, 50);
    const replies = await Promise.all([stepDown(asAda, ada), stepDown(asEve, eve)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    expect(Object.values(await rolesIn(engines)).toSorted((a, b) => a - b)).toEqual([10, 50]);
  });

  it("leaves whoever holds the personal namespace the owner of what is in it", async () => {
    const own = (await asEve("POST", "/projects", { json: { name: unique("own") } })).body.id;
    expect(await outcome(asRoot("PUT", `/projects/${own}/members/${eve.id}`, { json: { access_level: 40 } }))).toEqual(forbidden);
    expect(await outcome(asEve("DELETE", `/projects/${own}/members/${eve.id}`))).toEqual(forbidden);
  });

  it("leaves one owner without an end of two who both take one, one after the other and at once", async () => {
    const end = (ask: Ask, user: UserRow, place: string) =>
      ask("PUT", `${place}/${user.id}`, { json: { access_level: 50, expires_at: dayFromNow(1) } });
    await addMember(ada, { group: engines }, 50);
    await addMember(eve, { group: engines }, 50);
    expect((await end(asAda, ada, ofGroup)).status).toBe(200);
    expect(await outcome(end(asEve, eve, ofGroup))).toEqual(forbidden);
    expect((await asRoot("GET", `${ofGroup}/${eve.id}`)).body.expires_at).toBeNull();
    const [both, path] = [await addGroup(), (group: Group) => `/groups/${group.id}/members`];
    await addMember(ada, { group: both }, 50);
    await addMember(eve, { group: both }, 50);
    const replies = await Promise.all([end(asAda, ada, path(both)), end(asEve, eve, path(both))]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
  });

  it("takes nobody whose membership ends for another owner, be it above", async () => {
    const sub = await addGroup({ parent: engines });
    await addMember(eve, { group: sub }, 50);
    await addMember(ada, { group: sub }, 50, { expiresAt: dayFromNow(9) });
    await addMember(bob, { group: engines }, 50, { expiresAt: dayFromNow(9) });
    const path = `/groups/${sub.id}/members`;
    expect(await outcome(asRoot("PUT", `${path}/${eve.id}`, { json: { access_level: 40 } }))).toEqual(forbidden);
    expect(await outcome(asEve("DELETE", `${path}/${eve.id}`))).toEqual(forbidden);
    expect((await asEve("PUT", `${path}/${ada.id}`, { json: { access_level: 50, expires_at: "" } })).status).toBe(200);
    expect((await asEve("DELETE", `${path}/${eve.id}`)).status).toBe(204);
  });

  it("asks D1 five times at most", async () => {
    const { headers } = await asRoot("PUT", `${ofProject}/${ada.id}`, { json: { access_level: 40 } });
    expect(headers.get("Server-Timing")).toContain('desc="5 trips');
  });
});

describe("DELETE members/:user_id", () => {
  it("164 lets everybody leave", async () => {
    const reply = await asAda("DELETE", `${ofProject}/${ada.id}`);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    expect(await rolesIn(project)).toEqual({ bob: 40 });
    expect((await asAda("GET", `/projects/${project.id}`)).status).toBe(404);
  });

  it("ends a membership once", async () => {
    expect((await asBob("DELETE", `${ofProject}/${ada.id}`, { json: {} })).status).toBe(204);
    expect(await outcome(asBob("DELETE", `${ofProject}/${ada.id}`))).toEqual(notFound);
    expect(await outcome(asBob("DELETE", `${ofProject}/${eve.id}`))).toEqual(notFound);
    expect(await outcome(asBob("DELETE", `${ofProject}/everybody`))).toEqual(notFound);
  });

  it("ends it once for three requests at once", async () => {
    const replies = await Promise.all([1, 2, 3].map(() => asRoot("DELETE", `${ofProject}/${ada.id}`)));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
  });

  it("is for maintainers of a project and owners of a group, up to their own role", async () => {
    await addMember(eve, { project }, 50);
    expect(await outcome(asAda("DELETE", `${ofProject}/${bob.id}`))).toEqual(forbidden);
    expect(await outcome(asBob("DELETE", `${ofProject}/${eve.id}`))).toEqual(forbidden);
    expect((await asEve("DELETE", `${ofProject}/${bob.id}`)).status).toBe(204);
    await addMember(bob, { group: engines }, 40);
    await addMember(ada, { group: engines }, 10);
    expect(await outcome(asBob("DELETE", `${ofGroup}/${ada.id}`))).toEqual(forbidden);
    expect((await call("DELETE", `${ofGroup}/${ada.id}`)).status).toBe(401);
  });

  it("lets an owner leave a project, which may be without", async () => {
    await addMember(eve, { project }, 50);
    expect((await asEve("DELETE", `${ofProject}/${eve.id}`)).status).toBe(204);
  });

  it("171 keeps the last owner of a group, whoever asks", async () => {
    await addMember(eve, { group: engines }, 50);
    await addMember(ada, { group: engines }, 50, { isAwaiting: true });
    await addMember(bob, { group: engines }, 50, { expiresAt: dayFromNow(0) });
    for (const ask of [asRoot, asEve]) expect(await outcome(ask("DELETE", `${ofGroup}/${eve.id}`))).toEqual(forbidden);
    expect(await rolesIn(engines)).toMatchObject({ eve: 50 });
    expect((await asRoot("DELETE", `${ofGroup}/${ada.id}`)).status).toBe(204);
  });

  it("lets a member with minimal access leave a private group, which is hidden from them, and end no other membership", async () => {
    await addMember(ada, { group: engines }, 5);
    await addMember(eve, { group: engines }, 5);
    const hidden = [404, { message: "404 Group Not Found" }];
    expect(await outcome(asEve("GET", `/groups/${engines.id}`))).toEqual(hidden);
    expect(await outcome(asEve("DELETE", `${ofGroup}/${ada.id}`))).toEqual(hidden);
    expect(await outcome(asEve("PUT", `${ofGroup}/${eve.id}`, { json: { access_level: 5 } }))).toEqual(hidden);
    expect(await outcome(asEve("DELETE", `${ofGroup}/${eve.id}`))).toEqual([204, undefined]);
    expect(await outcome(asEve("DELETE", `${ofGroup}/${eve.id}`))).toEqual(hidden);
    expect(await rolesIn(engines)).toEqual({ ada: 5 });
  });

  it("tells nobody of a hidden group who has minimal access above it, or had it", async () => {
    const [sub, past] = [await addGroup({ parent: engines }), await addGroup()];
    await addMember(eve, { group: engines }, 5);
    await addMember(eve, { group: past }, 5, { expiresAt: dayFromNow(0) });
    for (const { id } of [sub, past]) {
      expect(await outcome(asEve("DELETE", `/groups/${id}/members/${eve.id}`))).toEqual([404, { message: "404 Group Not Found" }]);
    }
  });

  it("lets the only owner of a subgroup go where a group above has one", async () => {
    const sub = await addGroup({ parent: engines, owner: eve });
    expect(await outcome(asEve("DELETE", `/groups/${sub.id}/members/${eve.id}`))).toEqual(forbidden);
    await addMember(ada, { group: engines }, 50);
    expect((await asEve("DELETE", `/groups/${sub.id}/members/${eve.id}`)).status).toBe(204);
  });

  it("keeps one owner of two who leave at once, and of two who remove each other", async () => {
    for (const [first, second] of [
      [ada, eve],
      [eve, ada],
    ] as const) {
      const group = await addGroup();
      await addMember(ada, { group }, 50);
      await addMember(eve, { group }, 50);
      const path = `/groups/${group.id}/members`;
      const replies = await Promise.all([asAda("DELETE", `${path}/${first.id}`), asEve("DELETE", `${path}/${second.id}`)]);
      expect(replies.filter(({ status }) => status === 204)).toHaveLength(1);
      expect(Object.values(await rolesIn(group))).toEqual([50]);
    }
  });

  it("ends the user's own memberships below with that of the group", async () => {
    const [sub, apart] = [await addGroup({ parent: engines }), await addGroup()];
    const [below, elsewhere] = [await addProject(sub), await addProject(apart)];
    const join = async (user: UserRow) => {
      for (const group of [engines, sub, apart]) await addMember(user, { group }, 10);
      for (const place of [below, elsewhere]) await addMember(user, { project: place }, 20);
    };
    await join(eve);
    await join(ada);
    expect((await asRoot("DELETE", `${ofGroup}/${eve.id}?skip_subresources=true`)).status).toBe(204);
    expect(await rolesIn(sub)).toEqual({ ada: 10, eve: 10 });
    await addMember(eve, { group: engines }, 10);
    expect((await asRoot("DELETE", `${ofGroup}/${eve.id}`, { json: { skip_subresources: false } })).status).toBe(204);
    for (const place of [engines, sub]) expect(await rolesIn(place)).toEqual({ ada: 10 });
    expect(await rolesIn(below)).toEqual({ ada: 20 });
    expect(await rolesIn(apart)).toEqual({ ada: 10, eve: 10 });
    expect(await rolesIn(elsewhere)).toEqual({ ada: 20, eve: 20 });
  });

  it("ends none below where the group's own stays", async () => {
    const sub = await addGroup({ parent: engines, owner: eve });
    await addMember(eve, { group: engines }, 50);
    expect(await outcome(asRoot("DELETE", `${ofGroup}/${eve.id}`))).toEqual(forbidden);
    expect(await rolesIn(sub)).toEqual({ eve: 50 });
  });

  it("keeps the last owner whom only an invited group's members stand beside", async () => {
    const guests = await addGroup({ owner: ada });
    await addMember(eve, { group: engines }, 50);
    await addShare(guests, { group: engines }, 50);
    expect(await outcome(asEve("DELETE", `${ofGroup}/${eve.id}`))).toEqual(forbidden);
  });

  it("refuses where the membership was changed since", async () => {
    const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" };
    expect(await outcome(asBob("DELETE", `${ofProject}/${ada.id}`, { headers }))).toEqual([412, { message: "412 Precondition Failed" }]);
    const later = { "If-Unmodified-Since": new Date(Date.now() + 60_000).toUTCString() };
    expect((await asBob("DELETE", `${ofProject}/${ada.id}`, { headers: later })).status).toBe(204);
  });
});

describe("the rules of a project that name somebody who leaves it", () => {
  const holdersOf = (levels: any[]) => levels.map((each) => each.user_id ?? each.group_id ?? each.access_level);
  const rules = (kind: "branches" | "tags", of = project) => `/projects/${of.id}/protected_${kind}`;
  const nameIn = async (user: UserRow, of = project) => {
    const named = [{ user_id: user.id }];
    const branch = { name: "main", allowed_to_push: [...named, { user_id: bob.id }], allowed_to_merge: named, allowed_to_unprotect: named };
    const replies = [
      await asRoot("POST", rules("branches", of), { json: branch }),
      await asRoot("POST", rules("tags", of), { json: { name: "v*", allowed_to_create: named } }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([201, 201]);
  };
  /** The answer to Ada's push of a new ref. */
  const pushes = async (ref: string) => {
    const changes = `${blank} ${newrev} ${ref}\n`;
    return (await asks({ ...push, ...byUser(ada), gl_repository: `project-${project.id}`, project: "x.git", changes })).status;
  };
  const named = async (of = project) => {
    const branch = (await asRoot("GET", `${rules("branches", of)}/main`)).body;
    const tag = (await asRoot("GET", `${rules("tags", of)}/v*`)).body;
    const ofBranch = ["push", "merge", "unprotect"].map((action) => branch[`${action}_access_levels`]);
    return [...ofBranch, tag.create_access_levels].map(holdersOf);
  };

  it("name them no longer, also when they come back", async () => {
    await db.query.run(sql`update projects set is_repository_empty = false where id = ${project.id}`);
    await nameIn(ada);
    expect(await named()).toEqual([[ada.id, bob.id], [ada.id], [ada.id], [ada.id]]);
    expect(await pushes("refs/heads/main")).toBe(200);
    expect(await pushes("refs/tags/v1")).toBe(200);
    expect((await asAda("DELETE", `${ofProject}/${ada.id}`)).status).toBe(204);
    expect(await named()).toEqual([[bob.id], [], [], []]);
    expect((await asBob("POST", ofProject, { json: { user_id: ada.id, access_level: 30 } })).status).toBe(201);
    expect(await named()).toEqual([[bob.id], [], [], []]);
    expect(await pushes("refs/heads/main")).toBe(401);
    expect(await pushes("refs/tags/v1")).toBe(401);
    expect(await pushes("refs/heads/other")).toBe(200);
  });

  it("name them still where the group above or an invited one gives them a role", async () => {
    const guests = await addGroup();
    await addMember(eve, { group: guests }, 30);
    await addShare(guests, { project }, 30);
    await addMember(ada, { group: engines }, 10);
    await addMember(eve, { project }, 30);
    await nameIn(ada);
    await asRoot("PATCH", `${rules("branches")}/main`, { json: { allowed_to_push: [{ user_id: eve.id }] } });
    for (const { id } of [ada, eve]) expect((await asBob("DELETE", `${ofProject}/${id}`)).status).toBe(204);
    expect(await named()).toEqual([[ada.id, bob.id, eve.id], [ada.id], [ada.id], [ada.id]]);
  });

  it("are those of this project alone, and stay where the removal is refused", async () => {
    const other = await addProject(engines);
    await addMember(ada, { project: other }, 30);
    await addMember(bob, { project: other }, 30);
    await addMember(ada, { group: engines }, 5);
    await nameIn(ada);
    await nameIn(ada, other);
    expect(await outcome(asEve("DELETE", `${ofProject}/${ada.id}`))).toEqual([404, { message: "404 Project Not Found" }]);
    expect(
      (await asRoot("DELETE", `${ofProject}/${ada.id}`, { headers: { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" } })).status,
    ).toBe(412);
    expect((await named())[1]).toEqual([ada.id]);
    expect((await asRoot("DELETE", `${ofProject}/${ada.id}`)).status).toBe(204);
    expect(await named()).toEqual([[bob.id], [], [], []]);
    expect(await named(other)).toEqual([[ada.id, bob.id], [ada.id], [ada.id], [ada.id]]);
  });

  it("give nothing back to whoever comes back after their membership expired", async () => {
    await nameIn(ada);
    await db.query.run(sql`update members set expires_at = ${dayFromNow(0)} where user_id = ${ada.id} and project_id = ${project.id}`);
    expect((await asBob("POST", ofProject, { json: { user_id: ada.id, access_level: 30 } })).status).toBe(201);
    expect(await named()).toEqual([[bob.id], [], [], []]);
  });
});
