import { compilePattern } from "../git/ref-pattern.ts";
import type { PushedProject } from "../push/pushed-facts.ts";
import { pushPayload, repositoryUpdateParts, type PayloadFacts } from "./push-payload.ts";
import type { PushTrigger } from "./hook.ts";

/** A ref that a project is known to have. */
export interface KnownRef {
  name: string;
  sha: string;
}

const noRevision = "0".repeat(40);
/** Stands for what was pushed where nothing was pushed yet. */
const sampleRevision = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";

/**
 * The body with which a hook is tried: as if the default branch, or a tag, were pushed anew as it is known to be. Where
 * nothing was pushed yet, the revision is made up.
 */
export function sampleBody(trigger: PushTrigger, known: readonly KnownRef[], facts: PayloadFacts): string {
  const { project } = facts;
  if (trigger === "repository_update_hooks") return [...repositoryUpdateParts(() => [], facts)].join("");
  const type = trigger === "push_hooks" ? "branch" : "tag";
  const prefix = type === "branch" ? "refs/heads/" : "refs/tags/";
  const ref =
    type === "branch"
      ? `${prefix}${project.defaultBranch}`
      : (known.find(({ name }) => name.startsWith(prefix))?.name ?? `${prefix}v1.0.0`);
  const newrev = known.find(({ name }) => name === ref)?.sha ?? sampleRevision;
  const change = { index: 0, type, oldrev: noRevision, newrev, ref } as const;
  return JSON.stringify(pushPayload(change, isProtected(project, type, ref.slice(prefix.length)), facts));
}

function isProtected(project: PushedProject, type: "branch" | "tag", name: string): boolean {
  return (type === "branch" ? project.branchRules : project.tagRules).some((rule) => compilePattern(rule)(name));
}
