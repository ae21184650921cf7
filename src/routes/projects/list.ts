import * as v from "valibot";
import { operation } from "../../http/operation.ts";
import { projectListAnswers, projectListFields, respondProjects } from "../project-list.ts";

/** GET /projects: the projects that the caller may see; without a token the public ones (contract provisioning 9.1). */
export const findProjects = operation({
  method: "GET",
  path: "/projects",
  summary: "Projects",
  tags: ["provisioning"],
  caller: "anyone",
  params: v.object(projectListFields),
  answers: projectListAnswers,
  faults: [405],
  handle(c, params) {
    return respondProjects(c, c.var.caller, params);
  },
});
