import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addMember, addProject, addShare, addToken, addUser, dayFromNow, type Group } from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
let group: Group;

const made = (path: string, hour: number) => ({ path, createdAt: new Date(Date.UTC(2026, 0, 1, hour)) });

beforeAll(async () => {
  ada = await addUser();
  asAda = withToken(await addToken(ada));
  group = await addGroup({ path: "engines", visibility: "public" });
  const sub = await addGroup({ parent: group, visibility: "public" });
  const elsewhere = await addGroup({ visibility: "public" });
  await addProject(group, { ...made("pump", 3), visibility: "public", name: "A pump" });
  const mine = await addProject(group, made("valve", 2));
  await addProject(group, { ...made("rust", 4), isArchived: true });
  await addProject(sub, { ...made("piston", 1), visibility: "public" });
  const shared = await addProject(elsewhere, made("crane", 5));
  const lapsed = await addProject(elsewhere, made("wreck", 6));
  await addShare(group, { project: shared }, 20);
  await addShare(group, { project: lapsed }, 20, dayFromNow(0));
  await addMember(ada, { project: mine }, 30);
});

const list = async (as: typeof call, query = "") => {
  const reply = await as("GET", `/groups/engines/projects?${query}`);
  expect([query, reply.status]).toEqual([query, 200]);
  return (reply.body as { path: string }[]).map((project) => project.path);
};

describe("GET /groups/:id/projects", () => {
  it("lists the group's own projects and those it is invited to, newest first, as far as the caller sees them", async () => {
    expect(await list(asRoot)).toEqual(["crane", "rust", "pump", "valve"]);
    expect(await list(asAda)).toEqual(["pump", "valve"]);
    expect(await list(call)).toEqual(["pump"]);
  });

  it("takes those below along, and leaves out those of others, as asked", async () => {
    expect(await list(asRoot, "include_subgroups=true&with_shared=false")).toEqual(["rust", "pump", "valve", "piston"]);
    expect(await list(call, "include_subgroups=1")).toEqual(["pump", "piston"]);
  });

  it("filters and sorts as asked", async () => {
    expect(await list(asRoot, "archived=true")).toEqual(["rust"]);
    expect(await list(asRoot, "archived=false&order_by=path&sort=asc")).toEqual(["crane", "pump", "valve"]);
    expect(await list(asRoot, "visibility=public")).toEqual(["pump"]);
    expect(await list(asRoot, "search=A+PU")).toEqual(["pump"]);
    expect(await list(asAda, "min_access_level=30")).toEqual(["valve"]);
    expect(await list(asAda, "owned=true")).toEqual([]);
    expect(await list(call, "owned=true")).toEqual([]);
    expect(await list(asRoot, "order_by=name&sort=asc&per_page=1")).toEqual(["pump"]);
    expect(await list(asRoot, "order_by=last_activity_at&sort=asc&per_page=1")).toEqual(["valve"]);
  });

  it("shows each in full, or in short where that is asked, or without a token", async () => {
    const [full] = (await asRoot("GET", "/groups/engines/projects?search=pump")).body;
    const detail = (await asRoot("GET", `/projects/${full.id}`)).body;
    delete detail.permissions;
    expect(full).toEqual(detail);
    const [short] = (await asRoot("GET", "/groups/engines/projects?search=pump&simple=true")).body;
    const [open] = (await call("GET", "/groups/engines/projects")).body;
    expect(Object.keys(short)).toHaveLength(19);
    expect(open).toEqual(short);
  });

  it("is paged, and has pages only", async () => {
    const reply = await asRoot("GET", "/groups/engines/projects?per_page=3&page=2");
    expect([reply.body.length, reply.headers.get("X-Total"), reply.headers.get("X-Prev-Page")]).toEqual([1, "4", "1"]);
    const keyset = await asRoot("GET", "/groups/engines/projects?pagination=keyset");
    expect([keyset.status, keyset.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it("is not found for a group that is not there, or not to be seen", async () => {
    const hidden = await addGroup();
    for (const reply of [await asAda("GET", `/groups/${hidden.id}/projects`), await asRoot("GET", "/groups/987654321/projects")]) {
      expect([reply.status, reply.body]).toEqual([404, { message: "404 Group Not Found" }]);
    }
  });

  it("says what is wrong with its parameters", async () => {
    const reply = await asRoot("GET", "/groups/engines/projects?order_by=weight&archived=perhaps");
    expect([reply.status, reply.body]).toEqual([400, { error: "archived is invalid, order_by does not have a valid value" }]);
  });
});
