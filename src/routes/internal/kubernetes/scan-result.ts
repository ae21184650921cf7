import * as v from "valibot";
import { loadReportingFacts } from "../../../db/facts/vulnerability-facts.ts";
import { resolveUnseenVulnerabilities } from "../../../db/vulnerability-reports.ts";
import { forbidden } from "../../../domain/fault.ts";
import { mayReport } from "../../../domain/vulnerabilities/reporter.ts";
import { operation } from "../../../http/operation.ts";
import { knownAgent } from "./known-agent.ts";
import { kasBodyBytes } from "./limits.ts";

/** A body may hold very many; all are told of in one sentence, for one each would cost more than the body. */
const Uuids = v.pipe(
  v.array(v.unknown()),
  v.check((given) => given.every((each) => typeof each === "string")),
  v.array(v.string()),
);

/**
 * POST …/modules/starboard_vulnerability/scan_result: a scan is over, and found these (contract kas 8). What the agent
 * reported before and is not among them is resolved; with an empty list, all of it is.
 */
export const recordScanResult = operation({
  method: "POST",
  path: "/internal/kubernetes/modules/starboard_vulnerability/scan_result",
  summary: "Tells what a scan found, so that the rest is resolved",
  tags: ["kubernetes"],
  caller: "agent",
  limitBytes: kasBodyBytes,
  params: v.object({ uuids: Uuids }),
  answers: { 200: { description: "Done: the number 200", schema: v.literal(200) } },
  async handle(c, { uuids }) {
    const { reporter, ...facts } = await loadReportingFacts(c.var.db, c.var.caller.tokenDigest);
    const agent = knownAgent(c, facts.agent);
    if (!mayReport(reporter, c.var.now)) throw forbidden();
    await resolveUnseenVulnerabilities(c.var.db, agent, uuids, c.var.now);
    return c.json(200);
  },
});
