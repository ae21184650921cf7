import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { ask, byKey, outcome, pull, push, refused } from "../setup/allowed.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import {
  addGroup,
  addKey,
  addMember,
  addProject,
  addToken,
  addUser,
  newKeyLine,
  setSettings,
  unique,
  type Project,
} from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let key: { id: number };
let project: Project;

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  asAda = withToken(await addToken(ada));
  key = await addKey(ada);
  project = await addProject(await addGroup({ path: "engines" }), { path: "analytical" });
  await addMember(ada, { project }, 30);
});

afterEach(() => setSettings(null));

const path = "/application/settings";
const change = (json: Record<string, unknown>) => asRoot("PUT", path, { json });
const show = async () => (await asRoot("GET", path)).body;

const maintainersOnly = {
  allowed_to_push: [{ access_level: 40 }],
  allow_force_push: false,
  allowed_to_merge: [{ access_level: 40 }],
  developer_can_initial_push: false,
};

const initial = {
  enabled_git_access_protocol: null,
  receive_max_input_size: null,
  rsa_key_restriction: 0,
  dsa_key_restriction: 0,
  ecdsa_key_restriction: 0,
  ed25519_key_restriction: 0,
  ecdsa_sk_key_restriction: 0,
  ed25519_sk_key_restriction: 0,
  max_ssh_key_lifetime: null,
  max_personal_access_token_lifetime: null,
  require_personal_access_token_expiry: true,
  personal_access_token_prefix: "glpat-",
  default_branch_name: null,
  default_branch_protection: 2,
  default_branch_protection_defaults: maintainersOnly,
  default_project_visibility: "private",
  default_group_visibility: "private",
  restricted_visibility_levels: [],
  default_projects_limit: 100_000,
  user_default_external: false,
  can_create_group: true,
  git_audit_events: false,
  enforce_terms: false,
  decision_log_days: 30,
  gitlab_shell_operation_limit: 600,
  push_event_hooks_limit: 3,
  push_event_activities_limit: 3,
  git_two_factor_session_expiry: 15,
  allow_local_requests_from_web_hooks_and_services: false,
  admin_mode: false,
  require_two_factor_authentication: false,
  two_factor_grace_period: 48,
  require_admin_two_factor_authentication: false,
  two_factor_for_cli: false,
  authorized_keys_enabled: true,
  allow_local_requests_from_system_hooks: true,
  repository_storages_weighted: { default: 100 },
  rate_limiting_response_text: null,
  throttle_authenticated_api_enabled: false,
  throttle_authenticated_api_period_in_seconds: 3600,
  throttle_authenticated_api_requests_per_period: 7200,
  default_snippet_visibility: "private",
  default_ci_config_path: null,
  signup_enabled: true,
  require_admin_approval_after_user_signup: true,
  password_authentication_enabled_for_web: true,
  password_authentication_enabled_for_git: true,
  user_oauth_applications: true,
  gravatar_enabled: true,
  session_expire_delay: 10_080,
  max_attachment_size: 100,
  max_import_size: 50,
  home_page_url: null,
  after_sign_out_path: null,
  terms: null,
  domain_allowlist: [],
  domain_denylist_enabled: false,
  domain_denylist: [],
  shared_runners_enabled: true,
};

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("GET /application/settings", () => {
  it("L275 shows administrators every setting, with what holds where it was never set", async () => {
    const reply = await asRoot("GET", path);
    expect([reply.status, reply.body]).toEqual([200, { id: 1, created_at: instant, updated_at: instant, ...initial }]);
  });

  it("L275 is for administrators", async () => {
    for (const method of ["GET", "PUT"]) {
      const [user, nobody] = [await asAda(method, `${path}?signup_enabled=false`), await call(method, path)];
      expect([user.status, user.body]).toEqual([403, { message: "403 Forbidden" }]);
      expect([nobody.status, nobody.body]).toEqual([401, { message: "401 Unauthorized" }]);
    }
  });

  it("takes one trip besides the one for the caller", async () => {
    expect((await asRoot("GET", path)).headers.get("Server-Timing")).toContain("2 trips");
    expect((await change({ signup_enabled: true })).headers.get("Server-Timing")).toContain("2 trips");
  });
});

