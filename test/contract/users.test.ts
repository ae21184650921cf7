import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import * as schema from "../../src/db/schema/index.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addKey,
  addMember,
  addProject,
  addToken,
  addUser,
  db,
  personalNamespaceId,
  setSettings,
  unique,
} from "../setup/world.ts";

const notFound = { message: "404 User Not Found" };
const forbidden = { message: "403 Forbidden" };
const base = "http://gitlab.example.test";
const usernameRule = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or '.atom', or end in '.'";

let ada: UserRow;
let bob: UserRow;
let asBob: ReturnType<typeof withToken>;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron", createdById: 1 });
  bob = await addUser({ username: "bob" });
  asBob = withToken(await addToken(bob));
});

/** What POST /users needs. */
const aUser = (values: Record<string, unknown> = {}) => {
  const username = unique("new");
  return { email: `${username}@example.test`, username, name: "New", force_random_password: true, ...values };
};
const create = (values: Record<string, unknown> = {}) => asRoot("POST", "/users", { json: aUser(values) });
const edit = (user: { id: number }, json: Record<string, unknown>) => asRoot("PUT", `/users/${user.id}`, { json });
const show = (user: { id: number }) => asRoot("GET", `/users/${user.id}`);
const rowOf = async (id: number): Promise<Record<string, unknown>> =>
  (await db.query.all<Record<string, unknown>>(sql`select * from users where id = ${id}`))[0]!;
const names = (reply: { body: { username: string }[] }) => reply.body.map((user) => user.username);
const remove = (user: { id: number }, options: Parameters<typeof asRoot>[2] = {}) => asRoot("DELETE", `/users/${user.id}`, options);
const count = async (query: ReturnType<typeof sql>) => (await db.query.all(query)).length;

