import { log } from "../http/log.ts";

/**
 * Settles each message alone. No kind of job is known yet, so every message is handed back: after its retries the
 * platform moves it to the dead-letter queue, where it can still be looked at.
 */
export function consume(batch: MessageBatch<unknown>): void {
  for (const message of batch.messages) {
    log.error("queue:unknown-job", { queue: batch.queue, message_id: message.id, attempts: message.attempts });
    message.retry({ delaySeconds: Math.min(600, 2 ** message.attempts * 10) });
  }
}
