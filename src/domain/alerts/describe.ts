import type { JsonObject } from "../json-object.ts";
import type { AlertDomain, AlertSeverity, AlertStatus } from "./alert.ts";

/** An alert as it is kept. */
export interface Alert {
  iid: number;
  title: string;
  description: string | null;
  service: string | null;
  monitoringTool: string | null;
  hosts: string[];
  severity: AlertSeverity;
  status: AlertStatus;
  events: number;
  startedAt: Date;
  endedAt: Date | null;
  domain: AlertDomain;
  fingerprint: string | null;
  /** What it was raised by; null where it is left out. */
  payload: JsonObject | null;
  createdAt: Date;
  updatedAt: Date;
}

/** An alert as it was when it was raised, whatever became of it since. */
export function asRaised(alert: Alert): Alert {
  return { ...alert, status: "triggered", events: 1, endedAt: null, updatedAt: alert.createdAt };
}

/** The public form of an alert, in answers and to web hooks (contract provisioning 11.1). There are no environments here. */
export function describeAlert(alert: Alert) {
  return {
    iid: alert.iid,
    title: alert.title,
    description: alert.description,
    service: alert.service,
    monitoring_tool: alert.monitoringTool,
    hosts: alert.hosts,
    severity: alert.severity,
    status: alert.status,
    events: alert.events,
    started_at: alert.startedAt.toISOString(),
    ended_at: alert.endedAt?.toISOString() ?? null,
    environment: null,
    domain: alert.domain,
    fingerprint: alert.fingerprint,
    payload: alert.payload,
    created_at: alert.createdAt.toISOString(),
    updated_at: alert.updatedAt.toISOString(),
  };
}
