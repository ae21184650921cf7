import { beforeAll, describe, expect, it } from "vitest";
import { mergeRequestLabels, mergeRequests } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, call, withToken } from "../setup/call.ts";
import { addLabel, addMergeRequest, addMilestone, mergeRequestsInto } from "../setup/merge-requests.ts";
import { addGroup, addMember, addProject, addToken, addUser, dayFromNow, db, type Group, type Project } from "../setup/world.ts";

const base = "http://gitlab.example.test";
let parent: Group;
let group: Group;
let project: Project;
let asPlanner: ReturnType<typeof withToken>;
let asGuest: ReturnType<typeof withToken>;
let asStranger: ReturnType<typeof withToken>;

beforeAll(async () => {
  parent = await addGroup({ path: "engines" });
  group = await addGroup({ path: "steam", parent });
  project = await addProject(group, { path: "pump" });
  const [planner, guest, stranger]: UserRow[] = [await addUser(), await addUser(), await addUser()];
  await addMember(planner!, { group: parent }, 15);
  await addMember(guest!, { group: parent }, 10);
  [asPlanner, asGuest, asStranger] = [
    withToken(await addToken(planner!)),
    withToken(await addToken(guest!)),
    withToken(await addToken(stranger!)),
  ];
});

const odd = [{ a: 1 }, ["x"], "a\u0000b", "\ud800", 1e308, -1, "x".repeat(100_000), "💥".repeat(300), "__proto__", "0000-00-00"];
const places = (): [string, string][] => [
  ["project", `/projects/${project.id}`],
  ["group", `/groups/${group.id}`],
];

