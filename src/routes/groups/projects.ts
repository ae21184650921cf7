import * as v from "valibot";
import { listProjects, projectOrders } from "../../db/project-list.ts";
import { AccessLevel, dayOf } from "../../domain/identity/access-level.ts";
import { visibilities } from "../../domain/identity/visibility.ts";
import { cloneUrls } from "../../http/context.ts";
import { boolean, oneOf, oneOfNumbers, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { Project, ProjectSimple, renderProjectSimple } from "../entities/project.ts";
import { seeGroup } from "../places.ts";
import { projectRenderer } from "./describe.ts";

const Params = v.object({
  id: text(),
  search: optional(text()),
  visibility: optional(oneOf(visibilities)),
  archived: optional(boolean()),
  include_subgroups: optional(boolean()),
  with_shared: optional(boolean()),
  owned: optional(boolean()),
  min_access_level: optional(oneOfNumbers([10, 15, 20, 30, 40, 50])),
  simple: optional(boolean()),
  order_by: optional(oneOf([...projectOrders, "similarity"])),
  sort: optional(oneOf(["asc", "desc"])),
  ...pageFields,
});
type Params = v.InferOutput<typeof Params>;

/**
 * GET /groups/:id/projects: the projects of a group and those that it is invited to, newest first (contract provisioning
 * 7). Callers without a token get the short form.
 */
export const findGroupProjects = operation({
  method: "GET",
  path: "/groups/:id/projects",
  summary: "The projects of a group",
  tags: ["provisioning"],
  caller: "anyone",
  params: Params,
  answers: { 200: { description: "The projects", schema: v.array(v.union([Project, ProjectSimple])) } },
  faults: [404, 405],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const { namespace } = await seeGroup(c, caller, params.id);
    const page = pageOf(params);
    const filter = {
      search: params.search,
      visibility: params.visibility,
      isArchived: params.archived,
      ofGroup: { id: namespace.id, withSubgroups: params.include_subgroups ?? false, withShared: params.with_shared ?? true },
      role: params.owned === true ? AccessLevel.owner : caller === null ? null : (params.min_access_level ?? null),
    };
    const { rows, total } = await listProjects(db, filter, { reader: caller, today: dayOf(now) }, sortingOf(params), page);
    const urls = cloneUrls(c);
    const shown =
      params.simple === true ? rows.map((row) => renderProjectSimple(row, urls)) : rows.map(await projectRenderer(c, caller, rows));
    return respondPage(c, shown, page, total);
  },
});

function sortingOf({ order_by: by = "created_at", sort }: Params) {
  return { by: by === "similarity" ? ("name" as const) : by, isDescending: sort !== "asc" };
}
