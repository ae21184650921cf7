import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken, type Reply } from "../setup/call.ts";
import { addGroup, addMember, addProject, addShare, addToken, addUser, dayFromNow, type Group, type Project } from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let asExternal: ReturnType<typeof withToken>;
let engines: Group;
const made: Record<string, Project> = {};

/** Made an hour after the one before. */
async function make(path: string, place: Group | UserRow, values: Parameters<typeof addProject>[1] = {}): Promise<Project> {
  const createdAt = new Date(Date.UTC(2026, 0, 1, Object.keys(made).length));
  return (made[path] = await addProject(place, { path, createdAt, ...values }));
}

beforeAll(async () => {
  ada = await addUser({ username: "ada", name: "Ada Byron" });
  const external = await addUser({ username: "external", isExternal: true });
  asAda = withToken(await addToken(ada));
  asExternal = withToken(await addToken(external));
  engines = await addGroup({ path: "engines", name: "Engines" });
  const sub = await addGroup({ path: "steam", parent: engines });
  const circle = await addGroup({ path: "circle" });
  const elsewhere = await addGroup({ path: "elsewhere" });
  const open = await addGroup({ path: "open", visibility: "public" });
  await make("own", ada);
  await make("in-group", engines);
  await make("below", sub, { isArchived: true });
  await make("direct", elsewhere);
  await make("shared", elsewhere);
  await make("capped", elsewhere);
  await make("lapsed", elsewhere);
  await make("awaited", elsewhere);
  await make("share-lapsed", elsewhere);
  await make("hidden", elsewhere);
  await make("public", open, { visibility: "public", name: "A pump", attributes: { topics: ["Water", "air"] } });
  await make("internal", open, { visibility: "internal", attributes: { topics: ["water"] } });
  await make("of-external", external, { visibility: "private" });
  await addMember(ada, { group: engines }, 50);
  await addMember(ada, { group: circle }, 40);
  await addMember(ada, { project: made["direct"]! }, 30);
  await addMember(ada, { project: made["lapsed"]! }, 50, { expiresAt: dayFromNow(0) });
  await addMember(ada, { project: made["awaited"]! }, 50, { isAwaiting: true });
  await addShare(circle, { project: made["shared"]! }, 50);
  await addShare(circle, { project: made["capped"]! }, 20, dayFromNow(1));
  await addShare(circle, { project: made["share-lapsed"]! }, 50, dayFromNow(0));
});

const pathsOf = (reply: Reply) => [reply.status, ...reply.body.map((project: any) => project.path)];
const list = async (as: typeof call, query = "") => pathsOf(await as("GET", `/projects?${query}`)).slice(1);
const ofAda = ["internal", "public", "capped", "shared", "direct", "below", "in-group", "own"];

