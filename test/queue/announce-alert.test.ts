import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { seal } from "../../src/auth/sealed.ts";
import { configOf } from "../../src/config.ts";
import { recordAlert } from "../../src/db/alerts.ts";
import * as schema from "../../src/db/schema/index.ts";
import { readAlertPayload } from "../../src/domain/alerts/read-payload.ts";
import { announceAlert } from "../../src/queue/jobs/announce-alert.ts";
import { deliverHook } from "../../src/queue/jobs/deliver-hook.ts";
import { announceLostAlerts } from "../../src/schedule/announce-alerts.ts";
import { ciliumAlert } from "../setup/alerts.ts";
import { asRoot } from "../setup/call.ts";
import { addHook, observed, urls } from "../setup/pushes.ts";
import { receivers } from "../setup/receivers.ts";
import { addGroup, addProject, db, type Group, type Project } from "../setup/world.ts";

let parent: Group;
let group: Group;
let project: Project;
const hears = { otherEvents: { alert_events: true }, pushEvents: false };

beforeEach(async () => {
  await db.query.delete(schema.webHooks);
  await db.query.update(schema.alerts).set({ isAnnounced: true });
  parent = await addGroup();
  group = await addGroup({ name: "Engines", parent });
  project = await addProject(group, { name: "Engine", visibility: "internal", attributes: { ci_config_path: "ci.yml" } });
});

const job = (alertId: number) => ({ kind: "announce_alert", version: 1, alert_id: alertId, urls }) as const;
const raised = async (payload: Record<string, unknown> = ciliumAlert, now = new Date()) =>
  (await recordAlert(db, project.id, readAlertPayload(payload, now), now))!;
const stored = async (id: number) => (await db.query.select().from(schema.alerts).where(eq(schema.alerts.id, id)))[0];
const deliveriesOf = (id: number) =>
  db.query
    .select()
    .from(schema.hookDeliveries)
    .where(eq(schema.hookDeliveries.payloadKey, `alert/${id}`))
    .orderBy(schema.hookDeliveries.hookId);
const partsOf = (id: number) =>
  db.query
    .select({ part: schema.hookPayloads.part, text: schema.hookPayloads.text })
    .from(schema.hookPayloads)
    .where(eq(schema.hookPayloads.key, `alert/${id}`))
    .orderBy(schema.hookPayloads.part);
const bodyOf = async (id: number) => JSON.parse((await partsOf(id)).map(({ text }) => text).join(""));

describe("an alert that is kept", () => {
  it("is to be announced where a hook of the project or of a group above hears of alerts", async () => {
    for (const place of [{ projectId: project.id }, { namespaceId: group.id }, { namespaceId: parent.id }]) {
      await db.query.delete(schema.webHooks);
      await addHook(place, hears);
      expect(await raised({})).toMatchObject({ isNew: true, isAnnounced: false });
    }
  });

  it("is not where none does", async () => {
    await addHook({ projectId: project.id }, { otherEvents: { alert_events: false, note_events: true } });
    await addHook({ projectId: project.id }, { otherEvents: { alert_events: null } });
    await addHook({ namespaceId: group.id });
    await addHook({ projectId: (await addProject(group)).id }, hears);
    await addHook({ namespaceId: (await addGroup({ parent: group })).id }, hears);
    await addHook("system", hears);
    expect(await raised({})).toMatchObject({ isNew: true, isAnnounced: true });
  });
});

