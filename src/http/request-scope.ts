import { createMiddleware } from "hono/factory";
import { configOf } from "../config.ts";
import { openDb, type D1Meter } from "../db/client.ts";
import type { AppEnv } from "./context.ts";

/** Puts into `c.var` what every station of a request uses, and tells the caller what it cost. */
export const requestScope = createMiddleware<AppEnv>(async (c, next) => {
  c.set("now", new Date());
  c.set("dialect", "rest");
  c.set("mayKnowCost", false);
  c.set("db", openDb(c.env.DB));
  c.set("config", configOf(c.env));
  await next();
  if (c.var.mayKnowCost) c.header("Server-Timing", describeMeter(c.var.db.meter));
  c.header("X-Content-Type-Options", "nosniff");
  c.header("X-Frame-Options", "SAMEORIGIN");
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "max-age=0, private, must-revalidate");
});

/** `d1;dur=3;desc="1 trip, 8 statements, 21 rows read"`: what was asked of D1 before the answer. */
function describeMeter(meter: D1Meter): string {
  const parts = [counted(meter.trips, "trip"), counted(meter.statements, "statement"), `${counted(meter.rowsRead, "row")} read`];
  return `d1;dur=${meter.milliseconds};desc="${parts.join(", ")}"`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
