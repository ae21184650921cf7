import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { createProtectedTag, deleteProtectedTag, findProtectedTag } from "../../src/db/protected-tags.ts";
import { protectedRefAccessLevels, protectedTags } from "../../src/db/schema/index.ts";
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
  db,
  type Group,
  type Project,
} from "../setup/world.ts";

let ada: UserRow;
let bob: UserRow;
let eve: UserRow;
let guests: Group;
let project: Project;
let asAda: ReturnType<typeof withToken>;
let asBob: ReturnType<typeof withToken>;
let asEve: ReturnType<typeof withToken>;
let rules: string;

beforeAll(async () => {
  [ada, bob, eve] = [await addUser({ name: "Ada Byron" }), await addUser(), await addUser()];
  [asAda, asBob, asEve] = [withToken(await addToken(ada)), withToken(await addToken(bob)), withToken(await addToken(eve))];
  guests = await addGroup({ name: "Guests of honour" });
  project = await addProject(await addGroup());
  await addMember(ada, { project }, 30);
  await addMember(bob, { project }, 40);
  await addShare(guests, { project }, 30);
  rules = `/projects/${project.id}/protected_tags`;
});

const nobody = { access_level: null, user_id: null, group_id: null, deploy_key_id: null };
const entry = (holder: object, description: string) => ({
  id: expect.any(Number),
  ...nobody,
  ...holder,
  access_level_description: description,
});
const maintainers = entry({ access_level: 40 }, "Maintainers");

