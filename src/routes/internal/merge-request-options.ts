import type { Db } from "../../db/client.ts";
import { isUniqueViolation } from "../../db/constraint.ts";
import { loadMergeRequestFacts } from "../../db/facts/merge-request-facts.ts";
import { changeMergeRequest, findOpenMergeRequest, openMergeRequest } from "../../db/merge-requests.ts";
import type { RefChange } from "../../domain/git/changes.ts";
import type { RepositoryType } from "../../domain/identity/gl-repository.ts";
import { readMergeRequestOptions, type MergeRequestOptions } from "../../domain/push/merge-request-options.ts";
import { planMergeRequests, type BranchPlan } from "../../domain/push/merge-request-plan.ts";
import { alreadyOpenError } from "../../domain/push/merge-request-record.ts";
import type { PushOptions } from "../../domain/push/push-options.ts";
import { pushedBranches } from "../../domain/push/pushed-branches.ts";
import { describeFailure } from "../../http/errors.ts";
import { log } from "../../http/log.ts";

/** A push that was taken on, as far as its options for merge requests look at it. */
export interface MergeRequestPush {
  repositoryType: RepositoryType;
  /** The project whose code was pushed to; null where there is no such project. */
  projectId: number | null;
  /** Null: nobody that is known. A null id is a deploy key's owner who is gone, who has no rights. */
  user: { id: number | null } | null;
  /** Read once. */
  changes: Iterable<RefChange>;
  /** Of the project, before this push. */
  defaultBranchBefore: string;
  options: PushOptions;
  now: Date;
}

const unknownError = "An unknown error occurred";

/**
 * Does what the options of a push ask of merge requests: those of the pushed branches are opened or changed (contract
 * push 5). Answers what went wrong, in the words that the pusher reads; nothing where all went well, or nothing was
 * asked. Never throws: the push has happened.
 */
export async function handleMergeRequestOptions(db: Db, push: MergeRequestPush): Promise<string[]> {
  const options = readMergeRequestOptions(push.options);
  if (options === null) return [];
  if (push.repositoryType !== "project") return ["Push options are only supported for projects"];
  const { projectId, user } = push;
  if (projectId === null) return [];
  if (user === null) return ["User is required"];
  try {
    return await carryOut(db, push, { projectId, userId: user.id }, options);
  } catch (error) {
    return [unexpected(projectId, error)];
  }
}

async function carryOut(
  db: Db,
  push: MergeRequestPush,
  { projectId, userId }: { projectId: number; userId: number | null },
  options: MergeRequestOptions,
): Promise<string[]> {
  const { now, defaultBranchBefore } = push;
  const pushed = pushedBranches(push.changes);
  const facts = await loadMergeRequestFacts(db, { projectId, userId, branches: pushed.heads.keys() }, options);
  if (facts === null) return [];
  const plan = planMergeRequests({ pushed, defaultBranchBefore, now }, options, facts);
  if ("refused" in plan) return plan.refused;
  const errors: string[] = [];
  for (const branch of plan.branches) errors.push(...(await writeBranch(db, branch, projectId, now)));
  return errors;
}

/** A branch that fails keeps no other from being processed. */
async function writeBranch(db: Db, plan: BranchPlan, projectId: number, now: Date): Promise<string[]> {
  if ("errors" in plan) return plan.errors;
  try {
    if ("open" in plan) await openMergeRequest(db, plan.open, now);
    else await changeMergeRequest(db, plan.change, plan.source.targetProjectId, now);
    return [];
  } catch (error) {
    const iid = isUniqueViolation(error, "merge_requests.source_project_id") ? await findOther(db, plan) : null;
    return [iid === null ? unexpected(projectId, error) : alreadyOpenError(iid)];
  }
}

/** The merge request that stands where this one would have been. */
async function findOther(db: Db, plan: Exclude<BranchPlan, { errors: string[] }>): Promise<number | null> {
  if ("open" in plan) return findOpenMergeRequest(db, plan.open, plan.open.targetBranch);
  return findOpenMergeRequest(db, plan.source, plan.change.targetBranch ?? "");
}

function unexpected(projectId: number, error: unknown): string {
  log.error("merge-request-options:failed", { project_id: projectId, description: describeFailure(error) });
  return unknownError;
}
