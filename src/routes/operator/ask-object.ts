import { Fault } from "../../domain/fault.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";

/** 503 where a repository's object, or the queue, does not answer: nobody is told of what is not known. `about`: for the log. */
export async function askObject<T>(about: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    log.error("operator:object-failed", { about, description: describeFailure(error) });
    throw new Fault("unavailable", "object_failed", "503 Service Unavailable - the repository's object or the queue did not answer");
  }
}
