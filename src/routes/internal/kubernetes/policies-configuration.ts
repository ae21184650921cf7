import * as v from "valibot";
import { loadAgent } from "../../../db/facts/agent-facts.ts";
import { operation } from "../../../http/operation.ts";
import { knownAgent } from "../../../auth/known-agent.ts";
import { kasBodyBytes } from "./limits.ts";

/** When an agent scans, as a cron line, and in which namespaces of its cluster. */
const ScanPolicy = v.object({ cadence: v.string(), namespaces: v.array(v.string()), updated_at: v.string() });

/**
 * GET …/modules/starboard_vulnerability/policies_configuration: when an agent is to scan, and what (contract kas 9). No
 * call makes such policies, so none ever applies: the agent scans as its own configuration says.
 */
export const showScanPolicies = operation({
  method: "GET",
  path: "/internal/kubernetes/modules/starboard_vulnerability/policies_configuration",
  summary: "The scan policies of an agent: none",
  tags: ["kubernetes"],
  caller: "agent",
  limitBytes: kasBodyBytes,
  params: v.object({}),
  answers: { 200: { description: "The policies", schema: v.object({ configurations: v.array(ScanPolicy) }) } },
  async handle(c) {
    knownAgent(c, await loadAgent(c.var.db, c.var.caller.tokenDigest));
    return c.json({ configurations: [] });
  },
});