describe("GET /projects", () => {
  it("lists what the caller may see, newest first", async () => {
    expect(await list(asAda)).toEqual(ofAda);
    expect(await list(asExternal)).toEqual(["of-external", "public"]);
    expect(await list(call)).toEqual(["public"]);
    expect(await list(asRoot)).toEqual(Object.keys(made).toReversed());
  });

  it("lists of all projects exactly those that are shown by themselves", async () => {
    for (const as of [asAda, asExternal, call]) {
      const listed = await list(as);
      for (const [path, { id }] of Object.entries(made)) {
        expect([path, (await as("GET", `/projects/${id}`)).status]).toEqual([path, listed.includes(path) ? 200 : 404]);
      }
    }
  });

  it("shows each as it is shown by itself, or in short where that is asked, or without a token", async () => {
    for (const as of [asAda, asRoot]) {
      for (const project of (await as("GET", "/projects")).body) expect((await as("GET", `/projects/${project.id}`)).body).toEqual(project);
    }
    const [short] = (await asAda("GET", "/projects?simple=true&search=pump")).body;
    const [open] = (await call("GET", "/projects")).body;
    expect(open).toEqual(short);
    expect(open).toEqual((await call("GET", `/projects/${open.id}`)).body);
  });

  it.each([
    ["membership=true", ["capped", "shared", "direct", "below", "in-group", "own"]],
    ["owned=true", ["below", "in-group", "own"]],
    ["min_access_level=30", ["shared", "direct", "below", "in-group", "own"]],
    ["min_access_level=40", ["shared", "below", "in-group", "own"]],
    ["min_access_level=20&membership=1", ["capped", "shared", "direct", "below", "in-group", "own"]],
    ["archived=true", ["below"]],
    ["archived=false&owned=true", ["in-group", "own"]],
    ["visibility=public", ["public"]],
    ["visibility=private&membership=false", ["capped", "shared", "direct", "below", "in-group", "own"]],
    ["search=PUMP", ["public"]],
    ["search=in-", ["in-group"]],
    ["search=+", ofAda],
    ["topic=water", ["internal", "public"]],
    ["topic=WATER,Air", ["public"]],
    ["topic[]=water&topic[]=fire", []],
    ["order_by=path&sort=asc", ofAda.toSorted()],
    ["order_by=name&sort=asc&per_page=1", ["public"]],
    ["order_by=similarity&sort=asc&per_page=1", ["public"]],
    ["order_by=id&sort=asc&per_page=2", ["own", "in-group"]],
    ["order_by=star_count&per_page=1", ["internal"]],
    ["order_by=last_activity_at&sort=asc&per_page=1", ["own"]],
    ["order_by=updated_at&per_page=100&search=own", ["own"]],
  ])("filters and sorts: %s", async (query, paths) => {
    expect(await list(asAda, query)).toEqual(paths);
  });

  it("filters by role for administrators too, and for nobody in particular", async () => {
    for (const query of ["membership=true", "owned=true", "min_access_level=10"]) {
      expect([query, await list(asRoot, query), await list(call, query)]).toEqual([query, [], []]);
    }
  });

  it("begins behind an id, and ends before one", async () => {
    const ids = `id_after=${made["own"]!.id}&id_before=${made["direct"]!.id}`;
    expect(await list(asAda, ids)).toEqual(["below", "in-group"]);
    expect(await list(asAda, "id_after=987654321")).toEqual([]);
  });

  it("is paged", async () => {
    const reply = await asAda("GET", "/projects?per_page=3&page=2");
    expect(pathsOf(reply)).toEqual([200, "shared", "direct", "below"]);
    expect(["X-Total", "X-Total-Pages", "X-Next-Page", "X-Prev-Page"].map((name) => reply.headers.get(name))).toEqual(["8", "3", "3", "1"]);
    expect(await list(asAda, "page=9")).toEqual([]);
  });

  it("A34 is walked through by id", async () => {
    const [first, second] = Object.values(made);
    const reply = await asRoot("GET", "/projects?pagination=keyset&order_by=id&sort=asc&per_page=2");
    expect([reply.status, reply.body.map((project: any) => project.id)]).toEqual([200, [first!.id, second!.id]]);
    const link = reply.headers.get("Link") ?? "";
    expect(link).toMatch(/^<[^>]*>; rel="next"$/);
    expect(new URL(link.slice(1, link.indexOf(">"))).searchParams.get("id_after")).toBe(String(second!.id));
    expect(reply.headers.get("X-Total")).toBeNull();
  });

  it.each(["asc", "desc"])("is walked through by id to its end: %s", async (sort) => {
    const seen: string[] = [];
    let path = `/projects?pagination=keyset&order_by=id&sort=${sort}&per_page=3&private_token=x`;
    for (let pages = 0; pages < 5; pages += 1) {
      const reply = await asAda("GET", path);
      seen.push(...reply.body.map((project: any) => project.path));
      const link = /<([^>]*)>; rel="next"/.exec(reply.headers.get("Link") ?? "")?.[1];
      if (link === undefined) break;
      expect(link).not.toContain("private_token");
      path = link;
    }
    expect(seen).toEqual(sort === "asc" ? ofAda.toReversed() : ofAda);
  });

  it("is walked through in no other order", async () => {
    for (const query of ["", "&order_by=name"]) {
      const reply = await asAda("GET", `/projects?pagination=keyset${query}`);
      expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
    }
  });

  it.each([
    ["visibility=secret", "visibility does not have a valid value"],
    ["order_by=size", "order_by does not have a valid value"],
    ["min_access_level=60", "min_access_level does not have a valid value"],
    ["owned=perhaps", "owned is invalid"],
    ["id_after=x", "id_after is invalid"],
    ["per_page=0", "per_page has a value not allowed"],
  ])("refuses %s", async (query, error) => {
    const reply = await asAda("GET", `/projects?${query}`);
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });
});

