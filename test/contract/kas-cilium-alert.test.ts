import { env } from "cloudflare:workers";
import { and, eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { runBatch } from "../../src/db/batch.ts";
import { deleteProjects } from "../../src/db/deletion.ts";
import * as schema from "../../src/db/schema/index.ts";
import { alertsOf, ciliumAlert, raise, raiseIn } from "../setup/alerts.ts";
import { asKas, call, kasJwt } from "../setup/call.ts";
import { addAgent, addAgentToken, addGroup, addProject, db, type Project } from "../setup/world.ts";

let project: Project;
let token: string;

beforeEach(async () => {
  project = await addProject(await addGroup(), { visibility: "private" });
  ({ token } = await addAgent(project));
});

const path = "/modules/cilium_alert";
const oversized = { message: "400 Bad request" };
const setStatus = (iid: number, status: "triggered" | "acknowledged" | "resolved" | "ignored") =>
  db.query
    .update(schema.alerts)
    .set({ status })
    .where(and(eq(schema.alerts.projectId, project.id), eq(schema.alerts.iid, iid)));

describe("POST /internal/kubernetes/modules/cilium_alert", () => {
  it("153 keeps the alert of a Cilium flow and its policy", async () => {
    const before = Date.now();
    const reply = await raise(token, ciliumAlert);
    expect([reply.status, reply.body]).toEqual([200, 200]);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    const [alert, ...others] = await alertsOf(project);
    expect(others).toEqual([]);
    expect(alert).toEqual({
      id: expect.any(Number),
      projectId: project.id,
      iid: 1,
      title: "deny-db-from-web",
      description: "DROPPED",
      service: null,
      monitoringTool: "Cilium",
      hosts: [],
      severity: "critical",
      status: "triggered",
      events: 1,
      startedAt: alert!.createdAt,
      endedAt: null,
      domain: "threat_monitoring",
      fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
      payload: JSON.stringify(ciliumAlert),
      isAnnounced: true,
      createdAt: expect.any(Date),
      updatedAt: alert!.createdAt,
    });
    expect(alert!.createdAt.getTime()).toBeGreaterThanOrEqual(before);
  });

  it("takes the slash that kas appends", async () => {
    expect((await asKas("POST", `${path}/`, { agentToken: token, json: { alert: ciliumAlert } })).body).toBe(200);
    expect(await alertsOf(project)).toHaveLength(1);
  });

  it("6.4 13.1 keeps the alert of the base document's sample: JSON in a JSON text", async () => {
    const raw = String.raw`"{\"alert\":{\"title\":\"minimal\",\"message\":\"network problem\",\"evalMatches\":[{\"value\":1,\"metric\":\"Count\",\"tags\":{}}]}}"`;
    const reply = await asKas("POST", path, { agentToken: token, raw, headers: { "Content-Type": "application/json" } });
    expect([reply.status, reply.body]).toEqual([200, 200]);
    const payload = { title: "minimal", message: "network problem", evalMatches: [{ value: 1, metric: "Count", tags: {} }] };
    expect(await alertsOf(project)).toMatchObject([
      { title: "minimal", description: "network problem", severity: "critical", domain: "operations", payload: JSON.stringify(payload) },
    ]);
    expect((await raise(token, payload)).body).toBe(200);
    expect(await alertsOf(project)).toMatchObject([{ events: 2 }]);
  });

  it("reads a text within a text no further", async () => {
    const raw = JSON.stringify(JSON.stringify(JSON.stringify({ alert: {} })));
    const reply = await asKas("POST", path, { agentToken: token, raw, headers: { "Content-Type": "application/json" } });
    expect([reply.status, reply.body]).toEqual([400, { error: "message body does not match declared format" }]);
  });

  it("takes a form", async () => {
    const form = "alert[title]=Disk+full&alert[hosts][]=a&alert[hosts][]=b&alert[flow][verdict]=DROPPED&alert[severity]=Low";
    expect((await asKas("POST", path, { agentToken: token, form })).body).toBe(200);
    expect(await alertsOf(project)).toMatchObject([
      { title: "Disk full", hosts: ["a", "b"], description: "DROPPED", severity: "low", domain: "threat_monitoring" },
    ]);
  });

  it.each([
    ["without an alert", {}, "alert is missing"],
    ["with null", { alert: null }, "alert is missing"],
    ["with a text", { alert: "x" }, "alert is invalid"],
    ["with an empty text", { alert: "" }, "alert is invalid"],
    ["with a number", { alert: 1 }, "alert is invalid"],
    ["with a list", { alert: [{ title: "t" }] }, "alert is invalid"],
  ])("158 is refused %s", async (_, json, error) => {
    const reply = await asKas("POST", path, { agentToken: token, json });
    expect([reply.status, reply.body]).toEqual([400, { error }]);
    expect(await alertsOf(project)).toEqual([]);
  });

  it("161 is refused without a JWT, without an agent's token, and with that of nobody, whatever it holds", async () => {
    const headers = { "Gitlab-Kas-Api-Request": await kasJwt() };
    const url = `/internal/kubernetes${path}`;
    for (const json of [{ alert: ciliumAlert }, {}, { alert: { a: "x".repeat(2_000_000) } }]) {
      const noJwt = await call("POST", url, { json, headers: { Authorization: `Bearer ${token}` } });
      expect([noJwt.status, noJwt.body]).toEqual([401, { message: "KAS JWT authentication invalid" }]);
      const noToken = await call("POST", url, { json, headers });
      expect([noToken.status, noToken.body]).toEqual([401, { message: "401 Unauthorized" }]);
      const unknown = await call("POST", url, { json, headers: { ...headers, Authorization: "Bearer nobody" } });
      expect([unknown.status, unknown.body]).toEqual([401, { message: "401 Unauthorized" }]);
    }
    expect(await alertsOf(project)).toEqual([]);
  });

  it("162 cuts a title of 201 characters", async () => {
    await raise(token, { title: "t".repeat(201) });
    expect(await alertsOf(project)).toMatchObject([{ title: `${"t".repeat(197)}...` }]);
  });

  it("164 names an alert that has no title", async () => {
    await raise(token, { service: "s" });
    expect(await alertsOf(project)).toMatchObject([{ title: "New: Alert", service: "s", description: null }]);
  });

  it("165 keeps as many hosts as there is room for", async () => {
    await raise(token, { title: "t", hosts: ["a".repeat(200), "b".repeat(200)] });
    expect(await alertsOf(project)).toMatchObject([{ hosts: ["a".repeat(200), "b".repeat(55)] }]);
  });

  it("166 keeps a severity that it knows", async () => {
    for (const severity of ["HIGH", "fatal", undefined]) await raise(token, { title: `t ${severity}`, severity });
    expect((await alertsOf(project)).map(({ severity }) => severity)).toEqual(["high", "critical", "critical"]);
  });

  it("keeps when it began, in UTC", async () => {
    await raise(token, { title: "t", start_time: "2021-06-13T14:00:00+02:00", end_time: "2021-06-14T00:00:00Z" });
    expect(await alertsOf(project)).toMatchObject([{ startedAt: new Date("2021-06-13T12:00:00Z"), endedAt: null, status: "triggered" }]);
  });

  it("keeps texts that the database could not", async () => {
    const odd = { title: "a\0\ud800", description: "\udc00", hosts: ["\0"], __proto__x: 1, fingerprint: "\ud800" };
    const json = `{"alert":${JSON.stringify(odd).replace("__proto__x", "__proto__")}}`;
    const headers = { "Content-Type": "application/json" };
    expect((await asKas("POST", path, { agentToken: token, raw: json, headers })).body).toBe(200);
    const [alert] = await alertsOf(project);
    expect(alert).toMatchObject({ title: "a\ufffd\ufffd", description: "\ufffd", hosts: ["\ufffd"] });
    expect(JSON.parse(alert!.payload)).toEqual(JSON.parse(json).alert);
  });

  it("leaves no trace of the token in what it keeps", async () => {
    await raise(token, ciliumAlert);
    expect(JSON.stringify(await alertsOf(project))).not.toContain(token);
  });
});

describe("an alert that is raised again", () => {
  it("154 is an event of the open one, of which nothing else changes", async () => {
    await raise(token, ciliumAlert);
    const [before] = await alertsOf(project);
    const flow = { ...ciliumAlert.flow, time: "2022-01-01T00:00:00Z", Summary: "x" };
    const again = { ...ciliumAlert, severity: "low", flow: { ...flow, l4: { TCP: { ...flow.l4.TCP, flags: { ACK: true } } } } };
    expect((await raise(token, again)).body).toBe(200);
    expect(await alertsOf(project)).toEqual([{ ...before, events: 2 }]);
  });

  it.each(["acknowledged", "ignored"] as const)("is counted with one that is %s", async (status) => {
    await raise(token, ciliumAlert);
    await setStatus(1, status);
    await raise(token, ciliumAlert);
    expect(await alertsOf(project)).toMatchObject([{ status, events: 2 }]);
  });

  it("156 is a new one where the other is resolved", async () => {
    await raise(token, ciliumAlert);
    await setStatus(1, "resolved");
    await raise(token, ciliumAlert);
    expect(await alertsOf(project)).toMatchObject([
      { iid: 1, status: "resolved", events: 1 },
      { iid: 2, status: "triggered", events: 1 },
    ]);
  });

  it("157 is counted with the open one of two", async () => {
    await raise(token, ciliumAlert);
    await setStatus(1, "resolved");
    await raise(token, ciliumAlert);
    await raise(token, ciliumAlert);
    expect((await alertsOf(project)).map(({ events }) => events)).toEqual([1, 2]);
  });

  it("168 169 is known by the fingerprint that it gives", async () => {
    await raise(token, { title: "one", fingerprint: "disk-full-web-01" });
    await raise(token, { title: "two", fingerprint: "disk-full-web-01" });
    await raise(token, { title: "three", fingerprint: ["web", "01", "disk"] });
    expect(await alertsOf(project)).toMatchObject([
      { title: "one", events: 2, fingerprint: "c52cc66e32e15ff3f442b2c73aaf70f8a622ad5b" },
      { title: "three", events: 1, fingerprint: "ab97a86d500877dd0f647bcf5dffb322e46ccd07" },
    ]);
  });

  it("is a new one each time where there is nothing to know it by", async () => {
    for (const start of [1, 2]) await raise(token, { start_time: `2021-06-1${start}`, hosts: "a" });
    await raise(token, {});
    expect(await alertsOf(project)).toMatchObject([
      { fingerprint: null },
      { fingerprint: null },
      { fingerprint: null, title: "New: Alert" },
    ]);
  });

  it("172 is another in another project, with a number of its own", async () => {
    const other = await addProject(await addGroup());
    const elsewhere = await addAgent(other);
    await raise(token, { title: "t", fingerprint: "f" });
    await raise(elsewhere.token, { title: "t", fingerprint: "f" });
    for (const each of [project, other]) expect(await alertsOf(each)).toMatchObject([{ iid: 1, events: 1 }]);
  });

  it("is the same for all agents of a project", async () => {
    const { token: second } = await addAgent(project);
    await raise(token, { title: "t", fingerprint: "f" });
    await raise(second, { title: "t", fingerprint: "f" });
    expect(await alertsOf(project)).toMatchObject([{ events: 2 }]);
  });
});

describe("many alerts at once", () => {
  const twenty = Array.from({ length: 20 }, (_, index) => index + 1);

  it("are one where they are equal, and each is counted", async () => {
    const replies = await Promise.all(twenty.map(() => raise(token, ciliumAlert)));
    expect(replies.map(({ body }) => body)).toEqual(Array(20).fill(200));
    expect(await alertsOf(project)).toMatchObject([{ iid: 1, events: 20 }]);
  });

  it("are numbered without gaps where they differ", async () => {
    const replies = await Promise.all(twenty.map((number) => raise(token, { title: `alert ${number}` })));
    expect(replies.map(({ body }) => body)).toEqual(Array(20).fill(200));
    expect((await alertsOf(project)).map(({ iid, events }) => [iid, events])).toEqual(twenty.map((iid) => [iid, 1]));
  });
});

describe("an alert that is too large", () => {
  const ofBytes = (bytes: number) => ({ title: "x".repeat(bytes - '{"title":""}'.length) });

  it("170 is refused, and not kept", async () => {
    expect((await raise(token, ofBytes(1024 * 1024))).body).toBe(200);
    const replies = [await raise(token, ofBytes(1024 * 1024 + 1)), await raise(token, { a: "ä".repeat(600_000) })];
    for (const { status, body } of replies) expect([status, body]).toEqual([400, oversized]);
    expect(await alertsOf(project)).toHaveLength(1);
  });

  it("is refused where it is deep, however deep", async () => {
    const headers = { "Content-Type": "application/json" };
    for (const [levels, status] of [
      [99, 200],
      [100, 400],
      [2_000_000, 400],
    ] as const) {
      const raw = `{"alert":{"title":${"[".repeat(levels)}${"]".repeat(levels)}}}`;
      const reply = await asKas("POST", path, { agentToken: token, raw, headers });
      expect([levels, reply.status, reply.body]).toEqual([levels, status, status === 200 ? 200 : oversized]);
    }
    expect(await alertsOf(project)).toHaveLength(1);
  });

  it("is not read beyond 4 MiB", async () => {
    const headers = { "Content-Type": "application/json" };
    const reply = await asKas("POST", path, { agentToken: token, raw: `{"alert":{"title":"${"x".repeat(4 * 1024 * 1024)}"}}`, headers });
    expect([reply.status, reply.body]).toEqual([413, { message: "413 Request Entity Too Large" }]);
  });

  it("is refused for an unknown agent as for any other call", async () => {
    const reply = await raise("nobody", ofBytes(2_000_000));
    expect([reply.status, reply.body]).toEqual([401, { message: "401 Unauthorized" }]);
  });
});

it("an alert of a project that is deleted meanwhile is answered with 404", async () => {
  const { agent } = await addAgent(project);
  // Used just now, so that nothing is written of it.
  const used = await addAgentToken(agent, { lastUsedAt: new Date() });
  const withSession = (bookmark: string) => {
    const session = env.DB.withSession(bookmark);
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await session.batch(statements);
      await runBatch(db, deleteProjects(db, sql`${project.id}`));
      return results;
    };
    return { prepare: (query: string) => session.prepare(query), batch, getBookmark: () => session.getBookmark() };
  };
  const reply = await raiseIn({ DB: { withSession } }, used.token, ciliumAlert);
  expect([reply.status, reply.body]).toEqual([404, { message: "404 Not Found" }]);
});
