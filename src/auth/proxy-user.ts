import type { UserRow } from "../db/users.ts";
import { badRequest, Fault } from "../domain/fault.ts";
import { afterAnswer, externalUrl, type AppContext } from "../http/context.ts";
import { requireScope, verifyPersonalAccessToken } from "./personal-access-token.ts";

/**
 * Whoever wants to reach a cluster with this personal access token, which kas passes on in a body. Throws as for every such
 * token, but that one which nobody has is a 400 here, and that its scope has to be `k8s_proxy` (contract kas 11).
 */
export async function identifyProxyUser(c: AppContext, accessToken: string): Promise<UserRow> {
  const { user, token } = await verify(c, accessToken);
  requireScope(token, ["k8s_proxy"]);
  return user;
}

async function verify(c: AppContext, accessToken: string) {
  try {
    return await verifyPersonalAccessToken(accessToken, {
      db: c.var.db,
      rootToken: c.var.config.rootToken,
      externalUrl: externalUrl(c),
      now: c.var.now,
      endsReusedFamily: false,
      later: (write) => afterAnswer(c, write),
    });
  } catch (error) {
    if (error instanceof Fault && error.reason === "token_unknown") throw badRequest("Unable to get user from request data");
    throw error;
  }
}
