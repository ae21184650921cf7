import { Fault, sentenceOf } from "../domain/fault.ts";
import { ConfigurationFault } from "../config.ts";
import { answerTo } from "./answers.ts";
import type { AppContext } from "./context.ts";
import { log } from "./log.ts";

/** The one place where what went wrong becomes a response. */
export function renderError(error: Error, c: AppContext): Response {
  if (error instanceof Fault) {
    const { status, body, headers } = answerTo(error, c.var.dialect ?? "rest");
    if (error.kind === "moved") return c.text(sentenceOf(error) ?? "", 301, headers ?? {});
    return c.json(body, status, headers);
  }
  if (error instanceof ConfigurationFault) {
    log.error("config:invalid", { request_id: c.var.requestId, problem: error.message });
    return c.json({ message: `503 Service Unavailable - ${error.message}` }, 503);
  }
  const description = describeFailure(error);
  log.error("request:failed", { request_id: c.var.requestId, path: c.req.path, error: error.name, description, stack: stackOf(error) });
  return c.json({ message: "500 Internal Server Error" }, 500);
}

/** For the log: a failing query's own message holds its parameters, so that only the database's words are given. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return error.name === "DrizzleQueryError" || cause !== undefined ? (cause ?? error.name) : error.message;
}

/** Where it happened, without the message that begins a stack. */
function stackOf(error: Error): string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, 8);
}