describe("labels", () => {
  it("are made, shown, changed and taken away, in a project as in a group", async () => {
    for (const [kind, place] of places()) {
      const json = { name: ` ${kind} bug `, color: "#f0a", description: "broken" };
      const created = await asPlanner("POST", `${place}/labels`, { json });
      const label = {
        id: expect.any(Number),
        name: `${kind} bug`,
        description: "broken",
        description_html: "",
        text_color: "#FFFFFF",
        color: "#ff00aa",
        archived: false,
        open_issues_count: 0,
        closed_issues_count: 0,
        open_merge_requests_count: 0,
        subscribed: false,
        priority: null,
        is_project_label: kind === "project",
      };
      expect([created.status, created.body]).toEqual([201, label]);
      for (const name of [created.body.id, `${kind}%20bug`]) expect((await asGuest("GET", `${place}/labels/${name}`)).body).toEqual(label);
      const changed = await asPlanner("PUT", `${place}/labels/${kind}%20bug`, { json: { new_name: `${kind} fault`, color: "#FFFFFF" } });
      expect([changed.status, changed.body]).toEqual([200, { ...label, name: `${kind} fault`, color: "#FFFFFF", text_color: "#1F1E24" }]);
      expect((await asPlanner("DELETE", `${place}/labels/${created.body.id}`)).status).toBe(204);
      const gone = await asPlanner("DELETE", `${place}/labels/${created.body.id}`);
      expect([gone.status, gone.body]).toEqual([404, { message: "404 Label Not Found" }]);
    }
  });

  it("are listed by name, with those of the groups above unless asked not to", async () => {
    const top = await addGroup();
    const below = await addGroup({ parent: top });
    const own = await addProject(below);
    const other = await addProject(below);
    await addLabel({ namespaceId: top.id }, "b top");
    await addLabel({ namespaceId: below.id }, "c below");
    await addLabel({ projectId: own.id }, "a own");
    await addLabel({ projectId: other.id }, "other");
    const namesOf = async (path: string) => (await asRoot("GET", path)).body.map(({ name }: { name: string }) => name);
    expect(await namesOf(`/projects/${own.id}/labels`)).toEqual(["a own", "b top", "c below"]);
    expect(await namesOf(`/projects/${own.id}/labels?include_ancestor_groups=false`)).toEqual(["a own"]);
    expect(await namesOf(`/projects/${own.id}/labels?search=TOP`)).toEqual(["b top"]);
    expect(await namesOf(`/projects/${own.id}/labels?per_page=1&page=2`)).toEqual(["b top"]);
    expect(await namesOf(`/groups/${below.id}/labels`)).toEqual(["b top", "c below"]);
    expect(await namesOf(`/groups/${below.id}/labels?include_ancestor_groups=false`)).toEqual(["c below"]);
    // Shown with the project, and not its to change.
    expect((await asRoot("GET", `/projects/${own.id}/labels/b%20top`)).status).toBe(200);
    expect((await asRoot("DELETE", `/projects/${own.id}/labels/b%20top`)).status).toBe(404);
    expect((await asRoot("PUT", `/projects/${own.id}/labels/b%20top`, { json: { color: "#000000" } })).status).toBe(404);
  });

  it("that are used are counted, and taken from what has them", async () => {
    const label = await addLabel({ projectId: project.id }, "used");
    for (const state of ["opened", "closed"] as const) {
      const { id } = await addMergeRequest(project, { state });
      await db.query.insert(mergeRequestLabels).values({ mergeRequestId: id, labelId: label.id });
    }
    const [listed] = (await asGuest("GET", `/projects/${project.id}/labels?search=used&with_counts=true`)).body;
    expect(listed).toMatchObject({ open_merge_requests_count: 1, open_issues_count: 0 });
    const [plain] = (await asGuest("GET", `/projects/${project.id}/labels?search=used`)).body;
    expect(Object.keys(plain)).not.toContain("open_merge_requests_count");
    expect((await asPlanner("DELETE", `/projects/${project.id}/labels/used`)).status).toBe(204);
    expect((await mergeRequestsInto(project)).flatMap(({ labels }) => labels)).toEqual([]);
  });

  it("of a name that is taken: 409 for a new one, 400 for a changed one; one of several at once is made", async () => {
    for (const [, place] of places()) {
      const add = (name: string) => asPlanner("POST", `${place}/labels`, { json: { name, color: "#000000" } });
      const replies = await Promise.all([1, 2, 3].map(() => add("race")));
      expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
      expect(replies.find(({ status }) => status === 409)?.body).toEqual({ message: "Label already exists" });
      await add("second");
      const reply = await asPlanner("PUT", `${place}/labels/second`, { json: { new_name: "race" } });
      expect([reply.status, reply.body]).toEqual([400, { message: { title: ["has already been taken"] } }]);
    }
  });

  it("of a name that a group above has: 409; below and elsewhere it is free", async () => {
    const [top, elsewhere] = [await addGroup(), await addGroup()];
    const [middle, own] = [await addGroup({ parent: top }), await addProject(top)];
    const statusOf = async (place: string, name: string) =>
      (await asRoot("POST", `${place}/labels`, { json: { name, color: "#000000" } })).status;
    expect(await statusOf(`/groups/${top.id}`, "high")).toBe(201);
    for (const place of [`/groups/${middle.id}`, `/projects/${own.id}`]) expect(await statusOf(place, " high ")).toBe(409);
    expect(await statusOf(`/groups/${elsewhere.id}`, "high")).toBe(201);
    for (const place of [`/projects/${own.id}`, `/groups/${middle.id}`, `/groups/${top.id}`])
      expect(await statusOf(place, "low")).toBe(201);
  });

  it.each([
    [{}, { error: "name is missing, color is missing" }],
    [{ name: "", color: "#000000" }, { error: "name is empty" }],
    [{ name: "a,b", color: "red" }, { message: { title: ["is invalid"], color: ["must be a valid color code"] } }],
    [
      { name: "x".repeat(256), color: "#12345" },
      { message: { title: ["is too long (maximum is 255 characters)"], color: ["must be a valid color code"] } },
    ],
    [
      { name: "d", color: "#000000", description: "x".repeat(65_536) },
      { message: { description: ["is too long (maximum is 65535 characters)"] } },
    ],
  ])("400 for %j", async (json, body) => {
    const reply = await asPlanner("POST", `/projects/${project.id}/labels`, { json });
    expect([reply.status, reply.body]).toEqual([400, body]);
  });

  it("400 for a change of nothing", async () => {
    const reply = await asPlanner("PUT", `/projects/${project.id}/labels/1`, { json: {} });
    expect([reply.status, reply.body]).toEqual([
      400,
      { error: "new_name, color, description are missing, at least one parameter must be provided" },
    ]);
  });

  it("that are named by a parameter are changed and taken away as those in the path are", async () => {
    for (const [kind, place] of places()) {
      const { body: label } = await asPlanner("POST", `${place}/labels`, { json: { name: "by name", color: "#000000" } });
      const byName = await asPlanner("PUT", `${place}/labels`, { json: { name: "by name", new_name: " renamed ", priority: 3 } });
      expect([byName.status, byName.body]).toEqual([200, { ...label, name: "renamed" }]);
      const json = { label_id: label.id, color: "#f0a", description: "d", priority: null };
      const byId = await asPlanner("PUT", `${place}/labels`, { json });
      expect([byId.status, byId.body]).toMatchObject([200, { id: label.id, name: "renamed", color: "#ff00aa", description: "d" }]);
      await asPlanner("POST", `${place}/labels`, { json: { name: "other", color: "#000000" } });
      const taken = await asPlanner("PUT", `${place}/labels`, { json: { name: "other", new_name: "renamed" } });
      expect([taken.status, taken.body]).toEqual([400, { message: { title: ["has already been taken"] } }]);
      expect((await asPlanner("DELETE", `${place}/labels?name=renamed`)).status).toBe(204);
      const { body: other } = await asPlanner("GET", `${place}/labels/other`);
      expect((await asPlanner("DELETE", `${place}/labels`, { json: { label_id: other.id } })).status).toBe(204);
      for (const each of [{ name: "renamed" }, { name: "" }, { label_id: other.id }, { label_id: 0 }, { label_id: -1 }]) {
        for (const [method, more] of [
          ["PUT", { color: "#111111" }],
          ["DELETE", {}],
        ] as const) {
          const gone = await asPlanner(method, `${place}/labels`, { json: { ...each, ...more } });
          expect([kind, method, gone.status, gone.body]).toEqual([kind, method, 404, { message: "404 Label Not Found" }]);
        }
      }
    }
  });

  it("whose names are digits are not taken for those with such an id, where a parameter is the name", async () => {
    const first = await addLabel({ projectId: project.id }, "first of two");
    const place = `/projects/${project.id}/labels`;
    const named = await asPlanner("POST", place, { json: { name: String(first.id), color: "#000000" } });
    const changed = await asPlanner("PUT", place, { json: { name: String(first.id), color: "#123456" } });
    expect([changed.status, changed.body.id]).toEqual([200, named.body.id]);
    expect((await asPlanner("DELETE", place, { json: { name: String(first.id) } })).status).toBe(204);
    expect((await asPlanner("DELETE", place, { json: { name: String(first.id) } })).status).toBe(404);
    expect((await asPlanner("GET", `${place}/first%20of%20two`)).status).toBe(200);
  });

  it("of other places are none to name", async () => {
    const elsewhere = await addLabel({ projectId: (await addProject(group)).id }, "elsewhere");
    const above = await addLabel({ namespaceId: parent.id }, "above all");
    for (const [, place] of places()) {
      for (const naming of [{ name: "elsewhere" }, { label_id: elsewhere.id }, { name: "above all" }, { label_id: above.id }]) {
        expect((await asRoot("PUT", `${place}/labels`, { json: { ...naming, color: "#111111" } })).status).toBe(404);
        expect((await asRoot("DELETE", `${place}/labels`, { json: naming })).status).toBe(404);
      }
    }
  });

  const missing = "label_id, name are missing, exactly one parameter must be provided";
  const nothing = "new_name, color, description are missing, at least one parameter must be provided";
  it.each([
    ["PUT", { color: "#000000" }, missing],
    ["PUT", { color: "#000000", name: null }, missing],
    ["PUT", { color: "#000000", name: "a", label_id: 1 }, "label_id, name are mutually exclusive"],
    ["PUT", { name: "a" }, nothing],
    ["PUT", { name: "a", priority: 1 }, nothing],
    ["PUT", {}, `${nothing}, ${missing}`],
    ["PUT", { name: "a", new_name: " " }, "new_name is empty"],
    ["PUT", { label_id: "a", color: "#000000" }, "label_id is invalid"],
    ["PUT", { name: "a", color: "#000000", priority: "high" }, "priority is invalid"],
    ["DELETE", {}, missing],
    ["DELETE", { name: "a", label_id: 1 }, "label_id, name are mutually exclusive"],
  ])("400 for %s by parameters with %j", async (method, json, error) => {
    for (const [, place] of places()) {
      const reply = await asPlanner(method, `${place}/labels`, { json });
      expect([reply.status, reply.body]).toEqual([400, { error }]);
    }
  });

  it("are read by whoever sees the place, and written by planners and those above them", async () => {
    for (const [kind, place] of places()) {
      const json = { name: "rights", color: "#000000" };
      await asPlanner("POST", `${place}/labels`, { json });
      expect((await asGuest("GET", `${place}/labels`)).status).toBe(200);
      const writes = (as: typeof asGuest) =>
        Promise.all([
          as("POST", `${place}/labels`, { json }),
          as("PUT", `${place}/labels/rights`, { json: { color: "#111111" } }),
          as("DELETE", `${place}/labels/rights`),
          as("PUT", `${place}/labels`, { json: { name: "rights", color: "#111111" } }),
          as("DELETE", `${place}/labels`, { json: { name: "rights" } }),
        ]);
      for (const reply of await writes(asGuest)) expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
      const unseen = { message: `404 ${kind === "project" ? "Project" : "Group"} Not Found` };
      for (const reply of [
        ...(await writes(asStranger)),
        await asStranger("GET", `${place}/labels`),
        await call("GET", `${place}/labels/rights`),
      ]) {
        expect([reply.status, reply.body]).toEqual([404, unseen]);
      }
    }
  });

  it("answer odd values of what is there", async () => {
    const id = { project: await addLabel({ projectId: project.id }, "odd"), group: await addLabel({ namespaceId: group.id }, "odd") };
    const changes = odd.flatMap((value) => ["new_name", "color", "description"].map((name) => ({ [name]: value })));
    for (const path of [`/projects/${project.id}/labels/${id.project.id}`, `/groups/${group.id}/labels/${id.group.id}`]) {
      for (const json of changes) {
        const { status } = await asPlanner("PUT", path, { json });
        expect([json, [200, 400].includes(status)]).toEqual([json, true]);
      }
      expect((await asPlanner("GET", path)).status).toBe(200);
    }
  });
});

