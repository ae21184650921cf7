import * as v from "valibot";
import { badRequest, invalid } from "../../domain/fault.ts";
import { alreadyRevoked } from "../../domain/tokens/rotation.ts";
import { day, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { PersonalAccessToken, PersonalAccessTokenWithToken, renderPersonalAccessToken } from "../entities/personal-access-token.ts";
import { revoke, rotate } from "./changes.ts";
import { findManageableToken, findNamedToken, isManageable } from "./find.ts";

/** GET /personal_access_tokens/:id: one's own, for administrators any. 401 for another's (contract provisioning 6.4). */
export const showToken = operation({
  method: "GET",
  path: "/personal_access_tokens/:id",
  summary: "A personal access token",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 200: { description: "The token", schema: PersonalAccessToken } },
  faults: [404],
  async handle(c, params) {
    return c.json(renderPersonalAccessToken(await findManageableToken(c, params.id), c.var.now));
  },
});

/** DELETE /personal_access_tokens/:id: revokes it. 400 for another's, where the caller is no administrator, and for the deployment's. */
export const removeToken = operation({
  method: "DELETE",
  path: "/personal_access_tokens/:id",
  summary: "Revoke a personal access token",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text() }),
  answers: { 204: { description: "Revoked" } },
  faults: [404],
  async handle(c, params) {
    const token = await findNamedToken(c, params.id);
    if (!isManageable(c, token)) throw invalid("400 Bad request");
    return revoke(c, token);
  },
});

/**
 * POST /personal_access_tokens/:id/rotate: a new token in the place of one's own, for administrators of any; the old one is
 * dead. 400 for a dead one, and for the deployment's, which its secret makes. A revoked one that is presented here takes along
 * the token that is in its place; one that is only named does not, since to name it takes no more than its number (contract
 * provisioning 6.4).
 */
export const rotateNamedToken = operation({
  method: "POST",
  path: "/personal_access_tokens/:id/rotate",
  summary: "Replace a personal access token",
  tags: ["provisioning"],
  caller: "user",
  endsReusedFamily: true,
  params: v.object({ id: text(), expires_at: optional(day()) }),
  answers: { 200: { description: "The new token, with its text", schema: PersonalAccessTokenWithToken } },
  faults: [404],
  async handle(c, params) {
    const token = await findManageableToken(c, params.id);
    return rotate(c, token, params.expires_at ?? null, () => badRequest(alreadyRevoked));
  },
});
