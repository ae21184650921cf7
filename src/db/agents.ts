import { and, eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { clusterAgents, clusterAgentTokens } from "./schema/index.ts";

export type AgentRow = typeof clusterAgents.$inferSelect;
export type AgentTokenRow = typeof clusterAgentTokens.$inferSelect;
export type NewAgentToken = Pick<typeof clusterAgentTokens.$inferInsert, "name" | "digest" | "createdByUserId"> & {
  description: string | null;
};

/** An agent of this project; null where there is none. */
export async function findAgent(db: Db, projectId: number, id: number): Promise<AgentRow | null> {
  const rows = await db.query
    .select()
    .from(clusterAgents)
    .where(and(eq(clusterAgents.id, id), eq(clusterAgents.projectId, projectId)));
  return rows[0] ?? null;
}

/** Throws the database's refusal of a name that is taken (constraint.ts, `cluster_agents.project_id`). */
export async function createAgent(db: Db, agent: Pick<AgentRow, "projectId" | "name" | "createdByUserId">): Promise<AgentRow> {
  const [row] = await db.query.insert(clusterAgents).values(agent).returning();
  if (row === undefined) throw new Error("The insert of an agent gave no row.");
  return row;
}

/**
 * A token of an agent of this project, as long as it has fewer active ones than `limit`; null where it has not, or
 * where there is no such agent. Counted by the write itself, so that two requests at once do not both pass.
 */
export async function createAgentToken(
  db: Db,
  agent: { projectId: number; id: number },
  token: NewAgentToken,
  limit: number,
): Promise<AgentTokenRow | null> {
  const rows = await db.query
    .insert(clusterAgentTokens)
    .select(sql`
      select null, a.id, ${token.name}, ${token.description}, ${token.digest}, 'active', null, ${token.createdByUserId},
        cast(unixepoch('subsec') * 1000 as integer)
      from cluster_agents a
      where a.id = ${agent.id} and a.project_id = ${agent.projectId}
        and (select count(*) from cluster_agent_tokens t where t.agent_id = a.id and t.status = 'active') < ${limit}`)
    .returning();
  return rows[0] ?? null;
}