describe("milestones", () => {
  it("are made, shown, changed and taken away, in a project as in a group", async () => {
    for (const [kind, place] of places()) {
      const json = { title: " First ", description: "steam", start_date: "2026-03-01", due_date: "2026-03-31" };
      const created = await asPlanner("POST", `${place}/milestones`, { json });
      const milestone = {
        id: expect.any(Number),
        iid: 1,
        ...(kind === "project" ? { project_id: project.id } : { group_id: group.id }),
        title: "First",
        description: "steam",
        state: "active",
        created_at: expect.any(String),
        updated_at: expect.any(String),
        due_date: "2026-03-31",
        start_date: "2026-03-01",
        expired: expect.any(Boolean),
        web_url: kind === "project" ? `${base}/engines/steam/pump/-/milestones/1` : `${base}/groups/engines/steam/-/milestones/1`,
      };
      expect([created.status, created.body]).toEqual([201, milestone]);
      const second = await asPlanner("POST", `${place}/milestones`, { json: { title: "Second" } });
      expect(second.body).toMatchObject({ iid: 2, description: null, due_date: null, start_date: null, expired: false });
      const path = `${place}/milestones/${created.body.id}`;
      expect((await asGuest("GET", path)).body).toEqual(milestone);
      const changed = await asPlanner("PUT", path, { json: { state_event: "close", due_date: "", title: "Done" } });
      expect(changed.body).toEqual({ ...milestone, state: "closed", due_date: null, title: "Done", expired: false });
      expect((await asPlanner("PUT", path, { json: { start_date: null } })).body).toMatchObject({ start_date: null });
      expect((await asPlanner("PUT", path, { json: { state_event: "activate", description: "" } })).body).toMatchObject({
        state: "active",
        description: "",
      });
      expect((await asPlanner("DELETE", path)).status).toBe(204);
      for (const method of ["GET", "DELETE"]) {
        const gone = await asPlanner(method, path);
        expect([gone.status, gone.body]).toEqual([404, { message: "404 Not found" }]);
      }
    }
  });

  it("are listed by the day they are due, those of the groups above where asked for", async () => {
    const top = await addGroup();
    const own = await addProject(top);
    const place = `/projects/${own.id}/milestones`;
    for (const json of [{ title: "late", due_date: "2026-05-01" }, { title: "open" }, { title: "soon", due_date: "2026-04-01" }]) {
      await asRoot("POST", place, { json });
    }
    await addMilestone({ namespaceId: top.id }, "above");
    const listed = await asRoot("GET", place);
    const titlesOf = async (query: string) => (await asRoot("GET", `${place}${query}`)).body.map(({ title }: { title: string }) => title);
    expect(listed.body.map(({ iid }: { iid: number }) => iid)).toEqual([3, 1, 2]);
    expect(await titlesOf("?include_ancestors=true")).toEqual(["soon", "late", "open", "above"]);
    expect(await titlesOf("?title=late")).toEqual(["late"]);
    expect(await titlesOf("?search=O")).toEqual(["soon", "open"]);
    expect(await titlesOf("?iids[]=1&iids[]=2")).toEqual(["late", "open"]);
    await asRoot("PUT", `${place}/${listed.body[0].id}`, { json: { state_event: "close" } });
    expect(await titlesOf("?state=closed")).toEqual(["soon"]);
    expect(await titlesOf("?state=active&per_page=1&page=2")).toEqual(["open"]);
  });

  it("expire after the day they are due", async () => {
    const place = `/projects/${(await addProject(group)).id}/milestones`;
    for (const [due_date, expired] of [
      [dayFromNow(-1), true],
      [dayFromNow(0), false],
    ] as const) {
      expect((await asPlanner("POST", place, { json: { title: due_date, due_date } })).body).toMatchObject({ expired });
    }
  });

  it("that are taken away are nobody's any more", async () => {
    const milestone = await addMilestone({ projectId: project.id }, "used", 50);
    const { id } = await addMergeRequest(project, { milestoneId: milestone.id, sourceBranch: "third" });
    expect((await asPlanner("DELETE", `/projects/${project.id}/milestones/${milestone.id}`)).status).toBe(204);
    const rows = await db.query.select().from(mergeRequests);
    expect(rows.find((row) => row.id === id)?.milestoneId).toBeNull();
  });

  it("of a title that is taken: 400; one of several at once is made, and numbers are given once", async () => {
    const place = `/groups/${(await addGroup()).id}/milestones`;
    const replies = await Promise.all([1, 2, 3].map(() => asRoot("POST", place, { json: { title: "race" } })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400]);
    const taken = { message: { title: ["already being used for another group or project milestone."] } };
    expect(replies.find(({ status }) => status === 400)?.body).toEqual(taken);
    const made = await Promise.all([1, 2, 3].map((index) => asRoot("POST", place, { json: { title: `m${index}` } })));
    expect(new Set(made.map(({ body }) => body.iid))).toEqual(new Set([2, 3, 4]));
    const reply = await asRoot("PUT", `${place}/${made[0]?.body.id}`, { json: { title: "race" } });
    expect([reply.status, reply.body]).toEqual([400, taken]);
  });

  it.each([
    [{}, { error: "title is missing" }],
    [{ title: " " }, { error: "title is empty" }],
    [{ title: "x".repeat(256) }, { message: { title: ["is too long (maximum is 255 characters)"] } }],
    [{ title: "a\u001bb" }, { message: { title: ["is invalid"] } }],
    [{ title: "a", due_date: "2026-02-31" }, { error: "due_date is invalid" }],
    [{ title: "a", start_date: "2026-02-02", due_date: "2026-02-01" }, { message: { due_date: ["must be greater than start date"] } }],
    [{ title: "a", description: "x".repeat(65_536) }, { message: { description: ["is too long (maximum is 65535 characters)"] } }],
  ])("400 for %j", async (json, body) => {
    const reply = await asPlanner("POST", `/projects/${project.id}/milestones`, { json });
    expect([reply.status, reply.body]).toEqual([400, body]);
  });

  it("of another place are none of this one", async () => {
    const foreign = await addMilestone({ projectId: (await addProject(await addGroup())).id }, "foreign");
    for (const [, place] of places()) {
      const path = `${place}/milestones/${foreign.id}`;
      for (const reply of [await asRoot("GET", path), await asRoot("PUT", path, { json: { title: "x" } }), await asRoot("DELETE", path)]) {
        expect([reply.status, reply.body]).toEqual([404, { message: "404 Not found" }]);
      }
    }
  });

  it("are read by whoever sees the place, and written by planners and those above them", async () => {
    for (const [kind, place] of places()) {
      const { body } = await asPlanner("POST", `${place}/milestones`, { json: { title: "rights" } });
      expect((await asGuest("GET", `${place}/milestones`)).status).toBe(200);
      const writes = (as: typeof asGuest) =>
        Promise.all([
          as("POST", `${place}/milestones`, { json: { title: "mine" } }),
          as("PUT", `${place}/milestones/${body.id}`, { json: { title: "mine" } }),
          as("DELETE", `${place}/milestones/${body.id}`),
        ]);
      for (const reply of await writes(asGuest)) expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
      const unseen = { message: `404 ${kind === "project" ? "Project" : "Group"} Not Found` };
      for (const reply of [...(await writes(asStranger)), await asStranger("GET", `${place}/milestones`)]) {
        expect([reply.status, reply.body]).toEqual([404, unseen]);
      }
    }
  });

  it("answer odd values of what is there", async () => {
    for (const [, place] of places()) {
      const { body } = await asPlanner("POST", `${place}/milestones`, { json: { title: "odd" } });
      for (const value of odd) {
        for (const name of ["title", "description", "due_date", "start_date", "state_event"]) {
          const reply = await asPlanner("PUT", `${place}/milestones/${body.id}`, { json: { [name]: value } });
          expect([name, value, reply.status < 500]).toEqual([name, value, true]);
        }
      }
    }
  });
});