describe("POST /users", () => {
  it("B41 answers the whole user", async () => {
    const reply = await asRoot("POST", "/users", {
      json: { email: "eve@example.test", username: "eve", name: "Eve", password: "E4596f8be406", skip_confirmation: true },
    });
    expect(reply.status).toBe(201);
    const { id, namespace_id: namespaceId } = reply.body;
    expect(namespaceId).not.toBe(id);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      username: "eve",
      name: "Eve",
      state: "active",
      locked: false,
      avatar_url: null,
      web_url: `${base}/eve`,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      bio: "",
      location: null,
      public_email: null,
      skype: "",
      linkedin: "",
      twitter: "",
      discord: "",
      website_url: "",
      organization: "",
      job_title: "",
      pronouns: null,
      bot: false,
      work_information: null,
      followers: 0,
      following: 0,
      local_time: null,
      email: "eve@example.test",
      last_sign_in_at: null,
      confirmed_at: expect.stringMatching(/Z$/),
      last_activity_on: null,
      theme_id: 1,
      color_scheme_id: 1,
      projects_limit: 100_000,
      current_sign_in_at: null,
      identities: [],
      can_create_group: true,
      can_create_project: true,
      two_factor_enabled: false,
      external: false,
      private_profile: false,
      commit_email: "eve@example.test",
      is_admin: false,
      note: null,
      namespace_id: expect.any(Number),
      created_by: {
        id: 1,
        username: "root",
        name: "Administrator",
        state: "active",
        locked: false,
        avatar_url: null,
        web_url: `${base}/root`,
      },
      current_sign_in_ip: null,
      last_sign_in_ip: null,
      email_reset_offered_at: null,
      using_license_seat: false,
      is_auditor: false,
      shared_runners_minutes_limit: null,
      extra_shared_runners_minutes_limit: null,
    });
    expect((await show({ id })).body).toEqual({ ...reply.body, sign_in_count: 0 });
  });

  it("a password is not kept: a new stamp of 16 characters is", async () => {
    const reply = await create({ password: "correct horse", force_random_password: false });
    const row = await rowOf(reply.body.id);
    expect(row["password_stamp"]).toMatch(/^[\w-]{16}$/);
    expect(JSON.stringify(row)).not.toContain("correct horse");
  });

  it("B42 the same e-mail address in capitals is taken", async () => {
    const reply = await create({ email: "ADA@example.test" });
    expect([reply.status, reply.body]).toEqual([409, { message: "Email has already been taken" }]);
  });

  it("the same user name in capitals is taken", async () => {
    const reply = await create({ username: "ADA" });
    expect([reply.status, reply.body]).toEqual([409, { message: "Username has already been taken" }]);
  });

  it("B44 where both clash, the e-mail address is named, whatever else is wrong", async () => {
    const reply = await create({ email: "ada@example.test", username: "ada", bio: "x".repeat(256) });
    expect([reply.status, reply.body]).toEqual([409, { message: "Email has already been taken" }]);
  });

  it("a user name that is the path of a group is a fault of the field", async () => {
    await addGroup({ path: "some-group" });
    const reply = await create({ username: "Some-Group" });
    expect([reply.status, reply.body]).toEqual([400, { message: { username: ["has already been taken"] } }]);
  });

  it("B45 without a password and without a wish for one it is refused", async () => {
    const reply = await asRoot("POST", "/users", { json: { email: "x@example.test", username: "x", name: "x" } });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      error: "password, reset_password, force_random_password are missing, at least one parameter must be provided",
    });
  });

  it("what is missing is named together", async () => {
    const reply = await asRoot("POST", "/users", { json: {} });
    expect([reply.status, reply.body]).toEqual([400, { error: "email is missing, username is missing, name is missing" }]);
  });

  it("B47 a random password needs no other", async () => {
    expect((await create({ force_random_password: true })).status).toBe(201);
  });

  it("B48 a short password is refused", async () => {
    const reply = await create({ force_random_password: false, password: "short" });
    expect([reply.status, reply.body]).toEqual([400, { message: { password: ["is too short (minimum is 8 characters)"] } }]);
  });

  it("a blank password beside reset_password is ignored", async () => {
    expect((await create({ force_random_password: undefined, reset_password: true, password: "" })).status).toBe(201);
  });

  it("a blank password alone is refused", async () => {
    const reply = await create({ force_random_password: undefined, password: "" });
    expect([reply.status, reply.body]).toEqual([400, { message: { password: ["can't be blank"] } }]);
  });

  it("B49 nobody but administrators may", async () => {
    const reply = await asBob("POST", "/users", { json: aUser() });
    expect([reply.status, reply.body]).toEqual([403, forbidden]);
    expect((await call("POST", "/users", { json: aUser() })).status).toBe(401);
  });

  it("B51 half an identity is refused", async () => {
    const reply = await create({ provider: "ldapmain" });
    expect([reply.status, reply.body]).toEqual([400, { error: "extern_uid, provider provide all or none of parameters" }]);
  });

  it("an identity is kept, and belongs to one user", async () => {
    const identity = { provider: "ldapmain", extern_uid: "uid=eve" };
    expect((await create(identity)).body.identities).toEqual([identity]);
    const second = await create(identity);
    expect([second.status, second.body]).toEqual([400, { message: { "identities.extern_uid": ["has already been taken"] } }]);
  });

  it("B52 a projects_limit of 0 is meant", async () => {
    const reply = await create({ projects_limit: 0 });
    expect(reply.body).toMatchObject({ projects_limit: 0, can_create_project: false });
    const [user] = await db.query.all<UserRow>(sql`select * from users where id = ${reply.body.id}`);
    const own = await withToken(await addToken(user!))("POST", "/projects", { json: { name: "x" } });
    expect(own.status).toBe(403);
  });

  it("all that is wrong comes in one message", async () => {
    const reply = await create({
      email: "nobody",
      username: "-x",
      name: "",
      bio: "x".repeat(256),
      projects_limit: -1,
      force_random_password: false,
      password: "short",
    });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      message: {
        email: ["is invalid"],
        username: [usernameRule],
        name: ["can't be blank"],
        projects_limit: ["must be greater than or equal to 0"],
        bio: ["is too long (maximum is 255 characters)"],
        password: ["is too short (minimum is 8 characters)"],
      },
    });
  });

  it.each(["-a", "a.", "a.git", "a.atom", "a b", "ä", "a/b", "x".repeat(256), "a\u0000b"])("refuses the user name %j", async (username) => {
    const reply = await create({ username });
    expect([reply.status, reply.body]).toEqual([400, { message: { username: [usernameRule] } }]);
  });

  it("refuses a user name that is an address of the instance itself", async () => {
    expect((await create({ username: "admin" })).body).toEqual({ message: { username: ["admin is a reserved name"] } });
  });

  it.each(["a\nssh-ed25519 AAAA", "a\u0000b", "\u2028\u0007"])("refuses the name %j, which is not one line", async (name) => {
    expect((await create({ name })).status).toBe(400);
  });

  it("odd texts are kept as they are", async () => {
    const reply = await create({ bio: "a\u0000b '\" \u{1F600}", note: "n", location: "Zürich", theme_id: "3", private_profile: "true" });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ bio: "a\u0000b '\" \u{1F600}", note: "n", location: "Zürich", theme_id: 3, private_profile: true });
  });

  it("the instance's defaults hold where nothing is said", async () => {
    await setSettings({ user_default_external: true, can_create_group: false, default_projects_limit: 3 });
    const reply = await create();
    const other = await create({ external: false, can_create_group: true, projects_limit: 4 });
    await setSettings(null);
    expect(reply.body).toMatchObject({ external: true, can_create_group: false, projects_limit: 3 });
    expect(other.body).toMatchObject({ external: false, can_create_group: true, projects_limit: 4 });
  });

  it("of two requests at once for one name, one wins", async () => {
    const user = aUser();
    const replies = await Promise.all([asRoot("POST", "/users", { json: user }), asRoot("POST", "/users", { json: user })]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409]);
  });

  it("accepts a form", async () => {
    const reply = await asRoot("POST", "/users", {
      form: "email=form%40example.test&username=form&name=Form+User&password=12345678&admin=1&external=no&projects_limit=7",
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ name: "Form User", is_admin: true, external: false, projects_limit: 7 });
  });
});

