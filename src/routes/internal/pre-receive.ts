import * as v from "valibot";
import { stepCounter } from "../../counter/client.ts";
import { recordCounter } from "../../db/reference-counters.ts";
import { parseCounterName } from "../../domain/push/push-report.ts";
import { afterAnswer } from "../../http/context.ts";
import { operation } from "../../http/operation.ts";

/**
 * POST /internal/pre_receive
 *
 * Called by Gitaly when a push was allowed and its hooks have passed, before any ref moves. Always 200; false where the
 * counter could not be raised, and then Gitaly refuses the push (contract push 1).
 */
export const preReceive = operation({
  method: "POST",
  path: "/internal/pre_receive",
  summary: "Counts a push in",
  tags: ["gitaly"],
  caller: "shell",
  params: v.object({ gl_repository: v.optional(v.unknown()) }),
  answers: { 200: { description: "Whether it was counted", schema: v.object({ reference_counter_increased: v.boolean() }) } },
  async handle(c, params) {
    const glRepository = parseCounterName(params.gl_repository);
    const state = await stepCounter(c.env, glRepository, "increase");
    if (state !== null) afterAnswer(c, (db) => recordCounter(db, glRepository, state));
    return c.json({ reference_counter_increased: state !== null });
  },
});
