import { repositoryObject, unpackPush } from "../../counter/client.ts";
import { runMilliseconds } from "../../counter/push-line.ts";
import type { AcceptedPush } from "../../domain/push/accepted-push.ts";
import { refChanges } from "../../domain/push/ref-changes.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";
import type { Settled } from "../consumer.ts";
import type { JobOf } from "../messages.ts";
import { processPush } from "./push.ts";

const longestError = 2000;

/** What a batch has left for the pushes behind those that its messages name: asked for each, before it is begun. */
export type GoesOn = () => boolean;

/**
 * Processes the push whose turn it is, and those behind it while there is room. A push that fails comes again: the one
 * that the message names with the message, any other by an announcement of its own.
 */
export async function processLine(env: Env, job: JobOf<"push">, retryInSeconds: number, goesOn: GoesOn): Promise<Settled> {
  const repository = repositoryObject(env, job.gl_repository);
  let id: string | null = job.push_id;
  while (id !== null) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const turn = await repository.take(id);
    if (turn.state === "busy") return { retryInSeconds: Math.max(60, retryInSeconds) };
    if (turn.state !== "ready") break;
    const isNamed = id === job.push_id;
    try {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await process(env, unpackPush(turn.push), turn.superseded);
    } catch (error) {
      const description = describeFailure(error).slice(0, longestError);
      log.error("push:failed", { gl_repository: job.gl_repository, push_id: id, description });
      // oxlint-disable-next-line no-await-in-loop -- the last step
      await repository.fail(id, turn.lease, description, isNamed);
      return isNamed ? { retryInSeconds } : { done: true };
    }
    // oxlint-disable-next-line no-await-in-loop -- in order
    id = await repository.finish(id, turn.lease, goesOn());
  }
  return { done: true };
}

async function process(env: Env, push: AcceptedPush, supersededChanges: readonly number[]): Promise<void> {
  const checkTime = timeLimit(runMilliseconds);
  const superseded = new Set<string>();
  const indexes = new Set(supersededChanges);
  if (indexes.size > 0) for (const { ref, index } of refChanges(push.changes)) if (indexes.has(index)) superseded.add(ref);
  await processPush(env, push, { superseded, checkTime });
}

/** Throws where a run has taken so long that somebody else may begin another: two at once would write out of order. */
function timeLimit(milliseconds: number): () => void {
  const end = Date.now() + milliseconds;
  return () => {
    if (Date.now() > end) throw new Error(`Not done within ${milliseconds / 1000} s.`);
  };
}
