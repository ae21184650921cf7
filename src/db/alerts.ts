import { and, desc, eq, getTableColumns, sql } from "drizzle-orm";
import type { AlertStatus } from "../domain/alerts/alert.ts";
import type { Alert } from "../domain/alerts/describe.ts";
import type { RaisedAlert } from "../domain/alerts/read-payload.ts";
import type { JsonObject } from "../domain/json-object.ts";
import { alertListeners } from "./alert-listeners.ts";
import type { Db } from "./client.ts";
import { fitsList } from "./listed.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { alerts } from "./schema/index.ts";

type AlertRow = typeof alerts.$inferSelect;

/** An alert as it is stored, or as lists have it: without a payload that is large. */
export function toAlert({ payload, ...row }: Omit<AlertRow, "payload"> & { payload: string | null }): Alert {
  return { ...row, payload: payload === null ? null : (JSON.parse(payload) as JsonObject) };
}

/** What became of an alert that was raised. */
export interface RecordedAlert {
  id: number;
  /** False: it is a repeat, and was counted with the one that is open. */
  isNew: boolean;
  /** There is nobody to tell of it, or they are told already. */
  isAnnounced: boolean;
}

interface RecordedRow {
  id: number;
  events: number;
  is_announced: 0 | 1;
}

/**
 * Keeps an alert that was raised in a project, or counts it as an event of the open one with its fingerprint, of which nothing
 * else changes (contract kas 6.3). One statement, so that of equal ones at once one is new and none is lost, and numbers follow
 * on each other. Null where the project is gone.
 */
export async function recordAlert(db: Db, projectId: number, alert: RaisedAlert, now: Date): Promise<RecordedAlert | null> {
  const lastIid = sql`select iid from alerts where project_id = p.id order by iid desc limit 1`;
  const listeners = alertListeners({ project: sql`p.id`, namespace: sql`p.namespace_id` });
  const at = now.getTime();
  const [row] = await db.query.all<RecordedRow>(sql`
    insert into alerts (
      project_id, iid, title, description, service, monitoring_tool, hosts, severity, started_at, domain, fingerprint, payload,
      is_announced, created_at, updated_at)
    select p.id, coalesce((${lastIid}), 0) + 1, ${alert.title}, ${alert.description}, ${alert.service}, ${alert.monitoringTool},
      ${JSON.stringify(alert.hosts)}, ${alert.severity}, ${alert.startedAt.getTime()}, ${alert.domain}, ${alert.fingerprint},
      ${alert.payload}, not exists (${listeners}), ${at}, ${at}
    from projects p where p.id = ${projectId}
    on conflict (project_id, fingerprint) where status <> 'resolved' do update set events = events + 1
    returning id, events, is_announced`);
  return row === undefined ? null : { id: row.id, isNew: row.events === 1, isAnnounced: row.is_announced === 1 };
}

/** A page of a project's alerts, newest first; with a status those that have it. */
export async function listAlerts(db: Db, projectId: number, status: AlertStatus | undefined, page: PageRange): Promise<ListPage<Alert>> {
  const where = and(eq(alerts.projectId, projectId), status === undefined ? undefined : eq(alerts.status, status));
  const payload = sql<string | null>`case when ${fitsList(alerts.payload)} then ${alerts.payload} end`;
  const [rows, counted] = await db.query.batch([
    db.query
      .select({ ...getTableColumns(alerts), payload: payload.as("shown_payload") })
      .from(alerts)
      .where(where)
      .orderBy(desc(alerts.iid))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: alerts.id }).from(alerts).where(where)),
  ]);
  return toPage(rows.map(toAlert), counted, page);
}

/** An alert of this project, by the number that it has there; null where there is none. */
export async function findAlert(db: Db, projectId: number, iid: number): Promise<Alert | null> {
  const [row] = await db.query.select().from(alerts).where(isAlert(projectId, iid));
  return row === undefined ? null : toAlert(row);
}

/**
 * Gives an alert a status: it ends when it is resolved, and has not ended otherwise. Null where there is no such alert. Throws
 * the database's refusal of a second one that is open with the same fingerprint (constraint.ts, `alerts.`).
 */
export async function changeAlertStatus(db: Db, projectId: number, iid: number, status: AlertStatus, now: Date): Promise<Alert | null> {
  const whenResolved = sql`case status when 'resolved' then ended_at else ${now.getTime()} end`;
  const [row] = await db.query
    .update(alerts)
    .set({ status, endedAt: status === "resolved" ? whenResolved : null, updatedAt: now })
    .where(isAlert(projectId, iid))
    .returning();
  return row === undefined ? null : toAlert(row);
}

function isAlert(projectId: number, iid: number) {
  return and(eq(alerts.projectId, projectId), eq(alerts.iid, iid));
}
