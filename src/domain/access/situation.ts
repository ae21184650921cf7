import type { RepositoryType } from "../identity/gl-repository.ts";
import type { Subject } from "./abilities.ts";
import type { AccessFacts } from "./facts.ts";
import type { AccessRequest } from "./request.ts";

/** What a guard of the request as a whole looks at. */
export interface Situation {
  request: AccessRequest;
  facts: AccessFacts;
  subject: Subject;
  /** What is asked for, also where it does not exist: an unknown path is taken for a project. */
  type: RepositoryType;
  now: Date;
}
