import * as v from "valibot";
import { changeAlertStatus, findAlert, listAlerts } from "../../db/alerts.ts";
import { isUniqueViolation } from "../../db/constraint.ts";
import { alertStatuses, type AlertStatus } from "../../domain/alerts/alert.ts";
import type { Alert } from "../../domain/alerts/describe.ts";
import { badRequest, rowNotFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import type { AppContext } from "../../http/context.ts";
import { oneOf, optional, text } from "../../http/fields.ts";
import { operation, type Operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { Alert as AlertEntity, renderAlert } from "../entities/alert.ts";
import { seeProjectAs } from "../places.ts";

const Address = v.object({ id: text(), iid: text() });
const tags = ["provisioning"];
const answers = { 200: { description: "The alert", schema: AlertEntity } };

/**
 * GET /projects/:id/alert_management_alerts: newest first, for developers (contract provisioning 11.1). A payload of more than
 * 16 KiB is null here: the alert by itself has it.
 */
const findAlerts = operation({
  method: "GET",
  path: "/projects/:id/alert_management_alerts",
  summary: "The alerts of a project",
  tags,
  caller: "user",
  params: v.object({ id: text(), status: optional(oneOf(alertStatuses)), ...pageFields }),
  answers: { 200: { description: "The alerts, newest first, without payloads that are large", schema: v.array(AlertEntity) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const { project } = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const { rows, total } = await listAlerts(c.var.db, project.id, params.status, page);
    return respondPage(c, rows.map(renderAlert), page, total);
  },
});

/** GET /projects/:id/alert_management_alerts/:iid */
const showAlert = operation({
  method: "GET",
  path: "/projects/:id/alert_management_alerts/:iid",
  summary: "An alert of a project",
  tags,
  caller: "user",
  params: Address,
  answers,
  faults: [301, 404],
  async handle(c, params) {
    const { project } = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const iid = parseRowId(params.iid);
    const alert = iid === null ? null : await findAlert(c.var.db, project.id, iid);
    if (alert === null) throw rowNotFound();
    return c.json(renderAlert(alert));
  },
});

/**
 * PUT /projects/:id/alert_management_alerts/:iid: what somebody makes of it. 400 where it would be open beside another one
 * with the same fingerprint: that one counts the events of both.
 */
const changeAlert = operation({
  method: "PUT",
  path: "/projects/:id/alert_management_alerts/:iid",
  summary: "Change the status of an alert",
  tags,
  caller: "user",
  params: v.object({ ...Address.entries, status: oneOf(alertStatuses) }),
  answers,
  faults: [404, 405],
  async handle(c, params) {
    const { project } = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const iid = parseRowId(params.iid);
    const alert = iid === null ? null : await changeOrRefuse(c, { projectId: project.id, iid }, params.status);
    if (alert === null) throw rowNotFound();
    return c.json(renderAlert(alert));
  },
});

export const projectAlerts: readonly Operation[] = [findAlerts, showAlert, changeAlert];

async function changeOrRefuse(
  c: AppContext,
  { projectId, iid }: { projectId: number; iid: number },
  status: AlertStatus,
): Promise<Alert | null> {
  try {
    return await changeAlertStatus(c.var.db, projectId, iid, status, c.var.now);
  } catch (error) {
    if (isUniqueViolation(error, "alerts.")) throw badRequest("Another alert with the same fingerprint is open");
    throw error;
  }
}