describe("GET /users", () => {
  it("B53 finds a user name, and shows the short form to whoever is no administrator", async () => {
    const reply = await asBob("GET", "/users?username=ADA");
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual([
      { id: ada.id, username: "ada", name: "Ada Byron", state: "active", locked: false, avatar_url: null, web_url: `${base}/ada` },
    ]);
  });

  it("a user name may be looked up without a token", async () => {
    expect(names(await call("GET", "/users?username=ada"))).toEqual(["ada"]);
    expect((await call("GET", "/users?username=nobody-at-all")).body).toEqual([]);
  });

  it("B55 and nothing else", async () => {
    for (const path of ["/users", "/users?username=", "/users?search=ada"]) {
      const reply = await call("GET", path);
      expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden - Not authorized to access /api/v4/users" }]);
    }
  });

  it("B56 a part of the name finds; administrators see all", async () => {
    const reply = await asRoot("GET", "/users?search=byr");
    expect(reply.body).toHaveLength(1);
    expect(reply.body[0]).toMatchObject({ username: "ada", email: "ada@example.test", is_admin: false, created_by: { username: "root" } });
    expect(reply.body[0]).not.toHaveProperty("sign_in_count");
  });

  it("an e-mail address finds only as a whole, and a private one only for administrators", async () => {
    const user = await addUser({ publicEmail: "open@example.test" });
    expect(names(await asBob("GET", "/users?search=OPEN@example.test"))).toEqual([user.username]);
    expect(names(await asBob("GET", "/users?search=open@example"))).toEqual([]);
    expect(names(await asBob("GET", `/users?search=${ada.email}`))).toEqual([]);
    expect(names(await asRoot("GET", `/users?search=${ada.email}`))).toEqual(["ada"]);
  });

  it("a long search, and one of wildcards, finds nothing", async () => {
    expect((await asRoot("GET", `/users?search=${"x".repeat(3000)}`)).body).toEqual([]);
    expect((await asRoot("GET", "/users?search=%25_%00")).body).toEqual([]);
  });

  it("B58 a filter acts where it is true", async () => {
    const blocked = await addUser({ state: "blocked" });
    expect(names(await asRoot("GET", "/users?blocked=true"))).toEqual([blocked.username]);
    const all = Number((await asRoot("GET", "/users")).headers.get("X-Total"));
    expect(Number((await asRoot("GET", "/users?blocked=false")).headers.get("X-Total"))).toBe(all);
    expect(Number((await asRoot("GET", "/users?active=true")).headers.get("X-Total"))).toBe(all - 1);
    expect(names(await asRoot("GET", "/users?exclude_active=true"))).toEqual([blocked.username]);
  });

  it.each([
    ["external=true", ["f-external"]],
    ["exclude_external=true", ["f-bot", "f-ghost", "f-human"]],
    ["humans=true", ["f-external", "f-human"]],
    ["exclude_humans=true", ["f-bot", "f-ghost"]],
    ["exclude_internal=true", ["f-bot", "f-external", "f-human"]],
    ["without_project_bots=true", ["f-external", "f-ghost", "f-human"]],
    ["active=true", ["f-bot", "f-external", "f-human"]],
    ["admins=true", []],
    ["two_factor=enabled", ["f-external"]],
    ["two_factor=disabled", ["f-bot", "f-ghost", "f-human"]],
    ["without_projects=true", ["f-bot", "f-external", "f-ghost"]],
    ["created_after=2020-01-01&created_before=2020-12-31", ["f-ghost"]],
  ])("filters by %s", async (filter, expected) => {
    if ((await asRoot("GET", "/users?username=f-bot")).body.length === 0) {
      await addUser({ username: "f-bot", userType: "project_bot" });
      await addUser({ username: "f-external", isExternal: true, isTwoFactorEnabled: true });
      await addUser({ username: "f-ghost", userType: "ghost", createdAt: new Date("2020-06-01") });
      await addProject(await addUser({ username: "f-human" }));
    }
    expect(names(await asRoot("GET", `/users?search=f-&order_by=username&sort=asc&${filter}`))).toEqual(expected);
  });

  it("what only administrators may ask for is dropped for others", async () => {
    const reply = await asBob("GET", "/users?search=f-&admins=true&two_factor=enabled&order_by=username&sort=asc");
    expect(names(reply)).toEqual(["f-human", "f-ghost", "f-external", "f-bot"]);
  });

  it("finds by identity", async () => {
    const user = await create({ provider: "saml", extern_uid: "42" });
    expect(names(await asRoot("GET", "/users?provider=saml&extern_uid=42"))).toEqual([user.body.username]);
    expect((await asRoot("GET", "/users?provider=saml")).status).toBe(400);
  });

  it.each([
    ["order_by=email", "order_by does not have a valid value"],
    ["sort=up", "sort does not have a valid value"],
    ["active=perhaps", "active is invalid"],
    ["created_after=asdf", "created_after is invalid"],
    ["page=x", "page is invalid"],
    ["pagination=keyset&cursor=nonsense", "cursor is invalid"],
  ])("refuses %s", async (query, error) => {
    const reply = await asRoot("GET", `/users?${query}`);
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it.each(["id", "name", "username", "created_at", "updated_at"])("turns all pages of a keyset list by %s", async (column) => {
    for (const name of ["a", "B", "same", "same"]) {
      const username = unique(`key-${column.replace("_", "-")}-`);
      await addUser({ username, name, createdAt: new Date(1_600_000_000_000) });
    }
    const first = `/users?search=key-${column.replace("_", "-")}-&pagination=keyset&per_page=1&order_by=${column}&sort=asc`;
    const whole = names(await asRoot("GET", first.replace("pagination=keyset&per_page=1&", "")));
    const turned: string[] = [];
    let next: string | undefined = first;
    while (next !== undefined) {
      const reply = await asRoot("GET", next);
      expect([reply.status, reply.headers.get("X-Total")]).toEqual([200, null]);
      turned.push(...names(reply));
      next = /<([^>]+)>; rel="next"/.exec(reply.headers.get("Link") ?? "")?.[1];
    }
    expect(turned).toHaveLength(4);
    expect(turned).toEqual(whole);
  });
});

describe("GET /users/:id", () => {
  it.each(["999999", "ada", "1.5", "0", "-1", "99999999999999999999", "%00", "1%20"])("B59 %s finds nobody", async (id) => {
    const reply = await asRoot("GET", `/users/${id}`);
    expect([reply.status, reply.body]).toEqual([404, notFound]);
  });

  it("B60 shows others what is public", async () => {
    const reply = await asBob("GET", `/users/${ada.id}`);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ bot: false, followers: 0, is_followed: false, created_at: expect.any(String) });
    for (const field of ["email", "is_admin", "note", "identities", "commit_email"]) expect(reply.body).not.toHaveProperty(field);
  });

  it("needs a token", async () => {
    const reply = await call("GET", `/users/${ada.id}`);
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden - Not authorized!" }]);
  });
});

