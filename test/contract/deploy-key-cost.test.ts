import { env } from "cloudflare:workers";
import { desc, eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { findDeployKeyToRename } from "../../src/db/deploy-keys.ts";
import { findRegisteredDeployKey, type KeyOpening } from "../../src/db/registered-deploy-keys.ts";
import { projects } from "../../src/db/schema/index.ts";
import type { UserRow } from "../../src/db/users.ts";
import { asRoot, type Reply } from "../setup/call.ts";
import {
  addDeployKey,
  addGroup,
  addMember,
  addProject,
  addUser,
  dayFromNow,
  db,
  newKeyLine,
  unique,
  type Project,
} from "../setup/world.ts";

/** What calls cost of a key that is on a thousand projects. */

let target: Project;
let ada: UserRow;

beforeAll(async () => {
  target = await addProject(await addGroup());
});

beforeEach(async () => {
  ada = await addUser();
  await db.query.run(sql`delete from deploy_key_projects`);
  await db.query.run(sql`delete from keys`);
});

const rowsRead = (reply: Reply) => Number(/(\d+) rows? read/.exec(reply.headers.get("Server-Timing")!)?.[1]);

/** A deploy key on that many projects of a group of their own; it may push to every second one. */
async function addWideKey(count: number, { line = newKeyLine(), isPublic = false } = {}) {
  const place = await addGroup();
  const prefix = unique("wide");
  const numbers = sql`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})`;
  await db.query.run(sql`
    insert into projects (namespace_id, name, path)
    ${numbers} select ${place.id}, ${prefix} || n, ${prefix} || n from numbers`);
  await db.query.run(sql`
    insert into routes (path, project_id) select ${place.fullPath} || '/' || path, id from projects where namespace_id = ${place.id}`);
  const key = await addDeployKey(null, [], { line, isPublic });
  await db.query.run(sql`
    insert into deploy_key_projects (deploy_key_id, project_id, can_push)
    select ${key.id}, id, id % 2 from projects where namespace_id = ${place.id}`);
  const [last] = await db.query.select().from(projects).where(eq(projects.namespaceId, place.id)).orderBy(desc(projects.id)).limit(1);
  return { key, line, place, last: last! };
}

async function findFor(user: UserRow, keyId: number, opening: KeyOpening, isAdmin = false) {
  const counted = openDb(env.DB);
  const request = { reader: { user, isAdmin }, today: dayFromNow(0), projectId: target.id, opening };
  const found = await findRegisteredDeployKey(counted, { id: keyId }, request);
  return { isOpen: found?.isOpen, rows: counted.meter.rowsRead, trips: counted.meter.trips };
}

describe("GET /deploy_keys", () => {
  it("shows two hundred projects of a key, by their ids, and reads no more of a thousand", async () => {
    await asRoot("GET", "/deploy_keys");
    const { key } = await addWideKey(200);
    const few = rowsRead(await asRoot("GET", "/deploy_keys"));
    await db.query.run(sql`delete from deploy_key_projects`);
    await db.query.run(sql`delete from keys where id = ${key.id}`);
    const { place } = await addWideKey(1000);
    const reply = await asRoot("GET", "/deploy_keys");
    expect(rowsRead(reply)).toBe(few);
    const { projects_with_write_access: writable, projects_with_readonly_access: readable } = reply.body[0];
    const first = await db.query.all<{ id: number }>(sql`select id from projects where namespace_id = ${place.id} order by id limit 200`);
    for (const [shown, isOdd] of [
      [writable, 1],
      [readable, 0],
    ]) {
      expect(shown.map((project: { id: number }) => project.id)).toEqual(first.map(({ id }) => id).filter((id) => id % 2 === isOdd));
    }
  });

  it("shows two hundred projects of each key", async () => {
    const [one, other] = [await addWideKey(201), await addWideKey(3)];
    const { body } = await asRoot("GET", "/deploy_keys");
    const counts = body.map((key: { projects_with_write_access: unknown[]; projects_with_readonly_access: unknown[] }) => [
      key.projects_with_write_access.length + key.projects_with_readonly_access.length,
    ]);
    expect([body[0].id, body[1].id, counts]).toEqual([one.key.id, other.key.id, [[200], [3]]]);
  });
});

describe("enabling a key that is on a thousand projects", () => {
  it("reads none of them for administrators, where the key is public, and where it is here already", async () => {
    const { key, line } = await addWideKey(1000);
    const open = await addWideKey(1000, { isPublic: true });
    for (const opening of ["sight", "role"] as const) {
      expect(await findFor(ada, key.id, opening, true)).toEqual({ isOpen: true, rows: 1, trips: 1 });
      expect(await findFor(ada, open.key.id, opening)).toEqual({ isOpen: true, rows: 1, trips: 1 });
    }
    const reply = await asRoot("POST", `/projects/${target.id}/deploy_keys`, { json: { title: "t", key: line } });
    expect([reply.status, reply.body.id]).toEqual([201, key.id]);
    expect(rowsRead(reply)).toBeLessThan(30);
    expect((await findFor(ada, key.id, "sight")).rows).toBeLessThan(5);
  });

  it("seeks it from the caller's own projects, and otherwise looks who may see the key's", async () => {
    const { key, last } = await addWideKey(1000);
    await addMember(ada, { project: target }, 40);
    const stranger = await findFor(ada, key.id, "role");
    expect([stranger.isOpen, stranger.rows < 30]).toEqual([false, true]);
    const blind = await findFor(ada, key.id, "sight");
    expect([blind.isOpen, blind.rows < 2050]).toEqual([false, true]);
    await addMember(ada, { project: last }, 10);
    for (const opening of ["sight", "role"] as const) {
      const found = await findFor(ada, key.id, opening);
      expect([found.isOpen, found.trips, found.rows < 50]).toEqual([true, 1, true]);
    }
  });
});

describe("PUT /projects/:id/deploy_keys/:key_id", () => {
  it("ends at the first project that the caller does not maintain", async () => {
    const { key, last } = await addWideKey(1000);
    const counted = openDb(env.DB);
    const found = await findDeployKeyToRename(counted, { keyId: key.id, projectId: last.id }, ada.id, dayFromNow(0));
    expect(found).toMatchObject({ key: { id: key.id }, isMaintained: false });
    expect([counted.meter.trips, counted.meter.rowsRead < 30]).toEqual([1, true]);
  });
});
