import * as v from "valibot";
import { replaceAgentConfiguration } from "../../../db/agent-configuration.ts";
import { readAgentConfiguration } from "../../../domain/agents/configuration.ts";
import { rowNotFound } from "../../../domain/fault.ts";
import { integer, jsonObject } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { kasBodyBytes } from "./limits.ts";

/**
 * POST …/agent_configuration: whom an agent's configuration lets in, whenever kas read another one (contract kas 10). It
 * takes the place of what was posted before.
 */
export const agentConfiguration = operation({
  method: "POST",
  path: "/internal/kubernetes/agent_configuration",
  summary: "Keeps whom the configuration of an agent lets in",
  tags: ["kubernetes"],
  caller: "kas",
  limitBytes: kasBodyBytes,
  params: v.object({ agent_id: integer(), agent_config: jsonObject() }),
  answers: { 204: { description: "Kept" } },
  faults: [404],
  async handle(c, params) {
    const configuration = readAgentConfiguration(params.agent_config);
    if (!(await replaceAgentConfiguration(c.var.db, params.agent_id, configuration, c.var.now))) throw rowNotFound();
    return c.body(null, 204);
  },
});
