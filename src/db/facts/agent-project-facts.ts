import { sql } from "drizzle-orm";
import type { AgentFacts, AgentProject } from "../../domain/agents/facts.ts";
import type { ProjectReference } from "../../domain/agents/project-access.ts";
import type { Db } from "../client.ts";
import { loadTogether, statement } from "../statement.ts";
import { agentByToken, agentProjectColumns, toAgentFacts, toAgentProject, type AgentProjectRow } from "./agent-facts.ts";

const value = sql.placeholder;

/** By id; or by path, where a current one comes before a former one. Each look-up is by primary key or unique index. */
const namedProject = statement<AgentProjectRow>(
  () => sql`
    select ${agentProjectColumns}
    from projects p join routes r on r.project_id = p.id
    where p.id = coalesce(
      ${value("projectId")},
      (select project_id from routes where path = ${value("path")}),
      (select project_id from redirect_routes where path = ${value("path")}))`,
);

const statements = { agents: agentByToken, projects: namedProject };

/** The agent whose active token has this digest, and the project that its call names, in one round trip; null for what is not there. */
export async function loadAgentAndProject(
  db: Db,
  tokenDigest: string,
  reference: ProjectReference | null,
): Promise<{ agent: AgentFacts | null; project: AgentProject | null }> {
  const named = { projectId: null, path: null, ...(reference !== null && "id" in reference ? { projectId: reference.id } : reference) };
  const { agents, projects } = await loadTogether(db, statements, { tokenDigest, ...named });
  return { agent: toAgentFacts(agents[0]), project: projects[0] === undefined ? null : toAgentProject(projects[0]) };
}
