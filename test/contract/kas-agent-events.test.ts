import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { agentRegistrations } from "../../src/db/schema/index.ts";
import { asKas, asRoot, type Reply } from "../setup/call.ts";
import { addAgent, addGroup, addProject, db, type Project } from "../setup/world.ts";

const byCi = "k8s_api_proxy_requests_unique_users_via_ci_access";
const byUser = "k8s_api_proxy_requests_unique_users_via_user_access";
const byToken = "k8s_api_proxy_requests_unique_users_via_pat_access";

let project: Project;
let other: Project;
let agentId: number;

beforeAll(async () => {
  project = await addProject(await addGroup());
  other = await addProject(await addGroup());
  agentId = (await addAgent(project)).agent.id;
});
beforeEach(async () => {
  await db.query.run(sql`delete from usage_unique_values`);
  await db.query.run(sql`delete from agent_registrations`);
});

const send = (events: unknown) => asKas("POST", "/agent_events", { json: { events } });
const refused = (error: string) => ({ status: 400, body: { error } });

function expectNothingSaid(reply: Reply) {
  expect([reply.status, reply.body, reply.headers.get("Content-Type")]).toEqual([204, undefined, null]);
}

async function counted() {
  const { body } = await asRoot("GET", "/operator/agent_usage");
  return Object.fromEntries(Object.entries(body.unique_counters).filter(([, value]) => value !== 0));
}
const registrations = () => db.query.select().from(agentRegistrations);

/** What D1 was asked for, as kas is told. */
const tripsOf = (reply: Reply) => /\d+ trips?/.exec(reply.headers.get("Server-Timing") ?? "")?.[0];

describe("requests that agents passed on", () => {
  it("count each user once, in the unique counter of the same name as usage_metrics", async () => {
    expectNothingSaid(
      await send({
        [byCi]: [7, 8, 7].map((user_id) => ({ user_id, project_id: project.id })),
        [byUser]: [{ user_id: "7", project_id: String(other.id) }],
        [byToken]: [],
      }),
    );
    await asKas("POST", "/usage_metrics", { json: { unique_counters: { [byCi]: [8, 9] } } });
    expect(await counted()).toEqual({ [byCi]: 3, [byUser]: 1 });
  });

  it("of projects that are not there are passed over", async () => {
    const unknown = [999_999_999, 0, -1, Number.MAX_SAFE_INTEGER].map((project_id) => ({ user_id: 1, project_id }));
    expectNothingSaid(await send({ [byCi]: [...unknown, { user_id: 2, project_id: project.id }, ...unknown] }));
    expect(await db.query.all(sql`select name, value from usage_unique_values`)).toEqual([{ name: byCi, value: 2 }]);
  });
});

describe("an agent that connects", () => {
  const full = () => ({
    project_id: project.id,
    agent_id: agentId,
    agent_version: "v17.1.0",
    architecture: "amd64",
    kubernetes_version: "v1.30.1",
    extra_telemetry_data: { installation_method: "helm", helm_chart_version: "2.1.0" },
  });
  const stored = {
    agentVersion: "v17.1.0",
    architecture: "amd64",
    kubernetesVersion: "v1.30.1",
    installationMethod: "helm",
    helmChartVersion: "2.1.0",
    registeredAt: expect.any(Date),
  };

  it("is kept with what it runs, and replaced when it connects again", async () => {
    expectNothingSaid(await send({ register_agent_at_kas: [full()] }));
    expect(await registrations()).toEqual([{ agentId, ...stored }]);
    expectNothingSaid(await send({ register_agent_at_kas: [full(), { ...full(), agent_version: "v18.0.0", extra_telemetry_data: null }] }));
    const rows = await registrations();
    expect(rows).toEqual([{ agentId, ...stored, agentVersion: "v18.0.0", installationMethod: null, helmChartVersion: null }]);
    expect(Date.now() - rows[0]!.registeredAt.getTime()).toBeLessThan(60_000);
  });

  it("is kept without what it does not tell", async () => {
    expectNothingSaid(
      await send({
        register_agent_at_kas: [{ project_id: String(project.id), agent_id: String(agentId), architecture: 64, agent_version: null }],
      }),
    );
    expect(await registrations()).toMatchObject([{ agentId, architecture: "64", agentVersion: null, kubernetesVersion: null }]);
  });

  it("is passed over where it is no agent of that project", async () => {
    const foreign = (await addAgent(other)).agent.id;
    const events = [
      { ...full(), project_id: other.id },
      { ...full(), agent_id: foreign },
      { ...full(), agent_id: 999_999_999 },
      { ...full(), project_id: 999_999_999 },
    ];
    expectNothingSaid(await send({ register_agent_at_kas: events }));
    expect(await registrations()).toEqual([]);
    expectNothingSaid(await send({ register_agent_at_kas: [...events, full()] }));
    expect(await registrations()).toHaveLength(1);
  });

  it("is kept with the beginning of a long text, and with text where what it tells is none", async () => {
    const texts = { agent_version: "v".repeat(2_000_000), architecture: "a\0b", kubernetes_version: "\ud800", extra_telemetry_data: {} };
    expectNothingSaid(await send({ register_agent_at_kas: [{ ...full(), ...texts }] }));
    expectNothingSaid(await send({ register_agent_at_kas: [{ ...full(), ...texts, agent_version: "💥".repeat(300) }] }));
    expect(await registrations()).toMatchObject([
      { agentVersion: "💥".repeat(255), architecture: "a\ufffdb", kubernetesVersion: "\ufffd", installationMethod: null },
    ]);
  });

  it("is one row, however many say it at once", async () => {
    const calls = Array.from({ length: 20 }, (_, index) => send({ register_agent_at_kas: [{ ...full(), agent_version: `v${index}` }] }));
    for (const reply of await Promise.all(calls)) expectNothingSaid(reply);
    expect(await registrations()).toHaveLength(1);
  });

  it("refuses a text that is none", async () => {
    for (const odd of [{}, [], true]) {
      expect(await send({ register_agent_at_kas: [{ ...full(), agent_version: odd }] })).toMatchObject(
        refused("events[register_agent_at_kas][0][agent_version] is invalid"),
      );
    }
    for (const odd of ["helm", [], 1]) {
      expect(await send({ register_agent_at_kas: [{ ...full(), extra_telemetry_data: odd }] })).toMatchObject(
        refused("events[register_agent_at_kas][0][extra_telemetry_data] is invalid"),
      );
    }
  });
});

