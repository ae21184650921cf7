import * as v from "valibot";
import { cloneUrls } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { ProjectDetail, ProjectSimple, renderProjectSimple } from "../entities/project.ts";
import { seeProject } from "../places.ts";
import { describeProject } from "./describe.ts";

/** GET /projects/:id: a project by id or full path, public ones for everybody, in short (contract provisioning 9.1). */
export const showProject = operation({
  method: "GET",
  path: "/projects/:id",
  summary: "A project",
  tags: ["provisioning"],
  caller: "anyone",
  params: v.object({ id: text() }),
  answers: { 200: { description: "The project", schema: v.union([ProjectDetail, ProjectSimple]) } },
  faults: [301, 404],
  async handle(c, params) {
    const { caller } = c.var;
    const seen = await seeProject(c, caller, params.id);
    return c.json(caller === null ? renderProjectSimple(seen, cloneUrls(c)) : await describeProject(c, caller, seen));
  },
});
