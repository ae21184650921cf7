import { isInRanges } from "../../domain/identity/ip-ranges.ts";
import type { AccessRequest } from "../../domain/access/request.ts";
import type { AppContext } from "../../http/context.ts";
import { log } from "../../http/log.ts";

/**
 * Whether this actor, or this address, has asked for this operation on this repository too often in the last minute
 * (contract git-access 5, step 2). Counted by the platform, per location; where it cannot be counted nobody is refused.
 */
export async function exceedsOperationLimit(c: AppContext, request: AccessRequest): Promise<boolean> {
  const { actor, checkIp } = request;
  const repository =
    "identifier" in request.repository ? Object.values(request.repository.identifier).join("-") : request.repository.path.path;
  const operation = `${request.action}:${repository.toLowerCase()}`;
  const who = [actor.keyId, actor.userId, actor.username?.toLowerCase()].map((each) => each ?? "").join("/");
  const isTrusted = checkIp === null || isInRanges(checkIp, c.var.config.trustedAddresses.join(","));
  const keys = [`${operation}:actor:${who}`, ...(isTrusted ? [] : [`${operation}:address:${checkIp}`])];
  try {
    const outcomes = await Promise.all(keys.map((key) => c.env.GIT_OPERATIONS.limit({ key })));
    return outcomes.some((outcome) => !outcome.success);
  } catch (error) {
    log.warn("operation-limit:not-counted", { request_id: c.var.requestId, error: error instanceof Error ? error.message : "unknown" });
    return false;
  }
}
