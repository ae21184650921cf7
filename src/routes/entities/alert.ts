import * as v from "valibot";
import { alertDomains, alertSeverities, alertStatuses } from "../../domain/alerts/alert.ts";
import { describeAlert, type Alert as AlertRecord } from "../../domain/alerts/describe.ts";

/** An alert of a project. */
export const Alert = v.object({
  iid: v.number(),
  title: v.string(),
  description: v.nullable(v.string()),
  service: v.nullable(v.string()),
  monitoring_tool: v.nullable(v.string()),
  hosts: v.array(v.string()),
  severity: v.picklist(alertSeverities),
  status: v.picklist(alertStatuses),
  events: v.number(),
  started_at: v.string(),
  ended_at: v.nullable(v.string()),
  environment: v.null(),
  domain: v.picklist(alertDomains),
  fingerprint: v.nullable(v.string()),
  payload: v.pipe(
    v.nullable(v.record(v.string(), v.unknown())),
    v.description("The object that raised it; in lists null where its JSON is larger than 16 KiB."),
  ),
  created_at: v.string(),
  updated_at: v.string(),
});

export function renderAlert(alert: AlertRecord): v.InferOutput<typeof Alert> {
  return describeAlert(alert);
}
