import { sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
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
  db,
  setSettings,
  unique,
  type Group,
} from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let eve: UserRow;
let asEve: ReturnType<typeof withToken>;

beforeAll(async () => {
  [ada, eve] = [await addUser({ username: "ada" }), await addUser({ username: "eve" })];
  [asAda, asEve] = [withToken(await addToken(ada)), withToken(await addToken(eve))];
});

afterEach(async () => {
  await setSettings(null);
});

const membersOf = (groupId: number) =>
  db.query.all<{ user_id: number; access_level: number }>(
    sql`select user_id, access_level from members where namespace_id = ${groupId} order by user_id`,
  );

const taken = { message: 'Failed to save group {:path=>["has already been taken"]}' };

describe("POST /groups", () => {
  it("123 creates a private top-level group owned by its creator", async () => {
    const reply = await asRoot("POST", "/groups", { json: { name: "Engines", path: "engines" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      web_url: "http://gitlab.example.test/groups/engines",
      name: "Engines",
      path: "engines",
      description: "",
      visibility: "private",
      share_with_group_lock: false,
      require_two_factor_authentication: false,
      two_factor_grace_period: 48,
      project_creation_level: "developer",
      auto_devops_enabled: null,
      subgroup_creation_level: "maintainer",
      emails_disabled: false,
      emails_enabled: true,
      mentions_disabled: null,
      lfs_enabled: true,
      default_branch: null,
      default_branch_protection: 2,
      default_branch_protection_defaults: {
        allowed_to_push: [{ access_level: 40 }],
        allow_force_push: false,
        allowed_to_merge: [{ access_level: 40 }],
        developer_can_initial_push: false,
      },
      avatar_url: null,
      request_access_enabled: true,
      full_name: "Engines",
      full_path: "engines",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      parent_id: null,
      organization_id: 1,
      shared_runners_setting: "enabled",
      repository_storage: "default",
      ip_restriction_ranges: null,
      shared_with_groups: [],
      runners_token: null,
      enabled_git_access_protocol: "all",
      prevent_sharing_groups_outside_hierarchy: false,
      projects: [],
      shared_projects: [],
      marked_for_deletion_on: null,
      membership_lock: false,
      wiki_access_level: "enabled",
    });
    expect(await membersOf(reply.body.id)).toEqual([{ user_id: 1, access_level: 50 }]);
  });

  it("124 refuses a path that a group has, whatever its letter case", async () => {
    await asRoot("POST", "/groups", { json: { name: "Twice", path: "twice" } });
    const again = await asRoot("POST", "/groups", { json: { name: "Twice", path: "TWICE" } });
    expect([again.status, again.body]).toEqual([400, taken]);
  });

  it("refuses one of two requests at once for one path", async () => {
    const race = { json: { name: "Race", path: "race" } };
    const replies = await Promise.all([asRoot("POST", "/groups", race), asRoot("POST", "/groups", race), asRoot("POST", "/groups", race)]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400, 400]);
  });

  it("126 refuses a path that a user has", async () => {
    const reply = await asRoot("POST", "/groups", { json: { name: "x", path: "ada" } });
    expect([reply.status, reply.body]).toEqual([400, taken]);
  });

  it("127 asks for name and path", async () => {
    const reply = await asRoot("POST", "/groups", { json: {} });
    expect([reply.status, reply.body]).toEqual([400, { error: "name is missing, path is missing" }]);
  });

  it("128 creates a subgroup with the visibility of its parent", async () => {
    const parent = await addGroup({ name: "Wheels", visibility: "internal" });
    const reply = await asRoot("POST", "/groups", { json: { name: "Steam", path: "steam", parent_id: parent.id } });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      full_path: `${parent.fullPath}/steam`,
      full_name: "Wheels / Steam",
      parent_id: parent.id,
      visibility: "internal",
    });
    expect(reply.body).not.toHaveProperty("prevent_sharing_groups_outside_hierarchy");
    const shown = await asRoot("GET", `/groups/${encodeURIComponent(`${parent.fullPath}/steam`)}`);
    expect(shown.body).toMatchObject({ id: reply.body.id, full_name: "Wheels / Steam" });
  });

  it("130 refuses a user who may not create groups", async () => {
    const user = await addUser({ canCreateGroup: false });
    const reply = await withToken(await addToken(user))("POST", "/groups", { json: { name: "x", path: unique("g") } });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
  });

  it("refuses everybody but administrators where the instance lets nobody create groups", async () => {
    await setSettings({ can_create_group: false });
    expect((await asAda("POST", "/groups", { json: { name: "x", path: unique("g") } })).status).toBe(403);
    expect((await asRoot("POST", "/groups", { json: { name: "x", path: unique("g") } })).status).toBe(201);
  });

  it("131 refuses a subgroup that more people see than its parent", async () => {
    const parent = await addGroup();
    const reply = await asRoot("POST", "/groups", { json: { name: "x", path: "x", parent_id: parent.id, visibility: "public" } });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      message: 'Failed to save group {:visibility_level=>["public is not allowed since the parent group has a private visibility."]}',
    });
  });

  it("keeps restricted visibility levels for administrators", async () => {
    await setSettings({ restricted_visibility_levels: ["public"] });
    const json = { name: "x", path: unique("g"), visibility: "public" };
    const reply = await asAda("POST", "/groups", { json });
    expect([reply.status, reply.body]).toEqual([
      400,
      { message: 'Failed to save group {:visibility_level=>["public has been restricted by your GitLab administrator"]}' },
    ]);
    expect((await asRoot("POST", "/groups", { json })).body).toMatchObject({ visibility: "public" });
  });

  it("takes the instance's default visibility", async () => {
    await setSettings({ default_group_visibility: "internal" });
    expect((await asAda("POST", "/groups", { json: { name: "x", path: unique("g") } })).body.visibility).toBe("internal");
  });

  it("does not know a parent that the caller does not see", async () => {
    const hidden = await addGroup();
    const replies = [hidden.id, 999_999, -1, Number.MAX_SAFE_INTEGER].map((parent_id) =>
      asAda("POST", "/groups", { json: { name: "x", path: "x", parent_id } }),
    );
    for (const reply of await Promise.all(replies)) {
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Group Not Found" }]);
    }
  });

  it("lets a maintainer create subgroups and makes them owner there, where the group admits maintainers", async () => {
    const parent = await addGroup();
    const strict = await addGroup({ subgroupCreationLevel: "owner" });
    await addMember(ada, { group: parent }, 40);
    await addMember(ada, { group: strict }, 40);
    const reply = await asAda("POST", "/groups", { json: { name: "x", path: "x", parent_id: parent.id } });
    expect(reply.status).toBe(201);
    expect(await membersOf(reply.body.id)).toEqual([{ user_id: ada.id, access_level: 50 }]);
    const refused = await asAda("POST", "/groups", { json: { name: "x", path: "x", parent_id: strict.id } });
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
  });

  it("gives the owner of the parent no membership of their own in the subgroup", async () => {
    const parent = await addGroup({ owner: ada });
    const reply = await asAda("POST", "/groups", { json: { name: "x", path: "x", parent_id: String(parent.id) } });
    expect(reply.status).toBe(201);
    expect(await membersOf(reply.body.id)).toEqual([]);
  });

  it("lets nobody create below an archived group", async () => {
    const top = await addGroup({ isArchived: true });
    const sub = await addGroup({ parent: top });
    expect((await asRoot("POST", "/groups", { json: { name: "x", path: "x", parent_id: sub.id } })).status).toBe(403);
  });

  const pathRule = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or '.atom', or end in '.'";
  const digits = "can't consist of digits only";
  const wrongPaths: [string, string][] = [
    ["-x", pathRule],
    ["a/b", pathRule],
    ["a.git", pathRule],
    ["a.ATOM", pathRule],
    ["a.", pathRule],
    ["a b", pathRule],
    ["ü", pathRule],
    ["a\u0000b", pathRule],
    ["a".repeat(256), pathRule],
    ["api", "api is a reserved name"],
    ["Dashboard", "Dashboard is a reserved name"],
    ["98765", digits],
  ];
  for (const [path, text] of wrongPaths) {
    it(`refuses the path ${JSON.stringify(path.slice(0, 20))}`, async () => {
      const reply = await asRoot("POST", "/groups", { json: { name: "x", path } });
      expect([reply.status, reply.body]).toEqual([400, { message: `Failed to save group {:path=>[${JSON.stringify(text)}]}` }]);
    });
  }

  it("reserves other words below another group than at the top level", async () => {
    const parent = await addGroup();
    const create = (path: string) => asRoot("POST", "/groups", { json: { name: "x", path, parent_id: parent.id } });
    expect((await create("tree")).body).toEqual({ message: 'Failed to save group {:path=>["tree is a reserved name"]}' });
    expect((await create("dashboard")).status).toBe(201);
  });

  it("may be called by digits below another group, where its full path is no id; so may users", async () => {
    const parent = await addGroup();
    const reply = await asRoot("POST", "/groups", { json: { name: "x", path: "98765", parent_id: parent.id } });
    expect((await asRoot("GET", `/groups/${encodeURIComponent(reply.body.full_path)}`)).body.id).toBe(reply.body.id);
    const json = { username: "98765", name: "N", email: "n98765@example.test", force_random_password: true };
    expect((await asRoot("POST", "/users", { json })).status).toBe(201);
  });

  it("tells all that is wrong with the group at once", async () => {
    const reply = await asRoot("POST", "/groups", { json: { name: "x".repeat(256), path: "api" } });
    expect(reply.body).toEqual({
      message: 'Failed to save group {:name=>["is too long (maximum is 255 characters)"], :path=>["api is a reserved name"]}',
    });
  });

  it("keeps what is sent and shows it", async () => {
    const given = {
      description: "all of it",
      visibility: "public",
      share_with_group_lock: true,
      require_two_factor_authentication: true,
      two_factor_grace_period: 12,
      project_creation_level: "owner",
      subgroup_creation_level: "owner",
      auto_devops_enabled: false,
      mentions_disabled: true,
      request_access_enabled: false,
      membership_lock: true,
      lfs_enabled: false,
      default_branch: "trunk",
      default_branch_protection: 3,
      enabled_git_access_protocol: "ssh",
    };
    const created = await asRoot("POST", "/groups", {
      json: { name: "Full", path: "full", ...given, emails_disabled: true, ip_restriction_ranges: "10.0.0.0/8, 2001:db8::/32" },
    });
    expect(created.status).toBe(201);
    const shown = await asRoot("GET", "/groups/full");
    expect(shown.body).toEqual(created.body);
    expect(shown.body).toMatchObject({
      ...given,
      emails_disabled: true,
      emails_enabled: false,
      ip_restriction_ranges: "10.0.0.0/8,2001:db8::/32",
      default_branch_protection_defaults: {
        allowed_to_push: [{ access_level: 40 }],
        allow_force_push: false,
        allowed_to_merge: [{ access_level: 30 }],
        developer_can_initial_push: false,
      },
    });
  });

  it("takes the protection defaults of today's API, and shows the number they stand for", async () => {
    const defaults = {
      allowed_to_push: [{ access_level: 30 }],
      allow_force_push: false,
      allowed_to_merge: [{ access_level: 40 }],
      developer_can_initial_push: false,
    };
    const path = unique("g");
    const reply = await asRoot("POST", "/groups", { json: { name: "x", path, default_branch_protection_defaults: defaults } });
    expect(reply.body).toMatchObject({ default_branch_protection: 1, default_branch_protection_defaults: defaults });
  });

  it("takes a form as well as JSON, and ignores an empty default branch", async () => {
    const path = unique("g");
    const form = `name=Form&path=${path}&request_access_enabled=0&default_branch=&default_branch_protection=0&description=&visibility=internal`;
    const reply = await asRoot("POST", "/groups/", { form });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      request_access_enabled: false,
      default_branch: null,
      default_branch_protection: 0,
      visibility: "internal",
    });
  });

  it("inherits the LFS switch of the nearest group above that has one", async () => {
    const parent = await addGroup({ isLfsEnabled: false });
    const middle = await addGroup({ parent });
    const reply = await asRoot("POST", "/groups", { json: { name: "x", path: "x", parent_id: middle.id } });
    expect(reply.body.lfs_enabled).toBe(false);
  });

  const wrong: [Record<string, unknown>, string][] = [
    [{ visibility: "secret" }, "visibility does not have a valid value"],
    [{ project_creation_level: "all" }, "project_creation_level does not have a valid value"],
    [{ default_branch_protection: 5 }, "default_branch_protection does not have a valid value"],
    [{ parent_id: "abc" }, "parent_id is invalid"],
    [{ parent_id: 1e300 }, "parent_id is invalid"],
    [{ lfs_enabled: "maybe" }, "lfs_enabled is invalid"],
    [{ name: "" }, "name is empty"],
    [{ path: ["a"] }, "path is invalid"],
    [{ enabled_git_access_protocol: "ftp" }, "enabled_git_access_protocol does not have a valid value"],
    [{ two_factor_grace_period: -1 }, "two_factor_grace_period is invalid"],
    [{ default_branch_protection_defaults: 7 }, "default_branch_protection_defaults is invalid"],
    [{ default_branch_protection_defaults: [{ allow_force_push: true }] }, "default_branch_protection_defaults is invalid"],
  ];
  for (const [values, error] of wrong) {
    it(`says ${error}`, async () => {
      const reply = await asRoot("POST", "/groups", { json: { name: "x", path: unique("g"), ...values } });
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    });
  }

  it("refuses address ranges that are none, and below the top level", async () => {
    const bad = await asRoot("POST", "/groups", { json: { name: "x", path: unique("g"), ip_restriction_ranges: "10.0.0.0/33" } });
    expect([bad.status, bad.body]).toEqual([400, { message: { ip_restriction_ranges: ["is invalid"] } }]);
    const parent = await addGroup();
    const json = { name: "x", path: "x", parent_id: parent.id, ip_restriction_ranges: "10.0.0.0/8" };
    expect((await asRoot("POST", "/groups", { json })).status).toBe(400);
  });

  it("goes twenty levels deep", async () => {
    let deepest = await addGroup();
    for (let level = 2; level < 20; level += 1) deepest = await addGroup({ parent: deepest });
    const last = await asRoot("POST", "/groups", { json: { name: "last", path: "last", parent_id: deepest.id } });
    expect([last.status, last.body.full_path]).toEqual([201, `${deepest.fullPath}/last`]);
    const over = await asRoot("POST", "/groups", { json: { name: "over", path: "over", parent_id: last.body.id } });
    const message = 'Failed to save group {:parent_id=>["has too many ancestors (maximum nesting is 20 levels)"]}';
    expect([over.status, over.body]).toEqual([400, { message }]);
  });

  it("takes over a path that only leads elsewhere", async () => {
    const group = await addGroup();
    await db.query.run(sql`insert into redirect_routes (path, namespace_id) values ('former', ${group.id})`);
    expect((await asRoot("POST", "/groups", { json: { name: "x", path: "Former" } })).status).toBe(201);
    expect(await db.query.all(sql`select * from redirect_routes where path = 'former'`)).toEqual([]);
  });

  it("asks for a token, and for the scope api", async () => {
    expect((await call("POST", "/groups", { json: {} })).body).toEqual({ message: "401 Unauthorized" });
    const reader = withToken(await addToken(ada, { scopes: ["read_api"] }));
    expect((await reader("POST", "/groups", { json: { name: "x", path: "x" } })).body).toMatchObject({ error: "insufficient_scope" });
  });
});

