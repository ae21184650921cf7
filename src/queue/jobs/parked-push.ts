import { acceptPush } from "../../counter/client.ts";
import type { Settled } from "../consumer.ts";
import type { JobOf } from "../messages.ts";

/**
 * Puts a push in line whose repository's object could not be reached when it was accepted. Pushes that were accepted after
 * it may be processed by now.
 */
export async function acceptParkedPush(env: Env, { push }: JobOf<"parked_push">): Promise<Settled> {
  await acceptPush(env, { ...push, isLate: true });
  return { done: true };
}
