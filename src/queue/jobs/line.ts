import { repositoryObject, unpackPush } from "../../counter/client.ts";
import { runMilliseconds } from "../../counter/push-line.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";
import type { Settled } from "../consumer.ts";
import type { JobOf } from "../messages.ts";
import { processPush } from "./push.ts";

/** For how long one message goes on with the pushes behind the one it names. */
const longestVisitMilliseconds = 60_000;
const longestError = 2000;

/**
 * Processes the push whose turn it is, and those behind it while there is time. A push that fails comes again: the one
 * that the message names with the message, any other by an announcement of its own.
 */
export async function processLine(env: Env, job: JobOf<"push">, retryInSeconds: number): Promise<Settled> {
  const repository = repositoryObject(env, job.gl_repository);
  const begun = Date.now();
  let id: string | null = job.push_id;
  while (id !== null) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const turn = await repository.take(id);
    if (turn.state === "busy") return { retryInSeconds: Math.max(60, retryInSeconds) };
    if (turn.state !== "ready") break;
    const isNamed = id === job.push_id;
    try {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await processPush(env, unpackPush(turn.push), { superseded: new Set(turn.superseded), checkTime: timeLimit(runMilliseconds) });
    } catch (error) {
      const description = describeFailure(error).slice(0, longestError);
      log.error("push:failed", { gl_repository: job.gl_repository, push_id: id, description });
      // oxlint-disable-next-line no-await-in-loop -- the last step
      await repository.fail(id, description, isNamed);
      return isNamed ? { retryInSeconds } : { done: true };
    }
    // oxlint-disable-next-line no-await-in-loop -- in order
    id = await repository.finish(id, Date.now() - begun < longestVisitMilliseconds);
  }
  return { done: true };
}

/** Throws where a run has taken so long that somebody else may begin another: two at once would write out of order. */
function timeLimit(milliseconds: number): () => void {
  const end = Date.now() + milliseconds;
  return () => {
    if (Date.now() > end) throw new Error(`Not done within ${milliseconds / 1000} s.`);
  };
}
