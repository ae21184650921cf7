import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { listTokens } from "../../db/token-list.ts";
import { notFound, unauthenticated } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { boolean, day, instant, integer, oneOf, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { PersonalAccessToken, renderPersonalAccessToken } from "../entities/personal-access-token.ts";

/** No user has it. */
const nobody = -1;

/** Blank is somebody of whom there is none, and not everybody. */
const blank = v.pipe(
  v.literal(""),
  v.transform(() => nobody),
);

/**
 * GET /personal_access_tokens: an administrator's are everybody's, of others their own. 401 for anybody else's, 404 where an
 * administrator names a user of whom there is none (contract provisioning 6.4).
 */
export const findTokens = operation({
  method: "GET",
  path: "/personal_access_tokens",
  summary: "Find personal access tokens",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({
    user_id: optional(v.union([blank, integer()])),
    revoked: optional(boolean()),
    state: optional(oneOf(["active", "inactive"])),
    search: optional(text()),
    created_after: optional(instant()),
    created_before: optional(instant()),
    last_used_after: optional(instant()),
    last_used_before: optional(instant()),
    expires_after: optional(day()),
    expires_before: optional(day()),
    ...pageFields,
  }),
  answers: { 200: { description: "The tokens", schema: v.array(PersonalAccessToken) } },
  faults: [404, 405],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const page = pageOf(params);
    const filter = {
      userId: ownerOf(caller, params.user_id),
      isRevoked: params.revoked,
      isActive: params.state === undefined ? undefined : params.state === "active",
      today: dayOf(now),
      search: params.search,
      createdAfter: params.created_after,
      createdBefore: params.created_before,
      lastUsedAfter: params.last_used_after,
      lastUsedBefore: params.last_used_before,
      expiresAfter: params.expires_after,
      expiresBefore: params.expires_before,
    };
    const found = await listTokens(db, filter, page);
    if (found === null) throw notFound();
    const rendered = found.rows.map((token) => renderPersonalAccessToken(token, now));
    return respondPage(c, rendered, page, found.total);
  },
});

/** Whose tokens are listed; undefined: everybody's. */
function ownerOf(caller: UserCaller, asked: number | undefined): number | undefined {
  if (caller.isAdmin) return asked;
  if (asked !== undefined && asked !== caller.user.id) throw unauthenticated("tokens_of_others");
  return caller.user.id;
}
