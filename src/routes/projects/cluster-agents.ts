import * as v from "valibot";
import { createAgent, createAgentToken, findAgent, type AgentRow, type NewAgentToken } from "../../db/agents.ts";
import { isUniqueViolation } from "../../db/constraint.ts";
import { refuseAgentName, refuseTokenTexts } from "../../domain/agents/names.ts";
import { badRequest, rowNotFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { parseRowId } from "../../domain/identity/row-id.ts";
import { digestOfToken, makeToken } from "../../domain/tokens/secret.ts";
import type { AppContext } from "../../http/context.ts";
import { optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { deletedMeanwhile } from "../deleted-meanwhile.ts";
import { Agent, AgentTokenWithSecret, renderAgent, renderAgentTokenWithSecret } from "../entities/agent.ts";
import { requireLevel, seeProject, type SeenProject } from "../places.ts";

/** GET /projects/:id/cluster_agents/:agent_id, for developers (contract provisioning 11). */
export const showAgent = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents/:agent_id",
  summary: "A Kubernetes agent of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), agent_id: text() }),
  answers: { 200: { description: "The agent", schema: Agent } },
  faults: [301, 404],
  async handle(c, params) {
    const project = await seeProject(c, c.var.caller, params.id);
    requireLevel(project, AccessLevel.developer);
    return c.json(renderAgent(await findOrRefuse(c, project, params.agent_id), project));
  },
});

/** POST /projects/:id/cluster_agents: registers an agent under a name that is a DNS label, unique in its project. */
export const registerAgent = operation({
  method: "POST",
  path: "/projects/:id/cluster_agents",
  summary: "Register a Kubernetes agent with a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), name: text() }),
  answers: { 201: { description: "The agent", schema: Agent } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const project = await seeProject(c, c.var.caller, params.id);
    requireLevel(project, AccessLevel.maintainer);
    const refusal = refuseAgentName(params.name);
    if (refusal !== null) throw badRequest(refusal);
    return c.json(renderAgent(await createOrRefuse(c, project, params.name, c.var.caller.user.id), project), 201);
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
  tags: ["provisioning"],
  caller: "user",
  params: v.object({ id: text(), agent_id: text(), name: text(), description: optional(text()) }),
  answers: { 201: { description: "The token, with its text", schema: AgentTokenWithSecret } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const { caller } = c.var;
    const seen = await seeProject(c, caller, params.id);
    requireLevel(seen, AccessLevel.maintainer);
    const agent = { projectId: seen.project.id, id: agentIdOf(params.agent_id) };
    const token = makeToken("glagent-", 50);
    const texts = { name: params.name, description: params.description ?? null };
    const refusal = refuseTokenTexts(texts.name, texts.description);
    const row =
      refusal === null ? await createIfRoom(c, agent, { ...texts, digest: digestOfToken(token), createdByUserId: caller.user.id }) : null;
    if (row === null) {
      await findOrRefuse(c, seen, params.agent_id);
      throw badRequest(refusal ?? "An agent can have only two active tokens at a time");
    }
    return c.json(renderAgentTokenWithSecret(row, token), 201);
  },
});

/** Null where there is no such agent, or no room for one more token. */
async function createIfRoom(c: AppContext, agent: { projectId: number; id: number }, token: NewAgentToken) {
  try {
    return await createAgentToken(c.var.db, agent, token, activeTokensLimit);
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}

function agentIdOf(segment: string): number {
  const id = parseRowId(segment);
  if (id === null) throw rowNotFound();
  return id;
}

async function findOrRefuse(c: AppContext, { project }: SeenProject, segment: string): Promise<AgentRow> {
  const agent = await findAgent(c.var.db, project.id, agentIdOf(segment));
  if (agent === null) throw rowNotFound();
  return agent;
}

async function createOrRefuse(c: AppContext, { project }: SeenProject, name: string, createdByUserId: number): Promise<AgentRow> {
  try {
    return await createAgent(c.var.db, { projectId: project.id, name, createdByUserId });
  } catch (error) {
    if (isUniqueViolation(error, "cluster_agents.project_id")) throw badRequest("Name has already been taken");
    throw deletedMeanwhile(error);
  }
}
