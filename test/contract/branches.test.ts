import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, asShell, call, withToken, type Reply } from "../setup/call.ts";
import { addGroup, addMember, addProject, addToken, addUser, db, type Group, type Project } from "../setup/world.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";

let group: Group;
let project: Project;
const people: Record<string, { user: UserRow; as: typeof call }> = {};
const as = (name: string) => people[name]!.as;

beforeAll(async () => {
  group = await addGroup({ path: "engines" });
  for (const [name, level] of Object.entries({ guest: 10, planner: 15, reporter: 20, developer: 30, maintainer: 40, stranger: 0 })) {
    const user = await addUser({ username: name });
    people[name] = { user, as: withToken(await addToken(user)) };
    if (level > 0) await addMember(user, { group }, level);
  }
});
beforeEach(async () => {
  project = await addProject(group, { isRepositoryEmpty: false });
});

async function addRefs(names: readonly string[], at: Project = project): Promise<void> {
  for (const name of names) await db.query.insert(schema.gitRefs).values({ projectId: at.id, name, sha });
}
const addBranches = (...names: string[]) => addRefs(names.map((name) => `refs/heads/${name}`));

const path = (rest = "") => `/projects/${project.id}/repository/branches${rest}`;
const namesOf = (reply: Reply) => [reply.status, ...reply.body.map((branch: any) => branch.name)];
const branchOf = async (name: string, by = asRoot) => (await by("GET", path(`/${encodeURIComponent(name)}`))).body;

describe("GET /projects/:id/repository/branches/:name", () => {
  it("shows a branch that was pushed", async () => {
    await addBranches("main", "feature/x#1 %41");
    const reply = await as("developer")("GET", path("/main"));
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        name: "main",
        commit: { id: sha, short_id: "01234567" },
        merged: false,
        protected: false,
        developers_can_push: false,
        developers_can_merge: false,
        can_push: true,
        default: true,
        web_url: `http://gitlab.example.test/${project.fullPath}/-/tree/main`,
      },
    ]);
    const odd = await as("developer")("GET", path("/feature%2Fx%231%20%2541"));
    expect(odd.body).toMatchObject({
      name: "feature/x#1 %41",
      default: false,
      web_url: `http://gitlab.example.test/${project.fullPath}/-/tree/feature/x%231%20%2541`,
    });
  });

  it("finds names as they are, and nothing else", async () => {
    await addRefs(["refs/heads/main", "refs/tags/v1", "refs/notes/x"]);
    for (const name of ["Main", "mai", "v1", "refs%2Fheads%2Fmain", "..%2Ftags%2Fv1", "%00", "ma%00in", "💥", "%ED%A0%80"]) {
      const reply = await as("developer")("GET", path(`/${name}`));
      expect([name, reply.status, reply.body]).toEqual([name, 404, { message: "404 Branch Not Found" }]);
    }
  });

  it("is one segment of the path: a slash that is not encoded leads elsewhere", async () => {
    await addBranches("feature/x");
    expect((await asRoot("GET", path("/feature/x"))).body).toEqual({ error: "404 Not Found" });
  });
});

