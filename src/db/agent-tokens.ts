import { and, asc, eq, sql, type SQL } from "drizzle-orm";
import type { ActivityKind } from "../domain/agents/activity.ts";
import { connectedSince } from "../domain/agents/token-use.ts";
import { idOfAgent, selectAgentId, type AgentReference } from "./agents.ts";
import { runBatch, runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { clusterAgentTokens } from "./schema/index.ts";

export type AgentTokenRow = typeof clusterAgentTokens.$inferSelect;
export interface NewAgentToken {
  name: string;
  description: string | null;
  digest: string;
  createdByUserId: number;
}

function areActive(agent: AgentReference): SQL | undefined {
  return and(sql`${clusterAgentTokens.agentId} in (${idOfAgent(agent)})`, eq(clusterAgentTokens.status, "active"));
}

/** A page of the active tokens of an agent, in the order of their making; null where there is no such agent. One round trip. */
export async function listAgentTokens(db: Db, agent: AgentReference, page: PageRange): Promise<ListPage<AgentTokenRow> | null> {
  const [agents, rows, counted] = await db.query.batch([
    selectAgentId(db, agent),
    db.query
      .select()
      .from(clusterAgentTokens)
      .where(areActive(agent))
      .orderBy(asc(clusterAgentTokens.id))
      .limit(page.size + 1)
      .offset(page.offset),
    countRows(db, db.query.select({ id: clusterAgentTokens.id }).from(clusterAgentTokens).where(areActive(agent))),
  ]);
  return agents.length === 0 ? null : toPage(rows, counted, page);
}

/** An active token of this agent; null where there is none. */
export async function findAgentToken(db: Db, agent: AgentReference, id: number): Promise<AgentTokenRow | null> {
  const rows = await db.query
    .select()
    .from(clusterAgentTokens)
    .where(and(eq(clusterAgentTokens.id, id), areActive(agent)));
  return rows[0] ?? null;
}

/**
 * A token of an agent of this project, as long as it has fewer active ones than `limit`; null where it has not, or
 * where there is no such agent. Counted by the write itself, so that two requests at once do not both pass.
 */
export async function createAgentToken(
  db: Db,
  agent: AgentReference,
  token: NewAgentToken,
  limit: number,
  now: Date,
): Promise<AgentTokenRow | null> {
  const [rows] = await db.query.batch([
    db.query
      .insert(clusterAgentTokens)
      .select(sql`
        select null, a.id, ${token.name}, ${token.description}, ${token.digest}, 'active', null, ${token.createdByUserId}, ${now.getTime()}
        from cluster_agents a
        where a.id = ${agent.id} and a.project_id = ${agent.projectId}
          and (select count(*) from cluster_agent_tokens t where t.agent_id = a.id and t.status = 'active') < ${limit}`)
      .returning(),
    activityOf(db, "token_created", sql`digest = ${token.digest}`, token.createdByUserId, now),
  ]);
  return rows[0] ?? null;
}

/** Revokes an active token of this agent: its row stays, and opens nothing. Whether there was one; of two at once, once. */
export async function revokeAgentToken(db: Db, agent: AgentReference, id: number, userId: number, now: Date): Promise<boolean> {
  const isActive = and(eq(clusterAgentTokens.id, id), areActive(agent));
  const revoked = await runBatchThen(
    db,
    [activityOf(db, "token_revoked", isActive, userId, now)],
    db.query.update(clusterAgentTokens).set({ status: "revoked" }).where(isActive).returning({ id: clusterAgentTokens.id }),
  );
  return revoked.length > 0;
}

/** The statement that tells what was done to the tokens of which the condition holds. */
function activityOf(db: Db, kind: ActivityKind, condition: SQL | undefined, userId: number, now: Date) {
  return db.query.run(sql`
    insert into agent_activity_events (agent_id, kind, token_id, user_id, recorded_at)
    select agent_id, ${kind}, id, ${userId}, ${now.getTime()} from cluster_agent_tokens where ${condition}`);
}

/**
 * Writes down that an agent used a token, and that it connected, where none of its tokens was used for an hour (contract
 * kas 1.2). Two uses at once are one connection; of a token that was revoked or deleted meanwhile nothing is written.
 */
export async function recordAgentUse(db: Db, agent: { id: number; tokenId: number }, now: Date): Promise<void> {
  const isActive = sql`id = ${agent.tokenId} and agent_id = ${agent.id} and status = 'active'`;
  await runBatch(db, [
    db.query.run(sql`
      insert into agent_activity_events (agent_id, kind, token_id, recorded_at)
      select agent_id, 'agent_connected', id, ${now.getTime()} from cluster_agent_tokens
      where ${isActive} and not exists (
        select 1 from cluster_agent_tokens used
        where used.agent_id = ${agent.id} and used.status = 'active' and used.last_used_at > ${connectedSince(now).getTime()})`),
    db.query.run(sql`update cluster_agent_tokens set last_used_at = ${now.getTime()} where ${isActive}`),
  ]);
}
