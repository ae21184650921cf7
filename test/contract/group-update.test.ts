import { sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { updateGroup } from "../../src/db/group-changes.ts";
import type { UserRow } from "../../src/db/users.ts";
import { ask, byUser, outcome, pull } from "../setup/allowed.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addMember, addProject, addToken, addUser, db, setSettings, unique, type Group } from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let root: { id: number };

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  asAda = withToken(await addToken(ada));
  root = { id: 1 };
});

afterEach(() => setSettings(null));

const change = (group: Group, json: Record<string, unknown>) => asRoot("PUT", `/groups/${group.id}`, { json });
const show = async (group: Group) => (await asRoot("GET", `/groups/${group.id}`)).body;

describe("PUT /groups/:id", () => {
  it("E137 refuses a path that another group has, whatever its letter case", async () => {
    const [group, other] = [await addGroup(), await addGroup()];
    for (const path of [other.path, other.path.toUpperCase()]) {
      const reply = await change(group, { path });
      expect([reply.status, reply.body]).toEqual([400, { message: { path: ["has already been taken"] } }]);
    }
    expect((await show(group)).path).toBe(group.path);
  });

  it("refuses a path that a user has, and below a group one that a project has", async () => {
    const group = await addGroup();
    const [sub, project] = [await addGroup({ parent: group }), await addProject(group)];
    for (const [each, path] of [
      [group, "ada"],
      [sub, project.path],
    ] as const) {
      const reply = await change(each, { path });
      expect([reply.status, reply.body]).toEqual([400, { message: { path: ["has already been taken"] } }]);
    }
  });

  it("E138 sets the protection of default branches", async () => {
    const group = await addGroup();
    const reply = await change(group, { default_branch_protection: 0 });
    expect([reply.status, reply.body.default_branch_protection]).toEqual([200, 0]);
    expect(await show(group)).toEqual(reply.body);
  });

  it("shows both forms of the protection, which say the same, whichever was sent last", async () => {
    const group = await addGroup();
    const defaults = {
      allowed_to_push: [{ access_level: 30 }],
      allow_force_push: false,
      allowed_to_merge: [{ access_level: 40 }],
      developer_can_initial_push: false,
    };
    const first = await change(group, { default_branch_protection_defaults: defaults });
    expect(first.body).toMatchObject({ default_branch_protection: 1, default_branch_protection_defaults: defaults });
    const second = await change(group, { default_branch_protection: 2 });
    expect(second.body).toMatchObject({
      default_branch_protection: 2,
      default_branch_protection_defaults: { ...defaults, allowed_to_push: [{ access_level: 40 }] },
    });
  });

  it("keeps what is sent, leaves what is not, and shows it all", async () => {
    const group = await addGroup({ description: "before", defaultBranch: "trunk" });
    const given = {
      name: "Engines",
      visibility: "internal",
      share_with_group_lock: true,
      require_two_factor_authentication: true,
      two_factor_grace_period: 12,
      project_creation_level: "noone",
      subgroup_creation_level: "owner",
      mentions_disabled: true,
      request_access_enabled: false,
      membership_lock: true,
      lfs_enabled: false,
      enabled_git_access_protocol: "ssh",
      prevent_sharing_groups_outside_hierarchy: true,
      shared_runners_setting: "disabled_and_unoverridable",
      ip_restriction_ranges: "10.0.0.0/8,2001:db8::/32",
    };
    const reply = await change(group, given);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ ...given, id: group.id, path: group.path, description: "before", default_branch: "trunk" });
    expect(await show(group)).toEqual(reply.body);
    const again = await change(group, { emails_enabled: false, membership_lock: null, description: null, default_branch: "" });
    expect(again.body).toMatchObject({ ...given, emails_enabled: false, description: "before", default_branch: "trunk" });
  });

  it("takes a form, an empty body, and its own values sent back", async () => {
    const group = await addGroup({ visibility: "public" });
    const form = await asRoot("PUT", `/groups/${encodeURIComponent(group.fullPath)}`, { form: "description=by+form&lfs_enabled=0" });
    expect(form.body).toMatchObject({ description: "by form", lfs_enabled: false });
    expect((await change(group, {})).body).toEqual(form.body);
    await setSettings({ restricted_visibility_levels: ["public"] });
    const { name, path, visibility } = form.body;
    await addMember(ada, { group }, 50);
    expect((await asAda("PUT", `/groups/${group.id}`, { json: { name, path, visibility } })).status).toBe(200);
  });

  it("clears the address ranges by null and by a blank", async () => {
    for (const blank of [null, ""]) {
      const group = await addGroup({ ipRestrictionRanges: "10.0.0.0/8" });
      expect((await change(group, { name: "x" })).body.ip_restriction_ranges).toBe("10.0.0.0/8");
      expect((await change(group, { ip_restriction_ranges: blank })).body.ip_restriction_ranges).toBeNull();
    }
  });

  it("refuses address ranges that are none, and below the top level", async () => {
    const group = await addGroup();
    const bad = await change(group, { ip_restriction_ranges: "10.0.0.0/33" });
    expect([bad.status, bad.body]).toEqual([400, { message: { ip_restriction_ranges: ["is invalid"] } }]);
    const sub = await change(await addGroup({ parent: group }), { ip_restriction_ranges: "10.0.0.0/8" });
    expect([sub.status, sub.body]).toEqual([400, { message: { ip_restriction_ranges: ["is only allowed for top-level groups"] } }]);
  });

  it("tells all that is wrong at once", async () => {
    const parent = await addGroup();
    const group = await addGroup({ parent });
    const reply = await change(group, {
      name: " ",
      path: "tree",
      description: "x".repeat(501),
      default_branch: "a..b",
      visibility: "public",
    });
    expect([reply.status, reply.body]).toEqual([
      400,
      {
        message: {
          name: ["can't be blank"],
          path: ["tree is a reserved name"],
          description: ["is too long (maximum is 500 characters)"],
          default_branch: ["is invalid"],
          visibility_level: ["public is not allowed since the parent group has a private visibility."],
        },
      },
    ]);
    expect(await show(group)).toMatchObject({ name: group.name, path: group.path, visibility: "private" });
  });

  it("is for owners, inherited ones too; others are refused, and outsiders find nothing", async () => {
    const top = await addGroup();
    const group = await addGroup({ parent: top });
    const url = `/groups/${group.id}`;
    const as = async (level: number) => {
      const user = await addUser();
      await addMember(user, { group: top }, level);
      return withToken(await addToken(user))("PUT", url, { json: { description: "x" } });
    };
    expect((await as(50)).status).toBe(200);
    const maintainer = await as(40);
    expect([maintainer.status, maintainer.body]).toEqual([403, { message: "403 Forbidden" }]);
    const outsider = await asAda("PUT", url, { json: { description: "x" } });
    expect([outsider.status, outsider.body]).toEqual([404, { message: "404 Group Not Found" }]);
    expect((await call("PUT", url, { json: { description: "x" } })).status).toBe(401);
    expect((await asRoot("PUT", "/groups/ada", { json: { description: "x" } })).status).toBe(404);
  });

  const wrong: [Record<string, unknown>, string][] = [
    [{ visibility: "secret" }, "visibility does not have a valid value"],
    [{ lfs_enabled: "maybe" }, "lfs_enabled is invalid"],
    [{ path: ["a"] }, "path is invalid"],
    [{ shared_runners_setting: "x" }, "shared_runners_setting does not have a valid value"],
  ];
  for (const [values, error] of wrong) {
    it(`says ${error}`, async () => {
      const reply = await change(await addGroup(), values);
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    });
  }
});

