import { isInRanges } from "../identity/ip-ranges.ts";
import type { NamespaceFacts } from "./facts.ts";
import type { AccessRequest } from "./request.ts";

/** Inside the certificate's group where there is one, and from an address that the top-level group admits. */
export function isWithinReach(request: AccessRequest, root: NamespaceFacts | undefined, isAdmin: boolean): boolean {
  if (request.namespacePath !== null && root?.fullPath.toLowerCase() !== request.namespacePath.toLowerCase()) return false;
  const ranges = root?.ipRestrictionRanges ?? null;
  return ranges === null || request.checkIp === null || isAdmin || isInRanges(request.checkIp, ranges);
}
