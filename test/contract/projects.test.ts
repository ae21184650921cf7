import { sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addDeployKey,
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
  type Project,
} from "../setup/world.ts";

let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let asAda: ReturnType<typeof withToken>;
let asBob: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  [bob, eve] = [await addUser({ username: "bob" }), await addUser({ username: "eve" })];
  [asAda, asBob, asEve] = [withToken(await addToken(ada)), withToken(await addToken(bob)), withToken(await addToken(eve))];
});

afterEach(async () => {
  await setSettings(null);
});

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const notFound = [404, { message: "404 Project Not Found" }];
const forbidden = [403, { message: "403 Forbidden" }];

const simpleKeys = [
  "id",
  "description",
  "name",
  "name_with_namespace",
  "path",
  "path_with_namespace",
  "created_at",
  "default_branch",
  "tag_list",
  "topics",
  "ssh_url_to_repo",
  "http_url_to_repo",
  "web_url",
  "readme_url",
  "forks_count",
  "avatar_url",
  "star_count",
  "last_activity_at",
  "namespace",
];

/** The whole entity, as the contract shows it for a new project. */
function wholeProject(id: number) {
  const self = `http://gitlab.example.test/api/v4/projects/${id}`;
  return {
    id,
    description: null,
    name: "My App",
    name_with_namespace: "Ada Byron / My App",
    path: "my-app",
    path_with_namespace: "ada/my-app",
    created_at: time,
    default_branch: "main",
    tag_list: [],
    topics: [],
    ssh_url_to_repo: "git@gitlab.example.test:ada/my-app.git",
    http_url_to_repo: "http://gitlab.example.test/ada/my-app.git",
    web_url: "http://gitlab.example.test/ada/my-app",
    readme_url: null,
    forks_count: 0,
    avatar_url: null,
    star_count: 0,
    last_activity_at: time,
    namespace: {
      id: expect.any(Number),
      name: "Ada Byron",
      path: "ada",
      kind: "user",
      full_path: "ada",
      parent_id: null,
      avatar_url: null,
      web_url: "http://gitlab.example.test/ada",
    },
    owner: {
      id: ada.id,
      username: "ada",
      name: "Ada Byron",
      state: "active",
      locked: false,
      avatar_url: null,
      web_url: "http://gitlab.example.test/ada",
    },
    repository_storage: "default",
    container_registry_image_prefix: "registry.gitlab.example.test/ada/my-app",
    _links: {
      self,
      issues: `${self}/issues`,
      merge_requests: `${self}/merge_requests`,
      repo_branches: `${self}/repository/branches`,
      labels: `${self}/labels`,
      events: `${self}/events`,
      members: `${self}/members`,
      cluster_agents: `${self}/cluster_agents`,
    },
    packages_enabled: true,
    empty_repo: true,
    archived: false,
    visibility: "private",
    resolve_outdated_diff_discussions: false,
    repository_object_format: "sha1",
    issues_enabled: true,
    merge_requests_enabled: true,
    wiki_enabled: true,
    jobs_enabled: true,
    snippets_enabled: true,
    container_registry_enabled: true,
    service_desk_enabled: false,
    service_desk_address: null,
    can_create_merge_request_in: true,
    issues_access_level: "enabled",
    repository_access_level: "enabled",
    merge_requests_access_level: "enabled",
    forking_access_level: "enabled",
    wiki_access_level: "enabled",
    builds_access_level: "enabled",
    snippets_access_level: "enabled",
    pages_access_level: "private",
    analytics_access_level: "enabled",
    container_registry_access_level: "enabled",
    security_and_compliance_access_level: "private",
    releases_access_level: "enabled",
    environments_access_level: "enabled",
    feature_flags_access_level: "enabled",
    infrastructure_access_level: "enabled",
    monitor_access_level: "enabled",
    model_experiments_access_level: "enabled",
    model_registry_access_level: "enabled",
    emails_disabled: false,
    emails_enabled: true,
    shared_runners_enabled: true,
    lfs_enabled: true,
    creator_id: ada.id,
    import_url: null,
    import_type: null,
    import_status: "none",
    import_error: null,
    open_issues_count: 0,
    description_html: "",
    updated_at: time,
    ci_default_git_depth: 20,
    ci_forward_deployment_enabled: true,
    ci_push_repository_for_job_token_allowed: false,
    public_jobs: true,
    build_timeout: 3600,
    auto_cancel_pending_pipelines: "enabled",
    ci_config_path: null,
    shared_with_groups: [],
    only_allow_merge_if_pipeline_succeeds: false,
    allow_merge_on_skipped_pipeline: null,
    request_access_enabled: true,
    only_allow_merge_if_all_discussions_are_resolved: false,
    remove_source_branch_after_merge: true,
    printing_merge_request_link_enabled: true,
    merge_method: "merge",
    squash_option: "default_off",
    suggestion_commit_message: null,
    autoclose_referenced_issues: true,
    runners_token: null,
    marked_for_deletion_at: null,
    marked_for_deletion_on: null,
    permissions: { project_access: { access_level: 50, notification_level: 3 }, group_access: null },
  };
}