describe("GET /projects/:id/repository/branches", () => {
  it("lists branches by name, a page at a time, and neither tags nor those of other projects", async () => {
    await addBranches("main", "b/2", "b", "B", "a-1", "ä");
    await addRefs(["refs/tags/v1", "refs/heads0", "refs/head"]);
    await addRefs(["refs/heads/other"], await addProject(group));
    expect(namesOf(await as("developer")("GET", path()))).toEqual([200, "B", "a-1", "b", "b/2", "main", "ä"]);
    const page = await as("developer")("GET", path("?per_page=2&page=2"));
    expect(namesOf(page)).toEqual([200, "b", "b/2"]);
    expect(["X-Total", "X-Total-Pages", "X-Prev-Page", "X-Next-Page"].map((name) => page.headers.get(name))).toEqual(["6", "3", "1", "3"]);
    expect(namesOf(await as("developer")("GET", path("?page=9")))).toEqual([200]);
    const keyset = await asRoot("GET", path("?pagination=keyset"));
    expect([keyset.status, keyset.body]).toEqual([405, { error: "Keyset pagination is not yet available for this type of request" }]);
  });

  it.each([
    ["eat", ["feature", "feature/1", "seat"]],
    ["EAT", ["feature", "feature/1", "seat"]],
    ["^feat", ["feature", "feature/1"]],
    ["^FEAT", ["feature", "feature/1"]],
    ["^eat", []],
    ["at$", ["seat"]],
    ["eat$", ["seat"]],
    ["^seat$", []],
    ["^", ["100%_done", "feature", "feature/1", "seat"]],
    ["$", ["100%_done", "feature", "feature/1", "seat"]],
    ["", ["100%_done", "feature", "feature/1", "seat"]],
    ["%_", ["100%_done"]],
    ["a%", []],
    ["refs/heads", []],
    ["a longer text than the name of any branch that is here$", []],
    ["\ud800", []],
    ["'; --", []],
  ])("finds by search=%j", async (search, names) => {
    await addBranches("100%_done", "feature", "feature/1", "seat");
    const query = `?search=${encodeURIComponent(search.toWellFormed())}`;
    const reply = await as("developer")("GET", path(query));
    expect([...namesOf(reply), reply.headers.get("X-Total")]).toEqual([200, ...names, String(names.length)]);
  });

  it("refuses a filter by regex, which a list of all branches would answer; a blank one is none", async () => {
    await addBranches("main", "feature");
    for (const regex of ["^feature", "x", "%5B", ".*"]) {
      const reply = await as("developer")("GET", path(`?search=m&regex=${regex}`));
      expect([reply.status, reply.body]).toEqual([400, { error: "regex is not supported" }]);
    }
    for (const regex of ["", "%20"]) expect(namesOf(await asRoot("GET", path(`?regex=${regex}`)))).toEqual([200, "feature", "main"]);
  });

  it("is empty for a repository without branches", async () => {
    expect(namesOf(await as("developer")("GET", path()))).toEqual([200]);
  });

  it("shows of each what is shown of it alone", async () => {
    await addBranches("main", "stable");
    const { body } = await as("maintainer")("GET", path());
    expect(body).toEqual([await branchOf("main", as("maintainer")), await branchOf("stable", as("maintainer"))]);
  });
});

describe("who may read branches", () => {
  const both = () => [path(), path("/main"), `/projects/${project.id}/repository/tags`, `/projects/${project.id}/repository/tags/v1`];
  beforeEach(() => addRefs(["refs/heads/main", "refs/tags/v1"]));

  it("whoever may download the code of a private project", async () => {
    for (const name of ["planner", "reporter", "developer", "maintainer"]) {
      for (const each of both()) expect([name, (await as(name)("GET", each)).status]).toEqual([name, 200]);
    }
  });

  it("no guest of it: they see the project, and not its code", async () => {
    for (const each of both()) {
      const reply = await as("guest")("GET", each);
      expect([reply.status, reply.body]).toEqual([403, { message: "403 Forbidden" }]);
    }
  });

  it("nobody who does not see it", async () => {
    for (const by of [call, as("stranger")]) {
      for (const each of both()) {
        const reply = await by("GET", each);
        expect([reply.status, reply.body]).toEqual([404, { message: "404 Project Not Found" }]);
      }
    }
  });

  it("everybody where the project is public, unless its code is for members, or for nobody", async () => {
    const change = (values: Partial<typeof schema.projects.$inferInsert>) =>
      db.query.update(schema.projects).set(values).where(eq(schema.projects.id, project.id));
    await change({ visibility: "public" });
    for (const each of both()) expect((await call("GET", each)).status).toBe(200);
    await change({ repositoryAccessLevel: "private" });
    for (const each of both()) {
      expect([(await call("GET", each)).status, (await as("stranger")("GET", each)).status]).toEqual([403, 403]);
      expect((await as("guest")("GET", each)).status).toBe(200);
    }
    await change({ repositoryAccessLevel: "disabled" });
    for (const each of both()) expect((await asRoot("GET", each)).status).toBe(403);
  });

  it("finds no project that is not there, and leads on from a former path", async () => {
    expect((await asRoot("GET", "/projects/987654321/repository/branches")).body).toEqual({ message: "404 Project Not Found" });
    const former = encodeURIComponent(project.fullPath);
    await asRoot("PUT", `/projects/${project.id}`, { json: { path: `${project.path}-moved` } });
    const reply = await asRoot("GET", `/projects/${former}/repository/branches?search=m`);
    expect([reply.status, reply.headers.get("Location")]).toEqual([301, `http://gitlab.example.test/api/v4${path("?search=m")}`]);
  });
});

