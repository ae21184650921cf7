import * as v from "valibot";
import { recordDecision } from "../../db/decisions.ts";
import { auditEventOf, auditVerbs, isAudited, keepsAuditEvents } from "../../domain/access/audit-event.ts";
import { recordOf, type DecisionRecord } from "../../domain/access/decision-record.ts";
import { parseAccessRequest } from "../../domain/access/parse-request.ts";
import { faultOf, refusals } from "../../domain/access/refusal.ts";
import { Fault } from "../../domain/fault.ts";
import type { AppContext } from "../../http/context.ts";
import { describeFailure } from "../../http/errors.ts";
import { text } from "../../http/fields.ts";
import { log } from "../../http/log.ts";
import { operation } from "../../http/operation.ts";
import { clientAddressOf } from "./client-address.ts";
import { actorFields, longestText, wireText } from "./fields.ts";
import { judge } from "./judge.ts";

const given = v.pipe(
  v.unknown(),
  v.check((value) => value !== null && (typeof value !== "string" || value.trim() !== ""), "is missing"),
);
const givenText = v.pipe(given, text(), v.maxLength(longestText));

const Params = v.object({
  ...actorFields,
  action: givenText,
  protocol: givenText,
  gl_repository: givenText,
  changes: given,
  check_ip: wireText,
  namespace_path: wireText,
  /** Of a fetch: `wants`, `haves` and more numbers, of which zeros are left out. */
  packfile_stats: v.optional(v.unknown()),
});

const Answer = v.union([
  v.object({
    status: v.literal(true),
    message: v.object({ protocol: v.string(), action: v.string(), verb: v.picklist(auditVerbs) }),
  }),
  v.object({ status: v.literal(false), message: v.literal("No git audit event needed") }),
]);

/**
 * POST /internal/shellhorse/git_audit_event
 *
 * Called by gitlab-shell after a fetch or push where `/internal/allowed` said `need_audit`; of the answer it reads the
 * status alone. The access is judged again as `/allowed` judges it, and refused as there; what has happened is in the log
 * of decisions before the answer, or the answer is 503 (contract accounts 13).
 */
export const gitAuditEvent = operation({
  method: "POST",
  path: "/internal/shellhorse/git_audit_event",
  summary: "Records a fetch or push that has happened",
  tags: ["gitlab-shell"],
  caller: "shell",
  dialect: "git",
  params: Params,
  answers: { 200: { description: "Recorded, or not asked for", schema: Answer } },
  faults: [404, 503],
  async handle(c, params) {
    if (!isAudited(params)) throw new Fault("invalid", "action_invalid", "No valid action specified");
    const request = { ...parseAccessRequest(params), hasHappened: true };
    const { facts, decision } = await judge(c, request, Promise.resolve(false));
    if (decision.kind === "refused") throw faultOf(decision.refusal);
    if (!keepsAuditEvents(facts.instance)) return c.json({ status: false, message: "No git audit event needed" });
    const event = auditEventOf(request, params.packfile_stats);
    const answered = { status: 200, address: clientAddressOf(c, request), requestId: c.var.requestId };
    await record(c, recordOf(request, facts, decision, answered, event));
    return c.json({ status: true, message: { protocol: request.protocol, action: request.action, verb: event.verb } });
  },
});

/** Throws 503 where the event cannot be written: it is lost unless the caller knows. */
async function record(c: AppContext, decision: DecisionRecord): Promise<void> {
  try {
    await recordDecision(c.var.db, decision, c.var.now);
  } catch (error) {
    log.error("git-audit-event:not-recorded", { request_id: c.var.requestId, description: describeFailure(error) });
    throw faultOf(refusals.event_not_recorded);
  }
}
