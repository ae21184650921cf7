import * as v from "valibot";
import { notFound } from "../../domain/fault.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { seeProject } from "../places.ts";

/** GET /projects/:id/push_rule: no project has one; Terraform takes the 404 for that (contract provisioning 9.3). */
export const showPushRule = operation({
  method: "GET",
  path: "/projects/:id/push_rule",
  summary: "The push rule of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 404: { description: "There is none" } },
  faults: [301],
  async handle(c, params) {
    await seeProject(c, c.var.caller, params.id);
    throw notFound();
  },
});
