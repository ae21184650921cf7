import * as v from "valibot";
import type { UserCaller } from "../auth/personal-access-token.ts";
import {
  findMergeRequest,
  listMergeRequests,
  mergeRequestOrders,
  type MergeRequestFilter,
  type MergeRequestPlace,
} from "../db/merge-request-list.ts";
import { forbidden, rowNotFound } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { canReadMergeRequests } from "../domain/push/merge-request-rights.ts";
import { externalUrl, type AppContext } from "../http/context.ts";
import { integer, list, oneOf, optional, text } from "../http/fields.ts";
import { operation, type Operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { MergeRequest, MergeRequestDetail, renderMergeRequest, renderMergeRequestDetail } from "./entities/merge-request.ts";
import { seeGroup, seeProject } from "./places.ts";

const scopes = ["created_by_me", "assigned_to_me", "all", "created-by-me", "assigned-to-me"] as const;

const filterFields = {
  state: optional(oneOf(["opened", "closed", "merged", "locked", "all"])),
  source_branch: optional(text()),
  target_branch: optional(text()),
  iids: optional(list(integer())),
  author_id: optional(integer()),
  assignee_id: optional(integer()),
  search: optional(text()),
  scope: optional(oneOf(scopes)),
  order_by: optional(oneOf(mergeRequestOrders)),
  sort: optional(oneOf(["asc", "desc"])),
  ...pageFields,
};
const Filter = v.object(filterFields);
type Filter = v.InferOutput<typeof Filter>;
const FilterIn = v.object({ id: text(), ...filterFields });

const tags = ["provisioning"];
const answers = { 200: { description: "The merge requests", schema: v.array(MergeRequest) } };

/** GET /merge_requests: the caller's own, those assigned to them, or all that they may see (contract push 12). */
const findMergeRequests = operation({
  method: "GET",
  path: "/merge_requests",
  summary: "Merge requests of the caller, or all that they may see",
  tags,
  caller: "user",
  params: Filter,
  answers,
  faults: [405],
  handle: (c, params) => respondMergeRequests(c, c.var.caller, "everywhere", { scope: "created_by_me", ...params }),
});

/** GET /groups/:id/merge_requests: those into the projects of a group and of the groups below it. */
const findGroupMergeRequests = operation({
  method: "GET",
  path: "/groups/:id/merge_requests",
  summary: "The merge requests of a group's projects",
  tags,
  caller: "anyone",
  params: FilterIn,
  answers,
  faults: [404, 405],
  async handle(c, params) {
    const { namespace } = await seeGroup(c, c.var.caller, params.id);
    return respondMergeRequests(c, c.var.caller, { groupId: namespace.id }, params);
  },
});

/**
 * GET /projects/:id/merge_requests: those into a project, newest first (contract push 12). 403 where its merge requests
 * or its repository are disabled, or for its members only.
 */
const findProjectMergeRequests = operation({
  method: "GET",
  path: "/projects/:id/merge_requests",
  summary: "The merge requests of a project",
  tags,
  caller: "anyone",
  params: FilterIn,
  answers,
  faults: [301, 404, 405],
  async handle(c, params) {
    const projectId = await openProject(c, c.var.caller, params.id);
    return respondMergeRequests(c, c.var.caller, { projectId }, params);
  },
});

/** GET /projects/:id/merge_requests/:iid */
const showMergeRequest = operation({
  method: "GET",
  path: "/projects/:id/merge_requests/:merge_request_iid",
  summary: "A merge request of a project",
  tags,
  caller: "anyone",
  params: v.object({ id: text(), merge_request_iid: integer() }),
  answers: { 200: { description: "The merge request", schema: MergeRequestDetail } },
  faults: [301, 404],
  async handle(c, params) {
    const projectId = await openProject(c, c.var.caller, params.id);
    const record = await findMergeRequest(c.var.db, projectId, params.merge_request_iid);
    if (record === null) throw rowNotFound();
    return c.json(renderMergeRequestDetail(record, { ...viewOf(c), isWithinProject: true }));
  },
});

export const mergeRequests: readonly Operation[] = [findMergeRequests, findGroupMergeRequests, findProjectMergeRequests, showMergeRequest];

/** The id of a project whose merge requests are open to the caller. */
async function openProject(c: AppContext, caller: UserCaller | null, id: string): Promise<number> {
  const { project, viewer } = await seeProject(c, caller, id);
  if (!canReadMergeRequests(project, viewer)) throw forbidden();
  return project.id;
}

function viewOf(c: AppContext) {
  return { base: externalUrl(c), today: dayOf(c.var.now) };
}

async function respondMergeRequests(c: AppContext, caller: UserCaller | null, place: MergeRequestPlace, params: Filter): Promise<Response> {
  const page = pageOf(params);
  const reading = { reader: caller, today: dayOf(c.var.now) };
  const sorting = { by: params.order_by ?? "created_at", isDescending: params.sort !== "asc" };
  const { rows, total } = await listMergeRequests(c.var.db, place, filterOf(params, caller), reading, sorting, page);
  const view = { ...viewOf(c), isWithinProject: typeof place === "object" && "projectId" in place };
  return respondPage(
    c,
    rows.map((row) => renderMergeRequest(row, view)),
    page,
    total,
  );
}

/** Whoever is nobody in particular has made nothing, and is assigned nothing. */
function filterOf(params: Filter, caller: UserCaller | null): MergeRequestFilter {
  const scope = params.scope?.replaceAll("-", "_") ?? "all";
  const own = caller?.user.id ?? 0;
  return {
    state: params.state === "all" ? undefined : params.state,
    sourceBranch: params.source_branch,
    targetBranch: params.target_branch,
    iids: params.iids,
    authorId: params.author_id ?? (scope === "created_by_me" ? own : undefined),
    assigneeId: params.assignee_id ?? (scope === "assigned_to_me" ? own : undefined),
    search: params.search,
  };
}
