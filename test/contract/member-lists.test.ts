import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addGroup,
  addMember,
  addProject,
  addShare,
  addToken,
  addUser,
  dayFromNow,
  unique,
  type Group,
  type Project,
} from "../setup/world.ts";

let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let asEve: ReturnType<typeof withToken>;
let engines: Group;
let project: Project;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  bob = await addUser({ username: "bob", name: "Bob Martin", publicEmail: "bob@public.example.test" });
  eve = await addUser({ username: "eve", name: "Eve Holt" });
  asEve = withToken(await addToken(eve));
  engines = await addGroup({ name: "Engines", path: "engines" });
  project = await addProject(engines, { path: "analytical" });
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  await addMember(eve, { group: engines }, 30);
});

/** User name → role, in the order of the answer. */
async function rolesAt(path: string, ask = asRoot): Promise<[string, number][]> {
  const { status, body } = await ask("GET", path);
  expect([status, Array.isArray(body)]).toEqual([200, true]);
  return body.map((member: { username: string; access_level: number }) => [member.username, member.access_level]);
}

const who = (id: number, username: string, name: string) => ({
  id,
  username,
  name,
  state: "active",
  avatar_url: null,
  web_url: `http://gitlab.example.test/${username}`,
});

const places = () => [`/groups/${engines.id}/members`, `/projects/${project.id}/members`] as const;
const notFound = [404, { message: "404 Not found" }];

describe("GET members", () => {
  it("shows the members of the place itself", async () => {
    const [ofGroup, ofProject] = places();
    expect(await rolesAt(ofGroup)).toEqual([["eve", 30]]);
    expect(await rolesAt(ofProject)).toEqual([
      ["ada", 30],
      ["bob", 40],
    ]);
    expect(await rolesAt("/projects/engines%2Fanalytical/members")).toHaveLength(2);
  });

  it("shows of each whose membership it is and who gave it", async () => {
    const group = await addGroup();
    await asRoot("POST", `/groups/${group.id}/members`, { json: { user_id: ada.id, access_level: 20, expires_at: "2099-01-31" } });
    const { body } = await asRoot("GET", `/groups/${group.id}/members`);
    expect(body).toEqual([
      {
        ...who(ada.id, "ada", "Ada Byron"),
        locked: false,
        access_level: 20,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        created_by: who(1, "root", "Administrator"),
        expires_at: "2099-01-31",
        group_saml_identity: null,
        membership_state: "active",
      },
    ]);
  });

  it("shows nobody whose membership has expired, and says who has yet to accept", async () => {
    const group = await addGroup();
    await addMember(ada, { group }, 30, { expiresAt: dayFromNow(0) });
    await addMember(bob, { group }, 30, { isAwaiting: true, expiresAt: dayFromNow(1) });
    const { body, headers } = await asRoot("GET", `/groups/${group.id}/members`);
    expect(body).toHaveLength(1);
    expect(body[0]).toMatchObject({ username: "bob", membership_state: "awaiting", created_by: null, expires_at: dayFromNow(1) });
    expect(headers.get("X-Total")).toBe("1");
  });

  it("169 takes user ids, of which those that are no members are not there", async () => {
    const group = await addGroup();
    await addMember(eve, { group }, 30);
    await addMember(ada, { group }, 30);
    const path = `/groups/${group.id}/members`;
    expect(await rolesAt(`${path}?user_ids[]=${eve.id}&user_ids[]=99999`)).toEqual([["eve", 30]]);
    expect(await rolesAt(`${path}?user_ids=${eve.id},${ada.id}`)).toHaveLength(2);
    expect(await rolesAt(`${path}?user_ids[]=`)).toHaveLength(2);
    const wrong = await asRoot("GET", `${path}?user_ids[]=eve`);
    expect([wrong.status, wrong.body]).toEqual([400, { error: "user_ids[0] is invalid" }]);
  });

  it("leaves out those who are to be skipped", async () => {
    const [, ofProject] = places();
    expect(await rolesAt(`${ofProject}?skip_users[]=${ada.id}`)).toEqual([["bob", 40]]);
    expect(await rolesAt(`${ofProject}?skip_users[]=${ada.id}&user_ids[]=${ada.id}`)).toEqual([]);
  });

  it("searches names and user names, in any letter case, and whole e-mail addresses", async () => {
    const [, ofProject] = places();
    const queries: [string, string[]][] = [
      ["BYRON", ["ada"]],
      ["bo", ["bob"]],
      ["", ["ada", "bob"]],
      ["%", []],
      ["bob@public.example.test", ["bob"]],
      ["nobody", []],
    ];
    for (const [query, names] of queries) {
      const found = await rolesAt(`${ofProject}?query=${encodeURIComponent(query)}`);
      expect([query, found.map(([name]) => name)]).toEqual([query, names]);
    }
    expect(await rolesAt(`${ofProject}?query=ada@example.test`)).toHaveLength(1);
    expect(await rolesAt(`${ofProject}?query=ada@example.test`, asEve)).toHaveLength(0);
  });

  it("is paged", async () => {
    const group = await addGroup();
    for (let count = 0; count < 5; count += 1) await addMember(await addUser(), { group }, 10);
    const { body, headers } = await asRoot("GET", `/groups/${group.id}/members?per_page=2&page=3`);
    expect(body).toHaveLength(1);
    expect(Object.fromEntries(["X-Total", "X-Total-Pages", "X-Next-Page", "X-Prev-Page"].map((name) => [name, headers.get(name)]))).toEqual(
      {
        "X-Total": "5",
        "X-Total-Pages": "3",
        "X-Next-Page": "",
        "X-Prev-Page": "2",
      },
    );
    const beyond = await asRoot("GET", `/groups/${group.id}/members?per_page=2&page=9`);
    expect([beyond.status, beyond.body, beyond.headers.get("X-Total")]).toEqual([200, [], "5"]);
  });

  it("is for whoever sees the place", async () => {
    const outsider = withToken(await addToken(await addUser()));
    const [ofGroup, ofProject] = places();
    expect((await outsider("GET", ofGroup)).body).toEqual({ message: "404 Group Not Found" });
    expect((await outsider("GET", `${ofProject}/all`)).body).toEqual({ message: "404 Project Not Found" });
    expect((await call("GET", ofGroup)).status).toBe(401);
    const open = await addGroup({ visibility: "public" });
    await addMember(ada, { group: open }, 50);
    expect(await rolesAt(`/groups/${open.id}/members`, outsider)).toEqual([["ada", 50]]);
  });
});

