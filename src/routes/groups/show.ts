import * as v from "valibot";
import { boolean, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { GroupDetail } from "../entities/group.ts";
import { seeGroup } from "../places.ts";
import { describeGroup } from "./describe.ts";

/** GET /groups/:id: a group by id or full path, public ones for everybody (contract provisioning 7). */
export const showGroup = operation({
  method: "GET",
  path: "/groups/:id",
  summary: "A group",
  tags: ["provisioning"],
  caller: "anyone",
  params: v.object({ id: text(), with_projects: optional(boolean()) }),
  answers: { 200: { description: "The group", schema: GroupDetail } },
  faults: [404],
  async handle(c, params) {
    const { caller } = c.var;
    const group = await seeGroup(c, caller, params.id);
    return c.json(await describeGroup(c, caller, group, params.with_projects ?? true));
  },
});