describe("the announcement of an alert", () => {
  it("tells its project's hooks and those of the groups above, in one body", async () => {
    const hooks = [
      await addHook({ projectId: project.id }, hears),
      await addHook({ namespaceId: group.id }, hears),
      await addHook({ namespaceId: parent.id }, hears),
    ];
    await addHook("system", hears);
    await addHook({ projectId: project.id });
    const alert = await raised();
    const { seen, env: bindings } = observed();
    expect(await announceAlert(bindings, job(alert.id))).toEqual({ done: true });
    const deliveries = await deliveriesOf(alert.id);
    expect(deliveries).toMatchObject(
      hooks.map(({ id }) => ({
        hookId: id,
        trigger: "repository_update_hooks",
        laterTrigger: "alert_hooks",
        state: "pending",
        instanceUrl: urls.external,
        notVerified: [],
        idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
      })),
    );
    expect(seen.sent).toEqual(deliveries.map(({ id }) => ({ kind: "deliver_hook", version: 1, delivery_id: id })));
    expect(seen.trips).toBe(2);
    expect(await stored(alert.id)).toMatchObject({ isAnnounced: true });
    const url = `https://gitlab.example.test/${project.fullPath}`;
    expect(await bodyOf(alert.id)).toEqual({
      object_kind: "alert",
      project: {
        id: project.id,
        name: "Engine",
        description: null,
        web_url: url,
        avatar_url: null,
        git_ssh_url: `git@gitlab.example.test:${project.fullPath}.git`,
        git_http_url: `${url}.git`,
        namespace: "Engines",
        visibility_level: 10,
        path_with_namespace: project.fullPath,
        default_branch: project.defaultBranch,
        ci_config_path: "ci.yml",
        homepage: url,
        url: `git@gitlab.example.test:${project.fullPath}.git`,
        ssh_url: `git@gitlab.example.test:${project.fullPath}.git`,
        http_url: `${url}.git`,
      },
      object_attributes: (await asRoot("GET", `/projects/${project.id}/alert_management_alerts/1`)).body,
    });
  });

  it("tells none that is paused or switched off", async () => {
    await addHook({ projectId: project.id }, { ...hears, failures: 40 });
    await addHook({ projectId: project.id }, { ...hears, failures: 4, disabledUntil: new Date(Date.now() + 60_000) });
    const alert = await raised();
    expect(alert.isAnnounced).toBe(false);
    const { seen, env: bindings } = observed();
    await announceAlert(bindings, job(alert.id));
    expect([seen.sent, await deliveriesOf(alert.id), await partsOf(alert.id)]).toEqual([[], [], []]);
    expect(await stored(alert.id)).toMatchObject({ isAnnounced: true });
  });

  it("tells once, however often and however much at once it is asked for", async () => {
    const hook = await addHook({ projectId: project.id }, hears);
    const alert = await raised();
    await Promise.all([1, 2, 3].map(() => announceAlert(observed().env, job(alert.id))));
    const [delivery, ...others] = await deliveriesOf(alert.id);
    expect([delivery!.hookId, others]).toEqual([hook.id, []]);
    const parts = await partsOf(alert.id);
    await db.query.update(schema.hookDeliveries).set({ state: "delivered" }).where(eq(schema.hookDeliveries.id, delivery!.id));
    await addHook({ projectId: project.id }, hears);
    const { seen, env: bindings } = observed();
    await announceAlert(bindings, job(alert.id));
    expect([seen.sent, await deliveriesOf(alert.id)]).toEqual([[], [{ ...delivery, state: "delivered" }]]);
    expect(await partsOf(alert.id)).toEqual(parts);
  });

  it("sends by its next run what the queue refused", async () => {
    await addHook({ projectId: project.id }, hears);
    const alert = await raised();
    await expect(announceAlert(observed({ queueFails: true }).env, job(alert.id))).rejects.toThrow("The queue refused.");
    const [delivery] = await deliveriesOf(alert.id);
    const { seen, env: bindings } = observed();
    await announceAlert(bindings, job(alert.id));
    expect(seen.sent).toEqual([{ kind: "deliver_hook", version: 1, delivery_id: delivery!.id }]);
    expect(await deliveriesOf(alert.id)).toEqual([delivery]);
  });

  it("leaves nothing half done where the database fails", async () => {
    await addHook({ projectId: project.id }, hears);
    const alert = await raised();
    for (const failsAt of [1, 2]) await expect(announceAlert(observed({ failsAt }).env, job(alert.id))).rejects.toThrow();
    expect([await deliveriesOf(alert.id), await partsOf(alert.id)]).toEqual([[], []]);
    expect(await stored(alert.id)).toMatchObject({ isAnnounced: false });
  });

  it("is over where the alert is gone", async () => {
    const { seen, env: bindings } = observed();
    expect(await announceAlert(bindings, job(987_654_321))).toEqual({ done: true });
    expect(seen.sent).toEqual([]);
  });

  it("tells of an alert of a megabyte, to as many hooks as a project and its groups can have", async () => {
    await addHook({ projectId: project.id }, hears);
    const rows = Array.from({ length: 1100 }, () => ({ kind: "group" as const, namespaceId: group.id, sealed: "", ...hears }));
    for (let from = 0; from < rows.length; from += 10) await db.query.insert(schema.webHooks).values(rows.slice(from, from + 10));
    const payload = { title: "t", text: `"💥\\`.repeat(120_000) };
    const alert = await raised(payload);
    const { seen, env: bindings } = observed();
    await announceAlert(bindings, job(alert.id));
    expect(seen.sent).toHaveLength(1101);
    expect((await bodyOf(alert.id)).object_attributes.payload.text === payload.text).toBe(true);
    const parts = await partsOf(alert.id);
    expect(parts).toHaveLength(5);
    expect(Math.max(...parts.map(({ text }) => text.length))).toBeLessThanOrEqual(150_000);
  });

  it("arrives as an Alert Hook", async () => {
    const secrets = { url: "http://hook.example.test/in", token: "s3cret", customHeaders: [], urlVariables: [] };
    await addHook({ projectId: project.id }, { ...hears, sealed: await seal(configOf(env).encryptionKeys, secrets) });
    const alert = await raised({ title: "💥".repeat(200), text: "x".repeat(400_000) });
    await announceAlert(observed().env, job(alert.id));
    const [delivery] = await deliveriesOf(alert.id);
    const { sent } = receivers();
    expect(await deliverHook(env, delivery!.id)).toEqual({ done: true });
    vi.restoreAllMocks();
    expect(sent).toHaveLength(1);
    expect(sent[0]!.headers.get("X-Gitlab-Event")).toBe("Alert Hook");
    expect(sent[0]!.headers.get("X-Gitlab-Token")).toBe("s3cret");
    expect(JSON.parse(sent[0]!.text)).toEqual(await bodyOf(alert.id));
    const [logged] = await db.query.select().from(schema.hookRequests).where(eq(schema.hookRequests.deliveryId, delivery!.id));
    expect(logged).toMatchObject({ trigger: "alert_hooks", responseStatus: "200" });
  });
});