const parentText = (wanted: string, parent: string) => `${wanted} is not allowed since the parent group has a ${parent} visibility.`;
const projectsText = (wanted: string) => `${wanted} is not allowed since this group contains projects with higher visibility.`;
const groupsText = (wanted: string) => `${wanted} is not allowed since there are sub-groups with higher visibility.`;
const refusal = (...texts: string[]) => [400, { message: { visibility_level: texts } }];

describe("the visibility of a group", () => {
  it("is no wider than that of the group above", async () => {
    const parent = await addGroup({ visibility: "internal" });
    const group = await addGroup({ parent });
    const reply = await change(group, { visibility: "public" });
    expect([reply.status, reply.body]).toEqual(refusal(parentText("public", "internal")));
    expect((await change(group, { visibility: "internal" })).body.visibility).toBe("internal");
  });

  it("is no narrower than that of a project or group right below", async () => {
    const group = await addGroup({ visibility: "public" });
    const sub = await addGroup({ parent: group, visibility: "internal" });
    const project = await addProject(group, { visibility: "public" });
    const both = await change(group, { visibility: "private" });
    expect([both.status, both.body]).toEqual(refusal(projectsText("private"), groupsText("private")));
    const one = await change(group, { visibility: "internal" });
    expect([one.status, one.body]).toEqual(refusal(projectsText("internal")));
    await asRoot("PUT", `/projects/${project.id}`, { json: { visibility: "private" } });
    const other = await change(group, { visibility: "private" });
    expect([other.status, other.body]).toEqual(refusal(groupsText("private")));
    await change(sub, { visibility: "private" });
    expect((await change(group, { visibility: "private" })).body.visibility).toBe("private");
  });

  it("is kept for administrators where the level is restricted", async () => {
    await setSettings({ restricted_visibility_levels: ["public"] });
    const group = await addGroup({ owner: ada });
    const reply = await asAda("PUT", `/groups/${group.id}`, { json: { visibility: "public" } });
    expect([reply.status, reply.body]).toEqual(refusal("public has been restricted by your GitLab administrator"));
    expect((await change(group, { visibility: "public" })).status).toBe(200);
  });

  it("is judged by the write too, so that nothing becomes wider meanwhile", async () => {
    const group = await addGroup({ visibility: "public" });
    await addProject(group, { visibility: "public" });
    const written = updateGroup(db, group.id, { visibility: "private", description: "x", attributes: {} });
    await expect(written).rejects.toMatchObject({ message: expect.stringContaining("namespaces.visibility") });
    expect(await show(group)).toMatchObject({ visibility: "public", description: "" });
  });
});

