import { canDownload, type Subject } from "../access/abilities.ts";
import { nobody } from "../access/visibility.ts";
import { parseId } from "../identity/actor.ts";
import { longestFullPath } from "../identity/path.ts";
import type { AgentFacts, AgentProject } from "./facts.ts";

/** What the `id` of a call names: a project by its id, or by a full path that it has or had. */
export type ProjectReference = { id: number } | { path: string };

/**
 * Whatever arrived as `id` (contract kas 3): a number or digits are an id, and text with a `/` is a full path. Null for
 * anything else, which names nothing.
 */
export function parseProjectReference(value: unknown): ProjectReference | null {
  if (typeof value === "string" && value.includes("/")) return value.length > longestFullPath ? null : { path: value };
  const id = parseId(value);
  return id === null ? null : { id };
}

const visitor: Subject = { viewer: nobody, userId: null, deployKey: null };

/**
 * Whether an agent reads the code of a project (contract kas 3): of the one that holds its configuration, and of those
 * whose code is open to everybody. An agent is nobody's user: no membership counts, and no visibility within the instance.
 */
export function mayAgentRead(agent: Pick<AgentFacts, "project">, project: AgentProject): boolean {
  return project.id === agent.project.id || canDownload(project, project.repositoryAccessLevel, visitor);
}