describe("POST /projects/:id/protected_tags", () => {
  it("223 admits a role that comes in digits; the rule has no id", async () => {
    const reply = await asBob("POST", rules, { json: { name: "v*", create_access_level: "30" } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({ name: "v*", create_access_levels: [entry({ access_level: 30 }, "Developers + Maintainers")] });
  });

  it("223 leaves creating to maintainers where nobody is named", async () => {
    for (const json of [{ name: "plain" }, { name: "empty", allowed_to_create: [], create_access_level: null }]) {
      const reply = await asBob("POST", rules, { json });
      expect([reply.status, reply.body]).toEqual([201, { name: json.name, create_access_levels: [maintainers] }]);
    }
  });

  it("224 reads its parameters from the query, and takes apart an element that names several holders", async () => {
    const query = `name=*-s&allowed_to_create[][user_id]=${ada.id}&allowed_to_create[][group_id]=${guests.id}`;
    const reply = await asBob("POST", `${rules}?${query}`, { json: {} });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      name: "*-s",
      create_access_levels: [entry({ user_id: ada.id }, "Ada Byron"), entry({ group_id: guests.id }, "Guests of honour")],
    });
  });

  it("adds a list to the single level where both are given, each holder once, deploy keys among them", async () => {
    const key = await addDeployKey(bob, [{ project, canPush: true }], { title: "robot" });
    const json = {
      name: "both",
      create_access_level: 0,
      allowed_to_create: [{ deploy_key_id: key.id }, { access_level: 0 }, { access_level: 60 }, { deploy_key_id: key.id }],
    };
    const reply = await asBob("POST", rules, { json });
    expect(reply.body.create_access_levels).toEqual([
      entry({ access_level: 0 }, "No one"),
      entry({ deploy_key_id: key.id }, "robot"),
      entry({ access_level: 60 }, "Instance admins"),
    ]);
  });

  it("226 refuses a second rule of the same name, before it judges whom it would admit", async () => {
    await asBob("POST", rules, { json: { name: "twice" } });
    for (const more of [{}, { allowed_to_create: [{ user_id: eve.id }] }]) {
      const reply = await asBob("POST", rules, { json: { name: "twice", ...more } });
      expect([reply.status, reply.body]).toEqual([409, { message: "Protected tag 'twice' already exists" }]);
    }
  });

  it("226 keeps one rule where two requests ask at once, and names of branch rules apart", async () => {
    await asBob("POST", `/projects/${project.id}/protected_branches`, { json: { name: "race" } });
    const replies = await Promise.all([1, 2, 3].map(() => asBob("POST", rules, { json: { name: "race" } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    expect((await asBob("GET", `${rules}/race`)).body.create_access_levels).toEqual([maintainers]);
  });

  it.each([
    [{}, "name is missing"],
    [{ name: " " }, "name is empty"],
    [{ name: "x", create_access_level: 35 }, "create_access_level does not have a valid value"],
    [{ name: "x", create_access_level: "many" }, "create_access_level is invalid"],
    [{ name: "x", allowed_to_create: "ada" }, "allowed_to_create is invalid"],
    [{ name: "x", allowed_to_create: [{}] }, "allowed_to_create[0] is invalid"],
    [{ name: "x", allowed_to_create: [{ access_level: 50 }] }, "allowed_to_create[0][access_level] does not have a valid value"],
  ])("400 for %j", async (json, error) => {
    const reply = await asBob("POST", rules, { json });
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });

  it("422 for whom the project does not know, and for a name that no ref can have for its length", async () => {
    const readOnly = await addDeployKey(bob, [{ project }]);
    const stranger = await addGroup();
    const allowed = [{ user_id: eve.id }, { group_id: stranger.id }, { deploy_key_id: readOnly.id }, { user_id: -1 }];
    const reply = await asBob("POST", rules, { json: { name: "i", allowed_to_create: allowed } });
    expect([reply.status, reply.body]).toEqual([
      422,
      {
        message: [
          "Create access levels user is not a member of the project",
          "Create access levels group does not have access to the project",
          "Create access levels deploy key is not enabled for this project",
        ],
      },
    ]);
    expect((await asBob("GET", `${rules}/i`)).status).toBe(404);
    const long = await asBob("POST", rules, { json: { name: "x".repeat(256) } });
    expect([long.status, long.body]).toEqual([422, { message: ["Name is too long (maximum is 255 characters)"] }]);
    const torn = await asBob("POST", rules, { json: { name: "v\r\n*" } });
    expect([torn.status, torn.body]).toEqual([422, { message: ["Name contains invalid characters"] }]);
  });

  it("leaves no rule behind where a holder disappears before the write", async () => {
    const level = { accessLevel: null, userId: 999_999, groupId: null, deployKeyId: null, action: "create" as const };
    const place = { projectId: project.id, namespaceId: project.namespaceId };
    await expect(createProtectedTag(db, place, "half", [level])).rejects.toThrow();
    expect(await findProtectedTag(db, place, "half")).toBeNull();
  });
});

describe("GET /projects/:id/protected_tags/:name", () => {
  it("finds a rule by its exact text, whichever way it is encoded", async () => {
    const created = await asRoot("POST", rules, { json: { name: "release/v1.*%" } });
    for (const name of ["release%2Fv1.*%25", "release%2Fv1%2E%2A%25"]) {
      const reply = await asRoot("GET", `/projects/${project.fullPath.replace("/", "%2F")}/protected_tags/${name}`);
      expect([reply.status, reply.body]).toEqual([200, created.body]);
    }
  });

  it("knows no other names, and is case-sensitive", async () => {
    await asBob("POST", rules, { json: { name: "exact" } });
    await asBob("POST", `/projects/${project.id}/protected_branches`, { json: { name: "only-a-branch" } });
    for (const name of ["unknown", "EXACT", "exac*", "only-a-branch", "%00", "%ED%A0%80", "%"]) {
      const reply = await asBob("GET", `${rules}/${name}`);
      expect([name, reply.status, reply.body]).toEqual([name, 404, { message: "404 Not found" }]);
    }
  });
});

describe("GET /projects/:id/protected_tags", () => {
  it("is paged, oldest first, each rule with its own levels and none of another project's", async () => {
    const other = await addProject(await addGroup());
    await addMember(bob, { project: other }, 40);
    const path = `/projects/${other.id}/protected_tags`;
    expect((await asBob("GET", path)).body).toEqual([]);
    for (const [name, level] of [["b", 30] as const, ["a", 40] as const, ["c", 60] as const]) {
      await asBob("POST", path, { json: { name, create_access_level: level } });
    }
    const first = await asBob("GET", `${path}?per_page=2`);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject([
      { name: "b", create_access_levels: [{ access_level: 30 }] },
      { name: "a", create_access_levels: [{ access_level: 40 }] },
    ]);
    expect(first.body[0]).toEqual((await asBob("GET", `${path}/b`)).body);
    expect([first.headers.get("X-Total"), first.headers.get("X-Next-Page")]).toEqual(["3", "2"]);
    expect((await asBob("GET", `${path}?per_page=2&page=2`)).body).toMatchObject([{ name: "c" }]);
    expect((await asBob("GET", `${path}?page=0`)).body).toEqual({ error: "page has a value not allowed" });
  });

  it("is one round trip besides those that prove who asks and what of", async () => {
    await asRoot("GET", rules);
    expect((await asRoot("GET", rules)).headers.get("Server-Timing")).toContain("4 trips");
  });
});

describe("DELETE /projects/:id/protected_tags/:name", () => {
  it("takes a rule away, once, with its levels", async () => {
    await asBob("POST", rules, { json: { name: "gone/*", allowed_to_create: [{ user_id: ada.id }] } });
    const [row] = await db.query.select().from(protectedTags).where(eq(protectedTags.name, "gone/*"));
    const first = await asBob("DELETE", `${rules}/gone%2F*`, { json: {} });
    expect([first.status, first.body, first.headers.get("Content-Type")]).toEqual([204, undefined, null]);
    const second = await asBob("DELETE", `${rules}/gone%2F*`);
    expect([second.status, second.body]).toEqual([404, { message: "404 Not found" }]);
    const left = await db.query.select().from(protectedRefAccessLevels).where(eq(protectedRefAccessLevels.protectedTagId, row!.id));
    expect(left).toEqual([]);
    expect(await deleteProtectedTag(db, row!.id)).toBe(false);
  });

  it("answers one of two requests that delete at once with 404", async () => {
    await asBob("POST", rules, { json: { name: "both-delete" } });
    const replies = await Promise.all([1, 2].map(() => asBob("DELETE", `${rules}/both-delete`)));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([204, 404]);
  });

  it("does not delete what was made anew since the caller looked", async () => {
    await asBob("POST", rules, { json: { name: "fresh" } });
    const stale = await asBob("DELETE", `${rules}/fresh`, { headers: { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" } });
    expect([stale.status, stale.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    const later = new Date(Date.now() + 60_000).toUTCString();
    expect((await asBob("DELETE", `${rules}/fresh`, { headers: { "If-Unmodified-Since": later } })).status).toBe(204);
  });
});

it("tag rules are for maintainers; of a hidden project nobody learns", async () => {
  await asBob("POST", rules, { json: { name: "guarded" } });
  const calls = [
    ["GET", rules],
    ["POST", rules],
    ["GET", `${rules}/guarded`],
    ["DELETE", `${rules}/guarded`],
  ] as const;
  for (const [method, path] of calls) {
    const options = method === "POST" ? { json: { name: "no" } } : {};
    const asDeveloper = await asAda(method, path, options);
    expect([method, asDeveloper.status, asDeveloper.body]).toEqual([method, 403, { message: "403 Forbidden" }]);
    const asStranger = await asEve(method, path, options);
    expect([method, asStranger.status, asStranger.body]).toEqual([method, 404, { message: "404 Project Not Found" }]);
    expect((await call(method, path, options)).status).toBe(401);
  }
});
