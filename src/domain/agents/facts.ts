import type { FeatureLevel, Visibility } from "../identity/visibility.ts";

/** An agent that showed a token which is active, and the project that holds its configuration. */
export interface AgentFacts {
  id: number;
  name: string;
  token: { id: number; lastUsedAt: Date | null };
  project: AgentProject;
}

/** A project as far as agents read it. */
export interface AgentProject {
  id: number;
  fullPath: string;
  visibility: Visibility;
  repositoryAccessLevel: FeatureLevel;
  repositoryStorage: string;
  storageVersion: number;
  defaultBranch: string;
}
