import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { findUnannouncedAlerts, loadAnnouncement, recordAnnouncement } from "../../src/db/alert-announcements.ts";
import { changeAlertStatus, findAlert, listAlerts, recordAlert } from "../../src/db/alerts.ts";
import { openDb, type Db } from "../../src/db/client.ts";
import { readAlertPayload } from "../../src/domain/alerts/read-payload.ts";
import { raiseIn } from "../setup/alerts.ts";
import { addHook } from "../setup/pushes.ts";
import { addAgent, addAgentToken, addGroup, addProject, db, type Group, type Project } from "../setup/world.ts";

/** What alerts cost does not grow with how many there are, be they of the same project, nor with the hooks of others. */

const now = new Date("2026-03-01T12:00:00Z");
let parent: Group;
let group: Group;
let project: Project;
let hookId: number;
let alertId: number;

const raised = (fingerprint: string) => readAlertPayload({ title: "t", fingerprint }, now);
let fresh = 0;
const freshOne = () => raised(`fresh ${(fresh += 1)}`);

beforeAll(async () => {
  parent = await addGroup();
  group = await addGroup({ parent });
  project = await addProject(group);
  const hears = { otherEvents: { alert_events: true } };
  ({ id: hookId } = await addHook({ projectId: project.id }, hears));
  await addHook({ namespaceId: parent.id }, hears);
  const { id } = (await recordAlert(db, project.id, raised("own"), now))!;
  alertId = id;
});

/** As many alerts more in this project and in others, announced; and as many hooks of others. */
async function fill(from: number, to: number): Promise<void> {
  const numbers = sql`with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`;
  const other = await addProject(group);
  const elsewhere = await addGroup({ parent });
  for (const each of [project, other]) {
    await db.query.run(sql`
      insert into alerts (project_id, iid, title, hosts, severity, status, started_at, domain, fingerprint, payload, is_announced)
      ${numbers} select ${each.id}, cast(${from} * 1000 as integer) + i, 't', '[]', 'low', 'triggered', 0, 'operations', 'bulk' || i, '{}', 1 from n`);
  }
  await db.query.run(sql`
    insert into web_hooks (kind, project_id, namespace_id, sealed, other_events)
    ${numbers} select 'project', ${other.id}, null, '', '{"alert_events":true}' from n
    union all select 'group', null, ${elsewhere.id}, '', '{"alert_events":true}' from n
    union all select 'system', null, null, '', '{"alert_events":true}' from n`);
}

const page = { size: 2, offset: 0 };
const questions: [string, trips: number, ask: (counted: Db) => Promise<unknown>][] = [
  ["a new alert", 1, (counted) => recordAlert(counted, project.id, freshOne(), now)],
  ["a repeat", 1, (counted) => recordAlert(counted, project.id, raised("own"), now)],
  ["one alert", 1, (counted) => findAlert(counted, project.id, 1)],
  ["a change", 1, (counted) => changeAlertStatus(counted, project.id, 1, "triggered", now)],
  ["a page of those of a status that none has", 1, (counted) => listAlerts(counted, project.id, "ignored", page)],
  ["what an announcement is made from", 1, (counted) => loadAnnouncement(counted, alertId)],
  [
    "an announcement that is noted again",
    1,
    (counted) => recordAnnouncement(counted, { alertId, parts: ["{}"], listeners: [{ id: hookId }], instanceUrl: "u" }, now),
  ],
  ["what is not announced", 1, (counted) => findUnannouncedAlerts(counted, new Date(0), 1000)],
];

async function cost(ask: (counted: Db) => Promise<unknown>) {
  const counted = openDb(env.DB);
  await ask(counted);
  return { trips: counted.meter.trips, rowsRead: counted.meter.rowsRead };
}

describe("three alerts and hooks more, and two thousand", () => {
  const before = new Map<string, { trips: number; rowsRead: number }>();

  beforeAll(async () => {
    await fill(1, 3);
    for (const [, , ask] of questions) await cost(ask);
    for (const [name, , ask] of questions) before.set(name, await cost(ask));
    await fill(4, 2000);
  });

  it.each(questions)("%s costs the same", async (name, trips, ask) => {
    const measured = await cost(ask);
    expect(measured).toEqual(before.get(name));
    expect(measured.trips).toBe(trips);
    expect(measured.rowsRead).toBeLessThan(40);
  });

  it("a page reads its rows, and counts no more than are counted of any list", async () => {
    const { trips, rowsRead } = await cost((counted) => listAlerts(counted, project.id, undefined, page));
    expect(trips).toBe(1);
    expect(rowsRead).toBeLessThan(2_200);
  });

  it("a call takes two round trips, whether the alert is new or not", async () => {
    const { agent } = await addAgent(project);
    // Used just now, so that nothing is written of it.
    const { token } = await addAgentToken(agent, { lastUsedAt: new Date() });
    for (const alert of [{ title: "counted" }, { title: "counted" }]) {
      const trips: string[] = [];
      expect((await raiseIn({ DB: watched(trips) }, token, alert)).status).toBe(200);
      expect(trips).toEqual(["batch", "all"]);
    }
  });
});

/** D1 that notes each trip. */
function watched(trips: string[]) {
  const note = (statement: D1PreparedStatement): object => ({
    bind: (...values: unknown[]) => note(statement.bind(...values)),
    all: () => (trips.push("all"), statement.all()),
    run: () => (trips.push("run"), statement.run()),
    raw: () => (trips.push("raw"), statement.raw()),
    first: () => (trips.push("first"), statement.first()),
    statement,
  });
  const withSession = () => {
    const session = env.DB.withSession("first-primary");
    return {
      prepare: (text: string) => note(session.prepare(text)),
      batch: (statements: { statement: D1PreparedStatement }[]) => (
        trips.push("batch"),
        session.batch(statements.map(({ statement }) => statement))
      ),
      getBookmark: () => session.getBookmark(),
    };
  };
  return { withSession };
}
