import type { MergeProject, MergeRequestFacts, OpenRequest } from "./merge-request-facts.ts";
import { marksFor, type MergeRequestMarks } from "./merge-request-marks.ts";
import type { MergeRequestOptions } from "./merge-request-options.ts";
import { draftTitle, isDraftTitle, mergeRequestErrors, titleOfBranch } from "./merge-request-record.ts";
import { actorAt, canChange, canCreate, canReadCode, type MergeActor } from "./merge-request-rights.ts";
import { hasBranch, isSameNetwork, missingTargetError, targetOf } from "./merge-request-target.ts";
import type { PushedBranches } from "./pushed-branches.ts";

/** A push with options for merge requests. */
export interface OptionedPush {
  pushed: PushedBranches;
  /** Of the project that was pushed to, as it was before. */
  defaultBranchBefore: string;
  now: Date;
}

export interface NewMergeRequest {
  sourceProjectId: number;
  sourceBranch: string;
  targetProjectId: number;
  targetBranch: string;
  authorId: number;
  title: string;
  isDraft: boolean;
  description: string;
  headSha: string;
  squash: boolean;
  removesSourceBranch: boolean;
  /** To be merged on the pusher's behalf as soon as it may be, at the pushed commit. */
  isAutoMerge: boolean;
  marks: MergeRequestMarks;
}

/** Null leaves what is there. */
export interface MergeRequestChange {
  id: number;
  authorId: number;
  targetBranch: string | null;
  title: string | null;
  isDraft: boolean | null;
  description: string | null;
  headSha: string;
  squash: boolean | null;
  removesSourceBranch: boolean | null;
  /** Null: as it is, unless it was at another commit that it was to be merged. */
  isAutoMerge: boolean | null;
  marks: MergeRequestMarks;
}

export type BranchPlan = { errors: string[] } | { open: NewMergeRequest } | { change: MergeRequestChange; source: MergeRequestSource };
/** What an open merge request is found by. */
export type MergeRequestSource = Pick<NewMergeRequest, "sourceProjectId" | "sourceBranch" | "targetProjectId">;

/** What the options of a push ask for: refused as a whole with these errors, or something for each branch. */
export type MergeRequestPlan = { refused: string[] } | { branches: BranchPlan[] };

export const accessDenied = "User access was denied";
const mostBranches = 10;

/** Decides what the merge-request options of a push do (contract push 5). */
export function planMergeRequests(push: OptionedPush, options: MergeRequestOptions, facts: MergeRequestFacts): MergeRequestPlan {
  const { pushed } = push;
  const source = {
    ...facts.source,
    defaultBranch: push.defaultBranchBefore,
    isRepositoryEmpty: facts.source.isRepositoryEmpty && pushed.heads.size === 0,
  };
  const other = facts.other?.id === source.id ? source : facts.other;
  const target = targetOf({ source, other }, options);
  if (target === null || facts.pusher === null) return { refused: [accessDenied] };
  const into = actorAt(facts.pusher, target, push.now);
  // Whoever cannot read the target is told nothing else of it.
  if (!canReadCode(target, into)) return { refused: [accessDenied] };
  const branches = consideredBranches(pushed, target, options);
  const pushedToTarget = target.id === source.id ? pushed : null;
  const refused = refusals({ source, target, options, count: branches.length, pushed: pushedToTarget });
  if (refused.length > 0) return { refused };
  const from = actorAt(facts.pusher, source, push.now);
  const situation: Situation = { source, target, options, facts, from, into, now: push.now, pushed: pushedToTarget };
  return { branches: branches.map(([branch, newrev]) => planBranch(situation, branch, newrev)) };
}

/** All that were created or changed; the target's default branch only where another target is named. */
function consideredBranches({ heads }: PushedBranches, target: MergeProject, options: MergeRequestOptions): [string, string][] {
  return [...heads].filter(([branch]) => options.target !== null || branch !== target.defaultBranch);
}

