import * as v from "valibot";
import { recordAlert } from "../../../db/alerts.ts";
import { loadAgent } from "../../../db/facts/agent-facts.ts";
import { readAlertPayload } from "../../../domain/alerts/read-payload.ts";
import { invalid, notFound } from "../../../domain/fault.ts";
import { exceedsJsonLimits, reportedLimits } from "../../../domain/json-limits.ts";
import { cloneUrls, type AppContext } from "../../../http/context.ts";
import { describeFailure } from "../../../http/errors.ts";
import { log } from "../../../http/log.ts";
import { jsonObject } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import type { JobOf } from "../../../queue/messages.ts";
import { knownAgent } from "../../../auth/known-agent.ts";
import { kasBodyBytes } from "./limits.ts";

/**
 * POST …/modules/cilium_alert: an alert in the project of an agent, or a repeat of one that is open there (contract kas 6).
 * 400 where it is larger than 1 MiB or deeper than 100 levels, and nothing is kept then.
 */
export const raiseCiliumAlert = operation({
  method: "POST",
  path: "/internal/kubernetes/modules/cilium_alert",
  summary: "An agent raises an alert",
  tags: ["kubernetes"],
  caller: "agent",
  limitBytes: kasBodyBytes,
  unwrapsText: true,
  params: v.object({ alert: jsonObject() }),
  answers: { 200: { description: "Kept, or counted as a repeat: the number 200", schema: v.literal(200) } },
  faults: [404],
  async handle(c, params) {
    const { db, now, caller } = c.var;
    const agent = knownAgent(c, await loadAgent(db, caller.tokenDigest));
    // First: all that reads a payload relies on its depth.
    if (exceedsJsonLimits(params.alert, reportedLimits)) throw invalid("400 Bad request");
    const recorded = await recordAlert(db, agent.project.id, readAlertPayload(params.alert, now), now);
    if (recorded === null) throw notFound();
    if (recorded.isNew && !recorded.isAnnounced) announce(c, recorded.id);
    return c.json(200);
  },
});

/** The alert is kept, and the hour's chore finds it (schedule/announce-alerts.ts): kas does not wait for the queue. */
function announce(c: AppContext, alertId: number): void {
  const job: JobOf<"announce_alert"> = { kind: "announce_alert", version: 1, alert_id: alertId, urls: cloneUrls(c) };
  c.executionCtx.waitUntil(sendOrLog());

  async function sendOrLog(): Promise<void> {
    try {
      await c.env.JOBS.send(job);
    } catch (error) {
      log.error("alert:not-queued", { alert_id: alertId, description: describeFailure(error) });
    }
  }
}
