import { describeFailure } from "../http/errors.ts";
import { log } from "../http/log.ts";
import { announceLostAlerts } from "./announce-alerts.ts";
import { forgetOldAgentActivity } from "./forget-agent-activity.ts";
import { forgetOldCounters } from "./forget-counters.ts";
import { forgetOldDecisions } from "./forget-decisions.ts";
import { forgetOldDeliveries, resendLostDeliveries } from "./forget-deliveries.ts";
import { forgetOldOtpSessions } from "./forget-otp-sessions.ts";
import { refreshDueSeats } from "./refresh-seats.ts";
import { resealHooks, resealTwoFactors } from "./reseal.ts";

const chores = {
  announceLostAlerts,
  forgetOldAgentActivity,
  forgetOldCounters,
  forgetOldDecisions,
  forgetOldDeliveries,
  forgetOldOtpSessions,
  refreshDueSeats,
  resendLostDeliveries,
  resealHooks,
  resealTwoFactors,
};

/** Everything that is done every hour. A chore that fails is logged, holds no other up, and is done by the next hour's. */
export async function runHourly(env: Env, now: Date): Promise<void> {
  for (const [chore, run] of Object.entries(chores)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: none is in a hurry
      await run(env, now);
    } catch (error) {
      log.error("schedule:failed", { chore, description: describeFailure(error) });
    }
  }
}
