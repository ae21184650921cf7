import { beforeAll, describe, expect, it } from "vitest";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addGroup, addMember, addShare, addToken, addUser, dayFromNow, setSettings, type Group } from "../setup/world.ts";

let ada: UserRow;
let asAda: ReturnType<typeof withToken>;
/** The groups of this file, by their path. */
const made: Record<string, Group> = {};

async function make(path: string, values: Parameters<typeof addGroup>[0] = {}): Promise<Group> {
  made[path] = await addGroup({ path, name: `Name ${path}`, ...values });
  return made[path];
}

beforeAll(async () => {
  ada = await addUser({ username: "ada" });
  asAda = withToken(await addToken(ada));
  const engines = await make("engines");
  const steam = await make("steam", { parent: engines });
  await make("valve", { parent: steam });
  await make("open", { visibility: "public", name: "Aardvark" });
  await make("inner", { visibility: "internal" });
  await make("hidden");
  const shared = await make("shared");
  const lapsed = await make("lapsed");
  const circle = await make("circle");
  await addMember(ada, { group: engines }, 30);
  await addMember(ada, { group: circle }, 50);
  await addShare(circle, { group: shared }, 20);
  await addMember(ada, { group: lapsed }, 30, { expiresAt: dayFromNow(0) });
});

const find = async (as: typeof call, query = "", path = "/groups") => {
  const reply = await as("GET", `${path}?${query}`);
  expect([query, reply.status]).toEqual([query, 200]);
  return (reply.body as { path: string }[]).map((group) => group.path);
};
const everything = ["open", "circle", "engines", "hidden", "inner", "lapsed", "shared", "steam", "valve"];
const ofAda = ["circle", "engines", "shared", "steam", "valve"];

