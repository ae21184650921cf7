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
  personalNamespaceId,
  unique,
  type Group,
} from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let eve: UserRow;
let asEve: ReturnType<typeof withToken>;
let engines: Group;

beforeAll(async () => {
  [ada, eve] = [await addUser({ username: "ada", name: "Ada Byron" }), await addUser({ username: "eve" })];
  [asAda, asEve] = [withToken(await addToken(ada)), withToken(await addToken(eve))];
  engines = await addGroup({ path: "engines", name: "Engines", owner: ada });
});

const missing = [404, { message: "404 Namespace Not Found" }];
const free = {
  plan: "free",
  trial: false,
  trial_ends_on: null,
  shared_runners_minutes_limit: null,
  extra_shared_runners_minutes_limit: null,
  additional_purchased_storage_size: 0,
  additional_purchased_storage_ends_on: null,
  upcoming_reconciliation: null,
};

describe("GET /namespaces/:id", () => {
  it("E146 shows users their own", async () => {
    const reply = await asAda("GET", "/namespaces/ada");
    const id = await personalNamespaceId(ada);
    const basic = { id, name: "Ada Byron", path: "ada", kind: "user", full_path: "ada", parent_id: null, avatar_url: null };
    const full = { ...basic, web_url: "http://gitlab.example.test/ada", billable_members_count: 1, ...free };
    expect([reply.status, reply.body]).toEqual([200, full]);
    expect((await asRoot("GET", `/namespaces/${id}`)).body).toEqual(full);
    expect(id).not.toBe(ada.id);
  });

  it("E146 shows groups to administrators and owners, by id and by path", async () => {
    const full = {
      id: engines.id,
      name: "Engines",
      path: "engines",
      kind: "group",
      full_path: "engines",
      parent_id: null,
      avatar_url: null,
      web_url: "http://gitlab.example.test/groups/engines",
      members_count_with_descendants: 1,
      root_repository_size: null,
      projects_count: 0,
      billable_members_count: 1,
      ...free,
    };
    for (const as of [asRoot, asAda]) {
      for (const name of [engines.id, "engines", "ENGINES"]) {
        const reply = await as("GET", `/namespaces/${name}`);
        expect([reply.status, reply.body]).toEqual([200, full]);
      }
    }
  });

  it("shows others who may see it the short form", async () => {
    const group = await addGroup({ visibility: "public" });
    const reply = await asEve("GET", `/namespaces/${group.id}`);
    expect([reply.status, Object.keys(reply.body)]).toEqual([
      200,
      ["id", "name", "path", "kind", "full_path", "parent_id", "avatar_url", "web_url"],
    ]);
  });

  it("E148 does not know what is not there, or not to be seen", async () => {
    for (const name of ["999999", "999999999999999999999", "-1", "no%2Fwhere", "a%00b"]) {
      const reply = await asRoot("GET", `/namespaces/${name}`);
      expect([reply.status, reply.body]).toEqual(missing);
    }
    for (const name of [engines.id, "engines", "ada"]) {
      const reply = await asEve("GET", `/namespaces/${name}`);
      expect([reply.status, reply.body]).toEqual(missing);
    }
    expect((await call("GET", "/namespaces/ada")).status).toBe(401);
  });

  it("counts members and projects below, and once everybody who has a role by whatever way", async () => {
    const top = await addGroup();
    const sub = await addGroup({ parent: top });
    const project = await addProject(sub);
    await addProject(top);
    const people = { direct: await addUser(), below: await addUser(), ofProject: await addUser(), invited: await addUser() };
    await addMember(people.direct, { group: top }, 50);
    await addMember(people.direct, { group: sub }, 30);
    await addMember(people.below, { group: sub }, 10);
    await addMember(people.ofProject, { project }, 30);
    const guests = await addGroup();
    await addMember(people.invited, { group: guests }, 30);
    await addMember(people.direct, { group: guests }, 30);
    await addShare(guests, { project }, 20);
    await addMember(await addUser({ state: "blocked" }), { group: top }, 30);
    await addMember(await addUser({ userType: "project_bot" }), { project }, 30);
    await addMember(await addUser(), { group: top }, 30, { isAwaiting: true });
    await addMember(await addUser(), { group: top }, 30, { expiresAt: dayFromNow(0) });
    const counted = { members_count_with_descendants: 3, projects_count: 2, billable_members_count: 4 };
    expect((await asRoot("GET", `/namespaces/${top.id}`)).body).toMatchObject(counted);
  });

  it("counts nothing in an empty group", async () => {
    const none = { members_count_with_descendants: 0, projects_count: 0, billable_members_count: 0 };
    expect((await asRoot("GET", `/namespaces/${(await addGroup()).id}`)).body).toMatchObject(none);
  });
});

