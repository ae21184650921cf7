import * as v from "valibot";
import { createAgent, deleteAgent, listAgents, type AgentRow } from "../../../db/agents.ts";
import { isUniqueViolation } from "../../../db/constraint.ts";
import { refuseAgentName } from "../../../domain/agents/names.ts";
import { badRequest, rowNotFound } from "../../../domain/fault.ts";
import { AccessLevel } from "../../../domain/identity/access-level.ts";
import type { AppContext } from "../../../http/context.ts";
import { text } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../../http/pagination.ts";
import { requireUnmodified } from "../../../http/preconditions.ts";
import { deletedMeanwhile } from "../../deleted-meanwhile.ts";
import { Agent, renderAgent } from "../../entities/agent.ts";
import { seeProjectAs, type SeenProject } from "../../places.ts";
import { agentIn, findAgentOrRefuse } from "./find.ts";

const tags = ["provisioning"];

/** GET /projects/:id/cluster_agents, for developers, as all that reads agents (contract provisioning 11). */
export const findAgents = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents",
  summary: "The Kubernetes agents of a project",
  tags,
  caller: "user",
  params: v.object({ id: text(), ...pageFields }),
  answers: { 200: { description: "The agents, in the order of their registration", schema: v.array(Agent) } },
  faults: [301, 404, 405],
  async handle(c, params) {
    const page = pageOf(params);
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    const { rows, total } = await listAgents(c.var.db, seen.project.id, page);
    const agents = rows.map((row) => renderAgent(row, seen));
    return respondPage(c, agents, page, total);
  },
});

/** GET /projects/:id/cluster_agents/:agent_id. */
export const showAgent = operation({
  method: "GET",
  path: "/projects/:id/cluster_agents/:agent_id",
  summary: "A Kubernetes agent of a project",
  tags,
  caller: "user",
  params: v.object({ id: text(), agent_id: text() }),
  answers: { 200: { description: "The agent", schema: Agent } },
  faults: [301, 404],
  async handle(c, params) {
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.developer);
    return c.json(renderAgent(await findAgentOrRefuse(c, seen, params.agent_id), seen));
  },
});

/** POST /projects/:id/cluster_agents: registers an agent under a name that is a DNS label, unique in its project. */
export const registerAgent = operation({
  method: "POST",
  path: "/projects/:id/cluster_agents",
  summary: "Register a Kubernetes agent with a project",
  tags,
  caller: "user",
  params: v.object({ id: text(), name: text() }),
  answers: { 201: { description: "The agent", schema: Agent } },
  faults: [404, 405, 409],
  async handle(c, params) {
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.maintainer);
    const refusal = refuseAgentName(params.name);
    if (refusal !== null) throw badRequest(refusal);
    return c.json(renderAgent(await createOrRefuse(c, seen, params.name, c.var.caller.user.id), seen), 201);
  },
});

async function createOrRefuse(c: AppContext, { project }: SeenProject, name: string, createdByUserId: number): Promise<AgentRow> {
  try {
    return await createAgent(c.var.db, { projectId: project.id, name, createdByUserId });
  } catch (error) {
    if (isUniqueViolation(error, "cluster_agents.project_id")) throw badRequest("Name has already been taken");
    throw deletedMeanwhile(error);
  }
}

/**
 * DELETE /projects/:id/cluster_agents/:agent_id: gone at once, with its tokens; the alerts and vulnerabilities that it
 * reported stay with the project.
 */
export const unregisterAgent = operation({
  method: "DELETE",
  path: "/projects/:id/cluster_agents/:agent_id",
  summary: "Delete a Kubernetes agent with its tokens",
  tags,
  caller: "user",
  params: v.object({ id: text(), agent_id: text() }),
  answers: { 204: { description: "Deleted" } },
  faults: [404, 405, 412],
  async handle(c, params) {
    const seen = await seeProjectAs(c, c.var.caller, params.id, AccessLevel.maintainer);
    requireUnmodified(c, (await findAgentOrRefuse(c, seen, params.agent_id)).updatedAt);
    if (!(await deleteAgent(c.var.db, agentIn(seen, params.agent_id)))) throw rowNotFound();
    return c.body(null, 204);
  },
});
