import { findAgent, type AgentReference, type AgentRow } from "../../../db/agents.ts";
import { rowNotFound } from "../../../domain/fault.ts";
import { parseRowId } from "../../../domain/identity/row-id.ts";
import type { AppContext } from "../../../http/context.ts";
import type { SeenProject } from "../../places.ts";

/** The agent that `:agent_id` names among those of a project, be it there or not. */
export function agentIn({ project }: SeenProject, segment: string): AgentReference {
  return { projectId: project.id, id: rowIdOf(segment) };
}

/** The same, that is there. */
export async function findAgentOrRefuse(c: AppContext, seen: SeenProject, segment: string): Promise<AgentRow> {
  return orNotFound(await findAgent(c.var.db, agentIn(seen, segment)));
}

/** 404 where nothing was found. */
export function orNotFound<Found>(found: Found | null): Found {
  if (found === null) throw rowNotFound();
  return found;
}

/** The id of a segment; 404 where it is none. */
export function rowIdOf(segment: string): number {
  return orNotFound(parseRowId(segment));
}