describe("GET members/all", () => {
  it("167 shows everybody once, with the highest of their roles", async () => {
    const inSub = await addGroup({ parent: engines });
    const below = await addProject(inSub);
    await addMember(eve, { project: below }, 40);
    await addMember(ada, { group: inSub }, 20);
    expect(await rolesAt(`/projects/${below.id}/members/all`)).toEqual([
      ["ada", 20],
      ["eve", 40],
    ]);
    await addMember(eve, { group: inSub }, 50);
    expect(await rolesAt(`/projects/${below.id}/members/all`)).toEqual([
      ["ada", 20],
      ["eve", 50],
    ]);
    expect(await rolesAt(`/groups/${inSub.id}/members/all`)).toEqual([
      ["ada", 20],
      ["eve", 50],
    ]);
    expect(await rolesAt(`/groups/${engines.id}/members/all`)).toEqual([["eve", 30]]);
  });

  it("170 takes the last of repeated user ids that are no list", async () => {
    expect(await rolesAt(`/projects/${project.id}/members/all?user_ids=${ada.id}&user_ids=${bob.id}`)).toEqual([["bob", 40]]);
  });

  it("shows members of invited groups with the lower of their role and the invitation's, until the first of both ends", async () => {
    const [hosts, guests] = [await addGroup(), await addGroup()];
    const within = await addGroup({ parent: guests });
    const place = await addProject(hosts);
    await addMember(ada, { group: guests }, 50, { expiresAt: "2099-12-31" });
    await addMember(bob, { group: within }, 10);
    await addShare(within, { project: place }, 30, "2099-06-30");
    const path = `/projects/${place.id}/members/all`;
    expect(await rolesAt(path)).toEqual([
      ["ada", 30],
      ["bob", 10],
    ]);
    expect((await asRoot("GET", `${path}/${ada.id}`)).body).toMatchObject({ access_level: 30, expires_at: "2099-06-30" });
    expect((await asRoot("GET", `${path}/${bob.id}`)).body.expires_at).toBe("2099-06-30");
    expect(await rolesAt(`/groups/${hosts.id}/members/all`)).toEqual([]);
    await addShare(guests, { group: hosts }, 40);
    expect(await rolesAt(path)).toEqual([
      ["ada", 40],
      ["bob", 10],
    ]);
    expect(await rolesAt(`/groups/${hosts.id}/members/all`)).toEqual([["ada", 40]]);
  });

  it("does not tell who is in an invited group that the caller may not see", async () => {
    const hosts = await addGroup();
    const [hidden, open] = [await addGroup(), await addGroup({ visibility: "internal" })];
    await addMember(eve, { group: hosts }, 10);
    await addMember(ada, { group: hidden }, 30);
    await addMember(bob, { group: open }, 30);
    for (const group of [hidden, open]) await addShare(group, { group: hosts }, 30);
    const path = `/groups/${hosts.id}/members/all`;
    expect((await rolesAt(path, asEve)).map(([name]) => name)).toEqual(["bob", "eve"]);
    expect((await asEve("GET", `${path}/${ada.id}`)).status).toBe(404);
    expect(await rolesAt(path)).toHaveLength(3);
    await addMember(eve, { group: hidden }, 10);
    expect(await rolesAt(path, asEve)).toHaveLength(3);
  });

  it("counts neither expired memberships nor expired invitations", async () => {
    const [hosts, guests] = [await addGroup(), await addGroup()];
    await addMember(ada, { group: guests }, 30);
    await addShare(guests, { group: hosts }, 30, dayFromNow(0));
    await addMember(bob, { group: hosts }, 30, { expiresAt: dayFromNow(0) });
    expect(await rolesAt(`/groups/${hosts.id}/members/all`)).toEqual([]);
  });

  it("shows minimal access in the group where it was given alone", async () => {
    const group = await addGroup();
    const place = await addProject(group);
    await addMember(ada, { group }, 5);
    expect(await rolesAt(`/groups/${group.id}/members/all`)).toEqual([["ada", 5]]);
    expect(await rolesAt(`/projects/${place.id}/members/all`)).toEqual([]);
  });

  it("is paged by users, not by memberships", async () => {
    const group = await addGroup();
    const place = await addProject(group);
    for (const user of [ada, bob, eve]) {
      await addMember(user, { group }, 20);
      await addMember(user, { project: place }, 30);
    }
    const seen: string[] = [];
    for (const page of [1, 2, 3]) {
      const { body, headers } = await asRoot("GET", `/projects/${place.id}/members/all?per_page=1&page=${page}`);
      expect(headers.get("X-Total")).toBe("3");
      seen.push(...body.map((member: { username: string }) => member.username));
    }
    expect(seen).toEqual(["ada", "bob", "eve"]);
  });

  it("asks D1 four times at most", async () => {
    const [, ofProject] = places();
    for (const path of [`${ofProject}/all`, ofProject, `${ofProject}/all/${eve.id}`]) {
      expect((await asRoot("GET", path)).headers.get("Server-Timing")).toContain('desc="4 trips');
    }
  });
});

