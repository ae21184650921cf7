import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asKas, asRoot, call } from "../setup/call.ts";
import { testVars } from "../setup/vars.ts";
import {
  addAgent,
  addGroup,
  addMember,
  addProject,
  addShare,
  addToken,
  addUser,
  dayFromNow,
  db,
  type Group,
  type Project,
} from "../setup/world.ts";

let root: Group;
let inner: Group;
let project: Project;
let sibling: Project;
let agentId: number;
let rubi: UserRow;
let token: string;

beforeAll(async () => {
  root = await addGroup();
  inner = await addGroup({ parent: root });
  project = await addProject(inner);
  sibling = await addProject(root);
});
beforeEach(async () => {
  agentId = (await addAgent(project)).agent.id;
  rubi = await addUser();
  token = await addToken(rubi, { scopes: ["k8s_proxy"] });
});

const ask = (params: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  asKas("POST", "/authorize_proxy_user", {
    json: { agent_id: agentId, access_type: "personal_access_token", access_key: token, ...params },
    headers,
  });
const named = (...places: { fullPath: string }[]) => places.map(({ fullPath }) => ({ id: fullPath }));

async function configure(userAccess: unknown, id = agentId): Promise<void> {
  const reply = await asKas("POST", "/agent_configuration", { json: { agent_id: id, agent_config: { user_access: userAccess } } });
  expect(reply.status).toBe(204);
}
const asAgent = (places: object) => configure({ access_as: { agent: {} }, ...places });
const asUser = (places: object) => configure({ access_as: { user: {} }, ...places });

const noMember = "You must be a member of `projects` or `groups` under the `user_access` keyword.";
const nobody = [403, { message: noMember }];
const developer = ["guest", "planner", "reporter", "developer"];
const answer = async () => {
  const { status, body } = await ask();
  return [status, body];
};
const asThemselves = (projects: object[], groups: object[] = []) => [
  201,
  {
    agent: { id: agentId, config_project: { id: project.id } },
    user: { id: rubi.id, username: rubi.username },
    access_as: { user: { projects, groups } },
  },
];

describe("POST /internal/kubernetes/authorize_proxy_user", () => {
  it("206 L209 lets a developer of a listed project in as the agent", async () => {
    await asAgent({ projects: named(sibling) });
    await addMember(rubi, { project: sibling }, 30);
    const reply = await ask({ agent_id: String(agentId) });
    expect([reply.status, reply.body]).toEqual([
      201,
      {
        agent: { id: agentId, config_project: { id: project.id } },
        user: { id: rubi.id, username: rubi.username },
        access_as: { agent: {} },
      },
    ]);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(reply.headers.get("Gitlab-Feature-Flag")).toBeNull();
    expect(reply.headers.get("Server-Timing")).toMatch(/\b2 trips\b/);
  });

  it("206 lets them in as themselves, with their roles where they are Developer or more", async () => {
    await asUser({ projects: named(project, sibling), groups: named(root, inner) });
    await addMember(rubi, { project: sibling }, 30);
    expect(await answer()).toEqual(asThemselves([{ id: sibling.id, roles: developer }]));
    await addMember(rubi, { group: inner }, 40);
    const maintainer = [...developer, "maintainer"];
    expect(await answer()).toEqual(
      asThemselves(
        [
          { id: project.id, roles: maintainer },
          { id: sibling.id, roles: developer },
        ],
        [{ id: inner.id, roles: maintainer }],
      ),
    );
  });

  it("208 refuses a token without the scope, an administrator's too", async () => {
    await asAgent({ projects: named(sibling) });
    await addMember(rubi, { project: sibling }, 50);
    for (const scopes of [["read_api"], ["api", "sudo", "read_user"], []]) {
      const reply = await ask({ access_key: await addToken(rubi, { scopes }) });
      expect([reply.status, reply.body]).toEqual([
        403,
        {
          error: "insufficient_scope",
          error_description: "The request requires higher privileges than provided by the access token.",
          scope: "k8s_proxy",
        },
      ]);
    }
    expect((await ask({ access_key: testVars.GATEHOUSE_ROOT_TOKEN })).status).toBe(403);
    expect((await ask({ access_key: await addToken(rubi, { scopes: ["api"] }), agent_id: 999_999 })).status).toBe(403);
  });

  it("209 decides by the agent that is named, and knows none but those there are", async () => {
    await asAgent({ projects: named(sibling) });
    await addMember(rubi, { project: sibling }, 30);
    const other = (await addAgent(project)).agent.id;
    const elsewhere = (await addAgent(await addProject(await addGroup()))).agent.id;
    for (const id of [other, elsewhere]) {
      const reply = await ask({ agent_id: id });
      expect([reply.status, reply.body]).toEqual([403, { message: "`user_access` keyword is not found in agent config file." }]);
    }
    for (const id of [999_999, "999999", 0, -1]) {
      const reply = await ask({ agent_id: id });
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Not found" }]);
    }
    expect((await ask()).status).toBe(201);
  });

  it("210 takes no session cookie for anybody's", async () => {
    for (const key of ["123", 123, token, "a".repeat(5000), "\u0000"]) {
      const reply = await ask({ access_type: "session_cookie", access_key: key, csrf_token: "csrf" });
      expect([reply.status, reply.body]).toEqual([400, { message: "400 Bad request - Invalid access_key" }]);
    }
  });

  it("is told of what is missing or invalid, and repeats no key", async () => {
    for (const [params, error] of [
      [
        { agent_id: undefined, access_type: undefined, access_key: undefined },
        "agent_id is missing, access_type is missing, access_key is missing",
      ],
      [{ agent_id: "x" }, "agent_id is invalid"],
      [{ agent_id: 2 ** 53 }, "agent_id is invalid"],
      [{ access_type: "password" }, "access_type does not have a valid value"],
      [{ access_key: {} }, "access_key is invalid"],
      [{ access_type: "session_cookie" }, "csrf_token is missing"],
      [{ access_type: "session_cookie", csrf_token: null }, "csrf_token is missing"],
      [{ access_type: "session_cookie", csrf_token: " " }, "csrf_token is empty"],
      [{ access_type: "session_cookie", agent_id: undefined }, "agent_id is missing, csrf_token is missing"],
      [{ csrf_token: [token] }, "csrf_token is invalid"],
    ] as const) {
      const reply = await ask(params);
      expect([params, reply.status, reply.body]).toEqual([params, 400, { error }]);
    }
    expect((await ask({ csrf_token: " " })).status).toBe(403);
  });

  it("finds nobody by a key that is no token, nor by a token anywhere but in the key", async () => {
    await asAgent({ projects: named(sibling) });
    await addMember(rubi, { project: sibling }, 30);
    const carried: Record<string, string>[] = [{}, { Authorization: `Bearer ${token}` }, { "PRIVATE-TOKEN": token }];
    for (const key of ["glpat-nobody-has-this-one", "", "\u0000", "\ud800", "x".repeat(100_000), ` ${token}`]) {
      for (const headers of carried) {
        const reply = await ask({ access_key: key, private_token: token, access_token: token }, headers);
        expect([reply.status, reply.body]).toEqual([400, { message: "400 Bad request - Unable to get user from request data" }]);
      }
    }
    expect((await ask({}, { Authorization: "Bearer glpat-nobody-has-this-one", Sudo: "root" })).body.user).toMatchObject({ id: rubi.id });
  });

  it("refuses tokens that are over, and owners who are barred, as everywhere", async () => {
    await asAgent({ projects: named(sibling) });
    const scopes = ["k8s_proxy"];
    const expired = await ask({ access_key: await addToken(rubi, { scopes, expiresAt: dayFromNow(0) }) });
    expect([expired.status, expired.body.error, expired.body.error_description]).toEqual([
      401,
      "invalid_token",
      "Token is expired. You can either do re-authorization or token refresh.",
    ]);
    const revoked = await ask({ access_key: await addToken(rubi, { scopes, revokedAt: new Date() }) });
    expect([revoked.status, revoked.body.error_description]).toEqual([401, "Token was revoked. You have to re-authorize from the user."]);
    for (const state of ["blocked", "banned", "deactivated", "blocked_pending_approval"] as const) {
      const barred = await addUser({ state });
      await addMember(barred, { project: sibling }, 50);
      const reply = await ask({ access_key: await addToken(barred, { scopes }) });
      expect([state, reply.status]).toEqual([state, 403]);
      expect(reply.body.message).toMatch(/^403 Forbidden - Your account /);
    }
  });

  it("has its words for each configuration that lets nobody in", async () => {
    await addMember(rubi, { project: sibling }, 50);
    const projects = named(sibling);
    for (const [userAccess, message] of [
      [null, "`user_access` keyword is not found in agent config file."],
      [{}, "`user_access` keyword is not found in agent config file."],
      [{ projects }, "`access_as` is not found under the `user_access` keyword."],
      [{ access_as: {}, projects }, "`access_as` is not found under the `user_access` keyword."],
      [{ access_as: { agent: {}, user: {} }, projects }, "`access_as` must exist only once under the `user_access` keyword."],
      [{ access_as: { agent: {} } }, noMember],
    ] as const) {
      await configure(userAccess);
      expect([userAccess, ...(await answer())]).toEqual([userAccess, 403, { message }]);
    }
  });

  it("knows members by inheritance, by invitation and by their own namespace, and nobody else", async () => {
    await asUser({ projects: named(sibling), groups: named(inner) });
    expect(await answer()).toEqual(nobody);
    const invited = await addGroup();
    await addMember(rubi, { group: invited }, 50);
    await addShare(invited, { project: sibling }, 20);
    expect(await answer()).toEqual(nobody);
    await addShare(invited, { group: inner }, 30, dayFromNow(0));
    expect(await answer()).toEqual(nobody);
    const lasting = await addGroup();
    await addMember(rubi, { group: lasting }, 40);
    await addShare(lasting, { group: inner }, 30, dayFromNow(1));
    expect(await answer()).toEqual(asThemselves([], [{ id: inner.id, roles: developer }]));

    const own = await addProject(rubi);
    const { agent } = await addAgent(own);
    await configure({ access_as: { user: {} }, projects: named(own) }, agent.id);
    const reply = await ask({ agent_id: agent.id });
    expect(reply.body.access_as).toEqual({
      user: { projects: [{ id: own.id, roles: [...developer, "maintainer", "owner"] }], groups: [] },
    });
  });

  it.each([
    ["expired", 50, { expiresAt: dayFromNow(0) }],
    ["not yet accepted", 50, { isAwaiting: true }],
    ["a reporter's", 20, {}],
    ["of minimal access", 5, {}],
  ] as const)("counts no membership that is %s", async (_, level, values) => {
    await asAgent({ projects: named(sibling), groups: named(root) });
    await addMember(rubi, { project: sibling }, level, values);
    await addMember(rubi, { group: root }, level, values);
    expect(await answer()).toEqual(nobody);
  });

  it("lets no administrator in who is no member", async () => {
    await asAgent({ projects: named(sibling), groups: named(root) });
    const admin = await addUser({ isAdmin: true });
    const reply = await ask({ access_key: await addToken(admin, { scopes: ["k8s_proxy", "api", "admin_mode"] }) });
    expect([reply.status, reply.body]).toEqual(nobody);
  });

  it("is blind to what pipelines are let in for, and to members of projects that the configuration may not name", async () => {
    const foreign = await addProject(await addGroup());
    await addMember(rubi, { project: foreign }, 50);
    await addMember(rubi, { project: sibling }, 50);
    await asKas("POST", "/agent_configuration", {
      json: {
        agent_id: agentId,
        agent_config: { ci_access: { projects: named(sibling) }, user_access: { access_as: { agent: {} }, projects: named(foreign) } },
      },
    });
    expect(await answer()).toEqual(nobody);
  });

  it("follows the configuration, the membership and the token at once", async () => {
    await asAgent({ projects: named(sibling) });
    await addMember(rubi, { project: sibling }, 30);
    expect((await answer())[0]).toBe(201);
    await asAgent({ projects: named(project) });
    expect(await answer()).toEqual(nobody);
    await asAgent({ projects: named(sibling) });
    await asRoot("DELETE", `/projects/${sibling.id}/members/${rubi.id}`);
    expect(await answer()).toEqual(nobody);
    await asRoot("DELETE", `/projects/${project.id}/cluster_agents/${agentId}`);
    expect(await answer()).toEqual([404, { message: "404 Not found" }]);
  });

  it("logs no key", async () => {
    const lines: string[] = [];
    for (const level of ["log", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(String(line)));
    }
    const replies = [await ask(), await ask({ access_key: `${token}x` }), await ask({ access_type: "session_cookie", csrf_token: "c" })];
    vi.restoreAllMocks();
    expect(lines.join()).not.toContain(token);
    expect(JSON.stringify(replies.map(({ body }) => body))).not.toContain(token);
  });

  it("is kas's alone", async () => {
    const json = { agent_id: agentId, access_type: "personal_access_token", access_key: token };
    const reply = await call("POST", "/internal/kubernetes/authorize_proxy_user", { json, headers: { "PRIVATE-TOKEN": token } });
    expect([reply.status, reply.body]).toEqual([401, { message: "KAS JWT authentication invalid" }]);
  });

  it("reads no more for what other agents let in, and asks twice however much its own does", async () => {
    await asUser({ projects: named(sibling), groups: named(root) });
    await addMember(rubi, { project: sibling }, 30);
    const cost = async () => (await ask()).headers.get("Server-Timing") ?? "";
    const rows = async () => /(\d+) rows/.exec(await cost())?.[1];
    const addOthers = async (count: number) => {
      for (let added = 0; added < count; added += 1) {
        const other = await addAgent(project);
        await addMember(await addUser(), { group: root }, 30);
        await configure({ access_as: { user: {} }, projects: named(project, sibling), groups: named(root, inner) }, other.agent.id);
      }
    };
    // The end of what is an agent's own is seen by the row behind it.
    await addOthers(1);
    await rows();
    const before = await rows();
    await addOthers(10);
    expect(before).toBeDefined();
    expect(await rows()).toBe(before);

    const base = 6_000_000;
    const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)`;
    await db.query.run(
      sql`insert into projects (id, namespace_id, name, path) ${numbers} select ${base} + i, ${inner.id}, 'p', 'p' || i from n`,
    );
    await db.query.run(
      sql`insert into agent_authorizations (agent_id, access, project_id) ${numbers} select ${agentId}, 'user', ${base} + i from n`,
    );
    await addMember(rubi, { group: inner }, 30);
    const many = await ask();
    expect(many.body.access_as.user.projects).toHaveLength(501);
    expect(many.headers.get("Server-Timing")).toMatch(/\b2 trips\b/);
    expect(Number(/(\d+) rows/.exec(many.headers.get("Server-Timing") ?? "")?.[1])).toBeLessThan(20_000);
  });
});
