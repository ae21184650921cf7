import type { CloneUrls } from "../access/effects.ts";
import { asRaised, describeAlert, type Alert } from "../alerts/describe.ts";
import { projectPart, type ToldProject } from "./push-payload.ts";

/** What a hook is told of a new alert (contract kas 13), also where it was raised again, or resolved, by the time it is told. */
export function alertPayload(alert: Alert, project: ToldProject, urls: CloneUrls) {
  return { object_kind: "alert", project: projectPart({ project, urls }), object_attributes: describeAlert(asRaised(alert)) };
}
