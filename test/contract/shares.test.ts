import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken, type Reply } from "../setup/call.ts";
import { addGroup, addMember, addProject, addShare, addToken, addUser, dayFromNow, db, type Group, type Project } from "../setup/world.ts";

type Ask = ReturnType<typeof withToken>;

let bob: UserRow;
let eve: UserRow;
let asBob: Ask;
let asEve: Ask;
let hosts: Group;
let guests: Group;
let project: Project;

beforeAll(async () => {
  [bob, eve] = [await addUser({ username: "bob" }), await addUser({ username: "eve" })];
  [asBob, asEve] = [withToken(await addToken(bob)), withToken(await addToken(eve))];
});

beforeEach(async () => {
  hosts = await addGroup({ name: "Hosts" });
  guests = await addGroup({ name: "Guests" });
  project = await addProject(hosts);
});

const outcome = async (asked: Promise<Reply>) => {
  const { status, body } = await asked;
  return [status, body];
};
const forbidden = [403, { message: "403 Forbidden" }];
const noLink = [404, { message: "404 Group Link Not Found" }];
const entryOf = (group: Group, level: number, expiresAt: string | null = null) => ({
  group_id: group.id,
  group_name: group.name,
  group_full_path: group.fullPath,
  group_access_level: level,
  expires_at: expiresAt,
});

/** What both have in common; each is invited to by `to()`. */
const both = [
  ["/projects/:id/share", () => `/projects/${project.id}`],
  ["/groups/:id/share", () => `/groups/${hosts.id}`],
] as const;

describe.each(both)("POST %s", (_path, to) => {
  const share = (json: Record<string, unknown>, ask: Ask = asRoot) => ask("POST", `${to()}/share`, { json });

  it("gives the members of the invited group a role", async () => {
    await addMember(eve, { group: guests }, 50);
    expect((await asEve("GET", to())).status).toBe(404);
    expect((await share({ group_id: guests.id, group_access: 20 })).status).toBe(201);
    expect((await asEve("GET", to())).status).toBe(200);
    expect((await asEve("GET", `${to()}/members/all/${eve.id}`)).body.access_level).toBe(20);
  });

  it("196 asks for the group and the level, which is one", async () => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ group_id: guests.id }, "group_access is missing"],
      [{ group_access: 30 }, "group_id is missing"],
      [{}, "group_id is missing, group_access is missing"],
      [{ group_id: guests.id, group_access: 1234 }, "group_access does not have a valid value"],
      [{ group_id: guests.id, group_access: 5 }, "group_access does not have a valid value"],
      [{ group_id: guests.id, group_access: 0 }, "group_access does not have a valid value"],
      [{ group_id: "guests", group_access: 30 }, "group_id is invalid"],
      [{ group_id: guests.id, group_access: "much" }, "group_access is invalid"],
      [{ group_id: guests.id, group_access: 30, expires_at: "soon" }, "expires_at is invalid"],
    ];
    for (const [json, error] of wrong) expect(await outcome(share(json))).toEqual([400, { error }]);
  });

  it("refuses an end in the past, and takes an empty one for none", async () => {
    for (const expires_at of ["2001-01-01", dayFromNow(0)]) {
      expect(await outcome(share({ group_id: guests.id, group_access: 30, expires_at }))).toEqual([
        400,
        { message: { expires_at: ["cannot be a date in the past"] } },
      ]);
    }
    expect((await share({ group_id: guests.id, group_access: 30, expires_at: "" })).status).toBe(201);
  });

  it("invites again where the invitation has expired", async () => {
    await addShare(guests, to().startsWith("/p") ? { project } : { group: hosts }, 10, dayFromNow(0));
    expect((await share({ group_id: guests.id, group_access: 30, expires_at: dayFromNow(1) })).status).toBe(201);
    expect((await asRoot("GET", to())).body.shared_with_groups).toEqual([entryOf(guests, 30, dayFromNow(1))]);
  });

  it("makes one invitation of three requests at once", async () => {
    const replies = await Promise.all([1, 2, 3].map(() => share({ group_id: guests.id, group_access: 30 })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  });

  it("invites no group that the caller does not see, and nothing that is no group", async () => {
    await addMember(eve, { group: hosts }, 50);
    const personal = (await asEve("GET", `/projects/${(await asEve("POST", "/projects", { json: { name: "own" } })).body.id ?? 0}`)).body;
    const ids = [guests.id, 999_999, -1, Number.MAX_SAFE_INTEGER, personal.namespace?.id ?? 0];
    for (const group_id of ids) {
      expect(await outcome(share({ group_id, group_access: 30 }, asEve))).toEqual([404, { message: "404 Group Not Found" }]);
    }
    await addMember(eve, { group: guests }, 10);
    expect((await share({ group_id: guests.id, group_access: 30 }, asEve)).status).toBe(201);
  });

  it("is told to nobody who does not see the place", async () => {
    const { status, body } = await share({ group_id: guests.id, group_access: 30 }, asBob);
    expect([status, body.message]).toEqual([404, expect.stringMatching(/^404 (Project|Group) Not Found$/)]);
    expect((await call("POST", `${to()}/share`)).status).toBe(401);
  });
});

