import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { protectedBranches } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addDeployKey, addGroup, addMember, addProject, addShare, addToken, addUser, dayFromNow, db, type Group } from "../setup/world.ts";

let ada: UserRow;
let olga: UserRow;
let eve: UserRow;
let group: Group;
let below: Group;
let guests: Group;
let asAda: ReturnType<typeof withToken>;
let asOlga: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;
let rules: string;

beforeAll(async () => {
  [ada, olga, eve] = [await addUser({ name: "Ada Byron" }), await addUser(), await addUser()];
  [asAda, asOlga, asEve] = [withToken(await addToken(ada)), withToken(await addToken(olga)), withToken(await addToken(eve))];
  group = await addGroup();
  below = await addGroup({ name: "Steam", parent: await addGroup({ parent: group }) });
  guests = await addGroup({ name: "Guests of honour" });
  await addMember(ada, { group }, 40);
  await addMember(olga, { group }, 50);
  await addShare(guests, { group }, 30);
  rules = `/groups/${group.id}/protected_branches`;
});

const entry = (holder: object, description: string) => ({
  id: expect.any(Number),
  access_level: null,
  user_id: null,
  group_id: null,
  ...holder,
  access_level_description: description,
});
const maintainers = entry({ access_level: 40 }, "Maintainers");
const forPush = (each: object) => ({ ...each, deploy_key_id: null });
const idsOf = (levels: any[]) => levels.map((each) => each.user_id ?? each.group_id ?? each.access_level);

