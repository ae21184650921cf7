import * as v from "valibot";
import { stepCounter } from "../../counter/client.ts";
import { loadReportFacts } from "../../db/facts/report-facts.ts";
import { recordCounter } from "../../db/reference-counters.ts";
import { Fault } from "../../domain/fault.ts";
import type { AcceptedPush } from "../../domain/push/accepted-push.ts";
import { parsePushReport, type PushReport } from "../../domain/push/push-report.ts";
import type { ReportFacts } from "../../domain/push/report-facts.ts";
import { afterAnswer, cloneUrls, type AppContext } from "../../http/context.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";
import { operation } from "../../http/operation.ts";
import { changesLimitBytes } from "./allowed-params.ts";
import { handOver } from "./hand-over.ts";
import { tellPusher } from "./tell-pusher.ts";

const given = v.optional(v.unknown());
const Message = v.object({ message: v.string(), type: v.picklist(["basic", "alert"]) });
const Reported = v.object({ messages: v.array(Message), reference_counter_decreased: v.boolean() });

/**
 * POST /internal/post_receive
 *
 * Called by Gitaly once the refs of a push have moved. 200 means that the push will be processed, with what its author
 * is to read; 503 that nothing could take it on. Nothing is judged here: the push has happened (contract push 3).
 */
export const postReceive = operation({
  method: "POST",
  path: "/internal/post_receive",
  summary: "Counts a push out, takes it on, and says what its author is to read",
  tags: ["gitaly"],
  caller: "shell",
  limitBytes: changesLimitBytes,
  params: v.object({ gl_repository: given, identifier: given, changes: given, push_options: given, gitaly_client_context_bin: given }),
  answers: { 200: { description: "The push will be processed", schema: Reported } },
  faults: [503],
  async handle(c, params) {
    const report = await parsePushReport(params);
    // Asked for at once: what is known of the repository is what was known before this push.
    const [counter, isHandedOver, facts] = await Promise.all([
      stepCounter(c.env, report.glRepository, "decrease"),
      handOver(c.env, toPush(c, report)),
      loadFacts(c, report),
    ]);
    if (counter !== null) afterAnswer(c, (db) => recordCounter(db, report.glRepository, counter));
    if (!isHandedOver) throw new Fault("unavailable", "not_handed_over", "The push could not be recorded. Please try again later.");
    const messages = facts === null ? [] : await tellPusher(c, report, facts);
    return c.json({ messages, reference_counter_decreased: counter !== null });
  },
});

function toPush(c: AppContext, report: PushReport): AcceptedPush {
  return {
    id: crypto.randomUUID(),
    glRepository: report.glRepository,
    identifier: report.identifier,
    changes: report.changes,
    options: report.jobOptions,
    urls: cloneUrls(c),
    acceptedAt: c.var.now.getTime(),
  };
}

/** Null where they cannot be had: the push is taken on all the same, and nobody is told anything. */
async function loadFacts(c: AppContext, report: PushReport): Promise<ReportFacts | null> {
  try {
    return await loadReportFacts(c.var.db, report, c.var.now);
  } catch (error) {
    log.error("post_receive:facts-not-loaded", { request_id: c.var.requestId, description: describeFailure(error) });
    return null;
  }
}
