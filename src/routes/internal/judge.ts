import { loadAccessFacts } from "../../db/facts/access-facts.ts";
import { judgeAccess, type AccessDecision } from "../../domain/access/decide.ts";
import type { AccessFacts } from "../../domain/access/facts.ts";
import type { AccessRequest } from "../../domain/access/request.ts";
import type { PushTrace } from "../../domain/access/refs/judge.ts";
import { faultOf, refusals } from "../../domain/access/refusal.ts";
import { answerQuestions } from "../../git/answer.ts";
import { unconfiguredGit } from "../../git/unconfigured.ts";
import { cloneUrls, type AppContext } from "../../http/context.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";

export interface Judged {
  facts: AccessFacts;
  decision: AccessDecision;
}

/** Loads the facts of a request and decides. With a trace, every guard leaves there what it looked at. */
export async function judge(
  c: AppContext,
  request: AccessRequest,
  overOperationLimit: Promise<boolean>,
  trace: PushTrace | null = null,
): Promise<Judged> {
  const [loaded, isOverOperationLimit] = await Promise.all([loadFacts(c, request), overOperationLimit]);
  // 0 switches the limit off; how many operations it allows is fixed by the deployment's binding.
  const isLimited = loaded.instance.settings.gitlab_shell_operation_limit > 0;
  const facts = { ...loaded, isOverOperationLimit: isLimited && isOverOperationLimit };
  const decision = await answerQuestions(judgeAccess(request, facts, c.var.now, Date.now, trace), unconfiguredGit);
  return { facts, decision };
}

/** Throws 503 where the facts cannot be had: nobody is let through unjudged, and the caller may ask again. */
async function loadFacts(c: AppContext, request: AccessRequest): Promise<Omit<AccessFacts, "isOverOperationLimit">> {
  const { config, db } = c.var;
  const { isReadOnly, commandsDisabledOverHttp, unverifiedChecks } = config;
  const { external: externalUrl, ssh: sshClonePrefix } = cloneUrls(c);
  try {
    return await loadAccessFacts(db, request, { isReadOnly, commandsDisabledOverHttp, unverifiedChecks, externalUrl, sshClonePrefix });
  } catch (error) {
    log.error("allowed:facts-not-loaded", { request_id: c.var.requestId, description: describeFailure(error) });
    throw faultOf(refusals.facts_not_loaded);
  }
}