describe("what rules make of a branch", () => {
  const protect = (json: Record<string, unknown>, place = `/projects/${project.id}`) =>
    asRoot("POST", `${place}/protected_branches`, { json });

  it("it is protected where one names it, by a pattern too, of the project or of its group", async () => {
    await addBranches("main", "stable-1", "release", "free");
    await protect({ name: "main" });
    await protect({ name: "*-1" });
    expect((await protect({ name: "rel*" }, `/groups/${group.id}`)).status).toBe(201);
    const { body } = await asRoot("GET", path());
    expect(body.filter((branch: any) => branch.protected).map((branch: any) => branch.name)).toEqual(["main", "release", "stable-1"]);
    await asRoot("DELETE", `/groups/${group.id}/protected_branches/rel*`);
  });

  it("developers may push or merge where one says so in as many words", async () => {
    await addBranches("main", "stable", "free");
    await protect({ name: "main", push_access_level: 30, merge_access_level: 40 });
    await protect({ name: "stable", push_access_level: 0, merge_access_level: 30 });
    const words = async (name: string) => {
      const branch = await branchOf(name);
      return [branch.developers_can_push, branch.developers_can_merge];
    };
    expect(await words("main")).toEqual([true, false]);
    expect(await words("stable")).toEqual([false, true]);
    expect(await words("free")).toEqual([false, false]);
  });

  it("whoever looks may push to it as /allowed would let them", async () => {
    const { user: reporter } = people["reporter"]!;
    const names = ["free", "maintained", "developed", "closed", "named"];
    await addBranches(...names);
    await protect({ name: "maintained", push_access_level: 40 });
    await protect({ name: "developed", push_access_level: 30 });
    await protect({ name: "closed", push_access_level: 0 });
    await addMember(reporter, { project }, 20);
    await protect({ name: "named", allowed_to_push: [{ user_id: people["developer"]!.user.id }] });
    for (const name of ["planner", "reporter", "developer", "maintainer"]) {
      const { user, as: by } = people[name]!;
      const listed = (await by("GET", path())).body;
      for (const branch of names) {
        const changes = `${"1".repeat(40)} ${"2".repeat(40)} refs/heads/${branch}`;
        const json = { user_id: user.id, project: project.fullPath, action: "git-receive-pack", protocol: "ssh", changes };
        const { status } = await asShell("POST", "/internal/allowed", { json });
        const shown = listed.find((each: any) => each.name === branch);
        expect([name, branch, shown.can_push]).toEqual([name, branch, status === 200]);
        expect(await branchOf(branch, by)).toEqual(shown);
      }
    }
    expect((await asRoot("GET", path())).body.map((each: any) => each.can_push)).toContain(true);
  });

  it("nobody may push to an archived project, or to one in an archived group, and nobody in particular anywhere", async () => {
    await addBranches("main");
    expect((await branchOf("main", as("maintainer"))).can_push).toBe(true);
    await asRoot("POST", `/projects/${project.id}/archive`);
    expect((await branchOf("main", as("maintainer"))).can_push).toBe(false);
    const archived = await addGroup({ isArchived: true, visibility: "public" });
    project = await addProject(archived, { isRepositoryEmpty: false, visibility: "public" });
    await addMember(people["maintainer"]!.user, { group: archived }, 40);
    await addBranches("main");
    expect((await branchOf("main", as("maintainer"))).can_push).toBe(false);
    project = await addProject(await addGroup({ visibility: "public" }), { isRepositoryEmpty: false, visibility: "public" });
    await addBranches("main");
    expect((await branchOf("main", call)).can_push).toBe(false);
  });

  it("whoever may merge a fork's branch may push to it, where its author lets them", async () => {
    const target = await addProject(await addGroup({ visibility: "public" }), { visibility: "public", isRepositoryEmpty: false });
    const { user: stranger, as: by } = people["stranger"]!;
    await addMember(stranger, { project: target }, 40);
    const author = await addUser();
    project = await addProject(author, { visibility: "public", isRepositoryEmpty: false, forkedFromProjectId: target.id });
    await addBranches("feature", "other");
    await db.query.insert(schema.mergeRequests).values({
      sourceProjectId: project.id,
      targetProjectId: target.id,
      iid: 1,
      title: "t",
      sourceBranch: "feature",
      targetBranch: "main",
      authorId: author.id,
      allowsCollaboration: true,
    });
    const { body } = await by("GET", path());
    expect(body.map((each: any) => [each.name, each.can_push])).toEqual([
      ["feature", true],
      ["other", false],
    ]);
  });
});

