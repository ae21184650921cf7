import { firstCharacters, storableText } from "../text.ts";
import type { UniqueUserName } from "./usage.ts";

/** A request of a user that an agent let into its cluster, for a project. */
export interface UserEvent {
  userId: number;
  projectId: number;
}

/** An agent that connected to kas, and what it runs. */
export interface Registration {
  projectId: number;
  agentId: number;
  agentVersion: string | null;
  architecture: string | null;
  kubernetesVersion: string | null;
  installationMethod: string | null;
  helmChartVersion: string | null;
}

/** What kas tells of agents one by one (contract kas 12). */
export interface AgentEvents {
  requests: ReadonlyMap<UniqueUserName, readonly UserEvent[]>;
  registrations: readonly Registration[];
}

/** Characters. */
const longestText = 255;

/** A text of an agent as it is stored: the beginning of it. */
export function agentText(text: string): string {
  return storableText(firstCharacters(text, longestText));
}