const statusOf = async (path: string) => (await asRoot("GET", path)).status;

describe("a group that is renamed", () => {
  it("takes all that is below it along; the former paths of its projects lead on", async () => {
    const group = await addGroup({ path: unique("old") });
    const sub = await addGroup({ parent: group, path: "steam" });
    const project = await addProject(sub, { path: "boiler" });
    const path = unique("new");
    const reply = await change(group, { path });
    expect(reply.body).toMatchObject({ path, full_path: path, name: group.name, web_url: `http://gitlab.example.test/groups/${path}` });
    expect((await show(sub)).full_path).toBe(`${path}/steam`);
    expect((await asRoot("GET", `/projects/${project.id}`)).body.path_with_namespace).toBe(`${path}/steam/boiler`);
    const former = await asRoot("GET", `/projects/${encodeURIComponent(`${group.path}/steam/boiler`)}`);
    expect([former.status, former.headers.get("Location")]).toEqual([301, `http://gitlab.example.test/api/v4/projects/${project.id}`]);
    expect(await statusOf(`/groups/${group.path}`)).toBe(404);
    expect((await outcome(ask({ ...pull, project: `${group.path}/steam/boiler`, ...byUser(root) }))).status).toBe(200);
  });

  it("below another group stays there", async () => {
    const top = await addGroup();
    const group = await addGroup({ parent: top });
    const path = unique("moved");
    const reply = await change(group, { path, name: "Moved" });
    expect(reply.body).toMatchObject({ full_path: `${top.path}/${path}`, full_name: `${top.name} / Moved`, parent_id: top.id });
  });

  it("may change nothing but the letter case of its path, and go back to a former one", async () => {
    const group = await addGroup({ path: unique("case") });
    const upper = group.path.toUpperCase();
    expect((await change(group, { path: upper })).body.full_path).toBe(upper);
    const other = unique("other");
    await change(group, { path: other });
    expect((await change(group, { path: upper })).body.full_path).toBe(upper);
    const [redirect] = await db.query.all<{ n: number }>(sql`select count(*) as n from redirect_routes where path = ${upper}`);
    expect(redirect?.n).toBe(0);
  });

  it("leaves one tree when two rename it at once", async () => {
    const group = await addGroup();
    const project = await addProject(group);
    const paths = [unique("one"), unique("two")];
    const replies = await Promise.all(paths.map((path) => change(group, { path })));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
    const { full_path: fullPath } = await show(group);
    expect(paths).toContain(fullPath);
    expect((await asRoot("GET", `/projects/${project.id}`)).body.path_with_namespace).toBe(`${fullPath}/${project.path}`);
  });

  it("refuses one of two groups that want the same path at once", async () => {
    const [one, two] = [await addGroup(), await addGroup()];
    const path = unique("wanted");
    const replies = await Promise.all([change(one, { path }), change(two, { path })]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  it("keeps a path of digits that it has already", async () => {
    const group = await addGroup({ path: "98765" });
    const reply = await asRoot("PUT", `/groups/${group.id}`, { json: { path: "98765", description: "changed" } });
    expect([reply.status, reply.body.path, reply.body.description]).toEqual([200, "98765", "changed"]);
  });

  it.each(["api", "-x", "a.git", "", "a/b", "98765"])("is not called %j", async (path) => {
    const reply = await change(await addGroup(), { path });
    expect([reply.status, Object.keys(reply.body.message)]).toEqual([400, ["path"]]);
  });
});

describe("what is set takes effect", () => {
  it("the protocol and the addresses of a top-level group: on Git in all that is below", async () => {
    const group = await addGroup();
    const project = await addProject(await addGroup({ parent: group }));
    const fetching = (extra: Record<string, unknown> = {}) =>
      outcome(ask({ ...pull, project: project.fullPath, ...byUser(ada), ...extra }));
    await addMember(ada, { group }, 30);
    expect((await fetching()).status).toBe(200);
    await change(group, { enabled_git_access_protocol: "http" });
    expect((await fetching()).body).toMatchObject({ message: "Git access over SSH is not allowed" });
    await change(group, { enabled_git_access_protocol: "all", ip_restriction_ranges: "10.0.0.0/8" });
    expect((await fetching({ check_ip: "10.1.2.3" })).status).toBe(200);
    expect((await fetching({ check_ip: "192.0.2.1" })).status).toBe(404);
  });

  it("G200 the protection of default branches: new projects without a rule", async () => {
    const group = await addGroup();
    await change(group, { default_branch_protection: 0 });
    const { body } = await asRoot("POST", "/projects", { json: { name: "q", namespace_id: group.id } });
    const rule = await asRoot("GET", `/projects/${body.id}/protected_branches/main`);
    expect([rule.status, rule.body]).toEqual([404, { message: "404 Not found" }]);
  });
});
