import * as v from "valibot";
import {
  createAgentToken,
  findAgentToken,
  listAgentTokens,
  revokeAgentToken,
  type AgentTokenRow,
  type NewAgentToken,
} from "../../../db/agent-tokens.ts";
import type { AgentReference } from "../../../db/agents.ts";
import { refuseTokenTexts } from "../../../domain/agents/names.ts";
import { badRequest, rowNotFound } from "../../../domain/fault.ts";
import { AccessLevel } from "../../../domain/identity/access-level.ts";
import { digestOfToken, makeToken } from "../../../domain/tokens/secret.ts";
import type { AppContext } from "../../../http/context.ts";
import { optional, text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../../http/pagination.ts";
import { deletedMeanwhile } from "../../deleted-meanwhile.ts";
import {
  AgentToken,
  AgentTokenWithSecret,
  AgentTokenWithUse,
  renderAgentToken,
  renderAgentTokenWithSecret,
  renderAgentTokenWithUse,
} from "../../entities/agent.ts";
import { seeProjectAs } from "../../places.ts";
import { agentIn, findAgentOrRefuse, orNotFound, rowIdOf } from "./find.ts";

const tags = ["provisioning"];
const Named = v.object({ id: text(), agent_id: text(), token_id: text() });

/** GET /projects/:id/cluster_agents/:agent_id/tokens: the active ones, without their use (contract provisioning 11). */
export const findTokens = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents/:agent_id/tokens",
  summary: "The active tokens of a Kubernetes agent",
  tags,
  caller: "user",
  params: v.object({ id: text(), agent_id: text(), ...pageFields }),
  answers: { 200: { description: "The tokens, in the order of their making", schema: v.array(AgentToken) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const { rows, total } = orNotFound(await listAgentTokens(c.var.db, agentIn(seen, params.agent_id), page));
    return respondPage(c, rows.map(renderAgentToken), page, total);
  },
});

/** GET /projects/:id/cluster_agents/:agent_id/tokens/:token_id: with its last use. One that was revoked is not found. */
export const showToken = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents/:agent_id/tokens/:token_id",
  summary: "An active token of a Kubernetes agent",
  tags,
  caller: "user",
  params: Named,
  answers: { 200: { description: "The token", schema: AgentTokenWithUse } },
  faults: [301, 404],
  async handle(c, params) {
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const token = await findAgentToken(c.var.db, agentIn(seen, params.agent_id), rowIdOf(params.token_id));
    return c.json(renderAgentTokenWithUse(orNotFound(token)));
  },
});

/** So that a token can be replaced without a gap. */
const activeTokensLimit = 2;

/**
 * POST /projects/:id/cluster_agents/:agent_id/tokens: the text of the token is in this answer and nowhere else, since
 * only its digest is kept. At most two tokens of an agent are active.
 */
export const createToken = operation({
  method: "POST",
  path: "/projects/:id/cluster_agents/:agent_id/tokens",
  summary: "Make a token for a Kubernetes agent",
  tags,
  caller: "user",
  params: v.object({ id: text(), agent_id: text(), name: text(), description: optional(text()) }),
  answers: { 201: { description: "The token, with its text", schema: AgentTokenWithSecret } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const { caller } = c.var;
    const seen = await seeProjectAs(c, caller, params.id, AccessLevel.maintainer);
    const agent = agentIn(seen, params.agent_id);
    const token = makeToken("glagent-", 50);
    const texts = { name: params.name, description: params.description ?? null };
    const refusal = refuseTokenTexts(texts.name, texts.description);
    const row =
      refusal === null ? await createIfRoom(c, agent, { ...texts, digest: digestOfToken(token), createdByUserId: caller.user.id }) : null;
    if (row === null) {
      await findAgentOrRefuse(c, seen, params.agent_id);
      throw badRequest(refusal ?? "An agent can have only two active tokens at a time");
    }
    return c.json(renderAgentTokenWithSecret(row, token), 201);
  },
});

/** Null where there is no such agent, or no room for one more token. */
async function createIfRoom(c: AppContext, agent: AgentReference, token: NewAgentToken): Promise<AgentTokenRow | null> {
  try {
    return await createAgentToken(c.var.db, agent, token, activeTokensLimit, c.var.now);
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}

/** DELETE /projects/:id/cluster_agents/:agent_id/tokens/:token_id: revokes a token; nothing is found of it from then on. */
export const revokeToken = operation({
  method: "DELETE",
  path: "/projects/:id/cluster_agents/:agent_id/tokens/:token_id",
  summary: "Revoke a token of a Kubernetes agent",
  tags,
  caller: "user",
  params: Named,
  answers: { 204: { description: "Revoked" } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const { caller } = c.var;
    const seen = await seeProjectAs(c, caller, params.id, AccessLevel.maintainer);
    if (!(await revoke(c, agentIn(seen, params.agent_id), rowIdOf(params.token_id), caller.user.id))) throw rowNotFound();
    return c.body(null, 204);
  },
});

async function revoke(c: AppContext, agent: AgentReference, tokenId: number, userId: number): Promise<boolean> {
  try {
    return await revokeAgentToken(c.var.db, agent, tokenId, userId, c.var.now);
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}
