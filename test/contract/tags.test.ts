import { beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../src/db/schema/index.ts";
import { asRoot, type Reply } from "../setup/call.ts";
import { addGroup, addProject, db, type Project } from "../setup/world.ts";

const sha = "f".repeat(40);
let project: Project;

beforeAll(async () => {
  project = await addProject(await addGroup(), { isRepositoryEmpty: false });
  for (const name of ["refs/tags/v1.0", "refs/tags/v1.1", "refs/tags/nightly/1", "refs/heads/main"]) {
    await db.query.insert(schema.gitRefs).values({ projectId: project.id, name, sha });
  }
  await asRoot("POST", `/projects/${project.id}/protected_tags`, { json: { name: "v*" } });
});

const path = (rest = "") => `/projects/${project.id}/repository/tags${rest}`;
const namesOf = (reply: Reply) => [reply.status, ...reply.body.map((tag: any) => tag.name)];

describe("GET /projects/:id/repository/tags/:name", () => {
  it("shows a tag that was pushed", async () => {
    const reply = await asRoot("GET", path("/v1.0"));
    const commit = { id: sha, short_id: "ffffffff" };
    expect([reply.status, reply.body]).toEqual([200, { name: "v1.0", message: null, target: sha, commit, release: null, protected: true }]);
    expect((await asRoot("GET", path("/nightly%2F1"))).body).toMatchObject({ name: "nightly/1", protected: false });
  });

  it("finds names as they are, and nothing else", async () => {
    for (const name of ["v1", "V1.0", "main", "refs%2Ftags%2Fv1.0", "%00", "..%2Fheads%2Fmain"]) {
      const reply = await asRoot("GET", path(`/${name}`));
      expect([name, reply.status, reply.body]).toEqual([name, 404, { message: "404 Tag Not Found" }]);
    }
  });
});

describe("GET /projects/:id/repository/tags", () => {
  it("lists tags, the last name first unless it is said otherwise", async () => {
    const descending = ["v1.1", "v1.0", "nightly/1"];
    expect(namesOf(await asRoot("GET", path()))).toEqual([200, ...descending]);
    for (const order of ["name", "updated", "version"]) {
      expect(namesOf(await asRoot("GET", path(`?order_by=${order}&sort=desc`)))).toEqual([200, ...descending]);
      expect(namesOf(await asRoot("GET", path(`?order_by=${order}&sort=asc`)))).toEqual([200, ...descending.toReversed()]);
    }
    const page = await asRoot("GET", path("?per_page=2"));
    expect([...namesOf(page), page.headers.get("X-Total"), page.headers.get("X-Next-Page")]).toEqual([200, "v1.1", "v1.0", "3", "2"]);
    expect(page.body.map((tag: any) => tag.protected)).toEqual([true, true]);
  });

  it("finds by part, beginning and end", async () => {
    for (const [search, names] of Object.entries({ "1.": ["v1.1", "v1.0"], "^n": ["nightly/1"], "1$": ["v1.1", "nightly/1"], main: [] })) {
      expect(namesOf(await asRoot("GET", path(`?search=${encodeURIComponent(search)}`)))).toEqual([200, ...names]);
    }
  });

  it.each([
    ["?order_by=size", "order_by does not have a valid value"],
    ["?sort=random", "sort does not have a valid value"],
  ])("refuses %s", async (query, error) => {
    const reply = await asRoot("GET", path(query));
    expect([reply.status, reply.body]).toEqual([400, { error }]);
  });
});
