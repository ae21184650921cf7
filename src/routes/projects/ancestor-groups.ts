import * as v from "valibot";
import { listProjectGroups, type NamedGroup } from "../../db/project-groups.ts";
import { shareLevels } from "../../domain/access/membership-rights.ts";
import { AccessLevel, dayOf } from "../../domain/identity/access-level.ts";
import { externalUrl } from "../../http/context.ts";
import { boolean, oneOfNumbers, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { seeProject } from "../places.ts";

/** A group by its name alone. */
const PublicGroup = v.object({
  id: v.number(),
  web_url: v.string(),
  name: v.string(),
  avatar_url: v.null(),
  full_name: v.string(),
  full_path: v.string(),
});

/** GET /projects/:id/groups: the groups that a project is in, with `with_shared` also those invited to it (contract provisioning 9.1). */
export const findProjectGroups = operation({
  method: "GET",
  path: "/projects/:id/groups",
  summary: "The groups of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({
    id: text(),
    search: optional(text()),
    with_shared: optional(boolean()),
    shared_min_access_level: optional(oneOfNumbers(shareLevels)),
    ...pageFields,
  }),
  answers: { 200: { description: "The groups, newest first", schema: v.array(PublicGroup) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const { caller, db, now } = c.var;
    const { project } = await seeProject(c, caller, params.id);
    const shared = params.with_shared === true ? { lowestLevel: params.shared_min_access_level ?? AccessLevel.none } : null;
    const reading = { reader: caller, today: dayOf(now) };
    const page = pageOf(params);
    const { rows, total } = await listProjectGroups(db, project, { search: params.search, shared }, page, reading);
    const base = externalUrl(c);
    return respondPage(
      c,
      rows.map((group) => renderPublicGroup(group, base)),
      page,
      total,
    );
  },
});

function renderPublicGroup(group: NamedGroup, base: string): v.InferOutput<typeof PublicGroup> {
  return {
    id: group.id,
    web_url: `${base}/groups/${group.fullPath}`,
    name: group.name,
    avatar_url: null,
    full_name: group.fullName,
    full_path: group.fullPath,
  };
}
