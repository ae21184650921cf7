import * as v from "valibot";
import { loadReportingFacts } from "../../../db/facts/vulnerability-facts.ts";
import { resolveUnseenVulnerabilities } from "../../../db/vulnerability-reports.ts";
import { forbidden } from "../../../domain/fault.ts";
import { mayReport } from "../../../domain/vulnerabilities/reporter.ts";
import { longList } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { knownAgent } from "../../../auth/known-agent.ts";
import { kasBodyBytes } from "./limits.ts";

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
  params: v.object({ uuids: longList(v.string()) }),
  answers: { 200: { description: "Done: the number 200", schema: v.literal(200) } },
  async handle(c, { uuids }) {
    const { reporter, ...facts } = await loadReportingFacts(c.var.db, c.var.caller.tokenDigest);
    const agent = knownAgent(c, facts.agent);
    if (!mayReport(reporter, c.var.now)) throw forbidden();
    await resolveUnseenVulnerabilities(c.var.db, agent, uuids, c.var.now);
    return c.json(200);
  },
});
