import * as v from "valibot";
import { dayOf } from "../../domain/identity/access-level.ts";
import { decideTokenExpiry } from "../../domain/tokens/expiry.ts";
import { scopes } from "../../domain/tokens/scopes.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { PersonalAccessTokenWithToken } from "../entities/personal-access-token.ts";
import { addToken, newTokenFields, scopeList } from "../personal-access-tokens/new-token.ts";
import { findRecord } from "./find.ts";

/** POST /users/:id/personal_access_tokens, for administrators: a token whose text is shown this once (contract provisioning 6.4). */
export const addUserToken = operation({
  method: "POST",
  path: "/users/:id/personal_access_tokens",
  summary: "Make a personal access token for a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ id: text(), ...newTokenFields, scopes: scopeList(scopes) }),
  answers: { 201: { description: "The token, with its text", schema: PersonalAccessTokenWithToken } },
  faults: [404, 422],
  async handle(c, params) {
    const { db, caller, now } = c.var;
    const { user } = await findRecord(db, params.id);
    return addToken(c, user, params, decideTokenExpiry(params.expires_at ?? null, caller.settings, dayOf(now)));
  },
});
