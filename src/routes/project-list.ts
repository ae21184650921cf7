import * as v from "valibot";
import type { UserCaller } from "../auth/personal-access-token.ts";
import { listProjects, listProjectsById, projectOrders, type ProjectFilter, type ProjectSorting } from "../db/project-list.ts";
import { loadProjectExtras } from "../db/project-extras.ts";
import type { ProjectRecord } from "../db/project-records.ts";
import { AccessLevel, dayOf } from "../domain/identity/access-level.ts";
import { visibilities } from "../domain/identity/visibility.ts";
import { cloneUrls, type AppContext } from "../http/context.ts";
import { boolean, commaList, filledText, integer, oneOf, oneOfNumbers, optional, text } from "../http/fields.ts";
import { keysetUnavailable, pageFields, pageOf, pageSizeOf, respondKeyset, respondPage } from "../http/pagination.ts";
import { ProjectDetail, ProjectSimple, renderProjectDetail, renderProjectSimple } from "./entities/project.ts";
import { viewerOf } from "./places.ts";

/** The parameters of the lists of projects, all of them and a user's (contract provisioning 9.1). */
export const projectListFields = {
  search: optional(text()),
  owned: optional(boolean()),
  membership: optional(boolean()),
  archived: optional(boolean()),
  visibility: optional(oneOf(visibilities)),
  simple: optional(boolean()),
  order_by: optional(oneOf([...projectOrders, "star_count", "similarity"])),
  sort: optional(oneOf(["asc", "desc"])),
  id_after: optional(integer()),
  id_before: optional(integer()),
  min_access_level: optional(oneOfNumbers([10, 15, 20, 30, 40, 50])),
  topic: optional(commaList(filledText())),
  ...pageFields,
};
const Params = v.object(projectListFields);
type Params = v.InferOutput<typeof Params>;

export const projectListAnswers = {
  200: {
    description: "The projects; without a token, or where that is asked for, in short",
    schema: v.array(v.union([ProjectDetail, ProjectSimple])),
  },
};

/** Answers a page of the projects that the caller may see, newest first; by id also behind a project (keyset). */
export async function respondProjects(c: AppContext, caller: UserCaller | null, params: Params, ofUserId?: number): Promise<Response> {
  const filter = { ...filterOf(caller, params), ofUserId };
  if (params.pagination === "keyset") return respondBehind(c, caller, params, filter);
  const page = pageOf(params);
  const { rows, total } = await listProjects(c.var.db, filter, { reader: caller, today: dayOf(c.var.now) }, sortingOf(params), page);
  return respondPage(c, await showProjects(c, caller, params, rows), page, total);
}

async function respondBehind(c: AppContext, caller: UserCaller | null, params: Params, filter: ProjectFilter): Promise<Response> {
  if (params.order_by !== "id") throw keysetUnavailable();
  const isDescending = params.sort !== "asc";
  const reading = { reader: caller, today: dayOf(c.var.now) };
  const { rows, lastId } = await listProjectsById(c.var.db, filter, reading, isDescending, pageSizeOf(params));
  const next = lastId === null ? null : { [isDescending ? "id_before" : "id_after"]: String(lastId) };
  return respondKeyset(c, await showProjects(c, caller, params, rows), next);
}

function filterOf(caller: UserCaller | null, params: Params): ProjectFilter {
  const { owned, membership, min_access_level: least, topic } = params;
  const roles = [owned === true ? AccessLevel.owner : null, membership === true ? AccessLevel.guest : null, least ?? null];
  const role = Math.max(...roles.map((each) => each ?? AccessLevel.none));
  return {
    search: params.search?.trim(),
    visibility: params.visibility,
    isArchived: params.archived,
    topics: topic,
    idAfter: params.id_after,
    idBefore: params.id_before,
    role: role === AccessLevel.none ? null : role,
  };
}

/** Nothing has stars, and nothing tells how alike a name is. */
function sortingOf({ order_by: by = "created_at", sort }: Params): ProjectSorting {
  const column = by === "star_count" ? "id" : by === "similarity" ? "name" : by;
  return { by: column, isDescending: sort !== "asc" };
}

/** Callers without a token get the short form, others each project with what they are there. */
async function showProjects(
  c: AppContext,
  caller: UserCaller | null,
  { simple }: Params,
  rows: readonly ProjectRecord[],
): Promise<unknown[]> {
  const urls = cloneUrls(c);
  if (caller === null || simple === true) return rows.map((row) => renderProjectSimple(row, urls));
  const today = dayOf(c.var.now);
  const ids = rows.map((row) => row.project.id);
  const extrasOf = await loadProjectExtras(c.var.db, ids, { reader: caller, today });
  return rows.map((row) => {
    const extras = extrasOf(row.project.id);
    const viewer = viewerOf(caller, extras.memberships, row.namespace.ownerId, c.var.now);
    return renderProjectDetail(row, { ...extras, viewer, today }, urls);
  });
}
