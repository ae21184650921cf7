import type { Operation } from "../../../http/operation.ts";
import { agentInfo } from "./agent-info.ts";

/** What the Kubernetes agent server asks, for itself and for its agents. */
export const kubernetes: readonly Operation[] = [...agentInfo];