/** A project with a name of its own. */
const create = (as: typeof asRoot, values: object) => as("POST", "/projects", { json: { name: unique("new"), ...values } });
const sendForm = (name: string, value: string) => asAda("POST", "/projects", { form: `path=${unique("form")}&${name}=${value}` });

const rules = (projectId: number) =>
  db.query.all<{ name: string; action: string; access_level: number }>(sql`
    select b.name, l.action, l.access_level from protected_branches b
    join protected_ref_access_levels l on l.protected_branch_id = b.id where b.project_id = ${projectId} order by l.action`);

const trips = (reply: { headers: Headers }) => reply.headers.get("Server-Timing")?.match(/(\d+) trip/)?.[1];

describe("POST /projects", () => {
  it("172 creates a private project in the caller's own namespace from a name alone", async () => {
    const reply = await asAda("POST", "/projects", { json: { name: "My App" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual(wholeProject(reply.body.id));
    expect((await asAda("GET", "/projects/ada%2Fmy-app")).body).toEqual(reply.body);
  });

  it("174 refuses a path that is taken, in three fields", async () => {
    const taken = ["has already been taken"];
    const body = { message: { "project_namespace.name": taken, name: taken, path: taken } };
    await asAda("POST", "/projects", { json: { name: "Again" } });
    const same = await asAda("POST", "/projects", { json: { name: "Again" } });
    expect([same.status, same.body]).toEqual([400, body]);
    expect((await asAda("POST", "/projects", { json: { name: "x", path: "AGAIN" } })).body).toEqual(body);
  });

  it("refuses one of two requests at once for one path", async () => {
    const race = { json: { name: "race" } };
    const replies = await Promise.all([asAda("POST", "/projects", race), asAda("POST", "/projects", race)]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400]);
  });

  it("refuses the path of a subgroup", async () => {
    const group = await addGroup();
    const sub = await addGroup({ parent: group });
    const reply = await asRoot("POST", "/projects", { json: { name: sub.path, namespace_id: group.id } });
    expect(reply.body.message).toMatchObject({ path: ["has already been taken"] });
  });

  it("175 asks for a name or a path", async () => {
    const reply = await asAda("POST", "/projects", { json: {} });
    expect([reply.status, reply.body]).toEqual([400, { error: "name, path are missing, at least one parameter must be provided" }]);
  });

  it("176 takes no namespace that the caller may not use, or that is none", async () => {
    const group = await addGroup();
    const guest = await addGroup();
    await addMember(eve, { group: guest }, 20);
    const others = (await db.query.all<{ id: number }>(sql`select id from namespaces where owner_id = ${ada.id}`))[0]!.id;
    for (const namespace_id of [group.id, guest.id, others, 999_999, -1, 0, Number.MAX_SAFE_INTEGER]) {
      const reply = await asEve("POST", "/projects", { json: { name: "x", namespace_id } });
      expect([reply.status, reply.body]).toEqual([400, { message: { namespace: ["is not valid"] } }]);
    }
  });

  it("178 keeps topics under both their names, and ignores an empty default branch", async () => {
    const first = await asAda("POST", "/projects", { json: { name: "t", topics: ["a", "b"] } });
    expect(first.body).toMatchObject({ topics: ["a", "b"], tag_list: ["a", "b"] });
    const second = await asAda("POST", "/projects", { json: { name: "u", tag_list: [], default_branch: "", path: "u" } });
    expect([second.status, second.body.default_branch, second.body.topics]).toEqual([201, "main", []]);
    const third = await asAda("POST", "/projects", { form: "name=v&tag_list=x, y,x" });
    expect(third.body).toMatchObject({ topics: ["x", "y"], tag_list: ["x", "y"] });
  });

  it("protects the default branch by the namespace's own setting, else by the instance's", async () => {
    const lax = await addGroup({ defaultBranchProtection: 1, defaultBranch: "trunk" });
    const laxProject = (await create(asRoot, { namespace_id: lax.id })).body;
    expect(laxProject.default_branch).toBe("trunk");
    expect(await rules(laxProject.id)).toEqual([
      { name: "trunk", action: "merge", access_level: 40 },
      { name: "trunk", action: "push", access_level: 30 },
      { name: "trunk", action: "unprotect", access_level: 40 },
    ]);
    await setSettings({ default_branch_protection: 3, default_branch_name: "develop" });
    const other = await addGroup();
    const project = (await create(asRoot, { namespace_id: other.id })).body;
    expect(project.default_branch).toBe("develop");
    expect((await rules(project.id)).map((rule) => rule.access_level)).toEqual([30, 40, 40]);
  });

  it("200 protects no branch where the group's protection is 0", async () => {
    const group = await addGroup({ defaultBranchProtection: 0 });
    const reply = await asRoot("POST", "/projects", { json: { name: "q", namespace_id: group.id } });
    expect(reply.status).toBe(201);
    const rule = await asRoot("GET", `/projects/${reply.body.id}/protected_branches/main`);
    expect([rule.status, rule.body]).toEqual([404, { message: "404 Not found" }]);
  });

  it("names the default branch only where a first commit is asked for", async () => {
    expect((await create(asAda, { default_branch: "trunk", initialize_with_readme: true })).body).toMatchObject({
      default_branch: "trunk",
      empty_repo: true,
    });
    expect((await create(asAda, { default_branch: "trunk" })).body.default_branch).toBe("main");
  });

  it("creates in a group for whom its creation level admits, without a membership of their own", async () => {
    const group = await addGroup({ name: "Engines", visibility: "internal" });
    const sub = await addGroup({ name: "Steam", parent: group, visibility: "internal" });
    await addMember(eve, { group }, 30);
    const reply = await asEve("POST", "/projects", { json: { name: "p", namespace_id: String(sub.id) } });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      name_with_namespace: "Engines / Steam / p",
      path_with_namespace: `${sub.fullPath}/p`,
      creator_id: eve.id,
      namespace: { id: sub.id, kind: "group", parent_id: group.id, web_url: `http://gitlab.example.test/groups/${sub.fullPath}` },
      permissions: { project_access: null, group_access: { access_level: 30, notification_level: 3 } },
    });
    expect(reply.body).not.toHaveProperty("owner");
    const strict = await addGroup({ projectCreationLevel: "maintainer" });
    await addMember(eve, { group: strict }, 30);
    expect((await asEve("POST", "/projects", { json: { name: "p", namespace_id: strict.id } })).status).toBe(400);
  });

  it("creates nothing below an archived group", async () => {
    const sub = await addGroup({ parent: await addGroup({ isArchived: true }) });
    const reply = await asRoot("POST", "/projects", { json: { name: "p", namespace_id: sub.id } });
    expect(reply.body).toEqual({ message: { namespace: ["is not valid"] } });
  });

  it("lets an administrator create in somebody's own namespace, whose project it then is", async () => {
    const [namespace] = await db.query.all<{ id: number }>(sql`select id from namespaces where owner_id = ${bob.id}`);
    const reply = await asRoot("POST", "/projects", { json: { name: "gift", namespace_id: namespace!.id } });
    expect(reply.body).toMatchObject({ creator_id: 1, owner: { id: bob.id }, permissions: { project_access: null, group_access: null } });
    expect((await asBob("GET", "/projects/bob%2Fgift")).body.permissions.project_access.access_level).toBe(50);
  });

  it("stops at the personal limit, which does not count in groups", async () => {
    const user = await addUser({ projectsLimit: 1 });
    const token = withToken(await addToken(user));
    expect((await token("POST", "/projects", { json: { name: "one" } })).status).toBe(201);
    const over = await token("POST", "/projects", { json: { name: "two" } });
    const text = "Your project limit is 1 projects! Please contact your administrator to increase it";
    expect([over.status, over.body]).toEqual([403, { error: [text] }]);
    const group = await addGroup({ owner: user });
    expect((await token("POST", "/projects", { json: { name: "two", namespace_id: group.id } })).status).toBe(201);
    const none = withToken(await addToken(await addUser({ projectsLimit: 0 })));
    expect((await none("POST", "/projects", { json: { name: "x" } })).body).toEqual({
      error: ["Your project limit is 0 projects! Please contact your administrator to increase it"],
    });
  });

  it("holds the personal limit against several requests at once, and leaves nothing of those it refuses", async () => {
    const user = await addUser({ projectsLimit: 1 });
    const token = withToken(await addToken(user));
    const replies = await Promise.all(Array.from({ length: 6 }, (_, index) => token("POST", "/projects", { json: { name: `p${index}` } })));
    expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([201, 403, 403, 403, 403, 403]);
    const text = "Your project limit is 1 projects! Please contact your administrator to increase it";
    for (const reply of replies.filter(({ status }) => status === 403)) expect(reply.body).toEqual({ error: [text] });
    const paths = await db.query.all(sql`select path from routes where path like ${`${user.username}/%`}`);
    expect(paths).toHaveLength(1);
  });

  it("follows its namespace, which is renamed at the same time", async () => {
    for (let round = 0; round < 15; round += 1) {
      const user = await addUser();
      const token = withToken(await addToken(user));
      const renamed = unique("renamed");
      const [created, changed] = await Promise.all([
        token("POST", "/projects", { json: { name: "p" } }),
        asRoot("PUT", `/users/${user.id}`, { json: { username: renamed } }),
      ]);
      expect([created.status, changed.status]).toEqual([201, 200]);
      expect([`${user.username}/p`, `${renamed}/p`]).toContain(created.body.path_with_namespace);
      expect(created.body.path_with_namespace).toBe(`${created.body.namespace.full_path}/p`);
      expect((await token("GET", `/projects/${created.body.id}`)).body.path_with_namespace).toBe(`${renamed}/p`);
    }
  });

  it("is seen by no more people than its group, whatever the instance's default", async () => {
    await setSettings({ default_project_visibility: "public" });
    const [hidden, open] = [await addGroup(), await addGroup({ visibility: "public" })];
    expect((await create(asRoot, { namespace_id: hidden.id })).body.visibility).toBe("private");
    expect((await create(asRoot, { namespace_id: open.id })).body.visibility).toBe("public");
    expect((await asAda("POST", "/projects", { json: { name: unique("p") } })).body.visibility).toBe("public");
    const wider = await create(asRoot, { namespace_id: hidden.id, visibility: "public" });
    expect([wider.status, wider.body]).toEqual([400, { message: { visibility_level: ["public is not allowed in a private group."] } }]);
  });

  it("keeps restricted visibility levels for administrators", async () => {
    await setSettings({ restricted_visibility_levels: ["public"] });
    const reply = await asAda("POST", "/projects", { json: { name: "x", visibility: "public" } });
    expect(reply.body).toEqual({ message: { visibility_level: ["public has been restricted by your GitLab administrator"] } });
    expect((await asRoot("POST", "/projects", { json: { name: unique("x"), visibility: "public" } })).status).toBe(201);
  });

  it("takes the path as the name where no name is given", async () => {
    expect((await asAda("POST", "/projects", { json: { path: "Only.Path" } })).body).toMatchObject({
      name: "Only.Path",
      path: "Only.Path",
    });
    expect((await asAda("POST", "/projects", { json: { name: "Über all! 2" } })).body).toMatchObject({ path: "uber-all-2" });
  });

  const pathRule = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or '.atom', or end in '.'";
  const wrongNames: [Record<string, unknown>, Record<string, string[]>][] = [
    [{ name: "x", path: "-x" }, { path: [pathRule] }],
    [{ name: "x", path: "x.git" }, { path: [pathRule] }],
    [{ name: "x", path: "tree" }, { path: ["tree is a reserved name"] }],
    [{ name: "x", path: "a\u0000" }, { path: [pathRule] }],
    [{ name: "日本" }, { path: ["can't be blank"] }],
    [{ name: "" }, { name: ["can't be blank"], path: ["can't be blank"] }],
    [{ name: "n".repeat(256), path: "ok" }, { name: ["is too long (maximum is 255 characters)"] }],
    [{ name: "ok", description: "a\u0000b" }, { description: ["can't contain control characters other than tabs and newlines"] }],
    [{ name: "a\u0000b", path: "ok" }, { name: ["can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces"] }],
  ];
  for (const [json, message] of wrongNames) {
    it(`refuses ${JSON.stringify(json).slice(0, 40)}`, async () => {
      const reply = await asAda("POST", "/projects", { json });
      expect([reply.status, reply.body]).toEqual([400, { message }]);
    });
  }

  const wrong: [Record<string, unknown>, string][] = [
    [{ namespace_id: "engines" }, "namespace_id is invalid"],
    [{ visibility: "none" }, "visibility does not have a valid value"],
    [{ repository_access_level: "public" }, "repository_access_level does not have a valid value"],
    [{ pages_access_level: "all" }, "pages_access_level does not have a valid value"],
    [{ merge_method: "octopus" }, "merge_method does not have a valid value"],
    [{ squash_option: "yes" }, "squash_option does not have a valid value"],
    [{ lfs_enabled: 7 }, "lfs_enabled is invalid"],
    [{ build_timeout: "soon" }, "build_timeout is invalid"],
    [{ ci_config_path: "x".repeat(256) }, "ci_config_path is invalid"],
    [{ topics: { a: 1 } }, "topics is invalid"],
    [{ repository_object_format: "md5" }, "repository_object_format does not have a valid value"],
    [{ import_url: "https://git.example.test/x.git" }, "import_url does not have a valid value"],
    [{ template_name: "rails" }, "template_name does not have a valid value"],
    [{ use_custom_template: true }, "use_custom_template does not have a valid value"],
    [{ name: ["x"] }, "name is invalid"],
    [{ name: { x: 1 } }, "name is invalid"],
  ];
  for (const [values, error] of wrong) {
    it(`says ${error}`, async () => {
      const reply = await asAda("POST", "/projects", { json: { name: "x", ...values } });
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    });
  }

  it("takes what clients send for nothing", async () => {
    const json = {
      name: unique("blank"),
      import_url: "",
      template_name: null,
      use_custom_template: false,
      description: "",
      visibility: null,
    };
    const reply = await asAda("POST", "/projects", { json });
    expect([reply.status, reply.body.description]).toEqual([201, ""]);
  });

  it("keeps what is sent and shows it", async () => {
    const given = {
      description: "all of it",
      visibility: "internal",
      repository_access_level: "private",
      snippets_access_level: "disabled",
      pages_access_level: "public",
      releases_access_level: "private",
      lfs_enabled: false,
      printing_merge_request_link_enabled: false,
      request_access_enabled: false,
      shared_runners_enabled: false,
      merge_method: "ff",
      squash_option: "always",
      ci_config_path: ".ci.yml",
      ci_default_git_depth: 0,
      build_timeout: 600,
      only_allow_merge_if_pipeline_succeeds: true,
      allow_merge_on_skipped_pipeline: true,
      emails_enabled: false,
      repository_object_format: "sha256",
    };
    const created = await asAda("POST", "/projects", { json: { name: "kept", ...given } });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ ...given, emails_disabled: true, snippets_enabled: false });
    expect((await asAda("GET", `/projects/${created.body.id}`)).body).toEqual(created.body);
  });

  it("lets administrators alone choose the storage, of those that there are", async () => {
    expect((await create(asAda, { repository_storage: "elsewhere" })).body.repository_storage).toBe("default");
    expect((await create(asRoot, { repository_storage: "default" })).status).toBe(201);
    for (const name of ["elsewhere", "__proto__", "toString"]) {
      expect((await create(asRoot, { repository_storage: name })).body).toEqual({
        message: { repository_storage: ["is not included in the list"] },
      });
    }
  });

  it("9 asks for a token with the scope api", async () => {
    const reader = withToken(await addToken(ada, { scopes: ["read_api"] }));
    expect((await reader("POST", "/projects", { json: { name: "x" } })).body).toMatchObject({ error: "insufficient_scope" });
    expect((await call("POST", "/projects", { json: { name: "x" } })).status).toBe(401);
  });

  it("308 takes what glab sends", async () => {
    const group = await addGroup({ owner: ada });
    const json = {
      name: "glab",
      path: "glab",
      description: "",
      default_branch: "",
      tag_list: [],
      initialize_with_readme: false,
      namespace_id: group.id,
    };
    const reply = await asAda("POST", "/projects/", { json });
    expect(reply.status).toBe(201);
    expect(new URL(reply.body.web_url).pathname).toBe(`/${group.fullPath}/glab`);
  });
});

