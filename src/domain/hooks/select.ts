import { compilePattern } from "../git/ref-pattern.ts";
import { shortNameOf } from "../git/changes.ts";
import type { PushedRef } from "../push/ref-changes.ts";
import { compileExpression } from "./expression.ts";
import { isExecutable, type HookHealth } from "./health.ts";
import type { BranchFilterStrategy, HookKind, HookTrigger } from "./hook.ts";

/** What is asked of a hook to know whether it hears of a push. */
export interface Listener extends HookHealth {
  id: number;
  kind: HookKind;
  pushEvents: boolean;
  tagPushEvents: boolean;
  repositoryUpdateEvents: boolean;
  pushEventsBranchFilter: string | null;
  branchFilterStrategy: BranchFilterStrategy;
}

/** Who is to be told of a push, of those that are not paused (contract push 8.1). By id. */
export interface Audience {
  /** The hooks that hear of a changed branch or tag. */
  hearing: (change: Pick<PushedRef, "type" | "ref">) => number[];
  /** The system hooks that hear of each push once. */
  ofRepositoryUpdate: number[];
}

export const triggerOf = { branch: "push_hooks", tag: "tag_push_hooks" } as const satisfies Record<PushedRef["type"], HookTrigger>;

/** Sorts hooks by what they hear of; branch filters are compiled here, once a push. */
export async function selectHooks(hooks: readonly Listener[], now: Date): Promise<Audience> {
  const listening = hooks.filter((hook) => isExecutable(hook, now));
  const ofBranches = await Promise.all(
    listening.filter((hook) => hook.pushEvents).map(async (hook) => ({ id: hook.id, matches: await compileBranchFilter(hook) })),
  );
  const ofTags = listening.filter((hook) => hook.tagPushEvents).map(({ id }) => id);
  return {
    hearing({ type, ref }) {
      if (type === "tag") return ofTags;
      return ofBranches.filter(({ matches }) => matches(shortNameOf(ref))).map(({ id }) => id);
    },
    ofRepositoryUpdate: listening.filter((hook) => hook.kind === "system" && hook.repositoryUpdateEvents).map(({ id }) => id),
  };
}

/** A test for the names of branches that a hook hears of; nobody's expression may run for longer than the name is long. */
export async function compileBranchFilter(
  hook: Pick<Listener, "pushEventsBranchFilter" | "branchFilterStrategy">,
): Promise<(branch: string) => boolean> {
  const filter = hook.pushEventsBranchFilter ?? "";
  if (hook.branchFilterStrategy === "all_branches" || filter.trim() === "") return () => true;
  if (hook.branchFilterStrategy === "wildcard") return compilePattern(filter);
  const expression = await compileExpression(filter);
  // What is no expression matches nothing.
  return expression?.matches ?? (() => false);
}
