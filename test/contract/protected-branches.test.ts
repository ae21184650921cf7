import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createProtectedBranch,
  deleteProtectedBranch,
  findProtectedBranch,
  updateProtectedBranch,
  type ProtectedBranchRecord,
} from "../../src/db/protected-branches.ts";
import { loadHolderFacts } from "../../src/db/protected-ref-levels.ts";
import { members, protectedBranches, protectedRefAccessLevels } from "../../src/db/schema/index.ts";
import { holdersOf, type Level } from "../../src/domain/access/protected-level.ts";
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
  type Group,
  type Project,
} from "../setup/world.ts";

let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let group: Group;
let guests: Group;
let project: Project;
let asAda: ReturnType<typeof withToken>;
let asBob: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;
let rules: string;

beforeAll(async () => {
  [ada, bob, eve] = [await addUser({ name: "Ada Byron" }), await addUser(), await addUser()];
  [asAda, asBob, asEve] = [withToken(await addToken(ada)), withToken(await addToken(bob)), withToken(await addToken(eve))];
  group = await addGroup();
  guests = await addGroup({ name: "Guests of honour" });
  project = await addProject(group);
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  await addShare(guests, { project }, 30);
  rules = `/projects/${project.id}/protected_branches`;
});

const role = (accessLevel: number, description: string) => ({
  id: expect.any(Number),
  access_level: accessLevel,
  access_level_description: description,
  user_id: null,
  group_id: null,
});
const maintainers = role(40, "Maintainers");
const developers = role(30, "Developers + Maintainers");
const forPush = (entry: object) => ({ ...entry, deploy_key_id: null });
const placeOf = ({ id, namespaceId }: Project) => ({ projectId: id, namespaceId });

