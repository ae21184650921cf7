import * as v from "valibot";
import { notFound } from "../../../domain/fault.ts";
import { text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { seeProject } from "../../places.ts";

/**
 * GET /projects/:id/repository/branches/:name: a branch of a project; no refs are kept, so there is none. The 404 is
 * what ends Terraform's wait for the default branch of a new project (contract provisioning 9.3).
 */
export const showBranch = operation({
  method: "GET",
  path: "/projects/:id/repository/branches/:name",
  summary: "A branch of a project",
  tags: ["provisioning"],
  caller: "anyone",
  params: v.object({ id: text(), name: text() }),
  answers: { 404: { description: "There is none" } },
  faults: [301],
  async handle(c, params) {
    await seeProject(c, c.var.caller, params.id);
    throw notFound("Branch");
  },
});