describe("GET /user", () => {
  it("shows people themselves", async () => {
    const reply = await asBob("GET", "/user");
    expect(reply.body).toMatchObject({ username: "bob", email: "bob@example.test", can_create_project: true, identities: [] });
    for (const field of ["is_admin", "is_followed", "note"]) expect(reply.body).not.toHaveProperty(field);
  });

  it("shows administrators all, in two round trips", async () => {
    const reply = await asRoot("GET", "/user");
    expect(reply.body).toMatchObject({ username: "root", is_admin: true, namespace_id: 2, created_by: null });
    expect(reply.headers.get("Server-Timing")).toContain("2 trips");
  });
});

describe("PUT /users/:id", () => {
  it("B62 a multipart body of nothing but its end changes nothing", async () => {
    const before = (await show(ada)).body;
    const row = await rowOf(ada.id);
    const reply = await asRoot("PUT", `/users/${ada.id}`, {
      raw: "--x--\r\n",
      headers: { "Content-Type": "multipart/form-data; boundary=x" },
    });
    const { sign_in_count: _, ...unchanged } = before;
    expect([reply.status, reply.body]).toEqual([200, unchanged]);
    expect(await rowOf(ada.id)).toEqual(row);
  });

  it("reads multipart, booleans as words", async () => {
    const user = await addUser();
    const form = new FormData();
    form.set("name", "Renamed");
    form.set("admin", "true");
    form.set("external", "1");
    form.set("avatar", new File(["png"], "a.png", { type: "image/png" }));
    const reply = await asRoot("PUT", `/users/${user.id}`, { raw: form });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ name: "Renamed", is_admin: true, external: true, avatar_url: null });
  });

  it("B64 another's e-mail address or user name is taken", async () => {
    const email = await edit(ada, { email: "BOB@example.test" });
    expect([email.status, email.body]).toEqual([409, { message: "Email has already been taken" }]);
    const username = await edit(ada, { username: "Bob" });
    expect([username.status, username.body]).toEqual([409, { message: "Username has already been taken" }]);
  });

  it("B65 one's own may be sent again", async () => {
    const user = await addUser({ username: "carl" });
    const reply = await edit(user, { email: "carl@example.test", username: "carl", name: "N" });
    expect([reply.status, reply.body.name]).toEqual([200, "N"]);
  });

  it("changes what is given, and keeps the rest of the profile", async () => {
    const user = await addUser();
    await edit(user, { bio: "b", organization: "Engines", job_title: "Engineer", commit_email: "c@example.test", note: "watch" });
    const reply = await edit(user, { bio: "c", external: true, projects_limit: "0", can_create_group: "false", location: null });
    expect(reply.body).toMatchObject({
      bio: "c",
      work_information: "Engineer at Engines",
      commit_email: "c@example.test",
      note: "watch",
      external: true,
      projects_limit: 0,
      can_create_group: false,
      location: null,
    });
  });

  it("a password renews the stamp, and is not kept; a blank one and a short one do not", async () => {
    const user = await addUser();
    const stamp = async () => (await rowOf(user.id))["password_stamp"];
    const first = await stamp();
    expect((await edit(user, { password: "", reset_password: false })).status).toBe(200);
    expect((await edit(user, { password: "short" })).status).toBe(400);
    expect(await stamp()).toBe(first);
    await edit(user, { password: "long enough" });
    const second = await stamp();
    expect(second).not.toBe(first);
    await edit(user, { password: "", reset_password: true });
    expect(await stamp()).not.toBe(second);
  });

  it("records and withdraws that the terms were accepted", async () => {
    const user = await addUser();
    await edit(user, { terms_accepted: true });
    expect((await rowOf(user.id))["terms_accepted_at"]).toEqual(expect.any(Number));
    await edit(user, { name: "N" });
    expect((await rowOf(user.id))["terms_accepted_at"]).toEqual(expect.any(Number));
    await edit(user, { terms_accepted: "false" });
    expect((await rowOf(user.id))["terms_accepted_at"]).toBeNull();
  });

  it("one identity a provider", async () => {
    const user = await addUser();
    await edit(user, { provider: "saml", extern_uid: "old" });
    await edit(user, { provider: "ldap", extern_uid: "l" });
    const reply = await edit(user, { provider: "saml", extern_uid: "new" });
    expect(reply.body.identities).toEqual([
      { provider: "ldap", extern_uid: "l" },
      { provider: "saml", extern_uid: "new" },
    ]);
    const other = await edit(await addUser(), { provider: "saml", extern_uid: "new" });
    expect([other.status, other.body]).toEqual([400, { message: { "identities.extern_uid": ["has already been taken"] } }]);
  });

  it("another user name moves the namespace and its projects; the former paths lead on", async () => {
    const user = await addUser({ username: "dora" });
    const neighbour = await addUser({ username: "dora2" });
    const project = await addProject(user, { path: "tools" });
    const reply = await edit(user, { username: "Theodora", name: "Theo" });
    expect([reply.status, reply.body.username, reply.body.web_url]).toEqual([200, "Theodora", `${base}/Theodora`]);
    const moved = await asRoot("GET", "/projects/Theodora%2Ftools");
    expect([moved.status, moved.body.id, moved.body.namespace.name]).toEqual([200, project.id, "Theo"]);
    const former = await asRoot("GET", "/projects/dora%2Ftools");
    expect([former.status, former.headers.get("Location")]).toEqual([301, `${base}/api/v4/projects/${project.id}`]);
    const paths = await db.query.all<{ path: string }>(
      sql`select path from routes where namespace_id in (${await personalNamespaceId(user)}, ${await personalNamespaceId(neighbour)}) order by 1`,
    );
    expect(paths.map((row) => row.path)).toEqual(["dora2", "Theodora"]);

    // The former name is free again, and whoever takes it gets it whole.
    const heir = await create({ username: "dora" });
    expect(heir.status).toBe(201);
    const [row] = await db.query.all<UserRow>(sql`select * from users where id = ${heir.body.id}`);
    const heirProject = await addProject({ ...row! }, { path: "tools" });
    expect((await asRoot("GET", "/projects/dora%2Ftools")).body.id).toBe(heirProject.id);
  });

  it("back and forth leaves one path and no redirect to itself", async () => {
    const user = await addUser({ username: "emil" });
    await addProject(user, { path: "p" });
    for (const username of ["emily", "emil", "EMIL"]) expect((await edit(user, { username })).body.username).toBe(username);
    const routes = await db.query.all<{ path: string }>(sql`select path from routes where path like 'emil%' order by 1`);
    expect(routes.map((row) => row.path)).toEqual(["EMIL", "EMIL/p"]);
    const redirects = await db.query.all<{ path: string }>(sql`select path from redirect_routes where path like 'emil%' order by 1`);
    expect(redirects.map((row) => row.path)).toEqual(["emily", "emily/p"]);
  });

  it("the path of a group is no user name", async () => {
    await addGroup({ path: "guild" });
    const reply = await edit(await addUser(), { username: "guild", bio: "x".repeat(256) });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      message: { bio: ["is too long (maximum is 255 characters)"], username: ["has already been taken"] },
    });
    expect((await edit(await addUser(), { username: "guild" })).body).toEqual({ message: { username: ["has already been taken"] } });
  });

  it("two renames at once leave name and path the same", async () => {
    const user = await addUser();
    await Promise.all([edit(user, { username: "race-a" }), edit(user, { username: "race-b" })]);
    const { username } = (await show(user)).body;
    const rows = await db.query.all<{ path: string; last: string }>(sql`
      select r.path, n.path as last from routes r join namespaces n on n.id = r.namespace_id where n.owner_id = ${user.id}`);
    expect(rows).toEqual([{ path: username, last: username }]);
  });

  it("nobody else may, and nobody is nobody", async () => {
    expect((await asBob("PUT", `/users/${bob.id}`, { json: { name: "x" } })).status).toBe(403);
    const reply = await asRoot("PUT", "/users/999999", { json: { name: "x" } });
    expect([reply.status, reply.body]).toEqual([404, notFound]);
  });

  it.each([
    [{ projects_limit: 1e15 }, { message: { projects_limit: ["must be less than or equal to 2147483647"] } }],
    [{ projects_limit: 1e300 }, { error: "projects_limit is invalid" }],
    [{ admin: "perhaps" }, { error: "admin is invalid" }],
    [{ name: ["x"] }, { error: "name is invalid" }],
    [{ name: { a: 1 } }, { error: "name is invalid" }],
    [{ note: "x".repeat(5001) }, { message: { note: ["is too long (maximum is 5000 characters)"] } }],
    [{ email: "" }, { message: { email: ["can't be blank"] } }],
    [{ public_email: "x" }, { message: { public_email: ["is invalid"] } }],
  ])("refuses %j", async (json, body) => {
    const reply = await edit(ada, json);
    expect([reply.status, reply.body]).toEqual([400, body]);
  });
});