describe("POST /projects/:id/protected_branches", () => {
  it("203 gives everything to maintainers where nothing else is asked for", async () => {
    const reply = await asBob("POST", rules, { json: { name: "stable" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.any(Number),
      name: "stable",
      push_access_levels: [forPush(maintainers)],
      merge_access_levels: [maintainers],
      unprotect_access_levels: [maintainers],
      allow_force_push: false,
      code_owner_approval_required: false,
      inherited: false,
    });
  });

  it("204 refuses a second rule of the same name", async () => {
    await asBob("POST", rules, { json: { name: "twice" } });
    const reply = await asBob("POST", rules, { json: { name: "twice" } });
    expect(reply.status).toBe(409);
    expect(reply.body).toEqual({ message: "Protected branch 'twice' already exists" });
  });

  it("204 tells that the name is taken before it judges whom the rule would admit", async () => {
    await asBob("POST", rules, { json: { name: "taken" } });
    const reply = await asBob("POST", rules, { json: { name: "taken", allowed_to_push: [{ user_id: eve.id }] } });
    expect(reply.status).toBe(409);
  });

  it("keeps one rule where two requests ask at once", async () => {
    const replies = await Promise.all([1, 2, 3].map(() => asBob("POST", rules, { json: { name: "race" } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    expect((await asBob("GET", `${rules}/race`)).body.push_access_levels).toHaveLength(1);
  });

  it("205 reads its parameters from the query, with a raw asterisk, as gitbeaker sends them", async () => {
    const query = "name=*-stable&push_access_level=30&merge_access_level=30&unprotect_access_level=40";
    const reply = await asBob("POST", `${rules}?${query}`, { json: {} });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      name: "*-stable",
      push_access_levels: [forPush(developers)],
      merge_access_levels: [developers],
      unprotect_access_levels: [maintainers],
    });
  });

  it("207 asks for a name", async () => {
    for (const json of [{}, { name: undefined }]) {
      const reply = await asBob("POST", rules, { json });
      expect(reply.status).toBe(400);
      expect(reply.body).toEqual({ error: "name is missing" });
    }
    expect((await asBob("POST", rules, { json: { name: " " } })).body).toEqual({ error: "name is empty" });
  });

  it.each([
    [{ push_access_level: 35 }, "push_access_level does not have a valid value"],
    [{ merge_access_level: 50 }, "merge_access_level does not have a valid value"],
    [{ unprotect_access_level: 0 }, "unprotect_access_level does not have a valid value"],
    [{ push_access_level: "many" }, "push_access_level is invalid"],
    [{ allow_force_push: "perhaps" }, "allow_force_push is invalid"],
    [{ allowed_to_push: "ada" }, "allowed_to_push is invalid"],
    [{ allowed_to_push: ["ada"] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{}] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{ user_id: "ada" }] }, "allowed_to_push[0][user_id] is invalid"],
    [{ allowed_to_merge: [{ deploy_key_id: 1 }] }, "allowed_to_merge[0] is invalid"],
    [{ allowed_to_unprotect: [{ access_level: 0 }] }, "allowed_to_unprotect[0][access_level] does not have a valid value"],
  ])("208 refuses %j", async (json, error) => {
    const reply = await asBob("POST", rules, { json: { name: "x", ...json } });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ error });
  });

  it("210 takes an element that names several holders apart, as it comes from a query string", async () => {
    const query = `name=f&allowed_to_push[][user_id]=${ada.id}&allowed_to_push[][group_id]=${guests.id}&allowed_to_push[][access_level]=40`;
    const reply = await asBob("POST", `${rules}?${query}`);
    expect(reply.status).toBe(201);
    expect(reply.body.push_access_levels).toEqual([
      {
        id: expect.any(Number),
        access_level: null,
        access_level_description: "Ada Byron",
        user_id: ada.id,
        group_id: null,
        deploy_key_id: null,
      },
      {
        id: expect.any(Number),
        access_level: null,
        access_level_description: "Guests of honour",
        user_id: null,
        group_id: guests.id,
        deploy_key_id: null,
      },
      forPush(maintainers),
    ]);
    expect(reply.body.merge_access_levels).toEqual([maintainers]);
  });

  it("211 replaces the default by a list", async () => {
    const reply = await asBob("POST", rules, { json: { name: "g", allowed_to_push: [{ user_id: ada.id }, { group_id: guests.id }] } });
    expect(reply.body.push_access_levels.map((each: any) => [each.user_id, each.group_id, each.access_level])).toEqual([
      [ada.id, null, null],
      [null, guests.id, null],
    ]);
  });

  it("adds a list to the single level where both are given, each holder once", async () => {
    const json = { name: "both", push_access_level: 0, allowed_to_push: [{ user_id: ada.id }, { user_id: ada.id }, { access_level: 0 }] };
    const reply = await asBob("POST", rules, { json });
    expect(reply.body.push_access_levels).toMatchObject([{ access_level: 0, access_level_description: "No one" }, { user_id: ada.id }]);
  });

  it("admits a deploy key that may push to the project", async () => {
    const key = await addDeployKey(bob, [{ project, canPush: true }], { title: "robot" });
    const reply = await asBob("POST", rules, { json: { name: "k", allowed_to_push: [{ deploy_key_id: key.id }] } });
    expect(reply.body.push_access_levels).toEqual([
      {
        id: expect.any(Number),
        access_level: null,
        access_level_description: "robot",
        user_id: null,
        group_id: null,
        deploy_key_id: key.id,
      },
    ]);
  });

  it("admits members by inheritance and through an invited group", async () => {
    const [above, invited] = [await addUser(), await addUser()];
    await addMember(above, { group }, 20);
    await addMember(invited, { group: guests }, 50);
    const json = { name: "inherited", allowed_to_merge: [{ user_id: above.id }, { user_id: invited.id }] };
    const reply = await asBob("POST", rules, { json });
    expect(reply.status).toBe(201);
    expect(reply.body.merge_access_levels.map((each: any) => each.user_id)).toEqual([above.id, invited.id]);
  });

  it("213 refuses to admit whom the project does not know", async () => {
    const reply = await asBob("POST", rules, { json: { name: "i", allowed_to_push: [{ user_id: eve.id }] } });
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({ message: ["Push access levels user is not a member of the project"] });
    expect((await asBob("GET", `${rules}/i`)).status).toBe(404);
  });

  it("213 names every reason, once", async () => {
    const readOnly = await addDeployKey(bob, [{ project }]);
    const former = await addUser();
    await addMember(former, { project }, 40, { expiresAt: dayFromNow(0) });
    const expired = await addGroup();
    await addShare(expired, { project }, 30, dayFromNow(-1));
    const json = {
      name: "j2",
      allowed_to_push: [
        { user_id: former.id },
        { user_id: Number.MAX_SAFE_INTEGER },
        { user_id: -1 },
        { deploy_key_id: readOnly.id },
        { group_id: group.id },
      ],
      allowed_to_merge: [{ group_id: expired.id }],
      allowed_to_unprotect: [{ user_id: ada.id }, { group_id: 0 }],
    };
    const reply = await asBob("POST", rules, { json });
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({
      message: [
        "Push access levels user is not a member of the project",
        "Push access levels deploy key is not enabled for this project",
        "Push access levels group does not have access to the project",
        "Merge access levels group does not have access to the project",
        "Unprotect access levels group does not have access to the project",
      ],
    });
  });

  it("214 takes Terraform's body: empty lists are no lists, and code owners are echoed", async () => {
    const json = {
      name: "j",
      push_access_level: 40,
      merge_access_level: 40,
      unprotect_access_level: 40,
      allow_force_push: false,
      allowed_to_push: [],
      allowed_to_merge: [],
      allowed_to_unprotect: [],
      code_owner_approval_required: true,
    };
    const reply = await asBob("POST", rules, { json });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      push_access_levels: [forPush(maintainers)],
      merge_access_levels: [maintainers],
      unprotect_access_levels: [maintainers],
      code_owner_approval_required: true,
    });
  });

  it("takes nulls as not given", async () => {
    const json = { name: "nulls", push_access_level: null, allowed_to_push: null, allowed_to_merge: [{ user_id: null, access_level: 60 }] };
    const reply = await asBob("POST", rules, { json });
    expect(reply.status).toBe(201);
    expect(reply.body.push_access_levels).toEqual([forPush(maintainers)]);
    expect(reply.body.merge_access_levels).toEqual([role(60, "Instance admins")]);
  });

  it("takes a thousand holders at the price of one", async () => {
    const allowed = Array.from({ length: 999 }, () => ({ user_id: ada.id, access_level: 30 }));
    const reply = await asBob("POST", rules, { json: { name: "crowd", allowed_to_push: allowed } });
    expect(reply.body.push_access_levels).toHaveLength(2);
    const strangers = Array.from({ length: 300 }, (_, index) => ({ user_id: 1_000_000 + index }));
    expect((await asBob("POST", rules, { json: { name: "crowd2", allowed_to_push: strangers } })).status).toBe(422);
  });

  it("refuses a name that no ref can have for its length", async () => {
    const reply = await asBob("POST", rules, { json: { name: "x".repeat(256) } });
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({ message: ["Name is too long (maximum is 255 characters)"] });
  });

  it("refuses a name with control characters, which no ref can have", async () => {
    for (const character of ["\u0000", "\n", "\u001b", "\u007f", "\u0085"]) {
      const reply = await asBob("POST", rules, { json: { name: `a${character}b` } });
      expect([reply.status, reply.body]).toEqual([422, { message: ["Name contains invalid characters"] }]);
    }
    const both = await asBob("POST", rules, { json: { name: `${"x".repeat(255)}\t` } });
    expect(both.body).toEqual({ message: ["Name is too long (maximum is 255 characters)", "Name contains invalid characters"] });
  });

  it("tells apart who may not manage rules and who may not know of the project", async () => {
    const asDeveloper = await asAda("POST", rules, { json: { name: "no" } });
    expect([asDeveloper.status, asDeveloper.body]).toEqual([403, { message: "403 Forbidden" }]);
    const asStranger = await asEve("POST", rules, { json: { name: "no" } });
    expect([asStranger.status, asStranger.body]).toEqual([404, { message: "404 Project Not Found" }]);
    const asNobody = await call("POST", rules, { json: { name: "no" } });
    expect([asNobody.status, asNobody.body]).toEqual([401, { message: "401 Unauthorized" }]);
  });

  it("reads the caller, the project, the memberships, and writes in one batch", async () => {
    await asRoot("GET", `${rules}/warm`);
    const reply = await asRoot("POST", rules, { json: { name: "trips" } });
    expect(reply.headers.get("Server-Timing")).toContain("4 trips");
  });
});

