import { beforeAll, describe, expect, it } from "vitest";
import { loadBilledNamespace } from "../../src/db/facts/subscription-facts.ts";
import { loadNamespaceFigures } from "../../src/db/namespace-figures.ts";
import { openDb } from "../../src/db/client.ts";
import { env } from "cloudflare:workers";
import { addSubscription } from "../setup/billing.ts";
import { addGroup, addMember, addProject, addShare, addUser, type Group } from "../setup/world.ts";

/** What is read of a namespace that is billed does not grow with what others are and have. */

let group: Group;

beforeAll(async () => {
  group = await addGroup();
  const sub = await addGroup({ parent: group });
  await addMember(await addUser(), { group: sub }, 30);
  await addMember(await addUser(), { project: await addProject(sub) }, 30);
  await addSubscription(group.id);
});

async function cost(ask: (db: ReturnType<typeof openDb>) => Promise<unknown>) {
  const db = openDb(env.DB);
  await ask(db);
  return { rows: db.meter.rowsRead, trips: db.meter.trips };
}

async function addOthers(count: number) {
  const invited = await addGroup();
  for (let each = 0; each < count; each += 1) {
    const other = await addGroup();
    const project = await addProject(other);
    await addMember(await addUser(), { group: other }, 30);
    await addMember(await addUser(), { project }, 30);
    await addShare(invited, { group: other }, 30);
    await addShare(invited, { project }, 30);
    await addSubscription(other.id);
  }
}

describe("what is read", () => {
  it("stays the same whatever else there is, in one round trip", async () => {
    const reads = [
      () => cost((db) => loadBilledNamespace(db, String(group.id), new Date(), 1)),
      () => cost((db) => loadBilledNamespace(db, group.fullPath, new Date())),
      () => cost((db) => loadNamespaceFigures(db, [group.id], "2021-01-01")),
    ];
    // A look into an index costs a row more where others have one behind it.
    await addOthers(3);
    const before = await Promise.all(reads.map((read) => read()));
    await addOthers(20);
    expect(await Promise.all(reads.map((read) => read()))).toEqual(before);
    expect(before.map(({ trips }) => trips)).toEqual([1, 1, 1]);
    expect(Math.max(...before.map(({ rows }) => rows))).toBeLessThan(80);
  });
});
