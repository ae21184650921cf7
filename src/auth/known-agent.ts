import { recordAgentUse } from "../db/agent-tokens.ts";
import type { AgentFacts } from "../domain/agents/facts.ts";
import { isUseDue } from "../domain/agents/token-use.ts";
import { unauthenticated } from "../domain/fault.ts";
import { afterAnswer, type AppContext } from "../http/context.ts";

/**
 * The agent that was found by the caller's token: first of all that is said of a call. 401 where there is none. That the
 * token was used is written down after the answer, and whether that succeeds changes nothing (contract kas 1.2).
 */
export function knownAgent(c: AppContext, agent: AgentFacts | null): AgentFacts {
  if (agent === null) throw unauthenticated("agent_token");
  const { now } = c.var;
  if (isUseDue(agent.token.lastUsedAt, now, Math.random())) {
    afterAnswer(c, (db) => recordAgentUse(db, { id: agent.id, tokenId: agent.token.id }, now));
  }
  return agent;
}
