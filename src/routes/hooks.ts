import type { Operation } from "../http/operation.ts";
import { findHookEvents, resendHookEvent } from "./hook-events.ts";
import { addHook, changeHookOf, findHooks, removeHook, removeNoHook, showHook } from "./hook-management.ts";
import { systemHookSource, type HookSource } from "./hook-source.ts";
import { testHook, testSystemHook } from "./hook-trials.ts";
import { hookValueOperations } from "./hook-values.ts";

/** The calls on web hooks that projects, groups and the instance have in common (contract provisioning 13). */
export function hookOperations(source: HookSource): readonly Operation[] {
  return [
    findHooks(source),
    addHook(source),
    removeNoHook(source),
    showHook(source),
    changeHookOf(source),
    removeHook(source),
    ...hookValueOperations(source),
    findHookEvents(source),
    resendHookEvent(source),
    source.kind === "system" ? testSystemHook(source) : testHook(source),
  ];
}

/** /hooks: system hooks, for administrators; they hear of the pushes to all projects. As GitLab's, but for the log of deliveries. */
export const systemHooks = hookOperations(systemHookSource);
