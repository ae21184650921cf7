import * as v from "valibot";
import { parseAccessRequest } from "../../domain/access/parse-request.ts";
import type { RefTrace, PushTrace } from "../../domain/access/refs/judge.ts";
import { faultOf } from "../../domain/access/refusal.ts";
import { answerTo } from "../../http/answers.ts";
import { operation } from "../../http/operation.ts";
import { AllowedParams, changesLimitBytes } from "../internal/allowed-params.ts";
import { judge } from "../internal/judge.ts";

const Guard = v.object({
  guard: v.string(),
  outcome: v.picklist(["passed", "stopped", "not_verified", "skipped"]),
  /** What it looked at. */
  facts: v.record(v.string(), v.unknown()),
});
const Explanation = v.object({
  allowed: v.boolean(),
  /** HTTP status that `/allowed` would answer with. */
  status: v.number(),
  message: v.nullable(v.string()),
  reason: v.string(),
  stopped_by: v.nullable(v.string()),
  not_verified: v.array(v.string()),
  guards: v.array(Guard),
  /** Refused refs, at most the first hundred. */
  refs: v.array(v.object({ ref: v.string(), oldrev: v.string(), newrev: v.string(), guards: v.array(Guard) })),
  /** How many were refused. */
  refs_total: v.number(),
});

/**
 * POST /operator/explain
 *
 * The same question as `/internal/allowed`, decided by the same code, with every guard in order and what it looked at.
 * For administrators. Nothing is written, nothing counted; 200 for a refusal too (contract git-access 18.1).
 */
export const explain = operation({
  method: "POST",
  path: "/operator/explain",
  summary: "Why would this access be allowed or refused?",
  tags: ["operator"],
  caller: "user",
  requires: "admin",
  limitBytes: changesLimitBytes,
  params: AllowedParams,
  answers: { 200: { description: "The decision and how it was made", schema: Explanation } },
  faults: [503],
  async handle(c, params) {
    const request = parseAccessRequest(params);
    const trace: PushTrace = { guards: [], refs: [], refsRefused: 0 };
    const { decision } = await judge(c, request, Promise.resolve(false), trace);
    const refusal = decision.kind === "refused" ? decision.refusal : null;
    return c.json({
      allowed: refusal === null,
      status: refusal === null ? 200 : answerTo(faultOf(refusal), "git").status,
      message: refusal?.message ?? null,
      reason: refusal?.reason ?? "allowed",
      stopped_by: decision.kind === "refused" ? decision.stoppedBy : null,
      not_verified: decision.notVerified,
      guards: trace.guards,
      refs: trace.refs.map(({ ref, oldrev, newrev, guards }: RefTrace) => ({ ref, oldrev, newrev, guards })),
      refs_total: trace.refsRefused,
    });
  },
});
