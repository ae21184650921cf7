import { hookOperations } from "../hooks.ts";
import { groupHookSource } from "../hook-source.ts";

/** /groups/:id/hooks, for owners: they hear of the pushes to all projects below the group (contract provisioning 13). */
export const groupHooks = hookOperations(groupHookSource);