describe("the older switches of features", () => {
  it("are shown from the levels, and set them", async () => {
    const created = await asAda("POST", "/projects", {
      json: { name: "old", issues_enabled: false, wiki_enabled: false, jobs_enabled: false, container_registry_enabled: false },
    });
    expect(created.body).toMatchObject({
      issues_access_level: "disabled",
      wiki_access_level: "disabled",
      builds_access_level: "disabled",
      container_registry_access_level: "disabled",
      jobs_enabled: false,
      container_registry_enabled: false,
      snippets_enabled: true,
    });
    const path = `/projects/${created.body.id}`;
    const on = await asAda("PUT", path, { json: { issues_enabled: true, wiki_enabled: true } });
    expect(on.body).toMatchObject({ issues_access_level: "enabled", wiki_access_level: "enabled", builds_access_level: "disabled" });
  });

  it("leave a level that is not disabled as it is, and give way to the level where both are sent", async () => {
    const { body } = await asAda("POST", "/projects", {
      json: { name: "both", snippets_access_level: "private", snippets_enabled: false },
    });
    expect(body.snippets_access_level).toBe("private");
    const on = await asAda("PUT", `/projects/${body.id}`, { json: { snippets_enabled: true } });
    expect(on.body).toMatchObject({ snippets_access_level: "private", snippets_enabled: true });
  });
});

