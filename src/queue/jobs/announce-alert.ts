import { loadAnnouncement, recordAnnouncement } from "../../db/alert-announcements.ts";
import { openDb } from "../../db/client.ts";
import { alertPayload } from "../../domain/hooks/alert-payload.ts";
import { isExecutable } from "../../domain/hooks/health.ts";
import { payloadParts } from "../../domain/hooks/payload-parts.ts";
import { log } from "../../http/log.ts";
import type { Settled } from "../consumer.ts";
import type { JobOf } from "../messages.ts";
import { deliveryJobs, sendJobs } from "../send-jobs.ts";

/**
 * Notes what web hooks are to be told of a new alert, and sends the deliveries on their way (contract kas 13). A hook that is
 * paused is told nothing. Of an alert that is announced already nothing is noted again: what is still to be sent is sent, which
 * a queue that refused made necessary. An alert whose project is gone is nobody's concern.
 */
export async function announceAlert(env: Env, { alert_id: alertId, urls }: JobOf<"announce_alert">): Promise<Settled> {
  const db = openDb(env.DB);
  const now = new Date();
  const facts = await loadAnnouncement(db, alertId);
  if (facts === null) return { done: true };
  const { alert, project } = facts;
  const listeners = facts.isAnnounced ? [] : facts.listeners.filter((hook) => isExecutable(hook, now));
  const parts = listeners.length === 0 ? [] : payloadParts(JSON.stringify(alertPayload(alert, project, urls)));
  const ids = await recordAnnouncement(db, { alertId, parts, listeners, instanceUrl: urls.external }, now);
  await sendJobs(env.JOBS, deliveryJobs(ids));
  log.info("alert:announced", { alert_id: alertId, project_id: project.id, deliveries: ids.length });
  return { done: true };
}
