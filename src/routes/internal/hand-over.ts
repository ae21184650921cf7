import { acceptPush } from "../../counter/client.ts";
import type { AcceptedPush } from "../../domain/push/accepted-push.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";
import type { JobOf } from "../../queue/messages.ts";

/** A message has 128 KB, some of them the platform's own. */
const largestMessageBytes = 120_000;

/**
 * Makes sure that a push will be processed: its repository's object puts it in line, and where that cannot be reached,
 * the queue keeps it until it can. False where neither takes it (contract push 3.2).
 */
export async function handOver(env: Env, push: AcceptedPush): Promise<boolean> {
  try {
    await acceptPush(env, push);
    return true;
  } catch (error) {
    log.error("push:not-in-line", { gl_repository: push.glRepository, push_id: push.id, description: describeFailure(error) });
  }
  return park(env, push);
}

async function park(env: Env, push: AcceptedPush): Promise<boolean> {
  const job: JobOf<"parked_push"> = { kind: "parked_push", version: 1, push };
  try {
    // What is far too long is not copied to be measured.
    if (push.changes.length > largestMessageBytes || Buffer.byteLength(JSON.stringify(job)) > largestMessageBytes)
      throw new Error("The push is larger than a message.");
    await env.JOBS.send(job);
    return true;
  } catch (error) {
    log.error("push:not-handed-over", { gl_repository: push.glRepository, push_id: push.id, description: describeFailure(error) });
    return false;
  }
}
