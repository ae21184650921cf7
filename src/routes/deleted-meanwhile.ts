import { isForeignKeyViolation } from "../db/constraint.ts";
import { Fault } from "../domain/fault.ts";

/**
 * What to throw where a write failed: 409 where something that it refers to (the project, the caller, somebody it
 * names) was deleted between the look-ups of this request and the write; the error itself otherwise.
 */
export function deletedMeanwhile(error: unknown): unknown {
  return isForeignKeyViolation(error) ? new Fault("conflict", "deleted_meanwhile") : error;
}
