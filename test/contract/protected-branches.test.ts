import { beforeAll, describe, expect, it } from "vitest";
import { createProtectedBranch, loadHolderFacts } from "../../src/db/protected-branches.ts";
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
    const members = Array.from({ length: 300 }, (_, index) => ({ user_id: 1_000_000 + index }));
    expect((await asBob("POST", rules, { json: { name: "crowd2", allowed_to_push: members } })).status).toBe(422);
  });

  it("refuses a name that no ref can have for its length", async () => {
    const reply = await asBob("POST", rules, { json: { name: "x".repeat(256) } });
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({ message: ["Name is too long (maximum is 255 characters)"] });
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
    const facts = await loadHolderFacts(db, { projectId: project.id, namespaceId: project.namespaceId }, "unheard-of", levels);
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
      groups: [{ id: guests.id, expiresAt: null }],
      deployKeys: [{ id: key.id, canPush: true }],
    });
  });

  it("leaves no rule behind where a holder disappears before the write", async () => {
    const rule = { name: "half", allowsForcePush: false, requiresCodeOwnerApproval: false };
    const [holder] = holdersOf(undefined, [{ user_id: 999_999 }]);
    await expect(createProtectedBranch(db, project.id, rule, [{ ...holder!, action: "push" }])).rejects.toThrow();
    expect((await asBob("GET", `${rules}/half`)).status).toBe(404);
  });
});
