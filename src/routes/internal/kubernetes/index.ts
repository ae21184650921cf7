import type { Operation } from "../../../http/operation.ts";
import { agentConfiguration } from "./agent-configuration.ts";
import { agentEvents } from "./agent-events.ts";
import { agentInfo } from "./agent-info.ts";
import { authorizeProxyUser } from "./authorize-proxy-user.ts";
import { raiseCiliumAlert } from "./cilium-alert.ts";
import { showScanPolicies } from "./policies-configuration.ts";
import { projectInfo, verifyProjectAccess } from "./project-info.ts";
import { receptiveAgents } from "./receptive-agents.ts";
import { recordScanResult } from "./scan-result.ts";
import { reportVulnerability } from "./starboard-vulnerability.ts";
import { usageMetrics } from "./usage-metrics.ts";

/** What the Kubernetes agent server asks, for itself and for its agents. */
export const kubernetes: readonly Operation[] = [
  ...agentInfo,
  agentConfiguration,
  authorizeProxyUser,
  raiseCiliumAlert,
  projectInfo,
  verifyProjectAccess,
  usageMetrics,
  agentEvents,
  receptiveAgents,
  reportVulnerability,
  recordScanResult,
  showScanPolicies,
];
