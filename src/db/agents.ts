import { and, asc, eq, sql, type SQL } from "drizzle-orm";
import { runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { deleteAgentParts } from "./deletion.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { clusterAgents } from "./schema/index.ts";

export type AgentRow = typeof clusterAgents.$inferSelect;

/** An agent as it is named in addresses: by its id, within its project. */
export interface AgentReference {
  projectId: number;
  id: number;
}

/** The id of an agent that is there, as a subquery. */
export function idOfAgent({ projectId, id }: AgentReference): SQL {
  return sql`select id from cluster_agents where id = ${id} and project_id = ${projectId}`;
}

/** The row of `idOfAgent`, for the batch of what is read of an agent. */
export function selectAgentId(db: Db, agent: AgentReference) {
  return db.query.select({ id: clusterAgents.id }).from(clusterAgents).where(isAgent(agent));
}

function isAgent({ projectId, id }: AgentReference): SQL | undefined {
  return and(eq(clusterAgents.id, id), eq(clusterAgents.projectId, projectId));
}

/** A page of the agents of a project, in the order of their registration. */
export async function listAgents(db: Db, projectId: number, page: PageRange): Promise<ListPage<AgentRow>> {
  const where = eq(clusterAgents.projectId, projectId);
  const [rows, counted] = await db.query.batch([
    db.query
      .select()
      .from(clusterAgents)
      .where(where)
      .orderBy(asc(clusterAgents.id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: clusterAgents.id }).from(clusterAgents).where(where)),
  ]);
  return toPage(rows, counted, page);
}

/** An agent of this project; null where there is none. */
export async function findAgent(db: Db, agent: AgentReference): Promise<AgentRow | null> {
  const rows = await db.query.select().from(clusterAgents).where(isAgent(agent));
  return rows[0] ?? null;
}

/** Throws the database's refusal of a name that is taken (constraint.ts, `cluster_agents.project_id`). */
export async function createAgent(db: Db, agent: Pick<AgentRow, "projectId" | "name" | "createdByUserId">): Promise<AgentRow> {
  const [row] = await db.query.insert(clusterAgents).values(agent).returning();
  if (row === undefined) throw new Error("The insert of an agent gave no row.");
  return row;
}

/**
 * Deletes an agent with its tokens, its configuration and what happened to it. What it reported, alerts and
 * vulnerabilities, is its project's and stays. Whether there was one.
 */
export async function deleteAgent(db: Db, agent: AgentReference): Promise<boolean> {
  const deleted = await runBatchThen(
    db,
    deleteAgentParts(db, idOfAgent(agent)),
    db.query.delete(clusterAgents).where(isAgent(agent)).returning({ id: clusterAgents.id }),
  );
  return deleted.length > 0;
}