describe("PUT /projects/:id with a default branch", () => {
  const change = (name: string) => as("maintainer")("PUT", `/projects/${project.id}`, { json: { default_branch: name } });

  it("takes a branch that was pushed, and the one that is the default already", async () => {
    await addBranches("trunk");
    expect((await change("trunk")).body.default_branch).toBe("trunk");
    await db.query.run(sql`delete from git_refs where project_id = ${project.id}`);
    expect((await change("trunk")).status).toBe(200);
  });

  it("refuses one that was not, and leaves all else as it was too", async () => {
    await addBranches("main");
    await addRefs(["refs/tags/x"]);
    for (const name of ["x", "Main", "refs/heads/main", "a..b"]) {
      const reply = await as("maintainer")("PUT", `/projects/${project.id}`, { json: { default_branch: name, description: "changed" } });
      const message = { base: [`Could not change HEAD: branch '${name}' does not exist`] };
      expect([reply.status, reply.body]).toEqual([400, { message }]);
    }
    expect((await asRoot("GET", `/projects/${project.id}`)).body).toMatchObject({ default_branch: "main", description: null });
  });

  it("takes any while the repository is empty", async () => {
    project = await addProject(group);
    expect((await change("not/there/yet")).body).toMatchObject({ default_branch: "not/there/yet", empty_repo: true });
  });
});

describe("the project itself", () => {
  it("says whether its repository is empty, and when it was last active", async () => {
    const lastActivityAt = new Date("2026-05-04T03:02:01Z");
    await db.query.update(schema.projects).set({ lastActivityAt }).where(eq(schema.projects.id, project.id));
    const shown = (await asRoot("GET", `/projects/${project.id}`)).body;
    expect(shown).toMatchObject({ empty_repo: false, last_activity_at: "2026-05-04T03:02:01.000Z", default_branch: "main" });
  });
});

describe("what a list of 100,000 branches costs", () => {
  const costOf = async (rest: string) => {
    const reply = await asRoot("GET", path(rest));
    expect(reply.status).toBe(200);
    const [, rows] = /(\d+) rows? read/.exec(reply.headers.get("Server-Timing") ?? "") ?? [];
    return { reply, rows: Number(rows) };
  };

  it("is the page, and as many rows as are counted", { timeout: 60_000 }, async () => {
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
      insert into git_refs (project_id, name, sha) select ${project.id}, printf('refs/heads/b%06d', i), ${sha} from n`);
    const { reply, rows } = await costOf("?per_page=3&page=2");
    expect(namesOf(reply)).toEqual([200, "b000004", "b000005", "b000006"]);
    expect([reply.headers.get("X-Total"), reply.headers.get("X-Next-Page")]).toEqual([null, "3"]);
    expect(rows).toBeLessThan(10_100);
    expect((await costOf("/b099999")).rows).toBeLessThan(60);
    expect(reply.headers.get("Server-Timing")).toContain("4 trips");
  });

  it("does not grow with other projects' branches", async () => {
    await addBranches("main", "stable");
    const { rows } = await costOf("");
    const other = await addProject(group);
    await db.query.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
      insert into git_refs (project_id, name, sha) select ${other.id}, 'refs/heads/b' || i, ${sha} from n`);
    expect((await costOf("")).rows).toBeLessThanOrEqual(rows + 2);
    expect(rows).toBeLessThan(60);
  });
});
