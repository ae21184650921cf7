import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deadLetters, hookDeliveries } from "../../src/db/schema/index.ts";
import { consume } from "../../src/queue/consumer.ts";
import { alertsOf, ciliumAlert, raiseIn } from "../setup/alerts.ts";
import { asRoot, type Reply } from "../setup/call.ts";
import { receivers } from "../setup/receivers.ts";
import { addAgent, addGroup, addProject, db, unique, type Group, type Project } from "../setup/world.ts";

const urls = { ssh: "git@gitlab.example.test:", http: "http://gitlab.example.test/", external: "http://gitlab.example.test" };
let group: Group;
let project: Project;
let token: string;

beforeAll(async () => {
  group = await addGroup();
});
beforeEach(async () => {
  project = await addProject(group);
  ({ token } = await addAgent(project));
});
afterEach(() => void vi.restoreAllMocks());

async function addHook(place: string, values: Record<string, unknown> = {}): Promise<number> {
  const json = { url: "http://hook.example.test/in", push_events: false, alert_events: true, ...values };
  const reply = await asRoot("POST", `${place}/hooks`, { json });
  expect([reply.status, reply.body.alert_events]).toEqual([201, json.alert_events]);
  return reply.body.id;
}
const ofProject = () => `/projects/${project.id}`;

/** Raises an alert; what the queue was sent meanwhile. */
async function raise(alert: unknown, failure?: Error): Promise<{ reply: Reply; sent: unknown[] }> {
  const sent: unknown[] = [];
  const send = async (body: unknown) => {
    if (failure !== undefined) throw failure;
    sent.push(body);
  };
  return { reply: await raiseIn({ JOBS: { send } }, token, alert), sent };
}

/** Hands messages to the consumer until there are none. */
async function process(jobs: readonly unknown[], queue = "gatehouse-jobs"): Promise<void> {
  const next: unknown[] = [];
  const JOBS = { sendBatch: async (messages: { body: unknown }[]) => void next.push(...messages.map(({ body }) => body)) };
  let acked = 0;
  const messages = jobs.map((body) => ({
    id: unique("message-"),
    timestamp: new Date(),
    attempts: 1,
    body,
    ack: () => void (acked += 1),
    retry: () => undefined,
  }));
  await consume({ ...createMessageBatch<unknown>(queue, []), queue, messages }, { ...env, JOBS: JOBS as unknown as Queue });
  expect(acked).toBe(jobs.length);
  if (next.length > 0) await process(next);
}

describe("a web hook with alert_events", () => {
  it("13 is told of a new alert, once", async () => {
    const hookId = await addHook(ofProject());
    const { reply, sent } = await raise(ciliumAlert);
    const [alert] = await alertsOf(project);
    expect([reply.status, reply.body, sent]).toEqual([200, 200, [{ kind: "announce_alert", version: 1, alert_id: alert!.id, urls }]]);
    expect((await raise(ciliumAlert)).sent).toEqual([]);
    const received = receivers();
    await process(sent);
    await process(sent);
    expect(received.sent).toHaveLength(1);
    const [{ headers, url, text }] = received.sent as [(typeof received.sent)[0]];
    expect([url, headers.get("X-Gitlab-Event"), headers.get("X-Gitlab-Instance")]).toEqual([
      "http://hook.example.test/in",
      "Alert Hook",
      urls.external,
    ]);
    const body = JSON.parse(text);
    expect(Object.keys(body)).toEqual(["object_kind", "project", "object_attributes"]);
    expect(body).toMatchObject({ object_kind: "alert", project: { id: project.id, web_url: `${urls.external}/${project.fullPath}` } });
    const shown = (await asRoot("GET", `${ofProject()}/alert_management_alerts/1`)).body;
    expect([shown.events, body.object_attributes]).toEqual([2, { ...shown, events: 1 }]);
    expect(body.object_attributes).toMatchObject({
      iid: 1,
      title: "deny-db-from-web",
      status: "triggered",
      events: 1,
      payload: ciliumAlert,
    });
    const log = await asRoot("GET", `${ofProject()}/hooks/${hookId}/events`);
    expect(log.body).toMatchObject([
      { trigger: "alert_hooks", response_status: "200", request_headers: { "X-Gitlab-Event": "Alert Hook" } },
    ]);
  });

  it("is told again where the alert was resolved in between", async () => {
    await addHook(ofProject());
    await raise(ciliumAlert);
    await asRoot("PUT", `${ofProject()}/alert_management_alerts/1`, { json: { status: "resolved" } });
    expect((await raise(ciliumAlert)).sent).toHaveLength(1);
  });

  it("is told of the alerts of the group's projects", async () => {
    const hookId = await addHook(`/groups/${group.id}`);
    const { sent } = await raise(ciliumAlert);
    const received = receivers();
    await process(sent);
    expect(received.sent).toHaveLength(1);
    expect((await asRoot("DELETE", `/groups/${group.id}/hooks/${hookId}`)).status).toBe(204);
  });

  it("asks nothing of the queue where no hook has it", async () => {
    await addHook(ofProject(), { alert_events: false, push_events: true });
    expect((await raise(ciliumAlert)).sent).toEqual([]);
    expect(await alertsOf(project)).toMatchObject([{ isAnnounced: true }]);
  });

  it("is told of one of twenty equal alerts at once", async () => {
    await addHook(ofProject());
    const all = await Promise.all(Array.from({ length: 20 }, () => raise(ciliumAlert)));
    expect(all.flatMap(({ sent }) => sent)).toHaveLength(1);
  });
});

describe("an alert that the queue does not take", () => {
  it("is kept, answered as any other, and waits to be announced", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await addHook(ofProject());
    const { reply } = await raise(ciliumAlert, new Error("queue is down"));
    expect([reply.status, reply.body]).toEqual([200, 200]);
    const [alert] = await alertsOf(project);
    expect(alert).toMatchObject({ isAnnounced: false });
    expect(JSON.parse(String(error.mock.lastCall?.[0]))).toEqual({
      level: "error",
      event: "alert:not-queued",
      alert_id: alert!.id,
      description: "queue is down",
    });
  });

  it("is kept for an operator where it failed each time, and announced when it is replayed", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await addHook(ofProject());
    const { sent } = await raise(ciliumAlert);
    await process(sent, "gatehouse-jobs-dead");
    await process(sent, "gatehouse-jobs-dead");
    const [alert] = await alertsOf(project);
    const letters = await db.query
      .select()
      .from(deadLetters)
      .where(eq(deadLetters.key, `announce_alert:${alert!.id}`));
    expect(letters).toMatchObject([{ kind: "announce_alert", body: JSON.stringify(sent[0]) }]);
    receivers();
    await process([JSON.parse(letters[0]!.body)]);
    const [delivery] = await db.query
      .select()
      .from(hookDeliveries)
      .where(eq(hookDeliveries.payloadKey, `alert/${alert!.id}`));
    expect(delivery).toMatchObject({ state: "delivered" });
  });
});