describe("GET /groups", () => {
  it("lists public groups to everybody, one's own to users, and all to administrators, by name", async () => {
    expect(await find(call)).toEqual(["open"]);
    expect(await find(asAda)).toEqual(ofAda);
    expect(await find(asRoot)).toEqual(everything);
  });

  it("shows each as lists do", async () => {
    const { body } = await asAda("GET", "/groups?search=valve");
    const detail = (await asRoot("GET", `/groups/${made["valve"]!.id}?with_projects=false`)).body;
    for (const name of Object.keys(detail)) if (!(name in body[0])) delete detail[name];
    expect(body).toEqual([detail]);
    expect(body[0]).toMatchObject({ full_path: "engines/steam/valve", full_name: "Name engines / Name steam / Name valve" });
    for (const name of ["projects", "shared_with_groups", "enabled_git_access_protocol", "ip_restriction_ranges"]) {
      expect(body[0]).not.toHaveProperty(name);
    }
  });

  it("with all_available shows users what they may see, and administrators without it only where they have a role", async () => {
    expect(await find(asAda, "all_available=true")).toEqual(["open", "circle", "engines", "inner", "shared", "steam", "valve"]);
    expect(await find(asRoot, "all_available=false")).toEqual([]);
    const external = withToken(await addToken(await addUser({ isExternal: true })));
    expect(await find(external, "all_available=true")).toEqual(["open"]);
  });

  it("takes the role that is asked for before all_available", async () => {
    expect(await find(asAda, "owned=true&all_available=true")).toEqual(["circle"]);
    expect(await find(asAda, "min_access_level=20")).toEqual(ofAda);
    expect(await find(asAda, "min_access_level=30")).toEqual(["circle", "engines", "steam", "valve"]);
    expect(await find(call, "owned=true")).toEqual([]);
    expect(await find(call, "min_access_level=50")).toEqual(["open"]);
  });

  it("finds by part of a name or path, whatever its letter case", async () => {
    expect(await find(asRoot, "search=AARD")).toEqual(["open"]);
    expect(await find(asRoot, "search=TEA")).toEqual(["steam"]);
    expect(await find(asRoot, "search=")).toEqual(everything);
    expect(await find(asRoot, `search=${"%25".repeat(100)}`)).toEqual([]);
  });

  it("leaves out, and keeps to a visibility or to the top level", async () => {
    const [open, inner] = [made["open"]!.id, made["inner"]!.id];
    const rest = everything.filter((path) => path !== "open" && path !== "inner");
    for (const query of [`skip_groups[]=${open}&skip_groups[]=${inner}`, `skip_groups=${open},${inner}`]) {
      expect(await find(asRoot, query)).toEqual(rest);
    }
    expect(await find(asRoot, "visibility=internal")).toEqual(["inner"]);
    expect(await find(asRoot, "top_level_only=true")).toEqual(everything.filter((path) => path !== "steam" && path !== "valve"));
  });

  it("sorts as asked", async () => {
    expect(await find(asAda, "sort=desc")).toEqual(ofAda.toReversed());
    expect(await find(asRoot, "order_by=path&per_page=3")).toEqual(["circle", "engines", "hidden"]);
    expect(await find(asAda, "order_by=id")).toEqual(["engines", "steam", "valve", "shared", "circle"]);
    expect(await find(asAda, "order_by=similarity&search=e&statistics=true")).toEqual(ofAda);
  });

  it("is paged", async () => {
    const reply = await asRoot("GET", "/groups?per_page=4&page=3");
    expect(reply.body).toHaveLength(1);
    expect([reply.headers.get("X-Total"), reply.headers.get("X-Total-Pages"), reply.headers.get("X-Next-Page")]).toEqual(["9", "3", ""]);
    expect((await asRoot("GET", "/groups?page=99")).body).toEqual([]);
    expect(reply.headers.get("Server-Timing")).toContain("2 trips");
  });

  it("A36 goes on behind the last one, by name", async () => {
    for (const sort of ["asc", "desc"]) {
      const seen: string[] = [];
      let next: string | undefined = `/groups?pagination=keyset&order_by=name&sort=${sort}&per_page=2`;
      while (next !== undefined) {
        const reply: Awaited<ReturnType<typeof call>> = await asRoot("GET", next);
        expect(reply.headers.get("X-Total")).toBeNull();
        seen.push(...reply.body.map((group: { path: string }) => group.path));
        next = /^<([^>]*[?&]cursor=[^>]*)>; rel="next"$/.exec(reply.headers.get("Link") ?? "")?.[1];
      }
      expect(seen).toEqual(sort === "asc" ? everything : everything.toReversed());
    }
  });

  it("goes on behind groups of one name by their ids", async () => {
    const twins = [await addGroup({ name: "Twin" }), await addGroup({ name: "Twin" }), await addGroup({ name: "Twin" })];
    const first = await asRoot("GET", "/groups?pagination=keyset&search=Twin&per_page=2");
    const next = /<([^>]*)>/.exec(first.headers.get("Link") ?? "")?.[1] ?? "";
    const second = await asRoot("GET", next);
    expect([...first.body, ...second.body].map((group) => group.id)).toEqual(twins.map((group) => group.id));
    expect(second.headers.get("Link")).toBeNull();
  });

  it("has no keyset in another order", async () => {
    const reply = await asRoot("GET", "/groups?pagination=keyset&order_by=path");
    expect([reply.status, reply.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    // The caller's own: nothing is read of a list that is refused.
    expect(reply.headers.get("Server-Timing")).toContain("1 trip,");
  });

  it("shows the instance's branch protection where a group has none of its own", async () => {
    await setSettings({ default_branch_protection: 1 });
    for (const query of ["search=open", "search=open&pagination=keyset"]) {
      expect((await call("GET", `/groups?${query}`)).body[0].default_branch_protection).toBe(1);
    }
    await setSettings(null);
  });

  const wrong: [string, string][] = [
    ["order_by=created_at", "order_by does not have a valid value"],
    ["min_access_level=33", "min_access_level does not have a valid value"],
    ["visibility=secret", "visibility does not have a valid value"],
    ["skip_groups=a", "skip_groups[0] is invalid"],
    ["owned=maybe", "owned is invalid"],
    ["cursor=nonsense", "cursor is invalid"],
    ["pagination=other", "pagination does not have a valid value"],
    ["per_page=0", "per_page has a value not allowed"],
  ];
  for (const [query, error] of wrong) {
    it(`says ${error}`, async () => {
      const reply = await asRoot("GET", `/groups?${query}`);
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    });
  }
});

describe("groups below a group", () => {
  const [below, anywhere] = ["/groups/engines/subgroups", "/groups/engines/descendant_groups"];

  it("E135 are those right below it, and all of them", async () => {
    for (const as of [asRoot, asAda]) {
      expect(await find(as, "", below)).toEqual(["steam"]);
      expect(await find(as, "", anywhere)).toEqual(["steam", "valve"]);
    }
    expect(await find(asRoot, "", `/groups/${made["valve"]!.id}/subgroups`)).toEqual([]);
  });

  it("take the filters of all groups", async () => {
    expect(await find(asRoot, "search=val", anywhere)).toEqual(["valve"]);
    expect(await find(asRoot, "sort=desc&per_page=1", anywhere)).toEqual(["valve"]);
    expect(await find(asAda, "owned=true", anywhere)).toEqual([]);
  });

  it("are those that the caller may see", async () => {
    const top = await addGroup({ visibility: "public" });
    await addGroup({ parent: top, path: "seen", visibility: "public" });
    await addGroup({ parent: top, path: "unseen" });
    const path = `/groups/${top.id}/subgroups`;
    expect(await find(call, "", path)).toEqual(["seen"]);
    expect(await find(asAda, "all_available=true", path)).toEqual(["seen"]);
    expect(await find(asAda, "", path)).toEqual([]);
  });

  it("are not found below what is not there, or not to be seen, and have pages only", async () => {
    for (const kind of ["subgroups", "descendant_groups"]) {
      for (const reply of [
        await asAda("GET", `/groups/hidden/${kind}`),
        await call("GET", `/groups/engines/${kind}`),
        await asRoot("GET", `/groups/ada/${kind}`),
      ]) {
        expect([reply.status, reply.body]).toEqual([404, { message: "404 Group Not Found" }]);
      }
      const keyset = await asRoot("GET", `/groups/engines/${kind}?pagination=keyset`);
      expect([keyset.status, keyset.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
    }
  });
});

describe("keyset lists", () => {
  it("are refused with 405 wherever there are pages only, and kept where there are both", async () => {
    const keys = await asRoot("GET", `/users/${ada.id}/keys?pagination=keyset`);
    expect([keys.status, keys.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
    expect((await asRoot("GET", "/users?pagination=keyset")).status).toBe(200);
    expect((await asRoot("GET", `/users/${ada.id}/keys?pagination=legacy`)).status).toBe(200);
  });
});