const pathsOf = (rows: { full_path: string }[]) => rows.map((row) => row.full_path);

describe("GET /namespaces", () => {
  it("lists a user's own namespace and the groups where they have a role; owners see more", async () => {
    const user = await addUser();
    const as = withToken(await addToken(user));
    const [owned, other] = [await addGroup({ owner: user }), await addGroup()];
    const sub = await addGroup({ parent: owned });
    await addMember(user, { group: other }, 20);
    await addGroup({ visibility: "public" });
    const { body } = await as("GET", "/namespaces");
    expect(pathsOf(body)).toEqual([user.username, owned.path, other.path, sub.fullPath]);
    expect(body.map((row: object) => "plan" in row)).toEqual([true, true, false, true]);
    expect(pathsOf((await as("GET", "/namespaces?owned_only=true")).body)).toEqual([user.username, owned.path, sub.fullPath]);
    expect(pathsOf((await as("GET", "/namespaces?top_level_only=true")).body)).toEqual([user.username, owned.path, other.path]);
  });

  it("finds all for administrators, by part of a name or path, page by page", async () => {
    const part = unique("needle");
    const found = [
      await addGroup({ name: `x ${part} y` }),
      await addGroup({ path: `p-${part.toUpperCase()}` }),
      await addUser({ username: `u-${part}` }),
    ];
    const expected = [found[0], found[1], found[2]].map((row) => ("username" in row! ? row.username : row!.path));
    expect(pathsOf((await asRoot("GET", `/namespaces?search=${part}`)).body)).toEqual(expected);
    const page = await asRoot("GET", `/namespaces?search=${part}&per_page=2&page=2`);
    expect([pathsOf(page.body), page.headers.get("X-Total"), page.headers.get("X-Next-Page")]).toEqual([expected.slice(2), "3", ""]);
    expect((await asEve("GET", `/namespaces?search=${part}`)).body).toEqual([]);
  });

  it("has pages only", async () => {
    const reply = await asRoot("GET", "/namespaces?pagination=keyset");
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
    expect(reply.headers.get("Server-Timing")).toContain("1 trip,");
  });
});

const ask = async (path: string, as: typeof call = asEve) => (await as("GET", `/namespaces/${path}`)).body;

describe("GET /namespaces/:ns/exists", () => {
  it("tells whether a path is taken, and proposes one that is free", async () => {
    expect(await ask("engines/exists")).toEqual({ exists: true, suggests: ["engines1"] });
    expect(await ask("ADA/exists")).toEqual({ exists: true, suggests: ["ADA1"] });
    expect(await ask("nobody-has-it/exists")).toEqual({ exists: false, suggests: [] });
    await addGroup({ path: "taken" });
    for (const number of [1, 2, 3]) await addGroup({ path: `taken${number}` });
    expect(await ask("taken/exists")).toEqual({ exists: true, suggests: ["taken4"] });
  });

  it("looks below a group where one is named, if the caller sees it", async () => {
    const parent = await addGroup();
    const sub = await addGroup({ parent, path: "steam" });
    await addProject(parent, { path: "pump" });
    expect(await ask(`${sub.path}/exists?parent_id=${parent.id}`, asRoot)).toEqual({ exists: true, suggests: ["steam1"] });
    const none = { exists: false, suggests: [] };
    expect(await ask("engines/exists?parent_id=" + parent.id, asRoot)).toEqual(none);
    expect(await ask(`pump/exists?parent_id=${parent.id}`, asRoot)).toEqual(none);
    expect(await ask(`${sub.path}/exists?parent_id=${parent.id}`)).toEqual(none);
    expect(await ask("steam/exists?parent_id=987654321", asRoot)).toEqual(none);
  });

  it("knows no path that none can have", async () => {
    for (const path of ["a%00b", "a%2Fb", "%F0%9F%92%A5", "x".repeat(5000)]) {
      expect(await ask(`${path}/exists`)).toEqual({ exists: false, suggests: [] });
    }
    expect(await ask(`x/exists?parent_id=abc`)).toEqual({ error: "parent_id is invalid" });
  });
});
