import type { Operation } from "../../../http/operation.ts";
import { findAgentActivity } from "./activity.ts";
import { findAgents, registerAgent, showAgent, unregisterAgent } from "./agents.ts";
import { showAgentStatus } from "./status.ts";
import { createToken, findTokens, revokeToken, showToken } from "./tokens.ts";

/** The calls on the Kubernetes agents of a project. */
export const clusterAgents: readonly Operation[] = [
  findAgents,
  showAgent,
  registerAgent,
  unregisterAgent,
  findTokens,
  showToken,
  createToken,
  revokeToken,
  findAgentActivity,
  showAgentStatus,
];