describe("POST /groups/:id/protected_branches", () => {
  it("makes a rule as a project's, which holds in the projects below and belongs to the group", async () => {
    const reply = await asOlga("POST", rules, { json: { name: "main" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      name: "main",
      push_access_levels: [forPush(maintainers)],
      merge_access_levels: [maintainers],
      unprotect_access_levels: [maintainers],
      allow_force_push: false,
      code_owner_approval_required: false,
      inherited: false,
    });
    const project = await addProject(below);
    const seen = await asOlga("GET", `/projects/${project.id}/protected_branches/main`);
    expect(seen.body).toEqual({ ...reply.body, inherited: true });
    const [row] = await db.query.select().from(protectedBranches).where(eq(protectedBranches.id, reply.body.id));
    expect(row).toMatchObject({ namespaceId: group.id, projectId: null });
  });

  it("reads its parameters from the query too, by the group's path", async () => {
    const query = `name=*-stable&push_access_level=30&allow_force_push=true&allowed_to_merge[][user_id]=${ada.id}&allowed_to_merge[][group_id]=${guests.id}`;
    const reply = await asOlga("POST", `/groups/${group.fullPath}/protected_branches?${query}`, { json: {} });
    expect([reply.status, reply.body]).toMatchObject([201, { name: "*-stable", allow_force_push: true }]);
    expect(reply.body.push_access_levels).toEqual([forPush(entry({ access_level: 30 }, "Developers + Maintainers"))]);
    expect(reply.body.merge_access_levels).toEqual([
      entry({ user_id: ada.id }, "Ada Byron"),
      entry({ group_id: guests.id }, "Guests of honour"),
    ]);
  });

  it("refuses a second rule of the same name, also at once and with holders to judge", async () => {
    const replies = await Promise.all([1, 2, 3].map(() => asOlga("POST", rules, { json: { name: "race" } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    const again = await asOlga("POST", rules, { json: { name: "race", allowed_to_push: [{ user_id: eve.id }] } });
    expect([again.status, again.body]).toEqual([409, { message: "Protected branch 'race' already exists" }]);
  });

  it("keeps the names of groups and of their projects apart", async () => {
    const project = await addProject(group);
    await asOlga("POST", rules, { json: { name: "same" } });
    expect((await asRoot("POST", `/projects/${project.id}/protected_branches`, { json: { name: "same" } })).status).toBe(201);
    expect((await asRoot("POST", `/groups/${guests.id}/protected_branches`, { json: { name: "same" } })).status).toBe(201);
  });

  it("admits members of the group, direct or invited, and the groups that are invited or below", async () => {
    const invited = await addUser();
    await addMember(invited, { group: guests }, 20);
    const json = {
      name: "known",
      allowed_to_push: [{ user_id: ada.id }, { user_id: invited.id }],
      allowed_to_merge: [{ group_id: guests.id }, { group_id: below.id }],
      allowed_to_unprotect: [{ user_id: olga.id }, { group_id: guests.id }],
    };
    const reply = await asOlga("POST", rules, { json });
    expect(reply.status).toBe(201);
    expect(idsOf(reply.body.push_access_levels)).toEqual([ada.id, invited.id]);
    expect(idsOf(reply.body.merge_access_levels)).toEqual([guests.id, below.id]);
    expect(idsOf(reply.body.unprotect_access_levels)).toEqual([olga.id, guests.id]);
  });

  it("422 for whom the group does not know", async () => {
    const [subMember, personal] = [await addUser(), await addProject(group)];
    await addMember(subMember, { group: below }, 50);
    await addMember(eve, { project: personal }, 40);
    const expired = await addGroup();
    await addShare(expired, { group }, 30, dayFromNow(-1));
    const shared = await addGroup();
    await addShare(shared, { project: personal }, 30);
    const strangers = [{ user_id: subMember.id }, { user_id: eve.id }, { user_id: -1 }];
    for (const [allowed, reason] of [
      ...strangers.map((each) => [each, "user is not a member of the group"] as const),
      ...[group, expired, shared].map(({ id }) => [{ group_id: id }, "group does not have access to the group"] as const),
    ]) {
      const reply = await asOlga("POST", rules, { json: { name: "unknown", allowed_to_push: [allowed] } });
      expect([allowed, reply.status, reply.body]).toEqual([allowed, 422, { message: [`Push access levels ${reason}`] }]);
    }
  });

  it("422 for a group below that is to unprotect: all who manage the rules are its members", async () => {
    const reply = await asOlga("POST", rules, { json: { name: "unknown", allowed_to_unprotect: [{ group_id: below.id }] } });
    expect([reply.status, reply.body]).toEqual([422, { message: ["Unprotect access levels group does not have access to the group"] }]);
  });

  it.each([
    [{}, "name is missing"],
    [{ name: "x", push_access_level: 35 }, "push_access_level does not have a valid value"],
    [{ name: "x", unprotect_access_level: 0 }, "unprotect_access_level does not have a valid value"],
  ])("400 for %j", async (json, error) => {
    const reply = await asOlga("POST", rules, { json });
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it("knows no deploy keys", async () => {
    const key = await addDeployKey(olga, [{ project: await addProject(group), canPush: true }]);
    const reply = await asOlga("POST", rules, { json: { name: "x", allowed_to_push: [{ deploy_key_id: key.id }] } });
    expect([reply.status, reply.body]).toEqual([400, { error: "allowed_to_push[0] is invalid" }]);
  });
});

describe("GET /groups/:id/protected_branches", () => {
  it("lists the group's rules, paged and searched, and answers each by its name", async () => {
    const top = await addGroup({ owner: olga });
    const path = `/groups/${top.id}/protected_branches`;
    expect((await asOlga("GET", path)).body).toEqual([]);
    for (const name of ["main", "Release/*", "stable"]) await asOlga("POST", path, { json: { name } });
    const page = await asOlga("GET", `${path}?per_page=2`);
    expect(page.body.map((rule: any) => [rule.name, rule.inherited])).toEqual([
      ["main", false],
      ["Release/*", false],
    ]);
    expect([page.headers.get("X-Total"), page.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    const found = await asOlga("GET", `${path}?search=ELEASE`);
    expect(found.body).toEqual([page.body[1]]);
    expect((await asOlga("GET", `${path}/Release%2F*`)).body).toEqual(page.body[1]);
  });

  it("404 for a name that the group has no rule of", async () => {
    const project = await addProject(group);
    await asRoot("POST", `/projects/${project.id}/protected_branches`, { json: { name: "of-a-project" } });
    for (const [method, name] of [
      ["GET", "of-a-project"],
      ["GET", "%00"],
      ["PATCH", "unknown"],
      ["DELETE", "of-a-project"],
    ] as const) {
      const reply = await asOlga(method, `${rules}/${name}`);
      expect([method, name, reply.status, reply.body]).toEqual([method, name, 404, { message: "404 Not found" }]);
    }
  });
});

describe("PATCH /groups/:id/protected_branches/:name", () => {
  it("changes flags and levels, and leaves the other levels with their ids", async () => {
    const before = (await asOlga("POST", rules, { json: { name: "changes" } })).body;
    const [first] = before.push_access_levels;
    const added = await asOlga("PATCH", `${rules}/changes?allow_force_push=true&allowed_to_push[][group_id]=${below.id}`);
    expect([added.status, added.body]).toEqual([
      200,
      {
        ...before,
        allow_force_push: true,
        push_access_levels: [first, forPush(entry({ group_id: below.id }, "Steam"))],
      },
    ]);
    const json = {
      allowed_to_push: [
        { id: first.id, access_level: 30 },
        { id: added.body.push_access_levels[1].id, _destroy: true },
      ],
    };
    const changed = await asOlga("PATCH", `${rules}/changes`, { json });
    expect(changed.body.push_access_levels).toMatchObject([{ id: first.id, access_level: 30 }]);
  });

  it("refuses holders as a new rule does", async () => {
    await asOlga("POST", rules, { json: { name: "refuses" } });
    const stranger = await asOlga("PATCH", `${rules}/refuses`, { json: { allowed_to_push: [{ user_id: eve.id }] } });
    expect([stranger.status, stranger.body]).toEqual([422, { message: ["Push access levels user is not a member of the group"] }]);
    const key = await asOlga("PATCH", `${rules}/refuses`, { json: { allowed_to_push: [{ deploy_key_id: 1 }] } });
    expect([key.status, key.body]).toEqual([400, { error: "allowed_to_push[0] is invalid" }]);
  });
});

describe("DELETE /groups/:id/protected_branches/:name", () => {
  it("takes a rule away, once, in the projects too", async () => {
    const project = await addProject(group);
    await asOlga("POST", rules, { json: { name: "gone/*" } });
    expect((await asOlga("DELETE", `${rules}/gone%2F*`, { json: {} })).status).toBe(204);
    expect((await asOlga("DELETE", `${rules}/gone%2F*`)).body).toEqual({ message: "404 Not found" });
    expect((await asRoot("GET", `/projects/${project.id}/protected_branches/gone%2F*`)).status).toBe(404);
  });

  it("412 where the rule changed since the caller looked", async () => {
    await asOlga("POST", rules, { json: { name: "fresh" } });
    const stale = await asOlga("DELETE", `${rules}/fresh`, { headers: { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" } });
    expect([stale.status, stale.body]).toEqual([412, { message: "412 Precondition Failed" }]);
  });

  it("is for those whom the rule's unprotect levels admit, and for administrators", async () => {
    await asOlga("POST", rules, { json: { name: "admins-only", unprotect_access_level: 60 } });
    const refused = await asOlga("DELETE", `${rules}/admins-only`);
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asRoot("DELETE", `${rules}/admins-only`)).status).toBe(204);

    await asOlga("POST", rules, { json: { name: "by-guests", allowed_to_unprotect: [{ group_id: guests.id }] } });
    expect((await asOlga("PATCH", `${rules}/by-guests`, { json: { allow_force_push: true } })).status).toBe(403);
    await addMember(olga, { group: guests }, 10);
    expect((await asOlga("DELETE", `${rules}/by-guests`)).status).toBe(204);
  });
});

/** Every call there is, by method and path. */
const calls = (path: string) => [["GET", path], ["POST", path], ...["GET", "PATCH", "DELETE"].map((method) => [method, `${path}/main`])];

describe("the rules of groups", () => {
  it("are for owners; of a hidden group nobody learns", async () => {
    for (const [method = "", path = ""] of calls(rules)) {
      const options = method === "POST" ? { json: { name: "no" } } : {};
      const asMaintainer = await asAda(method, path, options);
      expect([method, asMaintainer.status, asMaintainer.body]).toEqual([method, 403, { message: "403 Forbidden" }]);
      const asStranger = await asEve(method, path, options);
      expect([method, asStranger.status, asStranger.body]).toEqual([method, 404, { message: "404 Group Not Found" }]);
      expect((await call(method, path, options)).status).toBe(401);
    }
  });

  it("are those of top-level groups: a subgroup has none, whoever asks", async () => {
    for (const [method = "", path = ""] of calls(`/groups/${below.id}/protected_branches`)) {
      const options = method === "POST" ? { json: { name: "no" } } : {};
      for (const ask of [asOlga, asRoot]) {
        const reply = await ask(method, path, options);
        expect([method, reply.status, reply.body]).toEqual([method, 404, { message: "404 Not Found" }]);
      }
      expect((await asAda(method, path, options)).status).toBe(403);
    }
  });

  it("are not those of a personal namespace", async () => {
    const reply = await asRoot("GET", `/groups/${ada.username}/protected_branches`);
    expect([reply.status, reply.body]).toEqual([404, { message: "404 Group Not Found" }]);
  });
});