describe("PUT /application/settings", () => {
  it("L276 takes what stands in the query, and answers the whole object", async () => {
    const reply = await asRoot("PUT", `${path}?signup_enabled=false&default_project_visibility=internal`);
    const changed = { ...initial, signup_enabled: false, default_project_visibility: "internal" };
    expect([reply.status, reply.body]).toEqual([200, { id: 1, created_at: instant, updated_at: instant, ...changed }]);
    expect(await show()).toEqual(reply.body);
  });

  it("L278 asks for the grace period where two factors are required", async () => {
    const reply = await change({ require_two_factor_authentication: true });
    expect([reply.status, reply.body]).toEqual([400, { error: "two_factor_grace_period is missing" }]);
    const both = await change({ require_two_factor_authentication: true, two_factor_grace_period: 8 });
    expect(both.body).toMatchObject({ require_two_factor_authentication: true, two_factor_grace_period: 8 });
    expect((await change({ require_two_factor_authentication: false })).status).toBe(200);
  });

  it("L279 takes one protocol, or several words for both", async () => {
    const set = async (protocol: unknown) => (await change({ enabled_git_access_protocol: protocol })).body.enabled_git_access_protocol;
    for (const word of ["", "all", "nil", null]) {
      expect([word, await set("ssh")]).toEqual([word, "ssh"]);
      expect([word, await set(word)]).toEqual([word, null]);
    }
    const reply = await change({ enabled_git_access_protocol: "gopher" });
    expect([reply.status, reply.body]).toEqual([400, { error: "enabled_git_access_protocol does not have a valid value" }]);
  });

  it("keeps and shows what is sent, as JSON and as a form", async () => {
    const given = {
      receive_max_input_size: 5,
      rsa_key_restriction: 4096,
      dsa_key_restriction: -1,
      max_ssh_key_lifetime: 365,
      personal_access_token_prefix: "corp-",
      default_branch_name: "trunk",
      restricted_visibility_levels: ["public", "internal"],
      two_factor_for_cli: true,
      git_two_factor_session_expiry: 10_080,
      repository_storages_weighted: { default: 40 },
      rate_limiting_response_text: "Too fast",
      home_page_url: "https://example.test/",
      terms: "Be kind \u0000 to \u{1F4A5} everybody.",
      domain_allowlist: ["example.test", "*.example.test"],
    };
    const reply = await change(given);
    expect([reply.status, reply.body]).toEqual([200, { ...(await show()), ...given }]);
    const form =
      "restricted_visibility_levels[]=public&repository_storages_weighted[default]=7&domain_allowlist=a.test,b.test&gravatar_enabled=0";
    expect((await asRoot("PUT", path, { form })).body).toMatchObject({
      restricted_visibility_levels: ["public"],
      repository_storages_weighted: { default: 7 },
      domain_allowlist: ["a.test", "b.test"],
      gravatar_enabled: false,
      rate_limiting_response_text: "Too fast",
    });
  });

  it("clears by null and by blanks what may be without a value, and leaves alone what may not", async () => {
    const open = {
      receive_max_input_size: 5,
      max_ssh_key_lifetime: 9,
      default_branch_name: "trunk",
      terms: "x",
      home_page_url: "http://x.test",
    };
    const cleared = Object.fromEntries(Object.keys(open).map((name) => [name, null]));
    for (const blank of [null, ""]) {
      expect((await change(open)).body).toMatchObject(open);
      const blanks = Object.fromEntries(Object.keys(open).map((name) => [name, blank]));
      expect((await change(blanks)).body).toMatchObject(cleared);
    }
    await change({ restricted_visibility_levels: ["public"], domain_denylist: ["x.test"] });
    const emptied = await change({ restricted_visibility_levels: null, domain_denylist: "" });
    expect(emptied.body).toMatchObject({ restricted_visibility_levels: [], domain_denylist: [] });
    await change({ default_projects_limit: 3, signup_enabled: false });
    const kept = await change({ default_projects_limit: null, signup_enabled: null, personal_access_token_prefix: "" });
    expect(kept.body).toMatchObject({ default_projects_limit: 3, signup_enabled: false, personal_access_token_prefix: "" });
  });

  it("ignores what it does not know, and asks for something that it knows", async () => {
    expect((await change({ signup_enabled: false, no_such_setting: { a: 1 } })).body).not.toHaveProperty("no_such_setting");
    for (const json of [{}, { no_such_setting: 1 }, { id: 7 }]) {
      const reply = await change(json);
      expect([reply.status, reply.body.error]).toEqual([
        400,
        expect.stringMatching(/^enabled_git_access_protocol, .* are missing, at least one/),
      ]);
    }
  });

  it("shows both forms of the branch protection, which say the same", async () => {
    const developersPush = { ...maintainersOnly, allowed_to_push: [{ access_level: 30 }] };
    const defaults = await change({ default_branch_protection_defaults: developersPush });
    expect(defaults.body).toMatchObject({ default_branch_protection: 1, default_branch_protection_defaults: developersPush });
    const level = await change({ default_branch_protection: 3 });
    expect(level.body).toMatchObject({
      default_branch_protection: 3,
      default_branch_protection_defaults: { ...maintainersOnly, allowed_to_merge: [{ access_level: 30 }] },
    });
    const both = await change({ default_branch_protection: 0, default_branch_protection_defaults: { developer_can_initial_push: true } });
    expect(both.body).toMatchObject({
      default_branch_protection: 4,
      default_branch_protection_defaults: { ...maintainersOnly, developer_can_initial_push: true },
    });
  });

  it("moves updated_at, and no other time", async () => {
    const before = await show();
    const after = (await change({ gravatar_enabled: false })).body;
    expect(after.created_at).toBe(before.created_at);
    expect(Date.parse(after.updated_at)).toBeGreaterThanOrEqual(Date.parse(before.updated_at));
  });

  it("loses nothing of two changes at once", async () => {
    const changes = {
      default_projects_limit: 5,
      max_ssh_key_lifetime: 30,
      signup_enabled: false,
      default_branch_name: "trunk",
      terms: "t",
    };
    await Promise.all(Object.entries(changes).map(([name, value]) => change({ [name]: value })));
    expect(await show()).toMatchObject(changes);
  });

  const wrongShapes: [Record<string, unknown>, string][] = [
    [{ signup_enabled: "maybe" }, "signup_enabled is invalid"],
    [{ max_ssh_key_lifetime: 0.5 }, "max_ssh_key_lifetime is invalid"],
    [{ max_ssh_key_lifetime: "ten" }, "max_ssh_key_lifetime is invalid"],
    [{ decision_log_days: 1e300 }, "decision_log_days is invalid"],
    [{ receive_max_input_size: [1] }, "receive_max_input_size is invalid"],
    [{ default_branch_protection: 5 }, "default_branch_protection does not have a valid value"],
    [{ default_group_visibility: "secret" }, "default_group_visibility does not have a valid value"],
    [{ restricted_visibility_levels: ["secret"] }, "restricted_visibility_levels does not have a valid value"],
    [{ default_branch_protection_defaults: 7 }, "default_branch_protection_defaults is invalid"],
    [{ default_branch_protection_defaults: [] }, "default_branch_protection_defaults is invalid"],
    [{ repository_storages_weighted: 100 }, "repository_storages_weighted is invalid"],
    [{ repository_storages_weighted: { default: 0.5 } }, "repository_storages_weighted[default] is invalid"],
    [{ domain_allowlist: ["x".repeat(254)] }, "domain_allowlist[0] is invalid"],
  ];
  for (const [json, error] of wrongShapes) {
    it(`says ${error} of ${JSON.stringify(json).slice(0, 60)}`, async () => {
      const reply = await change(json);
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    });
  }

  const wrongValues: [string, unknown, string][] = [
    ["max_ssh_key_lifetime", -1, "must be greater than or equal to 1"],
    ["max_ssh_key_lifetime", 366, "must be less than or equal to 365"],
    ["max_personal_access_token_lifetime", 0, "must be greater than or equal to 1"],
    ["max_personal_access_token_lifetime", 400, "must be less than or equal to 365"],
    ["git_two_factor_session_expiry", 0, "must be greater than or equal to 1"],
    ["git_two_factor_session_expiry", 10_081, "must be less than or equal to 10080"],
    ["decision_log_days", -1, "must be greater than or equal to 0"],
    ["decision_log_days", 36_501, "must be less than or equal to 36500"],
    ["receive_max_input_size", -1, "must be greater than or equal to 0"],
    ["receive_max_input_size", 2_147_483_648, "must be less than or equal to 2147483647"],
    ["default_projects_limit", -1, "must be greater than or equal to 0"],
    ["gitlab_shell_operation_limit", -1, "must be greater than or equal to 0"],
    ["push_event_hooks_limit", -1, "must be greater than or equal to 0"],
    ["two_factor_grace_period", -1, "must be greater than or equal to 0"],
    ["rsa_key_restriction", 1000, "must be forbidden, allowed, or one of these sizes: 1024, 2048, 3072, 4096"],
    ["ed25519_key_restriction", -2, "must be forbidden, allowed, or one of these sizes: 256"],
    ["default_branch_name", "a..b", "is invalid"],
    ["personal_access_token_prefix", "x".repeat(21), "is too long (maximum is 20 characters)"],
    [
      "personal_access_token_prefix",
      "a b",
      "can contain only letters of the Base64 alphabet (RFC4648) with the addition of '@', ':' and '.'",
    ],
    ["home_page_url", "javascript:alert(1)", "must be a valid URL"],
    ["terms", "x".repeat(10_001), "is too long (maximum is 10000 characters)"],
    ["repository_storages_weighted", { elsewhere: 1 }, "can't include: elsewhere"],
    ["repository_storages_weighted", { default: 101 }, "value for 'default' must be between 0 and 100"],
  ];
  for (const [name, value, text] of wrongValues) {
    it(`says that ${name} ${text} of ${JSON.stringify(value).slice(0, 40)}`, async () => {
      const reply = await change({ signup_enabled: false, [name]: value });
      expect([reply.status, reply.body]).toEqual([400, { message: { [name]: [text] } }]);
      expect((await show()).signup_enabled).toBe(true);
    });
  }

  const domains = (count: number, length: number) => Array.from({ length: count }, (_, i) => String(i).padStart(length, "x"));
  it("bounds each list of domains to 8 KiB", async () => {
    for (const name of ["domain_allowlist", "domain_denylist"]) {
      // With quotes and comma, 253 bytes each.
      expect((await change({ [name]: domains(32, 250) })).body[name]).toHaveLength(32);
      const reply = await change({ [name]: domains(33, 250) });
      expect([reply.status, reply.body]).toEqual([400, { message: { [name]: ["is too long (maximum is 8192 bytes in all)"] } }]);
      const unicode = await change({ [name]: ["ü".repeat(250), ...domains(31, 250)] });
      expect(unicode.status).toBe(400);
    }
  });

  const tooLong = (name: string) => [400, { message: { [name]: ["is too long for the settings as a whole (maximum is 32768 bytes)"] } }];
  it("bounds the row as a whole, which is read with every decision", async () => {
    const lists = { domain_allowlist: domains(32, 250), domain_denylist: domains(32, 250) };
    expect((await change({ ...lists, terms: "t".repeat(10_000) })).status).toBe(200);
    const wide = await change({ terms: "ü".repeat(10_000), signup_enabled: false });
    expect([wide.status, wide.body]).toEqual(tooLong("terms"));
    expect(await show()).toMatchObject({ ...lists, terms: "t".repeat(10_000), signup_enabled: true });
    await change({ domain_allowlist: "", domain_denylist: "" });
    const answers = await Promise.all([change(lists), change({ terms: "ü".repeat(10_000) })]);
    expect(answers.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  it("lets a row that is larger already become smaller", async () => {
    await setSettings({ terms: "t".repeat(40_000) });
    const grown = await change({ default_branch_name: "trunk" });
    expect([grown.status, grown.body]).toEqual(tooLong("default_branch_name"));
    expect((await change({ terms: "u".repeat(9000), default_branch_name: "trunk" })).body.terms).toBe("u".repeat(9000));
  });

  it("tells all that is wrong at once", async () => {
    const { body } = await change({ default_projects_limit: -1, decision_log_days: -1 });
    const least = ["must be greater than or equal to 0"];
    expect(body).toEqual({ message: { default_projects_limit: least, decision_log_days: least } });
  });

  const odd = [
    null,
    "",
    "\u0000",
    "\ud800",
    "x".repeat(20_000),
    -1,
    0.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    [],
    [[]],
    {},
    { "0": { a: 1 } },
    true,
  ];
  it("has no value of any setting that is a fault of the server", { timeout: 120_000 }, async () => {
    for (const name of Object.keys(initial)) {
      for (const value of odd) {
        const reply = await change({ [name]: value });
        expect([name, value, reply.status]).toEqual([name, value, expect.toBeOneOf([200, 400])]);
        expect((await asRoot("GET", path)).status).toBe(200);
      }
      await setSettings(null);
    }
  });
});

const fetching = () => outcome(ask({ ...pull, project: project.fullPath, ...byKey(key) }));
const options = async () => (await ask({ ...push, project: project.fullPath, ...byKey(key) })).body as { git_config_options: string[] };

const makeToken = (json: Record<string, unknown>) =>
  asRoot("POST", `/users/${ada.id}/personal_access_tokens`, { json: { name: "t", scopes: ["api"], ...json } });

describe("what is set takes effect", () => {
  it("the protocol: Git over the other one is refused", async () => {
    expect((await fetching()).status).toBe(200);
    await change({ enabled_git_access_protocol: "http" });
    expect(await fetching()).toEqual(refused("Git access over SSH is not allowed"));
    await change({ enabled_git_access_protocol: "" });
    expect((await fetching()).status).toBe(200);
  });

  it("the size of a push: told to Git", async () => {
    await change({ receive_max_input_size: 3 });
    expect((await options()).git_config_options).toContain("receive.maxInputSize=3145728");
    await change({ receive_max_input_size: null });
    expect((await options()).git_config_options.join(" ")).not.toContain("receive.maxInputSize");
  });

  it("forbidden keys: neither used nor registered", async () => {
    await change({ ed25519_key_restriction: -1 });
    const text = "type is forbidden. Must be RSA, DSA, ECDSA, ECDSA_SK, or ED25519_SK";
    expect(await fetching()).toEqual(refused(`Your SSH key ${text}.`));
    const reply = await asRoot("POST", `/users/${ada.id}/keys`, { json: { title: "t", key: newKeyLine() } });
    expect([reply.status, reply.body]).toEqual([400, { message: { key: [text] } }]);
  });

  it("the terms: whoever has not accepted them is kept from Git", async () => {
    await change({ enforce_terms: true });
    const reply = await fetching();
    expect([reply.status, reply.body]).toEqual([
      401,
      { status: false, message: expect.stringContaining("must accept the Terms of Service in order to perform this action") },
    ]);
  });

  it("the limit of Git operations: off by 0", async () => {
    const never = { GIT_OPERATIONS: { limit: async () => ({ success: false }) } };
    const limited = () => ask({ ...pull, project: project.fullPath, ...byKey(key) }, never);
    expect((await limited()).status).toBe(401);
    await change({ gitlab_shell_operation_limit: 0 });
    expect((await limited()).status).toBe(200);
  });

  it("restricted visibility levels: kept for administrators", async () => {
    await change({ restricted_visibility_levels: ["public"] });
    const json = { name: "x", path: unique("open"), visibility: "public" };
    expect((await asAda("POST", "/groups", { json })).status).toBe(400);
    expect((await asRoot("POST", "/groups", { json })).status).toBe(201);
  });

  it("what new users may: projects and groups", async () => {
    await change({ default_projects_limit: 1, can_create_group: false, user_default_external: true });
    const username = unique("newcomer");
    const json = { username, name: "N", email: `${username}@example.test`, force_random_password: true };
    const { body } = await asRoot("POST", "/users", { json });
    expect(body).toMatchObject({ projects_limit: 1, can_create_group: false, external: true });
    const as = withToken(await addToken({ ...ada, id: body.id }));
    expect((await as("POST", "/projects", { json: { name: "one" } })).status).toBe(201);
    expect((await as("POST", "/projects", { json: { name: "two" } })).body).toEqual({
      error: ["Your project limit is 1 projects! Please contact your administrator to increase it"],
    });
  });

  it("what new projects are: their visibility, branch and its rule", async () => {
    await change({ default_project_visibility: "internal", default_branch_name: "trunk", default_branch_protection: 1 });
    const { body } = await asAda("POST", "/projects", { json: { name: unique("new") } });
    expect(body).toMatchObject({ visibility: "internal", default_branch: "trunk" });
    const rule = await asRoot("GET", `/projects/${body.id}/protected_branches/trunk`);
    expect(rule.body.push_access_levels[0].access_level).toBe(30);
  });

  it("tokens: their prefix and their longest life", async () => {
    await change({ personal_access_token_prefix: "corp-", max_personal_access_token_lifetime: 10 });
    expect((await makeToken({})).body.token).toMatch(/^corp-/);
    expect((await makeToken({ expires_at: "2099-01-01" })).status).toBe(422);
  });

  it("admin_mode: administrators' tokens then need its scope", async () => {
    const admin = withToken(await addToken(await addUser({ isAdmin: true })));
    expect((await admin("GET", path)).status).toBe(200);
    await change({ admin_mode: true });
    expect((await admin("GET", path)).status).toBe(403);
    expect((await change({ admin_mode: false })).status).toBe(200);
  });
});