const shareProject = (json: Record<string, unknown>, ask: Ask = asRoot) => ask("POST", `/projects/${project.id}/share`, { json });
const unshareProject = (segment: string | number, ask: Ask = asRoot, headers = {}) =>
  ask("DELETE", `/projects/${project.id}/share/${segment}`, { headers });
const shareGroup = (group: Group, invited: Group, ask: Ask = asRoot) =>
  ask("POST", `/groups/${group.id}/share`, { json: { group_id: invited.id, group_access: 30, expires_at: null } });

describe("POST /projects/:id/share", () => {
  it("194 answers the invitation, which the project shows from then on", async () => {
    const { status, body } = await shareProject({ group_id: guests.id, group_access: 30, expires_at: null });
    expect([status, body]).toEqual([
      201,
      { id: expect.any(Number), project_id: project.id, group_id: guests.id, group_access: 30, expires_at: null },
    ]);
    expect((await asRoot("GET", `/projects/${project.id}`)).body.shared_with_groups).toEqual([entryOf(guests, 30)]);
  });

  it("refuses a group that is invited already, and leaves the invitation as it is", async () => {
    await shareProject({ group_id: guests.id, group_access: 30 });
    expect(await outcome(shareProject({ group_id: guests.id, group_access: 40 }))).toEqual([
      409,
      { message: "Group already shared with this group" },
    ]);
    expect((await asRoot("GET", `/projects/${project.id}`)).body.shared_with_groups).toEqual([entryOf(guests, 30)]);
  });

  it("refuses the groups that the project is in", async () => {
    const inner = await addGroup({ parent: hosts });
    project = await addProject(inner);
    for (const group of [inner, hosts]) {
      expect(await outcome(shareProject({ group_id: group.id, group_access: 30 }))).toEqual([
        409,
        { message: "Project cannot be shared with the group it is in or one of its ancestors." },
      ]);
    }
  });

  it("refuses where a group above has locked sharing", async () => {
    const locked = await addGroup({ isShareLocked: true });
    project = await addProject(await addGroup({ parent: locked }));
    expect(await outcome(shareProject({ group_id: guests.id, group_access: 30 }))).toEqual([
      400,
      { message: "The project sharing with group is disabled" },
    ]);
  });

  it("is for maintainers, who give no role above their own", async () => {
    const open = await addGroup({ visibility: "public" });
    await addMember(eve, { project }, 30);
    expect(await outcome(shareProject({ group_id: open.id, group_access: 10 }, asEve))).toEqual(forbidden);
    await addMember(bob, { project }, 40);
    expect(await outcome(shareProject({ group_id: open.id, group_access: 50 }, asBob))).toEqual(forbidden);
    expect((await shareProject({ group_id: open.id, group_access: 40 }, asBob)).status).toBe(201);
  });

  it("gives a group no right back that it had by an invitation which expired", async () => {
    await addShare(guests, { project }, 30, dayFromNow(1));
    const rules = `/projects/${project.id}/protected_branches`;
    const pushers = async () =>
      (await asRoot("GET", `${rules}/main`)).body.push_access_levels.map((each: any) => each.group_id ?? each.access_level);
    await asRoot("POST", rules, { json: { name: "main", push_access_level: 40, allowed_to_push: [{ group_id: guests.id }] } });
    expect(await outcome(shareProject({ group_id: guests.id, group_access: 30 }))).toMatchObject([409, {}]);
    expect(await pushers()).toEqual([40, guests.id]);
    await db.query.run(sql`update shares set expires_at = ${dayFromNow(0)} where project_id = ${project.id}`);
    expect((await shareProject({ group_id: guests.id, group_access: 30 })).status).toBe(201);
    expect(await pushers()).toEqual([40]);
  });

  it("asks D1 four times", async () => {
    const { headers } = await shareProject({ group_id: guests.id, group_access: 30 });
    expect(headers.get("Server-Timing")).toContain('desc="4 trips');
  });

  it("works in a personal namespace", async () => {
    project = await addProject(eve);
    await addMember(eve, { group: guests }, 10);
    expect((await shareProject({ group_id: guests.id, group_access: 50 }, asEve)).status).toBe(201);
  });
});

