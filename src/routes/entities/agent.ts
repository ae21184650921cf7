import * as v from "valibot";
import type { AgentTokenRow } from "../../db/agent-tokens.ts";
import type { AgentRow } from "../../db/agents.ts";
import type { ProjectRecord } from "../../db/project-records.ts";
import { ProjectIdentity, renderProjectIdentity } from "./project.ts";

/** An agent, with the project that holds its configuration. */
export const Agent = v.object({
  id: v.number(),
  name: v.string(),
  config_project: ProjectIdentity,
  created_at: v.string(),
  created_by_user_id: v.nullable(v.number()),
});

export function renderAgent(agent: AgentRow, project: ProjectRecord): v.InferOutput<typeof Agent> {
  return {
    id: agent.id,
    name: agent.name,
    config_project: renderProjectIdentity(project),
    created_at: agent.createdAt.toISOString(),
    created_by_user_id: agent.createdByUserId,
  };
}

/** A token as it is listed. */
export const AgentToken = v.object({
  id: v.number(),
  name: v.string(),
  description: v.nullable(v.string()),
  agent_id: v.number(),
  status: v.string(),
  created_at: v.string(),
  created_by_user_id: v.nullable(v.number()),
});

/** A token that is asked for by itself. */
export const AgentTokenWithUse = v.object({ ...AgentToken.entries, last_used_at: v.nullable(v.string()) });

/** A new token: the only answer that holds its text. */
export const AgentTokenWithSecret = v.object({ ...AgentTokenWithUse.entries, token: v.string() });

export function renderAgentToken(row: AgentTokenRow): v.InferOutput<typeof AgentToken> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    agent_id: row.agentId,
    status: row.status,
    created_at: row.createdAt.toISOString(),
    created_by_user_id: row.createdByUserId,
  };
}

export function renderAgentTokenWithUse(row: AgentTokenRow): v.InferOutput<typeof AgentTokenWithUse> {
  return { ...renderAgentToken(row), last_used_at: row.lastUsedAt?.toISOString() ?? null };
}

export function renderAgentTokenWithSecret(row: AgentTokenRow, token: string): v.InferOutput<typeof AgentTokenWithSecret> {
  return { ...renderAgentTokenWithUse(row), token };
}