describe("GET /groups/:id", () => {
  let group: Group;
  let open: Group;
  beforeAll(async () => {
    group = await addGroup({ name: "Shown" });
    open = await addGroup({ name: "Open", visibility: "public" });
  });

  it("132 finds a subgroup by its encoded full path", async () => {
    const sub = await addGroup({ parent: group });
    const reply = await asRoot("GET", `/groups/${encodeURIComponent(sub.fullPath)}`);
    expect([reply.status, reply.body.id]).toEqual([200, sub.id]);
  });

  it("134 lists the group's projects, or leaves the lists out", async () => {
    const project = await addProject(group);
    const newer = await addProject(group);
    const invited = await addGroup();
    await addShare(invited, { project }, 20);
    const reply = await asRoot("GET", `/groups/${group.fullPath}`);
    expect(reply.body.projects.map((each: { id: number }) => each.id)).toEqual([newer.id, project.id]);
    expect(reply.body.projects[1]).toMatchObject({
      path_with_namespace: project.fullPath,
      name_with_namespace: `Shown / ${project.name}`,
      namespace: { id: group.id, full_path: group.fullPath },
      shared_with_groups: [{ group_id: invited.id, group_name: invited.name, group_full_path: invited.fullPath, group_access_level: 20 }],
    });
    const without = await asRoot("GET", `/groups/${group.id}?with_projects=false`);
    expect(without.body).not.toHaveProperty("projects");
    expect(without.body).not.toHaveProperty("shared_projects");
  });

  it("lists the projects the group is invited to, and the groups that are invited to it", async () => {
    const host = await addGroup({ name: "Host" });
    const project = await addProject(host);
    const expired = await addProject(host);
    const guests = await addGroup();
    const friends = await addGroup({ name: "Friends", visibility: "public" });
    await addShare(guests, { project }, 30);
    await addShare(guests, { project: expired }, 30, dayFromNow(0));
    await addShare(friends, { group: guests }, 20, dayFromNow(9));
    await addMember(ada, { group: guests }, 10);
    const { body } = await asAda("GET", `/groups/${guests.id}`);
    expect(body.shared_projects.map((each: { id: number }) => each.id)).toEqual([project.id]);
    expect(body.shared_projects[0].namespace).toMatchObject({ id: host.id, name: "Host" });
    expect(body.shared_with_groups).toEqual([
      { group_id: friends.id, group_name: "Friends", group_full_path: friends.fullPath, group_access_level: 20, expires_at: dayFromNow(9) },
    ]);
  });

  it("shows of its projects those that the caller may see", async () => {
    const mixed = await addGroup({ visibility: "public" });
    const [hidden, inner, outer, mine, lapsed] = [
      await addProject(mixed),
      await addProject(mixed, { visibility: "internal" }),
      await addProject(mixed, { visibility: "public" }),
      await addProject(mixed),
      await addProject(mixed),
    ];
    await addMember(eve, { project: mine }, 10);
    await addMember(eve, { project: lapsed }, 10, { expiresAt: dayFromNow(0) });
    const external = await addUser({ isExternal: true });
    const idsFor = async (call_: typeof call) => {
      const { body } = await call_("GET", `/groups/${mixed.id}`);
      return body.projects.map((each: { id: number }) => each.id);
    };
    expect(await idsFor(asRoot)).toEqual([lapsed.id, mine.id, outer.id, inner.id, hidden.id]);
    expect(await idsFor(asEve)).toEqual([mine.id, outer.id, inner.id]);
    expect(await idsFor(withToken(await addToken(external)))).toEqual([outer.id]);
    expect(await idsFor(call)).toEqual([outer.id]);
  });

  it("shows at most 100 projects", async () => {
    const crowded = await addGroup();
    for (let count = 0; count < 101; count += 1) await addProject(crowded);
    const { body } = await asRoot("GET", `/groups/${crowded.id}`);
    expect(body.projects).toHaveLength(100);
  });

  it("shows a public group without a token, with its projects in short", async () => {
    await addProject(open, { visibility: "public" });
    const reply = await call("GET", `/groups/${open.fullPath}`);
    expect(reply.status).toBe(200);
    expect(reply.body).not.toHaveProperty("runners_token");
    expect(reply.body).not.toHaveProperty("enabled_git_access_protocol");
    expect(Object.keys(reply.body.projects[0])).toHaveLength(19);
  });

  it("shows owners more than other members", async () => {
    const mine = await addGroup({ owner: ada });
    await addMember(eve, { group: mine }, 40);
    expect((await asAda("GET", `/groups/${mine.id}`)).body).toHaveProperty("enabled_git_access_protocol", "all");
    expect((await asEve("GET", `/groups/${mine.id}`)).body).not.toHaveProperty("enabled_git_access_protocol");
  });

  it("is not found by outsiders, without a token, by a user's name or by nonsense", async () => {
    const notFound = [404, { message: "404 Group Not Found" }];
    const replies = [
      await asAda("GET", `/groups/${group.id}`),
      await call("GET", `/groups/${group.id}`),
      await asRoot("GET", "/groups/ada"),
      await asRoot("GET", "/groups/999999999999999999999"),
      await asRoot("GET", "/groups/-1"),
      await asRoot("GET", "/groups/a%00b"),
      await asRoot("GET", "/groups/%F0%9F%92%A5"),
    ];
    for (const reply of replies) expect([reply.status, reply.body]).toEqual(notFound);
  });

  it("shows the instance's branch protection where the group has none of its own", async () => {
    await setSettings({ default_branch_protection: 1 });
    expect((await asRoot("GET", `/groups/${open.id}`)).body.default_branch_protection).toBe(1);
    expect((await call("GET", `/groups/${open.id}`)).body.default_branch_protection).toBe(1);
  });

  it("answers HEAD like GET, without a body", async () => {
    const reply = await asRoot("HEAD", `/groups/${open.id}`);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([200, undefined, "application/json"]);
  });
});

