import { tooMany } from "../domain/fault.ts";
import { log } from "../http/log.ts";
import type { OperationContext } from "../http/operation.ts";
import type { HookPlace } from "../db/hooks.ts";

const periodSeconds = 60;

/**
 * 429 where this person has tried hooks of this place too often in the last minute (contract provisioning 13): each trial
 * makes a request to wherever they like. Counted by the platform, per location (wrangler.toml says how many); where it
 * cannot be counted nobody is refused.
 */
export async function limitTrials(c: OperationContext<"user">, kind: "test" | "resend", place: HookPlace): Promise<void> {
  const { kind: source, ...id } = place;
  const key = [kind, source, ...Object.values(id), "user", c.var.caller.user.id].join(":");
  try {
    const { success } = await c.env.HOOK_TRIALS.limit({ key });
    if (success) return;
  } catch (error) {
    log.warn("hook-trials:not-counted", { request_id: c.var.requestId, error: error instanceof Error ? error.message : "unknown" });
    return;
  }
  throw tooMany(periodSeconds);
}