describe("what is no event", () => {
  it("213 an id that is no integer is refused, and nothing of the call is kept", async () => {
    const good = { user_id: 1, project_id: project.id };
    for (const odd of ["string", "", 1.5, null, true, {}, [1], 1e308, "9007199254740992"]) {
      expect(await send({ [byUser]: [good], [byCi]: [good, { ...good, user_id: odd }] })).toMatchObject(
        refused(`events[${byCi}][1][user_id] is invalid`),
      );
      expect(await send({ [byCi]: [{ ...good, project_id: odd }] })).toMatchObject(refused(`events[${byCi}][0][project_id] is invalid`));
      for (const name of ["agent_id", "project_id"]) {
        const event = { agent_id: agentId, project_id: project.id, [name]: odd };
        expect(await send({ register_agent_at_kas: [event] })).toMatchObject(
          refused(`events[register_agent_at_kas][0][${name}] is invalid`),
        );
      }
    }
    expect(await counted()).toEqual({});
    expect(await registrations()).toEqual([]);
  });

  it("an id that is missing is missing", async () => {
    expect(await send({ [byToken]: [{ project_id: 1 }] })).toMatchObject(refused(`events[${byToken}][0][user_id] is missing`));
    expect(await send({ [byToken]: [{ user_id: 1 }] })).toMatchObject(refused(`events[${byToken}][0][project_id] is missing`));
    expect(await send({ register_agent_at_kas: [{ project_id: 1 }] })).toMatchObject(
      refused("events[register_agent_at_kas][0][agent_id] is missing"),
    );
  });

  it("a list that is none, an event that is none, and events that are none are refused by name", async () => {
    for (const odd of [1, "x", {}, true]) expect(await send({ [byCi]: odd })).toMatchObject(refused(`events[${byCi}] is invalid`));
    for (const odd of [1, "x", null]) expect(await send({ [byCi]: [odd] })).toMatchObject(refused(`events[${byCi}][0] is invalid`));
    for (const odd of [1, "x", [], [{ user_id: 1 }], true]) expect(await send(odd)).toMatchObject(refused("events is invalid"));
  });

  it("213 none at all, and events that nobody knows, are fine, whatever they hold", async () => {
    expectNothingSaid(await asKas("POST", "/agent_events"));
    for (const events of [undefined, null, {}, { [byCi]: [] }, { [byCi]: null }, { something_new: "x", other: [{ user_id: "x" }] }]) {
      expectNothingSaid(await send(events));
    }
    expect(await counted()).toEqual({});
  });
});

describe("very many events", () => {
  it("are kept in one round trip, where they fit a body", { timeout: 60_000 }, async () => {
    const users = Array.from({ length: 100_000 }, (_, index) => ({ user_id: index, project_id: index % 2 === 0 ? project.id : other.id }));
    const reply = await send({ [byCi]: users });
    expectNothingSaid(reply);
    expect(tripsOf(reply)).toBe("1 trip");
    expect(await counted()).toEqual({ [byCi]: 100_000 });
  });

  it("of which none is one are refused by the first", async () => {
    const raw = `{"events":{"${byCi}":[${"{},".repeat(1_000_000)}{}]}}`;
    const reply = await asKas("POST", "/agent_events", { raw, headers: { "Content-Type": "application/json" } });
    expect(reply).toMatchObject(refused(`events[${byCi}][0][user_id] is missing`));
  });
});