describe("odd values", () => {
  const odd: unknown[] = [
    null,
    "",
    "\u0000",
    "\ud800",
    "x".repeat(100_000),
    -1,
    0.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    [],
    [[]],
    {},
    { 0: { a: 1 } },
  ];
  const names = ["name", "path", "parent_id", "description", "default_branch", "default_branch_protection_defaults"];
  const others = ["ip_restriction_ranges", "mentions_disabled", "two_factor_grace_period", "visibility", "avatar"];
  for (const name of [...names, ...others]) {
    it(`of ${name} are never a fault of the server`, async () => {
      for (const value of odd) {
        const reply = await asRoot("POST", "/groups", { json: { name: "odd", path: unique("odd"), [name]: value } });
        expect([value, reply.status]).toEqual([value, expect.toBeOneOf([201, 400, 404])]);
      }
    });
  }

  for (const name of ["user_id", "username", "access_level", "expires_at"]) {
    it(`of a member's ${name} are never a fault of the server`, async () => {
      const group = await addGroup();
      for (const value of odd) {
        const json = name === "username" ? { access_level: 10, username: value } : { access_level: 10, user_id: 1, [name]: value };
        const reply = await asRoot("POST", `/groups/${group.id}/members`, { json });
        expect([value, reply.status]).toEqual([value, expect.toBeOneOf([201, 400, 404, 409])]);
      }
    });
  }
});