describe("GET members/:user_id", () => {
  it("166 finds who is a direct member, and under all who is one from above", async () => {
    const [, ofProject] = places();
    const direct = await asRoot("GET", `${ofProject}/${eve.id}`);
    expect([direct.status, direct.body]).toEqual(notFound);
    const all = await asRoot("GET", `${ofProject}/all/${eve.id}`);
    expect([all.status, all.body.id, all.body.access_level]).toEqual([200, eve.id, 30]);
    expect((await asRoot("GET", `${ofProject}/${ada.id}`)).body).toMatchObject({ id: ada.id, username: "ada", access_level: 30 });
  });

  it("finds nobody of an id that nobody has, or that is none", async () => {
    for (const place of places()) {
      for (const id of ["999999", "0", "-1", "ada", "1.5", "9007199254740993", "9".repeat(300), "%00"]) {
        for (const path of [`${place}/${id}`, `${place}/all/${id}`]) {
          const { status, body } = await asRoot("GET", path);
          expect([path, status, body]).toEqual([path, ...notFound]);
        }
      }
    }
  });

  it("finds nobody whose membership has expired", async () => {
    const group = await addGroup();
    await addMember(ada, { group }, 30, { expiresAt: dayFromNow(-1) });
    expect((await asRoot("GET", `/groups/${group.id}/members/${ada.id}`)).status).toBe(404);
  });
});

