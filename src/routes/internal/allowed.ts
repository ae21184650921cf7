import { recordAccessEffects } from "../../db/access-effects.ts";
import { recordPushedProject } from "../../db/pushed-project.ts";
import type { AccessDecision } from "../../domain/access/decide.ts";
import { recordOf } from "../../domain/access/decision-record.ts";
import { effectsOf } from "../../domain/access/effects.ts";
import { parseAccessRequest } from "../../domain/access/parse-request.ts";
import { faultOf, refusals } from "../../domain/access/refusal.ts";
import type { AccessRequest } from "../../domain/access/request.ts";
import { answerTo } from "../../http/answers.ts";
import { afterAnswer, cloneUrls, type AppContext } from "../../http/context.ts";
import { log } from "../../http/log.ts";
import { operation } from "../../http/operation.ts";
import { AllowedParams, changesLimitBytes } from "./allowed-params.ts";
import { clientAddressOf } from "./client-address.ts";
import { judge, type Judged } from "./judge.ts";
import { exceedsOperationLimit } from "./operation-limit.ts";
import { Allowed, Elsewhere, renderAllowed, renderCustomAction } from "./render-allowed.ts";

/**
 * POST /internal/allowed
 *
 * Called by gitlab-shell before every fetch, archive and push (`changes` is `_any`), and by Gitaly's pre-receive hook
 * with what is pushed. 200 with all that the caller needs to go on to Gitaly, or a 4xx whose `message` is shown to the
 * person as it is (contract git-access).
 */
export const allowed = operation({
  method: "POST",
  path: "/internal/allowed",
  summary: "May this actor fetch from or push to this repository?",
  tags: ["gitlab-shell", "gitaly"],
  caller: "shell",
  dialect: "git",
  limitBytes: changesLimitBytes,
  params: AllowedParams,
  answers: {
    200: { description: "Allowed", schema: Allowed },
    300: { description: "Allowed, elsewhere", schema: Elsewhere },
  },
  faults: [404, 422, 503],
  async handle(c, params) {
    const request = parseAccessRequest(params);
    if (c.var.caller.by === "jwt" && request.protocol === "ssh") c.header("Enable-Workhorse-Circuit-Breaker", "true");
    const isOverOperationLimit = exceedsOperationLimit(c, request);
    let judged = await judge(c, request, isOverOperationLimit);
    const wasCreated = judged.decision.kind === "create";
    if (judged.decision.kind === "create") {
      await recordPushedProject(c.var.db, judged.decision.project, judged.facts.instance.settings, c.var.now);
      judged = await judge(c, request, isOverOperationLimit);
    }
    const { facts } = judged;
    const decision = settled(judged.decision);
    leaveTraces(c, request, { facts, decision }, wasCreated);
    if (decision.kind === "refused") throw faultOf(decision.refusal);
    if (decision.kind === "custom_action") return c.json(renderCustomAction(decision.action), 300);
    return c.json(renderAllowed(request, facts, decision.target, c.var.config, c.var.now));
  },
});

/** A project that was created and is gone again before it could be judged. */
function settled(decision: AccessDecision): Exclude<AccessDecision, { kind: "create" }> {
  if (decision.kind !== "create") return decision;
  return { kind: "refused", refusal: refusals.project_not_found, stoppedBy: "container", ref: null, notVerified: [] };
}

/** What a decision writes besides its answer, after it. */
function leaveTraces(c: AppContext, request: AccessRequest, { facts, decision }: Judged, wasCreated: boolean): void {
  if (decision.notVerified.length > 0) {
    log.info("allowed:not-verified", { request_id: c.var.requestId, kinds: decision.notVerified, decision: decision.kind });
  }
  const granted = "target" in decision ? { target: decision.target, wasCreated } : null;
  const record = recordOf(request, facts, decision, {
    status: statusOf(decision),
    address: clientAddressOf(c, request),
    requestId: c.var.requestId,
  });
  const effects = effectsOf(request, facts, granted, cloneUrls(c), record, c.var.now);
  afterAnswer(c, (db) => recordAccessEffects(db, effects, c.var.now));
}

function statusOf(decision: AccessDecision): number {
  if (decision.kind === "refused") return answerTo(faultOf(decision.refusal), "git").status;
  return decision.kind === "custom_action" ? 300 : 200;
}
