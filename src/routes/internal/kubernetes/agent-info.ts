import * as v from "valibot";
import { loadAgent } from "../../../db/facts/agent-facts.ts";
import { operation, type Operation } from "../../../http/operation.ts";
import { renderRepository, repositoryFields } from "./gitaly.ts";
import { kasBodyBytes } from "./limits.ts";
import { knownAgent } from "../../../auth/known-agent.ts";

const AgentInfo = v.object({ project_id: v.number(), agent_id: v.number(), agent_name: v.string(), ...repositoryFields });

/**
 * GET …/agent_info: who the agent is whose token kas was shown, and where its configuration lies (contract kas 2). kas of
 * today asks below `/internal/agents/agentk`, older ones below `/internal/kubernetes`.
 */
export const agentInfo: readonly Operation[] = ["/internal/kubernetes/agent_info", "/internal/agents/agentk/agent_info"].map((path) =>
  operation({
    method: "GET",
    path,
    summary: "Who an agent is, and where its configuration lies",
    tags: ["kubernetes"],
    caller: "agent",
    limitBytes: kasBodyBytes,
    params: v.object({}),
    answers: { 200: { description: "The agent", schema: AgentInfo } },
    async handle(c) {
      const agent = knownAgent(c, await loadAgent(c.var.db, c.var.caller.tokenDigest));
      return c.json({
        project_id: agent.project.id,
        agent_id: agent.id,
        agent_name: agent.name,
        ...renderRepository(agent.project, c.var.config),
      });
    },
  }),
);