describe("a project in a group", () => {
  let group: Group;
  let project: Project;
  let path: string;
  beforeEach(async () => {
    group = await addGroup({ name: "Engines" });
    project = await addProject(group, { name: "Analytical" });
    await addMember(ada, { project }, 30);
    await addMember(bob, { project }, 40);
    path = `/projects/${project.id}`;
  });

  describe("GET /projects/:id", () => {
    it("180 does not exist for outsiders", async () => {
      const replies = [await call("GET", path), await asEve("GET", path), await asEve("GET", "/projects/999999")];
      for (const reply of replies) expect([reply.status, reply.body]).toEqual(notFound);
    });

    it("finds nothing by odd ids", async () => {
      for (const id of ["0", "-1", "99999999999999999999", "1e3", "a%00b", "%F0%9F%92%A5", "engines%2F", "%2F"]) {
        const reply = await asRoot("GET", `/projects/${id}`);
        expect([reply.status, reply.body]).toEqual(notFound);
      }
    });

    it("24 26 is found by its encoded path alone", async () => {
      expect((await asRoot("GET", `/projects/${encodeURIComponent(project.fullPath)}`)).body.id).toBe(project.id);
      expect((await asRoot("GET", `/projects/${project.fullPath}`)).body).toEqual({ error: "404 Not Found" });
    });

    it("182 shows the caller's own roles in it and in its groups", async () => {
      const permissions = async (as: typeof asAda) => (await as("GET", path)).body.permissions;
      expect(await permissions(asAda)).toEqual({ project_access: { access_level: 30, notification_level: 3 }, group_access: null });
      await addMember(ada, { group }, 20);
      expect((await permissions(asAda)).group_access).toEqual({ access_level: 20, notification_level: 3 });
      expect(await permissions(asRoot)).toEqual({ project_access: null, group_access: null });
    });

    it("does not show a role that has expired", async () => {
      await addMember(eve, { project }, 40, { expiresAt: dayFromNow(0) });
      await addMember(eve, { group }, 10);
      expect((await asEve("GET", path)).body.permissions.project_access).toBeNull();
    });

    it("shows the groups it is shared with", async () => {
      const guests = await addGroup({ name: "Guests", visibility: "internal" });
      await addShare(guests, { project }, 20, dayFromNow(5));
      expect((await asAda("GET", path)).body.shared_with_groups).toEqual([
        { group_id: guests.id, group_name: "Guests", group_full_path: guests.fullPath, group_access_level: 20, expires_at: dayFromNow(5) },
      ]);
    });

    it("is shown in short without a token, where it is public", async () => {
      const open = await addProject(await addGroup({ visibility: "public" }), { visibility: "public" });
      const reply = await call("GET", `/projects/${open.id}`);
      expect([reply.status, Object.keys(reply.body).sort()]).toEqual([200, [...simpleKeys].sort()]);
      expect((await call("GET", `/projects/${open.id}`, { headers: { "PRIVATE-TOKEN": "wrong" } })).status).toBe(401);
    });

    it("is hidden from external users where it is internal", async () => {
      const inner = await addProject(await addGroup(), { visibility: "internal" });
      const external = withToken(await addToken(await addUser({ isExternal: true })));
      expect((await asEve("GET", `/projects/${inner.id}`)).body.can_create_merge_request_in).toBe(true);
      expect((await external("GET", `/projects/${inner.id}`)).status).toBe(404);
    });
  });

  describe("PUT /projects/:id", () => {
    it("183 lets maintainers change it", async () => {
      const reply = await asBob("PUT", path, { json: { repository_access_level: "private" } });
      expect([reply.status, reply.body.repository_access_level]).toEqual([200, "private"]);
      expect((await asBob("GET", path)).body).toEqual(reply.body);
    });

    it("184 refuses developers", async () => {
      const reply = await asAda("PUT", path, { json: { description: "x" } });
      expect([reply.status, reply.body]).toEqual(forbidden);
      const hidden = await asEve("PUT", path, { json: { description: "x" } });
      expect([hidden.status, hidden.body]).toEqual(notFound);
    });

    it("keeps visibility and path for owners", async () => {
      for (const json of [{ visibility: "private" }, { path: "other" }]) {
        const reply = await asBob("PUT", path, { json });
        expect([reply.status, reply.body]).toEqual(forbidden);
      }
      expect((await asBob("PUT", path, { json: { name: "Other" } })).body).toMatchObject({ name: "Other", path: project.path });
    });

    it("asks for at least one parameter that it knows", async () => {
      for (const json of [{}, { unknown: 1 }]) {
        const reply = await asBob("PUT", path, { json });
        expect(reply.status).toBe(400);
        expect(reply.body.error).toMatch(/^name, path, .* are missing, at least one parameter must be provided$/);
      }
    });

    it("186 renames the path, and leads a GET by the former one on", async () => {
      const renamed = await asRoot("PUT", path, { json: { path: "difference" } });
      expect([renamed.status, renamed.body.path_with_namespace]).toEqual([200, `${group.fullPath}/difference`]);
      const location = `http://gitlab.example.test/api/v4/projects/${project.id}`;
      const moved = await asRoot("GET", `/projects/${encodeURIComponent(project.fullPath)}`);
      expect([moved.status, moved.headers.get("Location"), moved.body]).toEqual([
        301,
        location,
        `This resource has been moved permanently to ${location}`,
      ]);
      const branch = await asRoot("GET", `/projects/${encodeURIComponent(project.fullPath)}/repository/branches/main?x=1`);
      expect(branch.headers.get("Location")).toBe(`${location}/repository/branches/main?x=1`);
      const hidden = await asEve("GET", `/projects/${encodeURIComponent(project.fullPath)}`);
      expect([hidden.status, hidden.body]).toEqual(notFound);
    });

    it("is renamed where its namespace is, which is renamed at the same time", async () => {
      for (let round = 0; round < 10; round += 1) {
        const user = await addUser();
        const token = withToken(await addToken(user));
        const own = await addProject(user);
        const renamed = unique("renamed");
        const [moved, changed] = await Promise.all([
          token("PUT", `/projects/${own.id}`, { json: { path: "q" } }),
          asRoot("PUT", `/users/${user.id}`, { json: { username: renamed } }),
        ]);
        expect([moved.status, changed.status]).toEqual([200, 200]);
        expect([`${user.username}/q`, `${renamed}/q`]).toContain(moved.body.path_with_namespace);
        expect((await token("GET", `/projects/${own.id}`)).body.path_with_namespace).toBe(`${renamed}/q`);
      }
    });

    it("187 refuses everything but GET by a former path", async () => {
      await asRoot("PUT", path, { json: { path: unique("moved") } });
      const former = `/projects/${encodeURIComponent(project.fullPath)}`;
      const body = { message: "Non GET methods are not allowed for moved projects" };
      for (const reply of [
        await asRoot("PUT", former, { json: { name: "n" } }),
        await asRoot("DELETE", former),
        await asRoot("POST", `${former}/members`, { json: { user_id: eve.id, access_level: 10 } }),
      ]) {
        expect([reply.status, reply.body]).toEqual([405, body]);
      }
    });

    it("serves a new project on a former path", async () => {
      await asRoot("PUT", path, { json: { path: unique("moved") } });
      const created = await asRoot("POST", "/projects", { json: { path: project.path, namespace_id: group.id } });
      expect((await asRoot("GET", `/projects/${encodeURIComponent(project.fullPath)}`)).body.id).toBe(created.body.id);
    });

    it("refuses a path that is taken, and changes nothing then", async () => {
      const other = await addProject(group);
      const reply = await asRoot("PUT", path, { json: { path: other.path, description: "changed" } });
      expect([reply.status, reply.body]).toEqual([400, { message: { path: ["has already been taken"] } }]);
      expect((await asRoot("GET", path)).body).toMatchObject({ path: project.path, description: null });
    });

    it("takes its own path again, in another letter case too", async () => {
      expect((await asRoot("PUT", path, { json: { path: project.path } })).status).toBe(200);
      const upper = await asRoot("PUT", path, { json: { path: project.path.toUpperCase() } });
      expect(upper.body.path_with_namespace).toBe(`${group.fullPath}/${project.path.toUpperCase()}`);
      expect((await asRoot("GET", `/projects/${encodeURIComponent(project.fullPath)}`)).body.id).toBe(project.id);
    });

    it("may be called by digits: its full path is no id, for it has a slash", async () => {
      const reply = await asRoot("PUT", path, { json: { path: "98765", description: "line\n\tline" } });
      expect([reply.status, reply.body.path, reply.body.description]).toEqual([200, "98765", "line\n\tline"]);
      expect((await asRoot("GET", `/projects/${encodeURIComponent(reply.body.path_with_namespace)}`)).body.id).toBe(project.id);
    });

    it("tells what is wrong with the changes, by field", async () => {
      const reply = await asRoot("PUT", path, { json: { name: " ", path: "a b", visibility: "internal" } });
      expect(reply.status).toBe(400);
      expect(reply.body.message).toMatchObject({
        name: ["can't be blank"],
        path: [expect.stringContaining("can contain only")],
        visibility_level: ["internal is not allowed in a private group."],
      });
    });

    it("takes any branch's name for the default one, and nothing that is none", async () => {
      expect((await asBob("PUT", path, { json: { default_branch: "release/9.x" } })).body.default_branch).toBe("release/9.x");
      expect((await asBob("PUT", path, { json: { default_branch: "" } })).body.default_branch).toBe("release/9.x");
      const reply = await asBob("PUT", path, { json: { default_branch: "a..b" } });
      expect([reply.status, reply.body]).toEqual([400, { message: { base: ["Could not change HEAD: branch 'a..b' does not exist"] } }]);
    });

    it("merges attributes with those of an earlier change", async () => {
      await asBob("PUT", path, { json: { merge_method: "ff", topics: ["a"] } });
      const reply = await asBob("PUT", path, { form: "squash_option=never&emails_disabled=1&topics[]=b&topics[]=c" });
      expect(reply.body).toMatchObject({
        merge_method: "ff",
        squash_option: "never",
        emails_enabled: false,
        emails_disabled: true,
        topics: ["b", "c"],
      });
    });

    it("says when it was changed", async () => {
      const before = (await asBob("GET", path)).body;
      const after = (await asBob("PUT", path, { json: { description: "new" } })).body;
      expect(Date.parse(after.updated_at)).toBeGreaterThanOrEqual(Date.parse(before.updated_at));
      expect(after.created_at).toBe(before.created_at);
    });
  });

  describe("DELETE /projects/:id", () => {
    it("197 deletes at once", async () => {
      const reply = await asRoot("DELETE", path, { json: {} });
      expect([reply.status, reply.body]).toEqual([202, { message: "202 Accepted" }]);
      const gone = await asRoot("GET", path);
      expect([gone.status, gone.body]).toEqual(notFound);
      expect((await asRoot("DELETE", path)).status).toBe(404);
    });

    it("takes all with it that belongs to it, and frees its path", async () => {
      await addDeployKey(bob, [{ project }]);
      await addShare(await addGroup(), { project }, 20);
      await asRoot("PUT", path, { json: { path: "renamed" } });
      await asRoot("POST", `${path}/protected_branches`, { json: { name: "release/*" } });
      await asRoot("POST", `${path}/cluster_agents`, { json: { name: "agent" } });
      expect((await asRoot("DELETE", path)).status).toBe(202);
      const again = await asRoot("POST", "/projects", { json: { path: "renamed", namespace_id: group.id } });
      expect(again.status).toBe(201);
      expect((await asRoot("GET", `/projects/${encodeURIComponent(project.fullPath)}`)).status).toBe(404);
    });

    it("is for owners", async () => {
      const reply = await asBob("DELETE", path);
      expect([reply.status, reply.body]).toEqual(forbidden);
      expect((await asEve("DELETE", path)).status).toBe(404);
      await addMember(eve, { group }, 50);
      expect((await asEve("DELETE", path)).status).toBe(202);
    });

    it("39 does not delete what was changed since", async () => {
      const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" };
      const reply = await asRoot("DELETE", path, { headers });
      expect([reply.status, reply.body]).toEqual([412, { message: "412 Precondition Failed" }]);
      expect((await asRoot("GET", path)).status).toBe(200);
    });

    it("answers two requests at once without a fault", async () => {
      const replies = await Promise.all([asRoot("DELETE", path), asRoot("DELETE", path)]);
      for (const reply of replies) expect([202, 404]).toContain(reply.status);
    });

    it("counts for the personal limit no more", async () => {
      const user = await addUser({ projectsLimit: 1 });
      const token = withToken(await addToken(user));
      const first = await token("POST", "/projects", { json: { name: "one" } });
      expect((await token("DELETE", `/projects/${first.body.id}`)).status).toBe(202);
      expect((await token("POST", "/projects", { json: { name: "one" } })).status).toBe(201);
    });
  });

  describe("what Terraform reads around a project", () => {
    it("201 no branch is found", async () => {
      for (const name of ["main", "release%2F1.0", "%00"]) {
        const reply = await asRoot("GET", `${path}/repository/branches/${name}`);
        expect([reply.status, reply.body]).toEqual([404, { message: "404 Branch Not Found" }]);
      }
      const hidden = await asEve("GET", `${path}/repository/branches/main`);
      expect([hidden.status, hidden.body]).toEqual(notFound);
    });

    it("202 no push rule is found", async () => {
      const reply = await asRoot("GET", `${path}/push_rule`);
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Not Found" }]);
      const hidden = await asEve("GET", `${path}/push_rule`);
      expect([hidden.status, hidden.body]).toEqual(notFound);
    });
  });

  it("costs a bounded number of questions to D1", async () => {
    const created = await asRoot("POST", "/projects", { json: { name: unique("cost") } });
    expect(trips(created)).toBe("5");
    expect(trips(await asRoot("GET", `/projects/${created.body.id}`))).toBe("4");
    expect(trips(await asRoot("PUT", `/projects/${created.body.id}`, { json: { name: "n" } }))).toBe("5");
    expect(trips(await asRoot("DELETE", `/projects/${created.body.id}`))).toBe("4");
  });
});

