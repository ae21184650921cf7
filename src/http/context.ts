import type { Context } from "hono";
import type { Config } from "../config.ts";
import type { Db } from "../db/client.ts";
import type { Dialect } from "./answers.ts";

/** What every handler finds in `c.var`. */
export interface Variables {
  config: Config;
  db: Db;
  /** Read once a request: two rules of one answer never see two times. */
  now: Date;
  requestId: string;
  /** How this route's callers are told of faults. */
  dialect: Dialect;
}

export interface AppEnv {
  Bindings: Env;
  Variables: Variables;
}

export type AppContext = Context<AppEnv>;

/** Address of this API as clients know it, without a trailing slash. */
export function externalUrl(c: AppContext): string {
  return c.var.config.externalUrl ?? new URL(c.req.url).origin;
}
