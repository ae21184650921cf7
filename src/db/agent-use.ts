import { sql } from "drizzle-orm";
import { connectedSince } from "../domain/agents/token-use.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";

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
