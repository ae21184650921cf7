import { cloneUrlsAt, configOf } from "../config.ts";
import { findUnannouncedAlerts } from "../db/alert-announcements.ts";
import { openDb } from "../db/client.ts";
import { log } from "../http/log.ts";
import type { Job } from "../queue/messages.ts";
import { sendJobs } from "../queue/send-jobs.ts";

/** Longer than an announcement takes whose message was not lost. */
const lostAfterMs = 5 * 60 * 1000;
const mostLost = 1000;

/**
 * Queues again the announcements of alerts that have been waiting for long: the queue refused them, or they failed each time.
 * Without `EXTERNAL_URL` nobody knows here by which address clients reach this instance, and they go on waiting.
 */
export async function announceLostAlerts(env: Env, now: Date): Promise<void> {
  const config = configOf(env);
  const ids = await findUnannouncedAlerts(openDb(env.DB), new Date(now.getTime() - lostAfterMs), mostLost);
  if (ids.length === 0) return;
  if (config.externalUrl === null) {
    log.error("alerts:not-announced", { alerts: ids.length, problem: "EXTERNAL_URL is not set" });
    return;
  }
  const urls = cloneUrlsAt(config, config.externalUrl);
  await sendJobs(
    env.JOBS,
    ids.map((id): Job => ({ kind: "announce_alert", version: 1, alert_id: id, urls })),
  );
  log.warn("alerts:announced-again", { alerts: ids.length });
}