function refusals(given: {
  source: MergeProject;
  target: MergeProject;
  options: MergeRequestOptions;
  count: number;
  pushed: PushedBranches | null;
}): string[] {
  const { source, target, options, count, pushed } = given;
  const errors: string[] = [];
  if (!isSameNetwork(source, target)) errors.push(`Projects ${source.fullPath} and ${target.fullPath} are not in the same network`);
  if (target.mergeRequestsAccessLevel === "disabled") errors.push(`Merge requests are not enabled for project ${target.fullPath}`);
  if (count > mostBranches) errors.push(`Too many branches pushed (${count} were pushed, limit is ${mostBranches})`);
  if (options.target !== null && !hasBranch(target, options.target, pushed)) errors.push(missingTargetError(target, options.target));
  return errors;
}

interface Situation {
  source: MergeProject;
  target: MergeProject;
  options: MergeRequestOptions;
  facts: MergeRequestFacts;
  /** The pusher before either project. */
  from: MergeActor;
  into: MergeActor;
  now: Date;
  /** The branches of this push where it went to the target itself. */
  pushed: PushedBranches | null;
}

function planBranch(situation: Situation, branch: string, newrev: string): BranchPlan {
  const request = openRequestOf(situation, branch);
  if (request !== null) return planChange(situation, request, newrev);
  if (!situation.options.create) {
    return { errors: [`A merge_request.create push option is required to create a merge request for branch ${branch}`] };
  }
  return planOpening(situation, branch, newrev);
}

/** Of several, the one into the branch that is named, else the newest. */
function openRequestOf({ facts, target, options }: Situation, branch: string): OpenRequest | null {
  const ofBranch = facts.open.filter((each) => each.targetProjectId === target.id && each.sourceBranch === branch);
  return ofBranch.find((each) => each.targetBranch === options.target) ?? ofBranch[0] ?? null;
}

function planOpening(situation: Situation, sourceBranch: string, headSha: string): BranchPlan {
  const { source, target, options, from, into, pushed } = situation;
  if (!canCreate(source, from, target, into)) return { errors: [accessDenied] };
  const targetBranch = options.target ?? target.defaultBranch;
  if (!hasBranch(target, targetBranch, pushed)) return { errors: [missingTargetError(target, targetBranch)] };
  const title = draftTitle(options.title ?? titleOfBranch(sourceBranch), options.isDraft);
  const description = options.description ?? "";
  const isOwnTarget = source.id === target.id && sourceBranch === targetBranch;
  const errors = mergeRequestErrors({ title, description, sourceBranch, targetBranch, isOwnTarget });
  if (errors.length > 0) return { errors };
  const open = {
    sourceProjectId: source.id,
    sourceBranch,
    targetProjectId: target.id,
    targetBranch,
    authorId: into.userId,
    title,
    isDraft: isDraftTitle(title),
    description,
    headSha,
    squash: options.squash ?? false,
    removesSourceBranch: options.removesSourceBranch ?? false,
    isAutoMerge: options.autoMerge ?? false,
    marks: marksFor(situation, [into.userId]),
  };
  return { open };
}

function planChange(situation: Situation, request: OpenRequest, headSha: string): BranchPlan {
  const { source, target, options, from, into } = situation;
  if (!canChange(request, source, from, target, into)) return { errors: [accessDenied] };
  const title = draftTitle(options.title ?? request.title, options.isDraft);
  const targetBranch = options.target ?? request.targetBranch;
  const { sourceBranch } = request;
  const isOwnTarget = source.id === target.id && sourceBranch === targetBranch;
  const errors = mergeRequestErrors({ title, description: options.description, sourceBranch, targetBranch, isOwnTarget });
  if (errors.length > 0) return { errors };
  const isRenamed = title !== request.title;
  const change = {
    id: request.id,
    authorId: into.userId,
    targetBranch: options.target,
    title: isRenamed ? title : null,
    isDraft: isRenamed ? isDraftTitle(title) : null,
    description: options.description,
    headSha,
    squash: options.squash,
    removesSourceBranch: options.removesSourceBranch,
    isAutoMerge: options.autoMerge,
    marks: marksFor(situation, []),
  };
  return { change, source: { sourceProjectId: source.id, sourceBranch, targetProjectId: target.id } };
}
