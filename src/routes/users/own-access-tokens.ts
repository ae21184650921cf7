import * as v from "valibot";
import { dayOf } from "../../domain/identity/access-level.ts";
import { dayAfter, decideTokenExpiry } from "../../domain/tokens/expiry.ts";
import { ownScopes } from "../../domain/tokens/scopes.ts";
import { operation } from "../../http/operation.ts";
import { PersonalAccessTokenWithToken } from "../entities/personal-access-token.ts";
import { addToken, newTokenFields, scopeList } from "../personal-access-tokens/new-token.ts";

/**
 * POST /user/personal_access_tokens: a token of the caller's own, of scopes that reach little. Without an expiry it lives
 * to the end of the day: it is dead from the first moment of tomorrow (contract provisioning 6.4).
 */
export const addOwnToken = operation({
  method: "POST",
  path: "/user/personal_access_tokens",
  summary: "Make a personal access token of the caller's own",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ ...newTokenFields, scopes: scopeList(ownScopes) }),
  answers: { 201: { description: "The token, with its text", schema: PersonalAccessTokenWithToken } },
  faults: [404, 422],
  handle(c, params) {
    const { caller, now } = c.var;
    const today = dayOf(now);
    return addToken(c, caller.user, params, decideTokenExpiry(params.expires_at ?? dayAfter(today, 1), caller.settings, today));
  },
});
