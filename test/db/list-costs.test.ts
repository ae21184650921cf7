import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { testVars } from "../setup/vars.ts";
import { addGroup, addMember, addProject, addShare, addToken, addUser, db } from "../setup/world.ts";

/** What a list costs grows with what the reader may see, and not with what others have. */

let token: string;

beforeAll(async () => {
  const ada = await addUser({ username: "ada" });
  token = await addToken(ada);
  const engines = await addGroup({ path: "engines" });
  await addGroup({ path: "steam", parent: engines });
  const circle = await addGroup({ path: "circle" });
  const shared = await addGroup({ path: "shared" });
  await addGroup({ path: "open", visibility: "public" });
  await addGroup({ path: "inner", visibility: "internal" });
  await addMember(ada, { group: engines }, 50);
  await addMember(ada, { group: circle }, 30);
  const elsewhere = await addGroup({ path: "elsewhere" });
  await addMember(ada, { project: await addProject(elsewhere, { path: "gear" }) }, 30);
  await addProject(elsewhere, { path: "hidden" });
  await addProject(elsewhere, { path: "inner", visibility: "internal" });
  await addProject(elsewhere, { path: "open", visibility: "public" });
  await addProject(engines, { path: "piston" });
  await addProject(ada, { path: "own" });
  await addShare(circle, { group: shared }, 20);
});

/** The paths that a list gives, and the rows that D1 read for it. */
async function cost(path: string, as: string | null = token) {
  let rowsRead = 0;
  const counted = <T extends D1Result | D1Result[]>(answer: T): T => {
    for (const { meta } of Array.isArray(answer) ? answer : [answer]) rowsRead += meta.rows_read;
    return answer;
  };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const watch = (real: D1PreparedStatement): object => {
    const watched = {
      bind: (...values: unknown[]) => watch(real.bind(...values)),
      all: async () => counted(await real.all()),
      run: async () => counted(await real.run()),
      // What gives no meta is counted by running it for it; nothing here writes.
      raw: async () => (counted(await real.all()), real.raw()),
      first: async () => (counted(await real.all()), real.first()),
    };
    originals.set(watched, real);
    return watched;
  };
  const withSession = () => {
    const session = env.DB.withSession("first-primary");
    return {
      prepare: (text: string) => watch(session.prepare(text)),
      batch: async (statements: object[]) => counted(await session.batch(statements.map((each) => originals.get(each)!))),
      getBookmark: () => session.getBookmark(),
    };
  };
  const headers: HeadersInit = as === null ? {} : { "PRIVATE-TOKEN": as };
  const bindings = { ...env, DB: { withSession } };
  const response = await app.request(`http://gitlab.example.test/api/v4${path}`, { headers }, bindings, createExecutionContext());
  expect(response.status).toBe(200);
  const body = await response.json<{ path: string }[]>();
  return { paths: body.map((row) => row.path), rowsRead };
}

const ofAda = ["circle", "engines", "shared", "steam"];
const lists: [path: string, paths: string[]][] = [
  ["/groups", ofAda],
  ["/groups?all_available=true", ["circle", "engines", "inner", "open", "shared", "steam"]],
  ["/groups?all_available=true&visibility=private", ofAda],
  ["/groups?all_available=true&top_level_only=true", ["circle", "engines", "inner", "open", "shared"]],
  ["/groups?owned=true", ["engines", "steam"]],
  ["/groups?min_access_level=30", ["circle", "engines", "steam"]],
  ["/groups?min_access_level=5&visibility=private", ofAda],
  ["/groups?top_level_only=true", ["circle", "engines", "shared"]],
  ["/groups?order_by=id", ["engines", "steam", "circle", "shared"]],
  ["/groups?order_by=path&sort=desc&per_page=2", ["steam", "shared"]],
  ["/groups?search=E&page=1", ofAda.filter((path) => path.includes("e"))],
  ["/groups?pagination=keyset&per_page=3", ["circle", "engines", "shared"]],
  ["/namespaces", ["ada", "engines", "steam", "circle", "shared"]],
  ["/namespaces?owned_only=true", ["ada", "engines", "steam"]],
  ["/namespaces?top_level_only=true", ["ada", "engines", "circle", "shared"]],
  ["/namespaces?search=a", ["ada", "steam", "shared"]],
  ["/projects?order_by=id&sort=asc", ["gear", "inner", "open", "piston", "own"]],
  ["/projects?membership=true&order_by=id", ["own", "piston", "gear"]],
  ["/projects?owned=true&order_by=id", ["own", "piston"]],
  ["/projects?min_access_level=30&order_by=id&per_page=1&page=2", ["piston"]],
  ["/projects?search=o&visibility=private", ["piston", "own"].toReversed()],
  ["/projects?archived=true", []],
  ["/projects?pagination=keyset&order_by=id&per_page=2", ["own", "piston"]],
  ["/projects?pagination=keyset&order_by=id&sort=asc&id_after=2&per_page=2", ["inner", "open"]],
  ["/users/ada/projects", ["own"]],
];

