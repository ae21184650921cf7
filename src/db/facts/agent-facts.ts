import { sql, type SQL } from "drizzle-orm";
import type { AgentFacts, AgentProject } from "../../domain/agents/facts.ts";
import { loadTogether, statement } from "../statement.ts";
import type { Db } from "../client.ts";
import { toDate } from "./rows.ts";

const value = sql.placeholder;

/** A row of `agentByToken`. */
export interface AgentRow extends AgentProjectRow {
  agent_id: number;
  agent_name: string;
  token_id: number;
  last_used_at: number | null;
}
export interface AgentProjectRow {
  project_id: number;
  full_path: string;
  visibility: AgentProject["visibility"];
  repository_access_level: AgentProject["repositoryAccessLevel"];
  repository_storage: string;
  storage_version: number;
  default_branch: string;
}

/** Columns of an `AgentProjectRow`, of a project `p` and its route `r`. */
export const agentProjectColumns: SQL = sql`
  p.id as project_id, r.path as full_path, p.visibility as visibility,
  p.repository_access_level as repository_access_level, p.repository_storage as repository_storage,
  p.storage_version as storage_version, p.default_branch as default_branch`;

/** The agent whose active token has the digest of the placeholder `tokenDigest`, for the trip of any call that an agent makes. */
export const agentByToken = statement<AgentRow>(
  () => sql`
    select a.id as agent_id, a.name as agent_name, t.id as token_id, t.last_used_at as last_used_at,
       ${agentProjectColumns}
    from cluster_agent_tokens t join cluster_agents a on a.id = t.agent_id
    join projects p on p.id = a.project_id join routes r on r.project_id = p.id
    where t.digest = ${value("tokenDigest")} and t.status = 'active'`,
);

export function toAgentFacts(row: AgentRow | undefined): AgentFacts | null {
  if (row === undefined) return null;
  return {
    id: row.agent_id,
    name: row.agent_name,
    token: { id: row.token_id, lastUsedAt: toDate(row.last_used_at) },
    project: toAgentProject(row),
  };
}

export function toAgentProject(row: AgentProjectRow): AgentProject {
  return {
    id: row.project_id,
    fullPath: row.full_path,
    visibility: row.visibility,
    repositoryAccessLevel: row.repository_access_level,
    repositoryStorage: row.repository_storage,
    storageVersion: row.storage_version,
    defaultBranch: row.default_branch,
  };
}

/** The agent whose active token has this digest; null where none has. */
export async function loadAgent(db: Db, tokenDigest: string): Promise<AgentFacts | null> {
  const { agents } = await loadTogether(db, { agents: agentByToken }, { tokenDigest });
  return toAgentFacts(agents[0]);
}
