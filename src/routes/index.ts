import type { Operation } from "../http/operation.ts";
import { groups } from "./groups/index.ts";
import { internal } from "./internal/index.ts";
import { createToken, registerAgent, showAgent } from "./projects/cluster-agents.ts";
import { addDeployKey, showDeployKey } from "./projects/deploy-keys.ts";
import { projects } from "./projects/index.ts";
import { protectBranch, showProtectedBranch, unprotectBranch } from "./projects/protected-branches.ts";
import { showMetadata, showVersion } from "./metadata.ts";
import { users } from "./users/index.ts";

/** Everything that is mounted under /api/v4. */
export const operations: readonly Operation[] = [
  ...internal,
  showVersion,
  showMetadata,
  ...users,
  ...groups,
  ...projects,
  showProtectedBranch,
  protectBranch,
  unprotectBranch,
  showAgent,
  registerAgent,
  createToken,
  showDeployKey,
  addDeployKey,
];