describe("GET /projects/:id/users", () => {
  it("shows everybody with a role, once and in short", async () => {
    const { status, body, headers } = await asRoot("GET", `/projects/${project.id}/users`);
    expect([status, headers.get("X-Total")]).toEqual([200, "3"]);
    expect(body.map((user: { username: string }) => user.username)).toEqual(["ada", "bob", "eve"]);
    expect(body[0]).toEqual({
      id: ada.id,
      username: "ada",
      name: "Ada Byron",
      state: "active",
      locked: false,
      avatar_url: null,
      web_url: "http://gitlab.example.test/ada",
    });
  });

  it("searches", async () => {
    expect((await asEve("GET", `/projects/${project.id}/users?search=holt`)).body).toMatchObject([{ username: "eve" }]);
    expect((await asEve("GET", `/projects/${project.id}/users?search=${"x".repeat(300)}`)).body).toEqual([]);
  });

  it("leaves out who has yet to accept", async () => {
    const place = await addProject(await addGroup());
    await addMember(ada, { project: place }, 30, { isAwaiting: true });
    expect((await asRoot("GET", `/projects/${place.id}/users`)).body).toEqual([]);
  });
});

describe("GET /projects/:id/groups", () => {
  it("198 shows the groups above", async () => {
    const top = await addGroup({ name: "Top" });
    const steam = await addGroup({ name: "Steam", parent: top });
    const place = await addProject(steam);
    const { status, body } = await asRoot("GET", `/projects/${place.id}/groups`);
    expect(status).toBe(200);
    expect(body).toEqual([
      {
        id: steam.id,
        web_url: `http://gitlab.example.test/groups/${steam.fullPath}`,
        name: "Steam",
        avatar_url: null,
        full_name: "Top / Steam",
        full_path: steam.fullPath,
      },
      expect.objectContaining({ id: top.id, full_name: "Top", full_path: top.path }),
    ]);
  });

  it("shows those of the project's path to whoever is a member of the project alone", async () => {
    const place = await addProject(await addGroup({ path: unique("hidden") }));
    await addMember(eve, { project: place }, 10);
    expect((await asEve("GET", `/projects/${place.id}/groups`)).body).toHaveLength(1);
  });

  it("shows invited groups where that is asked, from a role on, and those that the caller may see", async () => {
    const [top, low, high] = [await addGroup(), await addGroup(), await addGroup({ visibility: "internal" })];
    const place = await addProject(top);
    await addShare(low, { project: place }, 10);
    await addShare(high, { project: place }, 40);
    await addShare(top, { project: place }, 40);
    await addMember(eve, { project: place }, 10);
    const ids = async (query: string, ask = asRoot) => {
      const { body } = await ask("GET", `/projects/${place.id}/groups?${query}`);
      return body.map((group: { id: number }) => group.id);
    };
    expect(await ids("")).toEqual([top.id]);
    expect(await ids("with_shared=true")).toEqual([high.id, low.id, top.id]);
    expect(await ids("with_shared=true&shared_min_access_level=30")).toEqual([high.id, top.id]);
    expect(await ids("with_shared=true", asEve)).toEqual([high.id, top.id]);
    expect(await ids(`with_shared=true&search=${high.path.toUpperCase()}`)).toEqual([high.id]);
    expect(await ids("with_shared=true&per_page=1&page=2")).toEqual([low.id]);
    const wrong = await asRoot("GET", `/projects/${place.id}/groups?shared_min_access_level=7`);
    expect([wrong.status, wrong.body]).toEqual([400, { error: "shared_min_access_level does not have a valid value" }]);
  });

  it("shows none of a personal project", async () => {
    const own = await asEve("POST", "/projects", { json: { name: unique("own") } });
    expect((await asEve("GET", `/projects/${own.body.id}/groups`)).body).toEqual([]);
  });
});
