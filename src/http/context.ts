import type { Context } from "hono";
import { cloneUrlsAt, type Config } from "../config.ts";
import type { CloneUrls } from "../domain/access/effects.ts";
import { openDb, type Db } from "../db/client.ts";
import { log } from "./log.ts";
import type { Dialect } from "./answers.ts";

/** What every handler finds in `c.var`. */
export interface Variables {
  config: Config;
  db: Db;
  /** Read once a request: two rules of one answer never see two times. */
  now: Date;
  requestId: string;
  /**
   * Whether the answer says what it cost. Only shell callers and administrators are told: a hidden project costs a row
   * more than none, and whoever may not see it must not learn of it so.
   */
  mayKnowCost: boolean;
  /** How this route's callers are told of faults. */
  dialect: Dialect;
}

export interface AppEnv {
  Bindings: Env;
  Variables: Variables;
}

/** What code outside the handlers needs of a request's context: any handler's fits, whoever its caller is. */
export type AppContext = Pick<Context<AppEnv>, "req" | "env" | "executionCtx" | "header" | "json" | "text"> & {
  readonly var: Readonly<Variables>;
};

/** Address of this API as clients know it, without a trailing slash. */
export function externalUrl(c: AppContext): string {
  return c.var.config.externalUrl ?? new URL(c.req.url).origin;
}

/** The query of this request as it may be sent back, without the credentials it may hold. */
export function queryWithoutCredentials(c: AppContext): URLSearchParams {
  const query = new URL(c.req.url).searchParams;
  for (const name of ["private_token", "access_token"]) query.delete(name);
  return query;
}

/** What stands before `<full path>.git` in clone URLs, and the address of web pages. */
export function cloneUrls(c: AppContext): CloneUrls {
  return cloneUrlsAt(c.var.config, externalUrl(c));
}

/**
 * Writes that the answer does not wait for, on a session of their own: they are not part of what the request cost its
 * caller, and a failing one is logged, not answered.
 */
export function afterAnswer(c: AppContext, write: (db: Db) => Promise<void>): void {
  const run = async () => {
    try {
      await write(openDb(c.env.DB));
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "unknown";
      log.error("after-answer:failed", { request_id: c.var.requestId, cause });
    }
  };
  c.executionCtx.waitUntil(run());
}
