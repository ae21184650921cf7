import { repositoryObject } from "../counter/client.ts";
import { openDb } from "../db/client.ts";
import { recordDeadLetter } from "../db/dead-letters.ts";
import { isDeliveryPending } from "../db/hook-attempts.ts";
import { log } from "../http/log.ts";
import type { Settled } from "./consumer.ts";
import { readJob, type Job } from "./messages.ts";

/**
 * Keeps what came to the dead-letter queue, where an operator finds it. A push is given up in its repository's line
 * first, so that those behind it go on. Of a delivery to a web hook that another message settled, nothing is kept.
 */
export async function bury(env: Env, message: Message<unknown>): Promise<Settled> {
  const db = openDb(env.DB);
  const job = readJob(message.body);
  if (job?.kind === "deliver_hook" && !(await isDeliveryPending(db, job.delivery_id))) return { done: true };
  const letter = {
    key: keyOf(job, message.id),
    kind: job?.kind ?? null,
    version: job?.version ?? null,
    body: message.body,
    at: new Date(),
  };
  log.error("queue:dead-letter", { key: letter.key, kind: letter.kind });
  if (job?.kind !== "push") {
    await recordDeadLetter(db, { ...letter, attempts: message.attempts, error: "It failed each time it was tried." });
    return { done: true };
  }
  const buried = await repositoryObject(env, job.gl_repository).bury(job.push_id);
  if (buried === "busy") return { retryInSeconds: 60 };
  // Processed after all by another message that named it, or never begun and announced anew.
  if (buried === null) return { done: true };
  await recordDeadLetter(db, { ...letter, attempts: buried.attempts, error: buried.error });
  return { done: true };
}

/** What the job is about: one that dies again is the same letter. */
function keyOf(job: Job | null, messageId: string): string {
  switch (job?.kind) {
    case "push":
      return `push:${job.push_id}`;
    case "parked_push":
      return `push:${job.push.id}`;
    case "deliver_hook":
      return `deliver_hook:${job.delivery_id}`;
    case "announce_alert":
      return `announce_alert:${job.alert_id}`;
    case "refresh_seats":
      return `refresh_seats:${job.namespace_id ?? "all"}`;
    case undefined:
      return `message:${messageId}`;
  }
}
