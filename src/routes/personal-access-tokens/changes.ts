import { revokeToken, rotateToken, type PersonalAccessTokenRow } from "../../db/tokens.ts";
import { badRequest, type Fault } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { decideRotatedExpiry } from "../../domain/tokens/expiry.ts";
import { tokenLength } from "../../domain/tokens/limits.ts";
import { deploymentTokenStays, refuseRotation } from "../../domain/tokens/rotation.ts";
import { digestOfToken, makeToken } from "../../domain/tokens/secret.ts";
import { log } from "../../http/log.ts";
import type { OperationContext } from "../../http/operation.ts";
import { respondToken } from "./new-token.ts";

/**
 * Revokes a token: 204, also where it was revoked before. 400 for the deployment's, which is good for as long as its
 * secret is set: another secret makes another.
 */
export async function revoke(c: OperationContext<"user">, token: PersonalAccessTokenRow): Promise<Response> {
  if (token.isFromDeployment) throw badRequest(deploymentTokenStays);
  await revokeToken(c.var.db, token.id, c.var.now);
  return c.body(null, 204);
}

/**
 * Puts a new token in the place of one: 200 with its text; 400 with the reason where the old one cannot be rotated, or the
 * new one may not live so long. `overtaken` is the answer where the old one was rotated or revoked while this request ran
 * (contract provisioning 6.4).
 */
export async function rotate(
  c: OperationContext<"user">,
  token: PersonalAccessTokenRow,
  asked: string | null,
  overtaken: () => Fault,
): Promise<Response> {
  const { db, caller, now, requestId } = c.var;
  const refusal = refuseRotation(token, dayOf(now));
  if (refusal !== null) throw badRequest(refusal);
  const expiry = decideRotatedExpiry(asked, caller.settings, dayOf(now));
  if ("refused" in expiry) throw badRequest(expiry.refused);
  const text = makeToken(caller.settings.personal_access_token_prefix, tokenLength);
  const row = await rotateToken(db, token.id, { digest: digestOfToken(text), expiresAt: expiry.expiresAt }, now);
  if (row === null) throw overtaken();
  log.info("personal-access-token:rotated", {
    request_id: requestId,
    creator_id: caller.user.id,
    user_id: row.userId,
    token_id: row.id,
    old_token_id: token.id,
  });
  return respondToken(c, row, text, 200);
}