const sendTexts = (json: Record<string, unknown>) => asRoot("POST", "/groups", { json: { name: "Texts", path: unique("texts"), ...json } });

describe("texts of a group", () => {
  it("of a description have several lines, and no other control characters", async () => {
    const lines = "a\tb\r\nc\n\u{1F600}\u2028d";
    expect((await sendTexts({ description: lines })).body.description).toBe(lines);
    for (const control of ["\u0000", "\u0007", "\u001b[31m", "\u007f", "\u009b"]) {
      const reply = await sendTexts({ description: `a${control}b` });
      const message = `Failed to save group {:description=>["can't contain control characters other than tabs and newlines"]}`;
      expect([reply.status, reply.body]).toEqual([400, { message }]);
    }
  });

  it("of a description are at most 500 characters", async () => {
    const longest = "d".repeat(500);
    expect((await sendTexts({ description: longest })).body.description).toBe(longest);
    const reply = await sendTexts({ description: `${longest}d` });
    const message = 'Failed to save group {:description=>["is too long (maximum is 500 characters)"]}';
    expect([reply.status, reply.body]).toEqual([400, { message }]);
  });

  it("of a default branch are names that Git takes", async () => {
    expect((await sendTexts({ default_branch: "release/9.x" })).body.default_branch).toBe("release/9.x");
    for (const name of ["a b", "a..b", "a".repeat(256)]) {
      const reply = await sendTexts({ default_branch: name });
      expect([reply.status, reply.body]).toEqual([400, { message: 'Failed to save group {:default_branch=>["is invalid"]}' }]);
    }
  });
});

