import { sql, type SQL } from "drizzle-orm";
import type { PlaceAccess, ProxyUserFacts } from "../../domain/agents/proxy-user.ts";
import { AccessLevel, effectiveAccess } from "../../domain/identity/access-level.ts";
import type { Db } from "../client.ts";
import { membershipsAsJson, parseMemberships } from "../memberships.ts";
import { loadTogether, statement } from "../statement.ts";
import type { Flag } from "./rows.ts";

/** An agent that a user asks for, with what decides whether they reach its cluster. */
export interface ProxiedAgentFacts extends ProxyUserFacts {
  id: number;
  projectId: number;
}

interface AgentRow {
  id: number;
  project_id: number;
  user_access: ProxyUserFacts["userAccess"];
}
interface PlaceRow {
  id: number;
  owns: Flag;
  /** As JSON. */
  memberships: string;
}

const value = sql.placeholder;
const userId: SQL = sql`${value("userId")}`;

const statements = {
  agents: statement<AgentRow>(() => sql`select id, project_id, user_access from cluster_agents where id = ${value("agentId")}`),
  projects: statement<PlaceRow>(
    () => sql`
      select p.id as id, n.owner_id is ${userId} as owns, ${membershipsAsJson(userId, sql`p.id`, sql`p.namespace_id`)} as memberships
      from agent_authorizations z
        cross join projects p on p.id = z.project_id cross join namespaces n on n.id = p.namespace_id
      where z.agent_id = ${value("agentId")} and z.access = 'user' and z.project_id is not null
      order by p.id`,
  ),
  groups: statement<PlaceRow>(
    () => sql`
      select z.namespace_id as id, 0 as owns, ${membershipsAsJson(userId, sql`null`, sql`z.namespace_id`)} as memberships
      from agent_authorizations z
      where z.agent_id = ${value("agentId")} and z.access = 'user' and z.namespace_id is not null
      order by z.namespace_id`,
  ),
};

/**
 * An agent, and the user's effective level in each project and group that its `user_access` names, in one round trip; null
 * where there is no such agent. `today`: the day that memberships expire by.
 */
export async function loadProxiedAgent(
  db: Db,
  asked: { agentId: number; userId: number },
  today: string,
): Promise<ProxiedAgentFacts | null> {
  const rows = await loadTogether(db, statements, asked);
  const [agent] = rows.agents;
  if (agent === undefined) return null;
  const toAccess = (row: PlaceRow): PlaceAccess => ({ id: row.id, level: levelIn(row, today) });
  return {
    id: agent.id,
    projectId: agent.project_id,
    userAccess: agent.user_access,
    projects: rows.projects.map(toAccess),
    groups: rows.groups.map(toAccess),
  };
}

function levelIn({ owns, memberships }: PlaceRow, today: string): number {
  return owns === 1 ? AccessLevel.owner : effectiveAccess(parseMemberships(memberships), today).level;
}
