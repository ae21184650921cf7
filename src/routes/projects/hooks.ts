import { hookOperations } from "../hooks.ts";
import { projectHookSource } from "../hook-source.ts";

/** /projects/:id/hooks, for maintainers (contract provisioning 13). */
export const projectHooks = hookOperations(projectHookSource);
