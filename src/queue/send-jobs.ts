import type { Job } from "./messages.ts";

/** What the queue takes at once. */
const messagesAtOnce = 100;

/** Sends jobs on their way, in order. Throws where the queue refuses; `beforeSend` may throw too. */
export async function sendJobs(queue: Queue, jobs: readonly Job[], beforeSend = () => {}): Promise<void> {
  for (let from = 0; from < jobs.length; from += messagesAtOnce) {
    beforeSend();
    // oxlint-disable-next-line no-await-in-loop -- as many as the queue takes at once
    await queue.sendBatch(jobs.slice(from, from + messagesAtOnce).map((body) => ({ body })));
  }
}

/** The jobs that deliver what was noted. */
export function deliveryJobs(deliveryIds: readonly number[]): Job[] {
  return deliveryIds.map((id) => ({ kind: "deliver_hook", version: 1, delivery_id: id }));
}
