import type { Db } from "../../db/client.ts";
import type { Listener } from "../../domain/hooks/select.ts";
import type { AcceptedPush } from "../../domain/push/accepted-push.ts";
import type { PushedFacts } from "../../domain/push/pushed-facts.ts";
import type { PushedRef } from "../../domain/push/ref-changes.ts";

/** A push while it is processed. */
export interface PushRun {
  env: Pick<Env, "JOBS">;
  db: Db;
  push: AcceptedPush;
  facts: PushedFacts & { hooks: Listener[] };
  /** The branches and tags that it changed; scanned anew each time, since it may have 100,000. */
  changes: () => Generator<PushedRef>;
  /** Those of them that no later push has changed: what is stored follows these only. */
  current: () => Generator<PushedRef>;
  acceptedAt: Date;
  /** When this run began. */
  now: Date;
  /** Throws when the run has taken too long to write anything more. */
  checkTime: () => void;
}
