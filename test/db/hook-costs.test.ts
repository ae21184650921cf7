import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { openDb, type Db } from "../../src/db/client.ts";
import { findLostDeliveries, forgetDeliveries } from "../../src/db/forgotten-deliveries.ts";
import { claimDelivery, isDeliveryPending } from "../../src/db/hook-attempts.ts";
import { findHookRequest, listHookRequests } from "../../src/db/hook-requests.ts";
import { selectHooksOfProject, listHooks } from "../../src/db/hooks.ts";
import { findSampleProject, findSampleRefs } from "../../src/db/sample-project.ts";
import { addGroup, addProject, db, type Group, type Project } from "../setup/world.ts";
import { noteDeliveries } from "../setup/deliveries.ts";

/** What hooks cost grows with what one project or hook has, and not with what others have. */

const now = new Date("2026-03-01T12:00:00Z");
const since = new Date("2026-02-22T12:00:00Z");
let group: Group;
let project: Project;
let hookId: number;
let deliveryId: number;

beforeAll(async () => {
  group = await addGroup();
  project = await addProject(await addGroup({ parent: group }));
  const rows = await db.query.all<{ id: number }>(sql`
    insert into web_hooks (kind, project_id, namespace_id, sealed)
    values ('project', ${project.id}, null, ''), ('group', null, ${group.id}, ''), ('system', null, null, '') returning id`);
  hookId = rows[0]!.id;
  [deliveryId] = (await note(db)) as [number];
  await db.query.run(sql`
    insert into hook_requests (hook_id, delivery_id, payload_key, trigger, url, request_headers, response_status, execution_duration, created_at)
    values (${hookId}, ${deliveryId}, 'own/0', 'push_hooks', 'u', '{}', '200', 0, ${now.getTime()})`);
});

const note = (counted: Db) =>
  noteDeliveries(counted, "own/0", ["{}"], [{ hookId, trigger: "push_hooks", instanceUrl: "u", notVerified: [] }], now);

/** As much again of everything, of others. */
async function fill(from: number, to: number): Promise<void> {
  const numbers = sql`with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`;
  const other = await addProject(await addGroup());
  const at = now.getTime();
  await db.query.run(sql`insert into web_hooks (kind, project_id, sealed) ${numbers} select 'project', ${other.id}, '' from n`);
  await db.query.run(
    sql`insert into hook_payloads (key, part, text, created_at) ${numbers} select 'other' || i || '/0', 0, '{}', ${at} from n`,
  );
  await db.query.run(sql`
    insert into hook_deliveries (hook_id, payload_key, trigger, idempotency_key, instance_url, state, created_at)
    ${numbers} select 1000000 + i, 'other' || i || '/0', 'push_hooks', 'k', 'u', 'delivered', ${at} from n`);
  await db.query.run(sql`
    insert into hook_requests (hook_id, delivery_id, payload_key, trigger, url, request_headers, response_status, execution_duration, created_at)
    ${numbers} select 1000000 + i, i, 'other' || i || '/0', 'push_hooks', 'u', '{}', '200', 0, ${at} from n`);
}

const page = { size: 20, offset: 0 };
const questions: [string, trips: number, ask: (counted: Db) => Promise<unknown>][] = [
  ["the hooks that hear of a project", 1, (counted) => selectHooksOfProject(counted, project.id)],
  ["the list of a project's hooks", 1, (counted) => listHooks(counted, { kind: "project", projectId: project.id }, page)],
  ["the list of a group's hooks", 1, (counted) => listHooks(counted, { kind: "group", namespaceId: group.id }, page)],
  ["the list of system hooks", 1, (counted) => listHooks(counted, { kind: "system" }, page)],
  ["what a push is to be told by, noted again", 1, note],
  ["a claim", 1, (counted) => claimDelivery(counted, deliveryId, now, now)],
  ["whether a delivery is pending", 1, (counted) => isDeliveryPending(counted, deliveryId)],
  ["a delivery log", 1, (counted) => listHookRequests(counted, hookId, { since, status: "successful" }, page)],
  [
    "a request to repeat",
    1,
    async (counted) => {
      const { rows } = await listHookRequests(db, hookId, { since, status: undefined }, page);
      return findHookRequest(counted, hookId, rows[0]!.request.id, since);
    },
  ],
  ["a group's sample project", 1, (counted) => findSampleProject(counted, { kind: "group", namespaceId: group.id })],
  ["a project's sample refs", 1, (counted) => findSampleRefs(counted, project.id)],
  ["what is old", 1, (counted) => forgetDeliveries(counted, since, 1000)],
  ["what is lost", 1, (counted) => findLostDeliveries(counted, since, now, 1000)],
];

async function cost(ask: (counted: Db) => Promise<unknown>) {
  const counted = openDb(env.DB);
  await ask(counted);
  return { trips: counted.meter.trips, rowsRead: counted.meter.rowsRead };
}

describe("three hooks and deliveries of others, and two thousand", () => {
  const before = new Map<string, { trips: number; rowsRead: number }>();

  beforeAll(async () => {
    await fill(1, 3);
    for (const [name, , ask] of questions) before.set(name, await cost(ask));
    await fill(4, 2000);
  });

  it.each(questions)("%s costs the same", async (name, trips, ask) => {
    const measured = await cost(ask);
    expect(measured).toEqual(before.get(name));
    expect(measured.trips).toBe(trips);
    expect(measured.rowsRead).toBeLessThan(40);
  });
});
