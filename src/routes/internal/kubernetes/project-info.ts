import * as v from "valibot";
import { loadAgentAndProject } from "../../../db/facts/agent-project-facts.ts";
import type { AgentProject } from "../../../domain/agents/facts.ts";
import { mayAgentRead, parseProjectReference } from "../../../domain/agents/project-access.ts";
import { notFound } from "../../../domain/fault.ts";
import { operation, type OperationContext } from "../../../http/operation.ts";
import { renderRepository, repositoryFields } from "./gitaly.ts";
import { kasBodyBytes } from "./limits.ts";
import { knownAgent } from "../../../auth/known-agent.ts";

const ProjectInfo = v.object({ project_id: v.number(), ...repositoryFields });

/** What names no project finds none, whatever it is. */
const params = v.object({
  id: v.optional(v.pipe(v.unknown(), v.description("Id or full path of a project; a path that it had before leads to it too."))),
});

/**
 * GET …/project_info: where the code of a project lies, for an agent that applies what is in it (contract kas 3). 404
 * `404 Not Found` for a project that the agent may not read, as for none.
 */
export const projectInfo = operation({
  method: "GET",
  path: "/internal/kubernetes/project_info",
  summary: "Where the code of a project lies, for an agent",
  tags: ["kubernetes"],
  caller: "agent",
  limitBytes: kasBodyBytes,
  params,
  answers: { 200: { description: "The project", schema: ProjectInfo } },
  faults: [404],
  async handle(c, { id }) {
    const project = await readableProject(c, id);
    return c.json({ project_id: project.id, ...renderRepository(project, c.var.config) });
  },
});

/** GET …/verify_project_access: whether there would be such an answer (contract kas 4). */
export const verifyProjectAccess = operation({
  method: "GET",
  path: "/internal/kubernetes/verify_project_access",
  summary: "Whether an agent may read the code of a project",
  tags: ["kubernetes"],
  caller: "agent",
  limitBytes: kasBodyBytes,
  params,
  answers: { 204: { description: "It may" } },
  faults: [404],
  async handle(c, { id }) {
    await readableProject(c, id);
    return c.body(null, 204);
  },
});

async function readableProject(c: OperationContext<"agent">, id: unknown): Promise<AgentProject> {
  const { agent, project } = await loadAgentAndProject(c.var.db, c.var.caller.tokenDigest, parseProjectReference(id));
  const known = knownAgent(c, agent);
  if (project === null || !mayAgentRead(known, project)) throw notFound();
  return project;
}
