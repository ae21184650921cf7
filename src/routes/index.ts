import type { Operation } from "../http/operation.ts";
import { billing } from "./billing/index.ts";
import { broadcastMessages } from "./broadcast-messages.ts";
import { addInstanceDeployKey, findInstanceDeployKeys } from "./deploy-keys.ts";
import { events } from "./events.ts";
import { groups } from "./groups/index.ts";
import { systemHooks } from "./hooks.ts";
import { internal } from "./internal/index.ts";
import { findKey, showKey } from "./keys.ts";
import { labels } from "./labels.ts";
import { mergeRequests } from "./merge-requests.ts";
import { operator } from "./operator/index.ts";
import { personalAccessTokens } from "./personal-access-tokens/index.ts";
import { projects } from "./projects/index.ts";
import { showMetadata, showVersion } from "./metadata.ts";
import { milestones } from "./milestones.ts";
import { namespaces } from "./namespaces.ts";
import { settings } from "./settings.ts";
import { users } from "./users/index.ts";
import { vulnerabilities } from "./vulnerabilities.ts";

const keys: readonly Operation[] = [findInstanceDeployKeys, addInstanceDeployKey, showKey, findKey];

/** Everything that is mounted under /api/v4. */
export const operations: readonly Operation[] = [
  ...internal,
  showVersion,
  showMetadata,
  ...users,
  ...groups,
  ...projects,
  ...mergeRequests,
  ...labels,
  ...milestones,
  ...namespaces,
  ...billing,
  ...settings,
  ...broadcastMessages,
  ...events,
  ...vulnerabilities,
  ...keys,
  ...personalAccessTokens,
  ...systemHooks,
  ...operator,
];