describe("odd values", () => {
  const odd: unknown[] = [
    null,
    "",
    " ",
    "\u0000",
    "\ud800",
    "💥".repeat(200),
    "x".repeat(100_000),
    -1,
    0.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    true,
    [],
    [[]],
    [null],
    {},
    { 0: { a: 1 } },
    { __proto__: "x", constructor: 1 },
  ];
  const names = [
    "name",
    "path",
    "namespace_id",
    "description",
    "visibility",
    "default_branch",
    "topics",
    "tag_list",
    "lfs_enabled",
    "issues_enabled",
    "pages_access_level",
    "build_timeout",
    "ci_config_path",
    "repository_storage",
    "import_url",
    "suggestion_commit_message",
  ];
  for (const name of names) {
    it(`of ${name} are never a fault of the server`, async () => {
      const path = (await asAda("POST", "/projects", { json: { name: unique("odd") } })).body.id;
      for (const value of odd) {
        const created = await asAda("POST", "/projects", { json: { path: unique("odd"), initialize_with_readme: true, [name]: value } });
        expect([value, created.status]).toEqual([value, expect.toBeOneOf([201, 400])]);
        const changed = await asAda("PUT", `/projects/${path}`, { json: { description: "", [name]: value } });
        expect([value, changed.status]).toEqual([value, expect.toBeOneOf([200, 400])]);
      }
    });
  }

  it("of a megabyte are refused", async () => {
    expect((await sendForm("description", "%01".repeat(340_000))).status).toBe(400);
    expect((await sendForm("topics", "a,".repeat(500_000))).body).toEqual({ error: "topics is invalid" });
    const many = Array.from({ length: 100_000 }, (_, index) => index).join(",");
    expect((await sendForm("topics", many)).body).toEqual({ error: "topics is invalid" });
  });
});