/** So many more of an alert, with numbers of their own. */
const copies = (id: number, count: number) =>
  db.query.run(sql`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into alerts (project_id, iid, title, hosts, severity, started_at, domain, payload, is_announced, created_at)
    select project_id, iid + i, title, hosts, severity, started_at, domain, payload, is_announced, created_at
    from alerts cross join n where id = ${id}`);

describe("alerts that nobody was told of for five minutes", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
  const swept = async (bindings: Partial<Env> = {}) => {
    const batches: { body: unknown }[][] = [];
    const JOBS = { sendBatch: async (messages: { body: unknown }[]) => void batches.push([...messages]) };
    await announceLostAlerts({ ...env, ...bindings, JOBS: JOBS as unknown as Queue }, now);
    return batches.map((batch) => batch.map(({ body }) => body));
  };
  const silenced = (level: "warn" | "error") => vi.spyOn(console, level).mockImplementation(() => undefined);

  it("are queued again, oldest first", async () => {
    await addHook({ projectId: project.id }, hears);
    const young = await raised({ title: "young" }, ago(5));
    const [second, first] = [await raised({ title: "b" }, ago(6)), await raised({ title: "a" }, ago(7))];
    await db.query.delete(schema.webHooks);
    await raised({ title: "announced" }, ago(8));
    const warned = silenced("warn");
    const own = { ssh: "git@gitlab.example.test:", http: "http://gitlab.example.test/", external: "http://gitlab.example.test" };
    expect(await swept()).toEqual([[first, second].map(({ id }) => ({ ...job(id), urls: own }))]);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
    expect(await stored(young.id)).toMatchObject({ isAnnounced: false });
  });

  it("are queued in hundreds, a thousand at most", async () => {
    await addHook({ projectId: project.id }, hears);
    const { id } = await raised({ title: "t", start_time: "2021-06-13" }, ago(10));
    await copies(id, 1100);
    const warned = silenced("warn");
    expect((await swept()).map((batch) => batch.length)).toEqual(Array(10).fill(100));
    warned.mockRestore();
  });

  it("wait where the address of this instance is not known", async () => {
    await addHook({ projectId: project.id }, hears);
    await raised({}, ago(10));
    const failed = silenced("error");
    expect(await swept({ EXTERNAL_URL: "" })).toEqual([]);
    expect(JSON.parse(String(failed.mock.lastCall?.[0]))).toMatchObject({ event: "alerts:not-announced", alerts: 1 });
    failed.mockRestore();
  });

  it("are none where all were told of", async () => {
    expect(await swept()).toEqual([]);
  });
});
