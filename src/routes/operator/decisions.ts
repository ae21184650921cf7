import * as v from "valibot";
import { listDecisions, readDecisionsAfter, type DecisionFilter, type DecisionRow } from "../../db/decisions.ts";
import { auditVerbs } from "../../domain/access/audit-event.ts";
import { keptSince } from "../../domain/access/decision-log.ts";
import { openDb } from "../../db/client.ts";
import type { AppContext } from "../../http/context.ts";
import { boolean, instant, oneOf, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";
import { Decision, renderDecision } from "../entities/decision.ts";

const filterText = optional(v.pipe(text(), v.maxLength(4096)));

const Params = v.object({
  ...pageFields,
  call: filterText,
  actor: filterText,
  gl_repository: filterText,
  project: filterText,
  action: filterText,
  verb: optional(oneOf(auditVerbs)),
  allowed: optional(boolean()),
  reason: filterText,
  since: optional(instant()),
  until: optional(instant()),
});

const linesType = "application/x-ndjson";
/** Rows that an export reads at a time, and how often: a call may ask D1 a thousand times. */
const pieceRows = 5000;
const mostPieces = 900;

/**
 * GET /operator/decisions: what was decided about access, newest first; administrators only (contract git-access 18.1).
 * With `Accept: application/x-ndjson` all that match, a line each, without pages.
 */
export const findDecisions = operation({
  method: "GET",
  path: "/operator/decisions",
  summary: "The log of decisions on access",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  params: Params,
  answers: { 200: { description: "Decisions, newest first; as JSON Lines where that is asked for", schema: v.array(Decision) } },
  async handle(c, params) {
    const filter: DecisionFilter = {
      call: params.call,
      actor: params.actor,
      glRepository: params.gl_repository,
      project: params.project,
      action: params.action,
      verb: params.verb,
      isAllowed: params.allowed,
      reason: params.reason,
      since: params.since ?? undefined,
      until: params.until ?? undefined,
      keptSince: keptSince(c.var.caller.settings.decision_log_days, c.var.now),
    };
    if (asksForLines(c)) return c.body(linesOf(c, filter), 200, { "Content-Type": linesType });
    const page = pageOf(params);
    const { rows, total } = await listDecisions(c.var.db, filter, page);
    return respondPage(c, rows.map(renderDecision), page, total);
  },
});

function asksForLines(c: AppContext): boolean {
  return (c.req.header("Accept") ?? "").split(",").some((accepted) => {
    const [type, ...parameters] = accepted.split(";").map((part) => part.trim().toLowerCase());
    return type === linesType && !parameters.includes("q=0");
  });
}

/** A piece at a time, as fast as they are taken; what is decided meanwhile is newer and not part of it. */
function linesOf(c: AppContext, filter: DecisionFilter): ReadableStream<Uint8Array> {
  const db = openDb(c.env.DB);
  const encoder = new TextEncoder();
  let last: DecisionRow | null = null;
  let pieces = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const rows: DecisionRow[] = await readDecisionsAfter(db, filter, last, pieceRows);
      pieces += 1;
      if (rows.length > 0) controller.enqueue(encoder.encode(rows.map((row) => `${JSON.stringify(renderDecision(row))}\n`).join("")));
      last = rows.at(-1) ?? last;
      if (rows.length < pieceRows) controller.close();
      // Cut off so that nobody takes it for the whole.
      else if (pieces === mostPieces) controller.error(new Error("More decisions than one export can hold: ask for less time."));
    },
  });
}