describe("the description of a project", () => {
  it("is at most 2000 characters", async () => {
    const longest = "d".repeat(2000);
    const created = await asAda("POST", "/projects", { json: { name: unique("texts"), description: longest } });
    expect([created.status, created.body.description]).toEqual([201, longest]);
    const refused = [400, { message: { description: ["is too long (maximum is 2000 characters)"] } }];
    const json = { name: unique("texts"), description: `${longest}d` };
    const again = await asAda("POST", "/projects", { json });
    expect([again.status, again.body]).toEqual(refused);
    const changed = await asAda("PUT", `/projects/${created.body.id}`, { json: { description: json.description } });
    expect([changed.status, changed.body]).toEqual(refused);
  });
});

describe("the groups a project is shared with", () => {
  it("are those that the caller may see, as long as they are invited", async () => {
    const project = await addProject(await addGroup({ visibility: "public" }), { visibility: "public" });
    const [open, hidden, lapsed] = [await addGroup({ visibility: "public" }), await addGroup(), await addGroup({ visibility: "public" })];
    await addShare(open, { project }, 20);
    await addShare(hidden, { project }, 20);
    await addShare(lapsed, { project }, 20, dayFromNow(0));
    await addMember(eve, { group: hidden }, 10);
    const shown = async (as: typeof call) =>
      (await as("GET", `/projects/${project.id}`)).body.shared_with_groups.map((share: { group_id: number }) => share.group_id);
    expect(await shown(asBob)).toEqual([open.id]);
    expect(await shown(asEve)).toEqual([open.id, hidden.id]);
    expect(await shown(asRoot)).toEqual([open.id, hidden.id]);
  });
});