describe("GET /users/:id/projects", () => {
  it("lists what is in the user's own namespace, as far as the caller sees it", async () => {
    for (const name of [ada.id, "ada", "ADA"]) expect(pathsOf(await asAda("GET", `/users/${name}/projects`))).toEqual([200, "own"]);
    expect(pathsOf(await asRoot("GET", "/users/external/projects"))).toEqual([200, "of-external"]);
    expect(pathsOf(await asAda("GET", "/users/external/projects"))).toEqual([200]);
    expect(pathsOf(await asAda("GET", "/users/ada/projects?min_access_level=50&search=ow"))).toEqual([200, "own"]);
    expect(pathsOf(await asRoot("GET", "/users/ada/projects?membership=true"))).toEqual([200]);
    expect(pathsOf(await asAda("GET", "/users/ada/projects?pagination=keyset&order_by=id"))).toEqual([200, "own"]);
    expect((await asAda("GET", "/users/ada/projects")).body).toEqual((await asAda("GET", "/projects?search=own")).body);
  });

  it("is for those with a token, and of users who are there", async () => {
    const nobody = await call("GET", "/users/ada/projects");
    expect([nobody.status, nobody.body]).toEqual([401, { message: "401 Unauthorized" }]);
    const missing = await asAda("GET", "/users/nobody/projects");
    expect([missing.status, missing.body]).toEqual([404, { message: "404 User Not Found" }]);
  });
});

describe("POST /projects/user/:user_id", () => {
  const create = (json: Record<string, unknown>, as = asRoot, userId: number | string = ada.id) =>
    as("POST", `/projects/user/${userId}`, { json });

  it("G179 makes a project for a user, in their namespace; administrators only", async () => {
    const reply = await create({ name: "gift" });
    expect([reply.status, reply.body]).toMatchObject([
      201,
      { path_with_namespace: "ada/gift", creator_id: ada.id, owner: { username: "ada" }, import_status: "none", empty_repo: true },
    ]);
    expect((await asAda("GET", `/projects/${reply.body.id}`)).body.permissions.project_access.access_level).toBe(50);
    expect((await asRoot("GET", `/projects/${reply.body.id}`)).body).toEqual(reply.body);
    const own = await create({ name: "gift too" }, asAda);
    expect([own.status, own.body]).toEqual([403, { message: "403 Forbidden" }]);
    expect((await create({ name: "gift too" }, call)).status).toBe(401);
  });

  it("makes it in another namespace, where the user may make one", async () => {
    expect((await create({ name: "engine", namespace_id: engines.id })).body).toMatchObject({
      path_with_namespace: "engines/engine",
      creator_id: ada.id,
    });
    const foreign = await addGroup();
    const reply = await create({ name: "engine", namespace_id: foreign.id });
    expect([reply.status, reply.body]).toEqual([400, { message: { namespace: ["is not valid"] } }]);
  });

  it("refuses what is wrong", async () => {
    expect((await create({})).body).toEqual({ error: "name is missing" });
    const unknown = await create({ name: "x" }, asRoot, 987654321);
    expect([unknown.status, unknown.body]).toEqual([404, { message: "404 User Not Found" }]);
    const taken = await create({ name: "own" });
    const message = ["has already been taken"];
    expect([taken.status, taken.body]).toEqual([400, { message: { "project_namespace.name": message, name: message, path: message } }]);
    const full = await addUser({ projectsLimit: 0 });
    const limited = await create({ name: "x" }, asRoot, full.id);
    const text = "Your project limit is 0 projects! Please contact your administrator to increase it";
    expect([limited.status, limited.body]).toEqual([403, { error: [text] }]);
  });
});
