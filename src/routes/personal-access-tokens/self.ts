import * as v from "valibot";
import { revokedToken } from "../../domain/tokens/dead.ts";
import { day, optional } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { PersonalAccessToken, PersonalAccessTokenWithToken, renderPersonalAccessToken } from "../entities/personal-access-token.ts";
import { revoke, rotate } from "./changes.ts";

/** GET /personal_access_tokens/self: the token that is presented, whatever its scopes are (contract provisioning 6.4). */
export const showOwnToken = operation({
  method: "GET",
  path: "/personal_access_tokens/self",
  summary: "The personal access token that is presented",
  tags: ["provisioning"],
  caller: "user",
  scopes: [],
  params: v.object({}),
  answers: { 200: { description: "The token", schema: PersonalAccessToken } },
  handle: (c) => c.json(renderPersonalAccessToken(c.var.caller.token, c.var.now)),
});

/** DELETE /personal_access_tokens/self: revokes the token that is presented, whatever its scopes are; 400 for the deployment's. */
export const removeOwnToken = operation({
  method: "DELETE",
  path: "/personal_access_tokens/self",
  summary: "Revoke the personal access token that is presented",
  tags: ["provisioning"],
  caller: "user",
  scopes: [],
  params: v.object({}),
  answers: { 204: { description: "Revoked" } },
  handle: (c) => revoke(c, c.var.caller.token),
});

/**
 * POST /personal_access_tokens/self/rotate: a new token in the place of the one that is presented. 400 for the deployment's,
 * which its secret makes. A revoked one is refused as everywhere, and takes along the token that is in its place.
 */
export const rotateOwnToken = operation({
  method: "POST",
  path: "/personal_access_tokens/self/rotate",
  summary: "Replace the personal access token that is presented",
  tags: ["provisioning"],
  caller: "user",
  scopes: ["api", "self_rotate"],
  endsReusedFamily: true,
  params: v.object({ expires_at: optional(day()) }),
  answers: { 200: { description: "The new token, with its text", schema: PersonalAccessTokenWithToken } },
  handle: (c, params) => rotate(c, c.var.caller.token, params.expires_at ?? null, revokedToken),
});