const namesOf = (rows: { name: string }[]) => rows.map((row) => row.name);

describe("GET /projects/:id/protected_branches", () => {
  let top: Group;
  let own: Project;
  let path: string;

  beforeAll(async () => {
    top = await addGroup();
    own = await addProject(await addGroup({ parent: top }));
    await addMember(bob, { project: own }, 40);
    path = `/projects/${own.id}/protected_branches`;
    await asBob("POST", path, { json: { name: "main" } });
    await asRoot("POST", `/groups/${top.id}/protected_branches`, { json: { name: "Release/*", push_access_level: 0 } });
    await asBob("POST", path, { json: { name: "stable", allowed_to_push: [{ user_id: bob.id }] } });
  });

  it("shows the project's rules and those of its top-level group, oldest first, as they are shown one by one", async () => {
    const reply = await asBob("GET", path);
    expect(reply.status).toBe(200);
    expect(reply.body.map((rule: any) => [rule.name, rule.inherited])).toEqual([
      ["main", false],
      ["Release/*", true],
      ["stable", false],
    ]);
    for (const rule of reply.body) {
      expect((await asBob("GET", `${path}/${encodeURIComponent(rule.name)}`)).body).toEqual(rule);
    }
    expect(reply.body[1].push_access_levels).toEqual([forPush(role(0, "No one"))]);
    expect(reply.body[2].push_access_levels).toMatchObject([{ user_id: bob.id, access_level_description: bob.name }]);
  });

  it("shows nothing of groups between, of other projects, or of a personal namespace", async () => {
    const between = await addGroup({ parent: top });
    const below = await addProject(between);
    await db.query.insert(protectedBranches).values({ namespaceId: between.id, name: "between" });
    expect(namesOf((await asRoot("GET", `/projects/${below.id}/protected_branches`)).body)).toEqual(["Release/*"]);
    const personal = await addProject(await addUser());
    expect((await asRoot("GET", `/projects/${personal.id}/protected_branches`)).body).toEqual([]);
  });

  it.each([
    ["ELEASE", ["Release/*"]],
    ["*", ["Release/*"]],
    ["a", ["main", "Release/*", "stable"]],
    [" ", ["main", "Release/*", "stable"]],
    ["%", []],
    ["_", []],
    ["x".repeat(300), []],
  ])("finds the rules whose names contain %j, whatever the case", async (search, names) => {
    const reply = await asBob("GET", `${path}?search=${encodeURIComponent(search)}`);
    expect([reply.status, namesOf(reply.body), reply.headers.get("X-Total")]).toEqual([200, names, String(names.length)]);
  });

  it("is paged, each rule with its own levels", async () => {
    const first = await asBob("GET", `${path}?per_page=2`);
    expect(namesOf(first.body)).toEqual(["main", "Release/*"]);
    expect([first.headers.get("X-Total"), first.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    const second = await asBob("GET", `${path}?per_page=2&page=2`);
    expect(namesOf(second.body)).toEqual(["stable"]);
    expect(second.body[0].push_access_levels).toMatchObject([{ user_id: bob.id }]);
    expect((await asBob("GET", `${path}?page=9`)).body).toEqual([]);
    expect((await asBob("GET", `${path}?per_page=0`)).body).toEqual({ error: "per_page has a value not allowed" });
  });

  it("is for maintainers", async () => {
    const guest = await addUser();
    await addMember(guest, { project: own }, 10);
    const asGuest = await withToken(await addToken(guest))("GET", path);
    expect([asGuest.status, asGuest.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asEve("GET", path)).body).toEqual({ message: "404 Project Not Found" });
    expect((await call("GET", path)).status).toBe(401);
  });

  it("is one round trip besides those that prove who asks and what of", async () => {
    await asRoot("GET", path);
    expect((await asRoot("GET", path)).headers.get("Server-Timing")).toContain("4 trips");
  });

  it("gives way to a rule of the project's own of the same name, which alone is changed and taken away", async () => {
    const single = `${path}/Release%2F*`;
    for (const reply of [await asBob("PATCH", single, { json: { allow_force_push: true } }), await asBob("DELETE", single)]) {
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Not found" }]);
    }
    expect((await asBob("POST", path, { json: { name: "Release/*" } })).status).toBe(201);
    expect((await asBob("GET", single)).body).toMatchObject({ name: "Release/*", inherited: false });
    expect((await asBob("DELETE", single)).status).toBe(204);
    expect((await asBob("GET", single)).body).toMatchObject({ name: "Release/*", inherited: true });
  });
});

describe("GET /projects/:id/protected_branches/:name", () => {
  it("finds a rule by its exact text, whichever way it is encoded", async () => {
    await asRoot("POST", rules, { json: { name: "release/v1.*%" } });
    const path = project.fullPath.replace("/", "%2F");
    for (const name of ["release%2Fv1.*%25", "release%2Fv1%2E%2A%25"]) {
      const reply = await asRoot("GET", `/projects/${path}/protected_branches/${name}`);
      expect(reply.status).toBe(200);
      expect(reply.body.name).toBe("release/v1.*%");
    }
  });

  it("answers what creating answered, with the same ids", async () => {
    const created = await asBob("POST", rules, { json: { name: "same", allowed_to_push: [{ user_id: ada.id }] } });
    expect((await asBob("GET", `${rules}/same`)).body).toEqual(created.body);
  });

  it("220 knows no other names, and is case-sensitive", async () => {
    await asBob("POST", rules, { json: { name: "exact" } });
    for (const name of ["unknown", "EXACT", "exac*", "%00", "%ED%A0%80", "%"]) {
      const reply = await asBob("GET", `${rules}/${name}`);
      expect([name, reply.status, reply.body]).toEqual([name, 404, { message: "404 Not found" }]);
    }
  });

  it("is for maintainers", async () => {
    expect((await asAda("GET", `${rules}/stable`)).status).toBe(403);
    expect((await asEve("GET", `${rules}/stable`)).body).toEqual({ message: "404 Project Not Found" });
  });
});

const levelsOf = (body: any, action = "push") => body[`${action}_access_levels`];
const rolesOf = (body: any, action = "push") => levelsOf(body, action).map((each: any) => each.access_level);
const change = (name: string, json: unknown) => asBob("PATCH", `${rules}/${name}`, { json });
const protect = async (json: { name: string; [parameter: string]: unknown }) => (await asBob("POST", rules, { json })).body;

describe("PATCH /projects/:id/protected_branches/:name", () => {
  it("216 adds a level, and leaves the others with their ids", async () => {
    const before = await protect({ name: "adds" });
    const reply = await change("adds", { allowed_to_push: [{ access_level: 30 }] });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ ...before, push_access_levels: [levelsOf(before)[0], forPush(developers)] });
    expect((await asBob("GET", `${rules}/adds`)).body).toEqual(reply.body);
  });

  it("217 removes a level", async () => {
    const before = await protect({ name: "removes", allowed_to_push: [{ access_level: 40 }, { access_level: 30 }] });
    const reply = await change("removes", { allowed_to_push: [{ id: levelsOf(before)[1].id, _destroy: true }] });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ ...before, push_access_levels: [levelsOf(before)[0]] });
  });

  it("changes a level under its id, adds and removes at once, for all three actions", async () => {
    const before = await protect({ name: "all", allowed_to_merge: [{ access_level: 40 }, { user_id: ada.id }] });
    const reply = await change("all", {
      allowed_to_push: [{ id: levelsOf(before)[0].id, user_id: ada.id, access_level: null }, { group_id: guests.id }],
      allowed_to_merge: [{ id: levelsOf(before, "merge")[1].id, _destroy: true }],
      allowed_to_unprotect: [{ id: levelsOf(before, "unprotect")[0].id, access_level: 60 }, { user_id: bob.id }],
    });
    expect(reply.status).toBe(200);
    expect(levelsOf(reply.body)).toMatchObject([
      { id: levelsOf(before)[0].id, access_level: null, user_id: ada.id, access_level_description: "Ada Byron" },
      { group_id: guests.id, access_level_description: "Guests of honour" },
    ]);
    expect(levelsOf(reply.body, "merge")).toEqual([levelsOf(before, "merge")[0]]);
    expect(levelsOf(reply.body, "unprotect")).toMatchObject([
      { id: levelsOf(before, "unprotect")[0].id, access_level: 60, access_level_description: "Instance admins" },
      { user_id: bob.id },
    ]);
  });

  it("swaps two levels, and puts another in the place of one that is removed", async () => {
    const before = await protect({ name: "swaps", allowed_to_push: [{ access_level: 40 }, { access_level: 30 }] });
    const [first, second] = levelsOf(before).map((each: any) => each.id);
    const swapped = await change("swaps", {
      allowed_to_push: [
        { id: first, access_level: 30 },
        { id: second, access_level: 40 },
      ],
    });
    expect(levelsOf(swapped.body)).toMatchObject([
      { id: first, access_level: 30 },
      { id: second, access_level: 40 },
    ]);
    const json = { allowed_to_push: [{ id: first, _destroy: true }, { id: second, access_level: 30 }, { access_level: 40 }] };
    expect(levelsOf((await change("swaps", json)).body)).toMatchObject([{ id: second, access_level: 30 }, { access_level: 40 }]);
  });

  it("219 takes its parameters from the query alone", async () => {
    const before = await protect({ name: "query/only", allowed_to_push: [{ access_level: 40 }, { access_level: 30 }] });
    const forced = await asBob("PATCH", `${rules}/query%2Fonly?allow_force_push=true`);
    expect([forced.status, forced.body]).toEqual([200, { ...before, allow_force_push: true }]);
    const [first, second] = levelsOf(before).map((each: any) => each.id);
    const elements = [`[id]=${first}`, "[access_level]=60", `[id]=${second}`, "[_destroy]=true"].map((each) => `allowed_to_push[]${each}`);
    const query = `${elements.join("&")}&allowed_to_merge[][access_level]=30`;
    const changed = await asBob("PATCH", `${rules}/query%2Fonly?${query}`, { json: {} });
    expect(changed.body.allow_force_push).toBe(true);
    expect(levelsOf(changed.body)).toEqual([forPush({ ...role(60, "Instance admins"), id: first })]);
    expect(rolesOf(changed.body, "merge")).toEqual([40, 30]);
    const coded = await asBob("PATCH", `${rules}/query%2Fonly`, { form: "code_owner_approval_required=1&allow_force_push=0" });
    expect(coded.body).toMatchObject({ code_owner_approval_required: true, allow_force_push: false });
  });

  it("takes an element that names several holders apart, as it comes from a query string", async () => {
    await protect({ name: "apart" });
    const query = `allowed_to_push[][user_id]=${ada.id}&allowed_to_push[][group_id]=${guests.id}`;
    const reply = await asBob("PATCH", `${rules}/apart?${query}`);
    expect(levelsOf(reply.body)).toMatchObject([{ access_level: 40 }, { user_id: ada.id }, { group_id: guests.id }]);
  });

  it("removes a level that is sent back whole, and admits nobody by what it says", async () => {
    const before = await protect({ name: "whole", allowed_to_push: [{ user_id: ada.id }] });
    const [entry] = levelsOf(before);
    expect(levelsOf((await change("whole", { allowed_to_push: [entry] })).body)).toEqual([entry]);
    const reply = await change("whole", { allowed_to_push: [{ ...entry, _destroy: "true" }] });
    expect(levelsOf(reply.body)).toEqual([]);
  });

  it("admits nobody twice, however often they are added", async () => {
    const before = await protect({ name: "once", allowed_to_push: [{ user_id: ada.id }] });
    const json = { allowed_to_push: [{ user_id: ada.id }, { user_id: bob.id }, { user_id: bob.id }] };
    const replies = await Promise.all([1, 2, 3].map(() => change("once", json)));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
    const after = await asBob("GET", `${rules}/once`);
    expect(levelsOf(after.body).map((each: any) => each.user_id)).toEqual([ada.id, bob.id]);
    expect(levelsOf(after.body)[0]).toEqual(levelsOf(before)[0]);
  });

  it("changes nothing where nothing is asked for, and keeps the rule's name", async () => {
    const before = await protect({ name: "still" });
    for (const json of [{}, { allowed_to_push: [] }, { allowed_to_push: null, allow_force_push: null }, { name: "moved" }]) {
      const reply = await change("still", json);
      expect([reply.status, reply.body]).toEqual([200, before]);
    }
  });

  it("404 for an unknown rule, and for a level that it does not have for that action", async () => {
    const before = await protect({ name: "mine" });
    const foreign = await protect({ name: "foreign" });
    const attempts: [string, unknown][] = [
      ["unknown", { allow_force_push: true }],
      ["mine", { allowed_to_push: [{ id: 999_999, _destroy: true }] }],
      ["mine", { allowed_to_push: [{ id: levelsOf(foreign)[0].id, _destroy: true }] }],
      ["mine", { allow_force_push: true, allowed_to_push: [{ id: levelsOf(before, "merge")[0].id, access_level: 30 }] }],
    ];
    for (const [name, json] of attempts) {
      const reply = await change(name, json);
      expect([json, reply.status, reply.body]).toEqual([json, 404, { message: "404 Not found" }]);
    }
    expect((await asBob("GET", `${rules}/mine`)).body).toEqual(before);
    expect((await asBob("GET", `${rules}/foreign`)).body).toEqual(foreign);
  });

  it("422 for whom the project does not know, and for a holder who has another level", async () => {
    const before = await protect({ name: "refuses", allowed_to_push: [{ access_level: 40 }, { access_level: 30 }, { user_id: ada.id }] });
    const [maintainer] = levelsOf(before);
    const attempts: [unknown, string[]][] = [
      [{ allowed_to_push: [{ user_id: eve.id }] }, ["Push access levels user is not a member of the project"]],
      [
        { allow_force_push: true, allowed_to_push: [{ id: maintainer.id, user_id: eve.id }, { deploy_key_id: 999_999 }] },
        ["Push access levels user is not a member of the project", "Push access levels deploy key is not enabled for this project"],
      ],
      [{ allowed_to_merge: [{ group_id: group.id }] }, ["Merge access levels group does not have access to the project"]],
      [{ allowed_to_push: [{ id: maintainer.id, access_level: 30 }] }, ["Push access levels access level has already been taken"]],
      [{ allowed_to_push: [{ id: maintainer.id, user_id: ada.id }] }, ["Push access levels user has already been taken"]],
    ];
    for (const [json, message] of attempts) {
      const reply = await change("refuses", json);
      expect([json, reply.status, reply.body]).toEqual([json, 422, { message }]);
    }
    expect((await asBob("GET", `${rules}/refuses`)).body).toEqual(before);
  });

  it("does not judge again whom the rule admits already", async () => {
    const former = await addUser();
    await addMember(former, { project }, 30);
    await protect({ name: "keeps", allowed_to_push: [{ user_id: former.id }] });
    await db.query.delete(members).where(eq(members.userId, former.id));
    const reply = await change("keeps", { allowed_to_push: [{ access_level: 30 }] });
    expect([reply.status, levelsOf(reply.body)]).toMatchObject([200, [{ user_id: former.id }, { access_level: 30 }]]);
  });

  it.each([
    [{ allow_force_push: "perhaps" }, "allow_force_push is invalid"],
    [{ allowed_to_push: "ada" }, "allowed_to_push is invalid"],
    [{ allowed_to_push: [{}] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{ id: 1 }] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{ _destroy: true }] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{ user_id: 1, _destroy: true }] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{ id: 1, user_id: 1, access_level: 30 }] }, "allowed_to_push[0] is invalid"],
    [{ allowed_to_push: [{ id: "first", access_level: 30 }] }, "allowed_to_push[0][id] is invalid"],
    [{ allowed_to_push: [{ access_level: 35 }] }, "allowed_to_push[0][access_level] does not have a valid value"],
    [{ allowed_to_merge: [{ deploy_key_id: 1 }] }, "allowed_to_merge[0] is invalid"],
    [{ allowed_to_unprotect: [{ access_level: 0 }] }, "allowed_to_unprotect[0][access_level] does not have a valid value"],
  ])("400 for %j", async (json, error) => {
    const reply = await change("stable", json);
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it("is for maintainers whom the rule's unprotect levels admit, so that nobody admits themselves", async () => {
    const json = { allowed_to_unprotect: [{ access_level: 40 }] };
    expect((await asAda("PATCH", `${rules}/stable`, { json })).status).toBe(403);
    expect((await asEve("PATCH", `${rules}/stable`, { json })).body).toEqual({ message: "404 Project Not Found" });
    await protect({ name: "locked", unprotect_access_level: 60 });
    const refused = await change("locked", json);
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asRoot("PATCH", `${rules}/locked`, { json })).status).toBe(200);
    expect((await change("locked", { allow_force_push: true })).status).toBe(200);
  });

  it("loses nothing of changes that come at once", async () => {
    await protect({ name: "busy" });
    const key = await addDeployKey(bob, [{ project, canPush: true }]);
    const replies = await Promise.all(
      [
        { allow_force_push: true },
        { code_owner_approval_required: true },
        { allowed_to_push: [{ user_id: ada.id }] },
        { allowed_to_push: [{ group_id: guests.id }] },
        { allowed_to_push: [{ deploy_key_id: key.id }] },
        { allowed_to_merge: [{ access_level: 30 }] },
      ].map((json) => change("busy", json)),
    );
    expect(replies.map((reply) => reply.status)).toEqual(Array(6).fill(200));
    const { body } = await asBob("GET", `${rules}/busy`);
    expect(body).toMatchObject({ allow_force_push: true, code_owner_approval_required: true });
    const found = levelsOf(body).map((each: any) => JSON.stringify([each.access_level, each.user_id, each.group_id, each.deploy_key_id]));
    const wanted = [
      [40, null, null, null],
      [null, ada.id, null, null],
      [null, null, guests.id, null],
      [null, null, null, key.id],
    ];
    expect(new Set(found)).toEqual(new Set(wanted.map((each) => JSON.stringify(each))));
    expect(rolesOf(body, "merge")).toEqual([40, 30]);
  });

  it("counts as a change for those who delete what they saw before", async () => {
    await protect({ name: "touched" });
    await db.query
      .update(protectedBranches)
      .set({ updatedAt: new Date("2020-01-01T00:00:00Z") })
      .where(eq(protectedBranches.name, "touched"));
    const headers = { "If-Unmodified-Since": "Thu, 02 Jan 2020 00:00:00 GMT" };
    await change("touched", { allowed_to_push: [{ access_level: 30 }] });
    expect((await asBob("DELETE", `${rules}/touched`, { headers })).status).toBe(412);
  });

  it("costs one trip to find the rule, one where somebody is admitted in person, and one to write", async () => {
    await protect({ name: "trips2" });
    const plain = await asRoot("PATCH", `${rules}/trips2`, { json: { allowed_to_push: [{ access_level: 30 }] } });
    expect(plain.headers.get("Server-Timing")).toContain("5 trips");
    const personal = await asRoot("PATCH", `${rules}/trips2`, { json: { allowed_to_push: [{ user_id: ada.id }] } });
    expect(personal.headers.get("Server-Timing")).toContain("6 trips");
  });
});

