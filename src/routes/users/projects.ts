import * as v from "valibot";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { projectListAnswers, projectListFields, respondProjects } from "../project-list.ts";
import { findNamed } from "./find.ts";

/** GET /users/:id/projects: those in the user's own namespace that the caller may see (contract provisioning 9.1). */
export const findUserProjects = operation({
  method: "GET",
  path: "/users/:id/projects",
  summary: "The projects of a user",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), ...projectListFields }),
  answers: projectListAnswers,
  faults: [404, 405],
  async handle(c, params) {
    const { id } = await findNamed(c.var.db, params.id);
    return respondProjects(c, c.var.caller, params, id);
  },
});
