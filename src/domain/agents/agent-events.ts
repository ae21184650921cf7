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

const longestText = 255;

/** A text of an agent as it may be stored: the beginning of it, without what is no text (NUL, half of a surrogate pair). */
export function storableText(text: string): string {
  return text.slice(0, longestText).replaceAll("\0", "\ufffd").toWellFormed();
}
