import type { UserCaller } from "../../../auth/personal-access-token.ts";
import { findAgent, type AgentReference, type AgentRow } from "../../../db/agents.ts";
import { rowNotFound } from "../../../domain/fault.ts";
import { parseRowId } from "../../../domain/identity/row-id.ts";
import type { AppContext } from "../../../http/context.ts";
import { requireLevel, seeProject, type SeenProject } from "../../places.ts";

/** The project of `:id`, of somebody who has this role there: 404 where they do not see it, 403 where they have a lower one. */
export async function seeAgents(c: AppContext, caller: UserCaller, id: string, level: number): Promise<SeenProject> {
  const project = await seeProject(c, caller, id);
  requireLevel(project, level);
  return project;
}

/** The agent that `:agent_id` names among those of a project, be it there or not. */
export function agentIn({ project }: SeenProject, segment: string): AgentReference {
  return { projectId: project.id, id: rowIdOf(segment) };
}

/** The same, that is there. */
export async function findOrRefuse(c: AppContext, seen: SeenProject, segment: string): Promise<AgentRow> {
  return foundOrRefuse(await findAgent(c.var.db, agentIn(seen, segment)));
}

/** 404 where nothing was found. */
export function foundOrRefuse<Found>(found: Found | null): Found {
  if (found === null) throw rowNotFound();
  return found;
}

/** The id of a segment; 404 where it is none. */
export function rowIdOf(segment: string): number {
  return foundOrRefuse(parseRowId(segment));
}
