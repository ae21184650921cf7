import type { HookTrigger } from "../domain/hooks/hook.ts";
import type { hookDeliveries } from "./schema/index.ts";

type Stored = Pick<typeof hookDeliveries.$inferSelect, "trigger" | "laterTrigger">;

/** The columns of a delivery that say what it tells of (schema/hooks.ts). */
export function storedTrigger(trigger: HookTrigger): Stored {
  // The first column has to hold one of its words, which means nothing then.
  return trigger === "alert_hooks" ? { trigger: "repository_update_hooks", laterTrigger: trigger } : { trigger, laterTrigger: null };
}

export function triggerOfDelivery({ trigger, laterTrigger }: Stored): HookTrigger {
  return laterTrigger ?? trigger;
}
