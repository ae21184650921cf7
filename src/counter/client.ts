import { describeFailure } from "../http/errors.ts";
import { log } from "../http/log.ts";
import type { AcceptedPush } from "../domain/push/accepted-push.ts";
import type { PackedPush } from "./push-parts.ts";
import type { CounterState, ReferenceCounter } from "./reference-counter.ts";

type Stub = DurableObjectStub<ReferenceCounter>;

/** The object of a repository, by its gl_repository as received. */
export function repositoryObject(env: Pick<Env, "REFERENCE_COUNTER">, glRepository: string): Stub {
  return env.REFERENCE_COUNTER.getByName(glRepository);
}

/**
 * One step of a counter; null where its object did not answer, which Gitaly is told as `false` (contract push 2). A lost
 * answer leaves open whether the step was made: an increase is asked for again, since a count that is too high only
 * makes maintenance wait, a decrease is not.
 */
export async function stepCounter(
  env: Pick<Env, "REFERENCE_COUNTER">,
  glRepository: string,
  step: "increase" | "decrease",
): Promise<CounterState | null> {
  try {
    const ask = () => repositoryObject(env, glRepository)[step]();
    const state = step === "increase" ? await withRetry(ask) : await ask();
    if ("wasReset" in state && state.wasReset) {
      log.warn("counter:reset", {
        gl_repository: glRepository,
        message: `Reference counter for ${glRepository} decreased when its value was less than 1. Resetting the counter.`,
      });
    }
    return state;
  } catch (error) {
    log.error("counter:failed", { gl_repository: glRepository, step, description: describeFailure(error) });
    return null;
  }
}

/** Has a push put in line, once however often it is asked for; throws where its repository's object does not take it. */
export async function acceptPush(env: Pick<Env, "REFERENCE_COUNTER">, push: AcceptedPush): Promise<void> {
  const packed = packPush(push);
  await withRetry(() => repositoryObject(env, push.glRepository).accept(packed));
}

export function packPush({ changes, ...header }: AcceptedPush): PackedPush {
  const { id, glRepository } = header;
  const text = new TextEncoder();
  return { id, glRepository, header: text.encode(JSON.stringify(header)), changes: text.encode(changes) };
}

export function unpackPush({ header, changes }: PackedPush): AcceptedPush {
  const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  return { ...(JSON.parse(text.decode(header)) as Omit<AcceptedPush, "changes">), changes: text.decode(changes) };
}

/** Asks again, once, where the platform says that it may help. Only for what may be done twice. */
async function withRetry<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
    if (retryable !== true || overloaded === true) throw error;
    return ask();
  }
}
