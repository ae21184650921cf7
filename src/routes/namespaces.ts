import * as v from "valibot";
import type { UserCaller } from "../auth/personal-access-token.ts";
import type { BillingCaller } from "../auth/callers.ts";
import { loadNamespaceFigures } from "../db/namespace-figures.ts";
import { findNamespacePath, listNamespaces, type ListedNamespace } from "../db/namespace-list.ts";
import { findNamespace, loadMemberships } from "../db/project-records.ts";
import { notFound } from "../domain/fault.ts";
import { AccessLevel, dayOf } from "../domain/identity/access-level.ts";
import { isLegalSegment } from "../domain/identity/path.ts";
import { externalUrl, type AppContext } from "../http/context.ts";
import { boolean, integer, optional, text } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { findBilledNamespace } from "./billing/place.ts";
import { Namespace, NamespaceBasic, renderNamespace, renderNamespaceBasic } from "./entities/namespace.ts";
import { viewNamespace } from "./namespace-view.ts";

const declared = { method: "GET", tags: ["provisioning"], caller: "user" } as const;

/** A namespace in full for its owners and administrators, in short for others who may see it (contract customers 9.2). */
const Shown = v.union([Namespace, NamespaceBasic]);

/**
 * GET /namespaces: the caller's own namespace, and the groups in which they have a role; all of them for administrators
 * (contract provisioning 7).
 */
const findNamespaces = operation({
  ...declared,
  path: "/namespaces",
  summary: "Find namespaces",
  params: v.object({
    search: optional(text()),
    owned_only: optional(boolean()),
    top_level_only: optional(boolean()),
    ...pageFields,
  }),
  answers: { 200: { description: "The namespaces", schema: v.array(Shown) } },
  faults: [405],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const page = pageOf(params);
    const role = params.owned_only === true ? AccessLevel.owner : AccessLevel.guest;
    const filter = {
      search: params.search,
      isTopLevel: params.top_level_only,
      of: caller.isAdmin ? undefined : { userId: caller.user.id, role },
    };
    const { rows, total } = await listNamespaces(db, filter, { userId: caller.user.id, today: dayOf(now) }, page);
    return respondPage(c, await renderAll(c, caller, rows), page, total);
  },
});

/**
 * GET /namespaces/:id: a group or a personal namespace, by id or full path (contract provisioning 7, customers 9.2). With
 * `requested_hosted_plan` people are counted as on that plan.
 */
const showNamespace = operation({
  ...declared,
  path: "/namespaces/:id",
  summary: "A namespace",
  caller: "billingReader",
  params: v.object({ id: text(), requested_hosted_plan: optional(text()) }),
  answers: { 200: { description: "The namespace", schema: Shown } },
  faults: [404],
  async handle(c, params) {
    const { caller } = c.var;
    const seen =
      caller.kind === "portal"
        ? { ...(await findBilledNamespace(c, params.id)), isOwned: false }
        : await seeNamespace(c, caller, params.id);
    if (seen === null) throw notFound("Namespace");
    const [shown] = await renderAll(c, caller, [seen], params.requested_hosted_plan);
    return c.json(shown);
  },
});

/**
 * GET /namespaces/:ns/exists: whether a path is taken by a group or user, at the top level or below `parent_id`, with a
 * free one where it is. Below a group that the caller does not see nothing is.
 */
const showNamespaceExistence = operation({
  ...declared,
  path: "/namespaces/:id/exists",
  summary: "Whether a namespace has this path",
  params: v.object({ id: text(), parent_id: optional(integer()) }),
  answers: { 200: { description: "Whether it is taken", schema: v.object({ exists: v.boolean(), suggests: v.array(v.string()) }) } },
  async handle(c, params) {
    const { id: path, parent_id: parentId = null } = params;
    const isReachable = parentId === null || (await seeNamespace(c, c.var.caller, String(parentId))) !== null;
    const found = isReachable && isLegalSegment(path) ? await findNamespacePath(c.var.db, path, parentId) : null;
    if (found === null || !found.isTaken) return c.json({ exists: false, suggests: [] });
    const free = `${path}${found.freeNumber}`;
    return c.json({ exists: true, suggests: isLegalSegment(free) ? [free] : [] });
  },
});

/** Null where there is none for this caller: a personal namespace is its owner's alone. */
async function seeNamespace(c: AppContext, caller: UserCaller, idOrPath: string): Promise<ListedNamespace | null> {
  const { db, now } = c.var;
  const record = await findNamespace(db, idOrPath);
  if (record === null) return null;
  const memberships = await loadMemberships(db, caller.user.id, { projectId: null, namespaceId: record.namespace.id });
  const { isSeen, isOwned } = viewNamespace(caller, record.namespace, memberships, now);
  return isSeen ? { ...record, isOwned } : null;
}

async function renderAll(c: AppContext, caller: BillingCaller, rows: readonly ListedNamespace[], requestedPlan: string | null = null) {
  const isFull = (row: ListedNamespace) => row.isOwned || caller.kind === "portal" || caller.isAdmin;
  const ids = rows.filter(isFull).map((row) => row.namespace.id);
  const view = { base: externalUrl(c), today: dayOf(c.var.now), requestedPlan, tellsReconciliation: true };
  const figuresOf = ids.length === 0 ? null : await loadNamespaceFigures(c.var.db, ids, view.today);
  return rows.map((row) =>
    figuresOf !== null && isFull(row)
      ? renderNamespace(row, figuresOf(row.namespace.id), view)
      : renderNamespaceBasic(row.namespace, row.fullPath, view.base),
  );
}

export const namespaces = [findNamespaces, showNamespace, showNamespaceExistence];