const idsOf = (entries: { group_id: number }[]) => entries.map((entry) => entry.group_id);

/** Of each project that a group shows, whether the caller may open merge requests in it. */
const mergeable = async (as: typeof call, id: number) => {
  const { body } = await as("GET", `/groups/${id}`);
  const projects = [...body.projects, ...body.shared_projects] as { id: number; can_create_merge_request_in: boolean }[];
  return Object.fromEntries(projects.map((project) => [project.id, project.can_create_merge_request_in]));
};

describe("what a group shows of others", () => {
  it("names of the invited groups those that the caller may see, as long as they are invited", async () => {
    const host = await addGroup({ visibility: "public" });
    const invited = {
      open: await addGroup({ visibility: "public" }),
      inner: await addGroup({ visibility: "internal" }),
      hidden: await addGroup(),
      lapsed: await addGroup({ visibility: "public" }),
    };
    const { open, inner, hidden, lapsed } = invited;
    const below = await addGroup({ parent: hidden });
    const project = await addProject(host, { visibility: "public" });
    for (const place of [{ group: host }, { project }]) {
      for (const group of [open, inner, below]) await addShare(group, place, 10);
      await addShare(lapsed, place, 10, dayFromNow(0));
    }
    const member = await addUser();
    await addMember(member, { group: hidden }, 10);
    const external = await addUser({ isExternal: true });
    const shown = async (as: typeof call) => {
      const { body } = await as("GET", `/groups/${host.id}`);
      return [idsOf(body.shared_with_groups), idsOf(body.projects[0].shared_with_groups ?? [])];
    };
    const all = [open.id, inner.id, below.id];
    expect(await shown(asRoot)).toEqual([all, all]);
    expect(await shown(withToken(await addToken(member)))).toEqual([all, all]);
    expect(await shown(asEve)).toEqual([all.slice(0, 2), all.slice(0, 2)]);
    expect(await shown(withToken(await addToken(external)))).toEqual([[open.id], [open.id]]);
    expect(await shown(call)).toEqual([[open.id], []]);
  });

  it("tells its addresses to its owners and to administrators", async () => {
    const group = await addGroup({ visibility: "public", ipRestrictionRanges: "10.0.0.0/8" });
    await addMember(ada, { group }, 50);
    await addMember(eve, { group }, 40);
    for (const as of [asRoot, asAda]) {
      const told = { ip_restriction_ranges: "10.0.0.0/8", enabled_git_access_protocol: "all" };
      expect((await as("GET", `/groups/${group.id}`)).body).toMatchObject(told);
    }
    for (const as of [asEve, call]) expect((await as("GET", `/groups/${group.id}`)).body).not.toHaveProperty("ip_restriction_ranges");
  });

  it("judges each project by the caller's role in it", async () => {
    const group = await addGroup();
    const elsewhere = await addGroup();
    const closed = { visibility: "public", mergeRequestsAccessLevel: "private" } as const;
    const shared = await addProject(elsewhere, closed);
    const lapsed = await addProject(elsewhere, closed);
    const own = await addProject(group, closed);
    await addShare(group, { project: shared }, 20);
    await addShare(group, { project: lapsed }, 20);
    await db.query.run(sql`update projects set merge_requests_access_level = 'disabled' where id = ${lapsed.id}`);
    const visitor = await addUser();
    const open = await addGroup({ visibility: "public" });
    const mine = await addProject(open, closed);
    const theirs = await addProject(open, closed);
    await addMember(visitor, { project: mine }, 20);
    await addMember(eve, { group }, 20);
    expect(await mergeable(asEve, group.id)).toEqual({ [own.id]: true, [shared.id]: true, [lapsed.id]: false });
    expect(await mergeable(withToken(await addToken(visitor)), open.id)).toEqual({ [mine.id]: true, [theirs.id]: false });
  });
});