describe("DELETE /projects/:id/share/:group_id", () => {
  it("takes the role away, once", async () => {
    await addMember(eve, { group: guests }, 30);
    await addShare(guests, { project }, 30);
    expect((await asEve("GET", `/projects/${project.id}`)).status).toBe(200);
    const reply = await unshareProject(guests.id);
    expect([reply.status, reply.body]).toEqual([204, undefined]);
    expect((await asEve("GET", `/projects/${project.id}`)).status).toBe(404);
    expect(await outcome(unshareProject(guests.id))).toEqual(noLink);
    for (const odd of ["guests", "0", "9".repeat(40), "%00"]) expect(await outcome(unshareProject(odd))).toEqual(noLink);
  });

  it("takes the group out of the project's own rules, for good", async () => {
    const other = await addProject(hosts);
    for (const place of [{ project }, { project: other }, { group: hosts }]) await addShare(guests, place, 30);
    const named = [{ group_id: guests.id }];
    for (const { id } of [project, other]) {
      const branch = { name: "main", allowed_to_push: [...named, { access_level: 40 }], allowed_to_merge: named };
      await asRoot("POST", `/projects/${id}/protected_branches`, { json: branch });
      await asRoot("POST", `/projects/${id}/protected_tags`, { json: { name: "v*", allowed_to_create: named } });
    }
    await asRoot("POST", `/groups/${hosts.id}/protected_branches`, { json: { name: "all", allowed_to_push: named } });
    const holders = async (path: string, action: string) => {
      const { body } = await asRoot("GET", path);
      return body[`${action}_access_levels`].map((each: any) => each.group_id ?? each.access_level);
    };
    const ofProject = async ({ id }: Project) => [
      await holders(`/projects/${id}/protected_branches/main`, "push"),
      await holders(`/projects/${id}/protected_branches/main`, "merge"),
      await holders(`/projects/${id}/protected_tags/v*`, "create"),
    ];
    const whole = [[guests.id, 40], [guests.id], [guests.id]];
    expect(await ofProject(project)).toEqual(whole);
    expect((await unshareProject(guests.id)).status).toBe(204);
    expect(await ofProject(project)).toEqual([[40], [], []]);
    expect((await shareProject({ group_id: guests.id, group_access: 30 })).status).toBe(201);
    expect(await ofProject(project)).toEqual([[40], [], []]);
    expect(await ofProject(other)).toEqual(whole);
    expect(await holders(`/groups/${hosts.id}/protected_branches/all`, "push")).toEqual([guests.id]);
  });

  it("is for maintainers, who take no role above their own", async () => {
    await addShare(guests, { project }, 50);
    await addMember(eve, { project }, 30);
    await addMember(bob, { project }, 40);
    expect(await outcome(unshareProject(guests.id, asEve))).toEqual(forbidden);
    expect(await outcome(unshareProject(guests.id, asBob))).toEqual(forbidden);
    const other = await addGroup();
    await addShare(other, { project }, 40);
    expect((await unshareProject(other.id, asBob)).status).toBe(204);
  });

  it("refuses where the invitation is newer", async () => {
    await addShare(guests, { project }, 30);
    const headers = { "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT" };
    expect(await outcome(unshareProject(guests.id, asRoot, headers))).toEqual([412, { message: "412 Precondition Failed" }]);
  });

  it("finds no invitation that has expired", async () => {
    await addShare(guests, { project }, 30, dayFromNow(0));
    expect(await outcome(unshareProject(guests.id))).toEqual(noLink);
  });
});

