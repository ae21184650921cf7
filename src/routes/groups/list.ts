import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import {
  anyRole,
  groupOrders,
  listGroups,
  listGroupsBehind,
  type GroupFilter,
  type GroupList,
  type GroupOrder,
} from "../../db/group-list.ts";
import { AccessLevel, dayOf } from "../../domain/identity/access-level.ts";
import { visibilities } from "../../domain/identity/visibility.ts";
import { readSettings } from "../../domain/settings.ts";
import { externalUrl, type AppContext } from "../../http/context.ts";
import { cursor, writeCursor } from "../../http/cursor.ts";
import { boolean, commaList, integer, oneOf, oneOfNumbers, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { keysetUnavailable, pageFields, pageOf, pageSizeOf, respondKeyset, respondPage } from "../../http/pagination.ts";
import { Group, renderGroup } from "../entities/group.ts";
import { seeGroup } from "../places.ts";

const filterFields = {
  search: optional(text()),
  skip_groups: optional(commaList(integer())),
  all_available: optional(boolean()),
  owned: optional(boolean()),
  min_access_level: optional(oneOfNumbers([5, 10, 15, 20, 30, 40, 50])),
  visibility: optional(oneOf(visibilities)),
  order_by: optional(oneOf([...groupOrders, "similarity"])),
  sort: optional(oneOf(["asc", "desc"])),
  statistics: optional(boolean()),
  ...pageFields,
};
const Filter = v.object(filterFields);
type Filter = v.InferOutput<typeof Filter>;

const declared = {
  method: "GET",
  tags: ["provisioning"],
  caller: "anyone",
  answers: { 200: { description: "The groups", schema: v.array(Group) } },
} as const;

const Params = v.object({
  ...filterFields,
  top_level_only: optional(boolean()),
  cursor: optional(cursor(v.tuple([v.string(), v.number()]))),
});

/**
 * GET /groups: the groups of the caller, with `all_available` and for administrators all that they may see, for everybody
 * else the public ones (contract provisioning 7). By pages, or in the order of names behind one another.
 */
export const findGroups = operation({
  ...declared,
  path: "/groups",
  summary: "Find groups",
  params: Params,
  faults: [405],
  async handle(c, params) {
    const { db, caller } = c.var;
    const filter = { ...filterOf(caller, params), isTopLevel: params.top_level_only };
    if (params.pagination !== "keyset") return respondList(c, caller, filter, params);
    if (orderOf(params) !== "name") throw keysetUnavailable();
    const size = pageSizeOf(params);
    const list = await listGroupsBehind(db, filter, readingOf(c, caller), params.sort === "desc", params.cursor ?? null, size);
    return respondKeyset(c, renderList(c, list), list.next === null ? null : { cursor: writeCursor(list.next) });
  },
});

const OfGroup = v.object({ id: text(), ...filterFields });

/** GET /groups/:id/subgroups: the groups right below one (contract provisioning 7). */
export const findSubgroups = operation({
  ...declared,
  path: "/groups/:id/subgroups",
  summary: "The groups right below a group",
  params: OfGroup,
  faults: [404, 405],
  async handle(c, params) {
    const { caller } = c.var;
    const { namespace } = await seeGroup(c, caller, params.id);
    return respondList(c, caller, { ...filterOf(caller, params), parentId: namespace.id }, params);
  },
});

/** GET /groups/:id/descendant_groups: all groups below one (contract provisioning 7). */
export const findDescendantGroups = operation({
  ...declared,
  path: "/groups/:id/descendant_groups",
  summary: "All groups below a group",
  params: OfGroup,
  faults: [404, 405],
  async handle(c, params) {
    const { caller } = c.var;
    const { namespace } = await seeGroup(c, caller, params.id);
    return respondList(c, caller, { ...filterOf(caller, params), ancestorId: namespace.id }, params);
  },
});

async function respondList(c: AppContext, caller: UserCaller | null, filter: GroupFilter, params: Filter): Promise<Response> {
  const page = pageOf(params);
  const sorting = { by: orderOf(params), isDescending: params.sort === "desc" };
  const list = await listGroups(c.var.db, filter, readingOf(c, caller), sorting, page);
  return respondPage(c, renderList(c, list), page, list.total);
}

function filterOf(caller: UserCaller | null, params: Filter): GroupFilter {
  const { search, skip_groups: skipIds, visibility } = params;
  return { search, skipIds, visibility, role: roleOf(caller, params) };
}

/** The role that the caller must have in what is listed, the stricter wish before the wider one; null where any or none will do. */
function roleOf(caller: UserCaller | null, params: Filter): number | null {
  if (params.owned === true) return AccessLevel.owner;
  if (caller === null) return null;
  if (params.min_access_level !== undefined) return params.min_access_level;
  return (params.all_available ?? caller.isAdmin) ? null : anyRole;
}

function orderOf({ order_by: by }: Filter): GroupOrder {
  return by === undefined || by === "similarity" ? "name" : by;
}

function readingOf(c: AppContext, caller: UserCaller | null) {
  return { reader: caller, today: dayOf(c.var.now) };
}

function renderList(c: AppContext, { rows, settings }: GroupList) {
  const context = { base: externalUrl(c), defaultBranchProtection: readSettings(settings).default_branch_protection };
  return rows.map((row) => renderGroup(row, { ...context, isLfsInherited: row.isLfsInherited ?? true }));
}
