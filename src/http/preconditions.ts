import { Fault } from "../domain/fault.ts";
import type { AppContext } from "./context.ts";

/**
 * Refuses with 412 where the caller's `If-Unmodified-Since` is older than the resource (contract provisioning 1.1). The
 * header counts in seconds, so the resource's time does too; a header that is no date is no condition.
 */
export function requireUnmodified(c: AppContext, updatedAt: Date): void {
  const since = Date.parse(c.req.header("If-Unmodified-Since") ?? "");
  if (Number.isNaN(since)) return;
  if (Math.floor(updatedAt.getTime() / 1000) * 1000 > since) throw new Fault("preconditionFailed", "modified_since");
}
