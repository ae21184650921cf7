import { eq, sql } from "drizzle-orm";
import type { Alert } from "../domain/alerts/describe.ts";
import type { HookHealth } from "../domain/hooks/health.ts";
import type { ToldProject } from "../domain/hooks/push-payload.ts";
import { alertListeners } from "./alert-listeners.ts";
import { toAlert } from "./alerts.ts";
import { runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { toDate } from "./facts/rows.ts";
import { keepBodies, noteDeliveries, type NewDelivery } from "./hook-deliveries.ts";
import { alerts } from "./schema/index.ts";
import { toldProjectColumns, toToldProject, type ToldProjectRow } from "./told-project.ts";

/** An alert, with its project and the web hooks that may hear of it, by id; those that are paused are among them. */
export interface AnnouncementFacts {
  alert: Alert;
  isAnnounced: boolean;
  project: ToldProject;
  listeners: (HookHealth & { id: number })[];
}

interface ListenerRow {
  id: number;
  failures: number;
  disabled_until: number | null;
}

/** All that an announcement is made from, in one round trip; null where the alert is gone. */
export async function loadAnnouncement(db: Db, alertId: number): Promise<AnnouncementFacts | null> {
  const project = sql`(select project_id from alerts where id = ${alertId})`;
  const namespace = sql`(select namespace_id from projects where id = ${project})`;
  const [[alert], [row], listeners] = await db.query.batch([
    db.query.select().from(alerts).where(eq(alerts.id, alertId)),
    db.query.all<ToldProjectRow>(sql`
      select ${toldProjectColumns}
      from projects p join routes r on r.project_id = p.id join namespaces n on n.id = p.namespace_id
      where p.id = ${project}`),
    db.query.all<ListenerRow>(sql`
      select id, failures, disabled_until from web_hooks where id in (${alertListeners({ project, namespace })}) order by id`),
  ]);
  if (alert === undefined || row === undefined) return null;
  return {
    alert: toAlert(alert),
    isAnnounced: alert.isAnnounced,
    project: toToldProject(row),
    listeners: listeners.map(({ id, failures, disabled_until }) => ({ id, failures, disabledUntil: toDate(disabled_until) })),
  };
}

/** What hooks are to be told of an alert; nothing, where nobody hears of it or they are told already. */
export interface AlertDeliveries {
  alertId: number;
  /** The body, in parts. */
  parts: Iterable<string>;
  listeners: readonly { id: number }[];
  instanceUrl: string;
}

/**
 * Keeps the body, notes who is to be sent it, and that the alert is announced, all at once. What is noted already stays as it
 * is. Gives the ids of the alert's deliveries that are still to be sent.
 */
export async function recordAnnouncement(db: Db, told: AlertDeliveries, now: Date): Promise<number[]> {
  const { alertId, listeners, instanceUrl } = told;
  const payloadKey = `alert/${alertId}`;
  const parts = Array.from(told.parts, (text, part) => ({ key: payloadKey, part, text }));
  const deliveries = listeners.map(({ id }): NewDelivery => ({
    hookId: id,
    payloadKey,
    trigger: "alert_hooks",
    instanceUrl,
    notVerified: [],
  }));
  const pending = db.query.all<{ id: number }>(sql`
    select id from hook_deliveries where payload_key = ${payloadKey} and state = 'pending' order by id`);
  const written = [...keepBodies(db, parts, now), ...noteDeliveries(db, deliveries, now)];
  const announced = db.query.update(alerts).set({ isAnnounced: true }).where(eq(alerts.id, alertId));
  const rows = await runBatchThen(db, [...written, announced], pending);
  return rows.map(({ id }) => id);
}

/** Alerts from before then of which nobody was told though somebody is to be, oldest first, at most `limit`. */
export async function findUnannouncedAlerts(db: Db, before: Date, limit: number): Promise<number[]> {
  const rows = await db.query.all<{ id: number }>(sql`
    select id from alerts where not is_announced and created_at < ${before.getTime()} order by created_at limit ${limit}`);
  return rows.map(({ id }) => id);
}
