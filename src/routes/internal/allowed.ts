import * as v from "valibot";
import { recordAccessEffects } from "../../db/access-effects.ts";
import { loadAccessFacts } from "../../db/facts/access-facts.ts";
import { recordPushedProject } from "../../db/pushed-project.ts";
import { decideAccess, type AccessDecision } from "../../domain/access/decide.ts";
import { effectsOf } from "../../domain/access/effects.ts";
import type { AccessFacts } from "../../domain/access/facts.ts";
import { Fault } from "../../domain/fault.ts";
import { faultOf } from "../../domain/access/refusal.ts";
import { parseAccessRequest } from "../../domain/access/parse-request.ts";
import type { AccessRequest } from "../../domain/access/request.ts";
import { afterAnswer, cloneUrls, externalUrl, type AppContext } from "../../http/context.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";
import { operation } from "../../http/operation.ts";
import { exceedsOperationLimit } from "./operation-limit.ts";
import { actorFields, wireText } from "./fields.ts";
import { Allowed, renderAllowed } from "./render-allowed.ts";

const Request = v.object({
  ...actorFields,
  project: wireText,
  gl_repository: wireText,
  protocol: wireText,
  action: wireText,
  changes: v.optional(v.unknown()),
  env: v.optional(v.unknown()),
  check_ip: wireText,
  namespace_path: wireText,
  gitaly_client_context_bin: v.nullish(v.string()),
});

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
  limitBytes: 16 * 1024 * 1024,
  params: Request,
  answers: { 200: { description: "Allowed", schema: Allowed } },
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
    const { facts, decision } = judged;
    const granted = decision.kind === "allowed" ? { target: decision.target, wasCreated } : null;
    const effects = effectsOf(request, facts, granted, cloneUrls(c), c.var.now);
    afterAnswer(c, (db) => recordAccessEffects(db, effects, c.var.now));
    if (decision.kind !== "allowed") throw faultOf(decision);
    return c.json(renderAllowed(request, facts, decision.target, c.var.config, c.var.now));
  },
});

async function judge(
  c: AppContext,
  request: AccessRequest,
  overOperationLimit: Promise<boolean>,
): Promise<{ facts: AccessFacts; decision: AccessDecision }> {
  const [loaded, isOverOperationLimit] = await Promise.all([loadFacts(c, request), overOperationLimit]);
  // 0 switches the limit off; how many operations it allows is fixed by the deployment's binding.
  const isLimited = loaded.instance.settings.gitlab_shell_operation_limit > 0;
  const facts = { ...loaded, isOverOperationLimit: isLimited && isOverOperationLimit };
  return { facts, decision: decideAccess(request, facts, c.var.now) };
}

/** Throws 503 where the facts cannot be had: nobody is let through unjudged, and the caller may ask again. */
async function loadFacts(c: AppContext, request: AccessRequest): Promise<Omit<AccessFacts, "isOverOperationLimit">> {
  const { config, db } = c.var;
  const { isReadOnly, commandsDisabledOverHttp } = config;
  try {
    return await loadAccessFacts(db, request, { isReadOnly, commandsDisabledOverHttp, externalUrl: externalUrl(c) });
  } catch (error) {
    log.error("allowed:facts-not-loaded", { request_id: c.var.requestId, description: describeFailure(error) });
    throw new Fault("unavailable", "facts_not_loaded", "The access check could not be completed. Please try again later.");
  }
}