describe("POST /users/:id/block and /unblock", () => {
  it("B66 B68 block and unblock; what is done already is null and false", async () => {
    const user = await addUser();
    const reply = await asRoot("POST", `/users/${user.id}/block`);
    expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([201, true, "application/json"]);
    expect((await show(user)).body.state).toBe("blocked");
    const again = await asRoot("POST", `/users/${user.id}/block`);
    expect([again.status, again.body]).toEqual([201, null]);
    const unblocked = await asRoot("POST", `/users/${user.id}/unblock`);
    expect([unblocked.status, unblocked.body]).toEqual([201, true]);
    const free = await asRoot("POST", `/users/${user.id}/unblock`);
    expect([free.status, free.body]).toEqual([201, false]);
  });

  it("B69 nobody blocks themselves", async () => {
    const reply = await asRoot("POST", "/users/1/block");
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({ message: "403 Forbidden - The API initiating user cannot be blocked by the API" });
  });

  it.each([
    ["block", "ldap_blocked", 403, "403 Forbidden - LDAP blocked users cannot be modified by the API"],
    ["unblock", "ldap_blocked", 403, "403 Forbidden - LDAP blocked users cannot be unblocked by the API"],
    ["unblock", "deactivated", 403, "403 Forbidden - Deactivated users cannot be unblocked by the API"],
    ["block", "deactivated", 201, true],
    ["block", "banned", 201, null],
    ["unblock", "banned", 201, false],
    ["unblock", "blocked_pending_approval", 201, true],
  ] as const)("%s of a user who is %s", async (verb, state, status, body) => {
    const user = await addUser({ state });
    const reply = await asRoot("POST", `/users/${user.id}/${verb}`);
    expect([reply.status, reply.body]).toEqual([status, status === 403 ? { message: body } : body]);
  });

  it("administrators only, and somebody", async () => {
    for (const verb of ["block", "unblock"]) {
      expect((await asBob("POST", `/users/${ada.id}/${verb}`)).body).toEqual(forbidden);
      const reply = await asRoot("POST", `/users/999999/${verb}`);
      expect([reply.status, reply.body]).toEqual([404, notFound]);
    }
  });
});