const run = (text: string) => db.query.run(sql.raw(text));

/** Private groups of somebody else with a project each, with members and shares among themselves, and as many users. */
async function fill(from: number, to: number): Promise<void> {
  const numbers = `with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`;
  await run(`insert into users (id, username, name, email, password_stamp)
    ${numbers} select 1000000 + i, 'bulk' || i, 'Bulk', 'bulk' || i || '@example.test', '0' from n`);
  await run(`insert into namespaces (id, kind, name, path, owner_id)
    ${numbers} select 2000000 + i, 'user', 'B', 'bulk' || i, 1000000 + i from n`);
  await run(`insert into namespaces (id, kind, name, path) ${numbers} select 1000000 + i, 'group', 'B', 'b' || i from n`);
  await run(`insert into routes (path, namespace_id) ${numbers} select 'b' || i, 1000000 + i from n`);
  await run(`insert into namespace_ancestors (namespace_id, ancestor_id, depth)
    ${numbers} select 1000000 + i, 1000000 + i, 0 from n union all select 2000000 + i, 2000000 + i, 0 from n`);
  await run(`insert into members (user_id, namespace_id, access_level) ${numbers} select 1000000 + i, 1000000 + i, 50 from n`);
  await run(`insert into shares (group_id, namespace_id, access_level)
    ${numbers} select 1000000 + i, 1000000 + max(${from}, i - 1), 30 from n`);
  await run(`insert into projects (id, namespace_id, name, path) ${numbers} select 1000000 + i, 1000000 + i, 'own', 'own' from n`);
  await run(`insert into members (user_id, project_id, access_level) ${numbers} select 1000000 + i, 1000000 + i, 50 from n`);
  await run(`insert into shares (group_id, project_id, access_level)
    ${numbers} select 1000000 + i, 1000000 + max(${from}, i - 1), 30 from n`);
}

describe("three private groups of others, and a thousand", () => {
  const rowsRead = new Map<string, number>();

  beforeAll(async () => {
    await fill(1, 3);
    // Once before, when the use of the token is written.
    await cost("/groups");
    for (const [path] of lists) rowsRead.set(path, (await cost(path)).rowsRead);
    for (const list of ["/groups", "/projects"]) rowsRead.set(`nobody: ${list}`, (await cost(list, null)).rowsRead);
    await fill(4, 1000);
  });

  it.each(lists)("the same rows are read: %s", async (path, paths) => {
    expect(await cost(path)).toEqual({ paths, rowsRead: rowsRead.get(path) });
  });

  it.each(["/groups", "/projects"])("the same rows are read where nobody in particular asks: %s", async (list) => {
    expect(await cost(list, null)).toEqual({ paths: ["open"], rowsRead: rowsRead.get(`nobody: ${list}`) });
  });

  it("and they are few", () => {
    expect(Math.max(...rowsRead.values())).toBeLessThan(350);
  });

  it("what did read them all would be noticed", async () => {
    for (const list of ["/groups", "/projects"]) expect((await cost(list, testVars.GATEHOUSE_ROOT_TOKEN)).rowsRead).toBeGreaterThan(1000);
  });
});