describe("POST /groups/:id/share", () => {
  const aboveIt = [409, { message: "Group cannot be shared with itself or one of its ancestors." }];
  const inCircle = [409, { message: "Group cannot be shared with a group that is shared with it." }];

  it("139 answers the group with those that are invited to it", async () => {
    const { status, body } = await shareGroup(hosts, guests);
    expect([status, body.id, body.shared_with_groups]).toEqual([201, hosts.id, [entryOf(guests, 30)]]);
    expect(body.projects).toMatchObject([{ id: project.id }]);
    expect((await asRoot("GET", `/groups/${hosts.id}`)).body).toEqual(body);
  });

  it("refuses a group that is invited already", async () => {
    await shareGroup(hosts, guests);
    expect(await outcome(shareGroup(hosts, guests))).toEqual([
      409,
      { message: "Shared group The group has already been shared with this group" },
    ]);
  });

  it("141 refuses a level that is none", async () => {
    const json = { group_id: guests.id, group_access: 1234 };
    expect(await outcome(asRoot("POST", `/groups/${hosts.id}/share`, { json }))).toEqual([
      400,
      { error: "group_access does not have a valid value" },
    ]);
  });

  it("refuses itself and what is above, and takes what is below", async () => {
    const inner = await addGroup({ parent: hosts });
    expect(await outcome(shareGroup(hosts, hosts))).toEqual(aboveIt);
    expect(await outcome(shareGroup(inner, hosts))).toEqual(aboveIt);
    expect((await shareGroup(hosts, inner)).status).toBe(201);
  });

  it("refuses a circle, however long, unless an invitation in it has expired", async () => {
    const third = await addGroup();
    expect((await shareGroup(hosts, guests)).status).toBe(201);
    expect(await outcome(shareGroup(guests, hosts))).toEqual(inCircle);
    expect((await shareGroup(guests, third)).status).toBe(201);
    expect(await outcome(shareGroup(third, hosts))).toEqual(inCircle);
    const fourth = await addGroup();
    await addShare(hosts, { group: fourth }, 30, dayFromNow(0));
    expect((await shareGroup(hosts, fourth)).status).toBe(201);
  });

  it("closes no circle by two invitations at once", async () => {
    const replies = await Promise.all([shareGroup(hosts, guests), shareGroup(guests, hosts)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
  });

  it("asks D1 six times, projects included", async () => {
    const { headers } = await shareGroup(hosts, guests);
    expect(headers.get("Server-Timing")).toContain('desc="6 trips');
  });

  it("is for owners", async () => {
    const open = await addGroup({ visibility: "public" });
    await addMember(eve, { group: hosts }, 40);
    expect(await outcome(shareGroup(hosts, open, asEve))).toEqual(forbidden);
  });
});

describe("DELETE /groups/:id/share/:group_id", () => {
  it("142 takes the invitation back, once", async () => {
    await addShare(guests, { group: hosts }, 30);
    const path = `/groups/${hosts.id}/share/${guests.id}`;
    expect((await asRoot("DELETE", path, { json: {} })).status).toBe(204);
    expect(await outcome(asRoot("DELETE", path))).toEqual(noLink);
    expect((await asRoot("GET", `/groups/${hosts.id}`)).body.shared_with_groups).toEqual([]);
  });

  it("is for owners of the group, not of the invited one", async () => {
    await addShare(guests, { group: hosts }, 50);
    await addMember(eve, { group: guests }, 50);
    await addMember(bob, { group: hosts }, 40);
    const path = `/groups/${hosts.id}/share/${guests.id}`;
    expect(await outcome(asBob("DELETE", path))).toEqual(forbidden);
    expect((await asEve("DELETE", path)).status).toBe(204);
  });
});