describe("DELETE /users/:id", () => {
  it("B74 gone at once, with all that is theirs; what they made for others stays", async () => {
    const user = await addUser({ username: "gone" });
    const other = await addUser({ createdById: user.id });
    const own = await addProject(user, { path: "own" });
    const group = await addGroup({ owner: other });
    const elsewhere = await addProject(group, { creatorId: user.id });
    await addMember(user, { project: elsewhere }, 30);
    await addMember(other, { project: elsewhere }, 30, { createdById: user.id });
    await addMember(other, { project: own }, 40);
    const token = await addToken(user);
    const key = await addKey(user);
    const deployKey = await addDeployKey(user, [{ project: elsewhere }]);
    const orphan = await addDeployKey(other, [{ project: own }]);
    await db.query.insert(schema.identities).values({ userId: user.id, provider: "p", externUid: "gone" });
    await db.query.insert(schema.twoFactors).values({ userId: user.id, sealed: "s", recoverySalt: "00" });
    await db.query.insert(schema.recoveryCodes).values({ userId: user.id, digest: "d" });
    await db.query.insert(schema.otpSessions).values({ userId: user.id, keyId: 0, expiresAt: new Date() });
    const [first] = await db.query.select().from(schema.personalAccessTokens).where(eq(schema.personalAccessTokens.userId, user.id));
    await addToken(user, { familyId: first!.id });
    await db.query
      .insert(schema.storedMessages)
      .values({ kind: "moved", userId: user.id, glRepository: "project-1", text: "t", expiresAt: new Date() });
    await db.query.insert(schema.snippets).values([
      { authorId: user.id, title: "personal" },
      { authorId: user.id, title: "of a project", projectId: elsewhere.id },
    ]);
    const [rule] = await db.query.insert(schema.protectedBranches).values({ projectId: elsewhere.id, name: "main" }).returning();
    await db.query.insert(schema.protectedRefAccessLevels).values({ protectedBranchId: rule!.id, action: "push", userId: user.id });
    const [agent] = await db.query
      .insert(schema.clusterAgents)
      .values({ projectId: elsewhere.id, name: "a", createdByUserId: user.id })
      .returning();
    await db.query.insert(schema.clusterAgentTokens).values({ agentId: agent!.id, name: "t", digest: "d", createdByUserId: user.id });

    const reply = await remove(user);
    expect([reply.status, reply.body]).toEqual([204, undefined]);
    const after = await show(user);
    expect([after.status, after.body]).toEqual([404, notFound]);
    expect((await withToken(token)("GET", "/user")).status).toBe(401);
    expect((await asRoot("GET", `/projects/${own.id}`)).status).toBe(404);
    expect(await count(sql`select 1 from keys where id in (${key.id}, ${orphan.id})`)).toBe(0);
    expect(await count(sql`select 1 from routes where path = 'gone' or path like 'gone/%'`)).toBe(0);
    expect(await count(sql`select 1 from keys where id = ${deployKey.id} and user_id is null`)).toBe(1);
    expect(await count(sql`select 1 from projects where id = ${elsewhere.id} and creator_id is null`)).toBe(1);
    expect(await count(sql`select 1 from cluster_agents where id = ${agent!.id} and created_by_user_id is null`)).toBe(1);
    expect(await count(sql`select 1 from users where id = ${other.id} and created_by_id is null`)).toBe(1);
    expect(await count(sql`select 1 from snippets where project_id = ${elsewhere.id} and author_id is null`)).toBe(1);
    expect(await count(sql`pragma foreign_key_check`)).toBe(0);
    expect((await create({ username: "gone", email: "gone@example.test" })).status).toBe(201);
  });

  it("B75 the sole owner of a group stays, unless the group goes too", async () => {
    const user = await addUser();
    const group = await addGroup({ owner: user });
    const reply = await remove(user);
    expect([reply.status, reply.body]).toEqual([409, { message: "User cannot be removed while is the sole-owner of a group" }]);
    expect((await remove(user, { json: { hard_delete: true } })).status).toBe(204);
    expect((await asRoot("GET", `/groups/${group.id}`)).status).toBe(404);
  });

  it("a group with another owner, there or above, keeps nobody; an expired owner is none", async () => {
    const user = await addUser();
    const parent = await addGroup({ owner: await addUser() });
    const child = await addGroup({ parent, owner: user });
    expect((await remove(user)).status).toBe(204);
    expect((await asRoot("GET", `/groups/${child.id}`)).status).toBe(200);

    const second = await addUser();
    const shared = await addGroup({ owner: second });
    await addMember(await addUser(), { group: shared }, 50, { expiresAt: "2020-01-01" });
    expect((await remove(second)).status).toBe(409);
    await addMember(await addUser(), { group: shared }, 50);
    expect((await asRoot("DELETE", `/users/${second.id}?hard_delete=true`)).status).toBe(204);
    expect((await asRoot("GET", `/groups/${shared.id}`)).status).toBe(200);
  });

  it("what changed since is not deleted", async () => {
    const user = await addUser();
    const old = await remove(user, { headers: { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" } });
    expect([old.status, old.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    expect((await remove(user, { headers: { "If-Unmodified-Since": new Date().toUTCString() } })).status).toBe(204);
  });

  it("a header that is no date is no condition", async () => {
    expect((await remove(await addUser(), { headers: { "If-Unmodified-Since": "yesterday" } })).status).toBe(204);
  });

  it("the first administrator, who the deployment's token belongs to, stays", async () => {
    const reply = await remove({ id: 1 });
    expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden - The first administrator cannot be removed" }]);
  });

  it("two deletions at once: one user less, no failure", async () => {
    const user = await addUser();
    const statuses = (await Promise.all([remove(user), remove(user)])).map((reply) => reply.status);
    expect(statuses.every((status) => status === 204 || status === 404)).toBe(true);
  });

  it("administrators only", async () => {
    expect((await asBob("DELETE", `/users/${ada.id}`)).body).toEqual(forbidden);
    expect((await remove({ id: 999_999 })).body).toEqual(notFound);
  });
});
