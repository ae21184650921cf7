import * as v from "valibot";
import { listUsers, listUsersBehind, userOrders, type Sorting, type UserFilter } from "../../db/user-list.ts";
import type { UserRecord } from "../../db/user-records.ts";
import { forbidden } from "../../domain/fault.ts";
import { externalUrl } from "../../http/context.ts";
import { cursor, writeCursor } from "../../http/cursor.ts";
import { boolean, instant, oneOf, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, pageSizeOf, respondKeyset, respondPage } from "../../http/pagination.ts";
import { renderUserAdmin, renderUserBasic, UserAdmin, UserBasic } from "../entities/user.ts";
import { identityOf, userReadScopes, wholeIdentity } from "./params.ts";

const Params = v.object({
  username: optional(text()),
  search: optional(text()),
  active: optional(boolean()),
  blocked: optional(boolean()),
  external: optional(boolean()),
  humans: optional(boolean()),
  exclude_active: optional(boolean()),
  exclude_external: optional(boolean()),
  exclude_humans: optional(boolean()),
  exclude_internal: optional(boolean()),
  without_project_bots: optional(boolean()),
  created_after: optional(instant()),
  created_before: optional(instant()),
  order_by: optional(oneOf(userOrders)),
  sort: optional(oneOf(["asc", "desc"])),
  two_factor: optional(oneOf(["enabled", "disabled"])),
  without_projects: optional(boolean()),
  admins: optional(boolean()),
  provider: optional(text()),
  extern_uid: optional(text()),
  cursor: optional(cursor(v.tuple([v.union([v.string(), v.number()]), v.number()]))),
  ...pageFields,
});
type Params = v.InferOutput<typeof Params>;

/**
 * GET /users. Without a token only to look up one user name (contract provisioning 5.1, 5.3). Callers who are no
 * administrators see the short form, and what only administrators may ask for is dropped.
 */
export const findUsers = operation({
  method: "GET",
  path: "/users",
  summary: "Find users",
  tags: ["provisioning"],
  caller: "anyone",
  scopes: userReadScopes,
  params: v.pipe(Params, wholeIdentity()),
  answers: { 200: { description: "The users; administrators see more", schema: v.array(v.union([UserAdmin, UserBasic])) } },
  async handle(c, params) {
    const { db, caller } = c.var;
    if (caller === null && (params.username ?? "") === "") throw forbidden("Not authorized to access /api/v4/users");
    const isAdmin = caller !== null && caller.isAdmin;
    const filter = { ...filterOf(params), ...(isAdmin ? adminFilterOf(params) : {}) };
    const sorting: Sorting = isAdmin
      ? { by: params.order_by ?? "id", isDescending: params.sort !== "asc" }
      : { by: "id", isDescending: true };
    const base = externalUrl(c);
    const render = (record: UserRecord) => (isAdmin ? renderUserAdmin(record, base) : renderUserBasic(record.user, base));
    if (params.pagination === "keyset") {
      const { rows, next } = await listUsersBehind(db, filter, sorting, params.cursor ?? null, pageSizeOf(params));
      return respondKeyset(c, rows.map(render), next === null ? null : { cursor: writeCursor(next) });
    }
    const page = pageOf(params);
    const { rows, total } = await listUsers(db, filter, sorting, page);
    return respondPage(c, rows.map(render), page, total);
  },
});

function filterOf(params: Params): UserFilter {
  return {
    username: params.username === "" ? undefined : params.username,
    search: params.search,
    active: params.active,
    blocked: params.blocked,
    external: params.external,
    humans: params.humans,
    excludeActive: params.exclude_active,
    excludeExternal: params.exclude_external,
    excludeHumans: params.exclude_humans,
    excludeInternal: params.exclude_internal,
    withoutProjectBots: params.without_project_bots,
  };
}

function adminFilterOf(params: Params): UserFilter {
  return {
    searchesPrivateEmails: true,
    admins: params.admins,
    createdAfter: params.created_after,
    createdBefore: params.created_before,
    twoFactor: params.two_factor === undefined ? undefined : params.two_factor === "enabled",
    withoutProjects: params.without_projects,
    identity: identityOf(params),
  };
}