describe("DELETE /projects/:id/protected_branches/:name", () => {
  it("221 takes a rule away, once", async () => {
    await asBob("POST", rules, { json: { name: "gone/soon" } });
    const first = await asBob("DELETE", `${rules}/gone%2Fsoon`);
    expect([first.status, first.body, first.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    const second = await asBob("DELETE", `${rules}/gone%2Fsoon`);
    expect([second.status, second.body]).toEqual([404, { message: "404 Not found" }]);
  });

  it("takes a body, which gitbeaker sends, and a pattern with a raw asterisk", async () => {
    await asBob("POST", rules, { json: { name: "*-gone" } });
    expect((await asBob("DELETE", `${rules}/*-gone`, { json: {} })).status).toBe(204);
  });

  it("answers one of two requests that delete at once with 404", async () => {
    await asBob("POST", rules, { json: { name: "both-delete" } });
    const replies = await Promise.all([1, 2].map(() => asBob("DELETE", `${rules}/both-delete`)));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([204, 404]);
  });

  it("does not delete what changed since the caller looked", async () => {
    await asBob("POST", rules, { json: { name: "fresh" } });
    const stale = await asBob("DELETE", `${rules}/fresh`, { headers: { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" } });
    expect([stale.status, stale.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    const later = new Date(Date.now() + 60_000).toUTCString();
    expect((await asBob("DELETE", `${rules}/fresh`, { headers: { "If-Unmodified-Since": later } })).status).toBe(204);
  });

  it("is for those whom the rule's unprotect levels admit, and for administrators", async () => {
    await asBob("POST", rules, { json: { name: "admins-only", unprotect_access_level: 60 } });
    const refused = await asBob("DELETE", `${rules}/admins-only`);
    expect([refused.status, refused.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await asRoot("DELETE", `${rules}/admins-only`)).status).toBe(204);

    await asBob("POST", rules, { json: { name: "adas", allowed_to_unprotect: [{ user_id: ada.id }] } });
    expect((await asAda("DELETE", `${rules}/adas`)).status).toBe(403);
    expect((await asBob("DELETE", `${rules}/adas`)).status).toBe(403);

    await asBob("POST", rules, { json: { name: "bobs", allowed_to_unprotect: [{ user_id: bob.id }] } });
    expect((await asBob("DELETE", `${rules}/bobs`)).status).toBe(204);

    await asBob("POST", rules, { json: { name: "guests", allowed_to_unprotect: [{ group_id: guests.id }] } });
    expect((await asBob("DELETE", `${rules}/guests`)).status).toBe(403);
    await addMember(bob, { group: guests }, 10);
    expect((await asBob("DELETE", `${rules}/guests`)).status).toBe(204);
  });
});

describe("what a project knows of holders", () => {
  it("is found for users, groups and keys in one round trip", async () => {
    const key = await addDeployKey(bob, [{ project, canPush: true }]);
    const holder = { accessLevel: null, userId: null, groupId: null, deployKeyId: null };
    const levels: Level[] = [{ userId: ada.id }, { groupId: guests.id }, { deployKeyId: key.id }].map((each) => ({
      ...holder,
      ...each,
      action: "push",
    }));
    const trips = db.meter.trips;
    const facts = await loadHolderFacts(db, placeOf(project), levels, { kind: "branch", name: "unheard-of" });
    expect(db.meter.trips - trips).toBe(1);
    expect(facts).toEqual({
      isNameTaken: false,
      users: [
        {
          id: ada.id,
          memberships: [
            {
              source: "project",
              sourceId: project.id,
              accessLevel: 30,
              expiresAt: null,
              isAwaiting: false,
              cap: null,
              capExpiresAt: null,
            },
          ],
        },
      ],
      groups: [{ id: guests.id, expiresAt: null, isBelow: false }],
      deployKeys: [{ id: key.id, canPush: true }],
    });
  });

  it("leaves no rule behind where a holder disappears before the write", async () => {
    const rule = { name: "half", allowsForcePush: false, requiresCodeOwnerApproval: false };
    const [holder] = holdersOf(undefined, [{ user_id: 999_999 }]);
    await expect(createProtectedBranch(db, placeOf(project), rule, [{ ...holder!, action: "push" }])).rejects.toThrow();
    expect((await asBob("GET", `${rules}/half`)).status).toBe(404);
  });
});

const stored = async (name: string): Promise<ProtectedBranchRecord> => (await findProtectedBranch(db, placeOf(project), name))!;

describe("a change that was judged by what is no longer so", () => {
  const now = new Date();
  const nothing = { removed: [], changed: [], added: [] };
  const holder = { accessLevel: null, userId: null, groupId: null, deployKeyId: null };

  it("is undone where the level to be changed is gone, or another one has its holder", async () => {
    await asBob("POST", rules, { json: { name: "late", allowed_to_push: [{ access_level: 40 }, { access_level: 30 }] } });
    const before = await stored("late");
    const [first] = before.levels;
    for (const changed of [
      { ...holder, accessLevel: 0, id: 999_999, action: "push" as const },
      { ...holder, accessLevel: 30, id: first!.id, action: "push" as const },
    ]) {
      const levels = {
        removed: [before.levels[2]!.id],
        changed: [changed],
        added: [{ ...holder, accessLevel: 60, action: "merge" as const }],
      };
      const write = updateProtectedBranch(db, before.branch.id, { allowsForcePush: true }, levels, now);
      await expect(write.catch((error: Error) => Promise.reject(error.cause ?? error))).rejects.toThrow(
        /NOT NULL.*protected_branches.name/,
      );
      expect(await stored("late")).toEqual(before);
    }
  });

  it("changes nothing of another rule's levels", async () => {
    await asBob("POST", rules, { json: { name: "one" } });
    await asBob("POST", rules, { json: { name: "other" } });
    const other = await stored("other");
    await updateProtectedBranch(db, (await stored("one")).branch.id, {}, { ...nothing, removed: other.levels.map((each) => each.id) }, now);
    expect(await stored("other")).toEqual(other);
  });

  it("finds no rule where it is gone, and leaves no levels behind", async () => {
    await asBob("POST", rules, { json: { name: "vanishes" } });
    const { branch } = await stored("vanishes");
    await deleteProtectedBranch(db, branch.id);
    const added = [{ ...holder, accessLevel: 30, action: "push" as const }];
    expect(await updateProtectedBranch(db, branch.id, { allowsForcePush: true }, { ...nothing, added }, now)).toBeNull();
    const left = await db.query.select().from(protectedRefAccessLevels).where(eq(protectedRefAccessLevels.protectedBranchId, branch.id));
    expect(left).toEqual([]);
  });
});
