import type { CloneUrls } from "../access/effects.ts";
import { describeAlert, type Alert } from "../alerts/describe.ts";
import { projectPart, type ToldProject } from "./push-payload.ts";

/** What a hook is told of a new alert (contract kas 13). */
export function alertPayload(alert: Alert, project: ToldProject, urls: CloneUrls) {
  return { object_kind: "alert", project: projectPart({ project, urls }), object_attributes: describeAlert(alert) };
}
