import { changesOf, isBranch, isTag, type RefChange } from "../../git/changes.ts";
import type { Asking, GitAnswer } from "../../git/questions.ts";
import { runGuards, type Guard, type GuardTrace, type Run, type Stop } from "../guard.ts";
import type { RepositoryType } from "../../identity/gl-repository.ts";
import { timedOut } from "../refusal.ts";
import type { Situation } from "../situation.ts";
import { branchGuards } from "./branch-guards.ts";
import { changedRef, type ChangedRef, type CodePush, type Push, type SnippetPush } from "./changed-ref.ts";
import { lfsIntegrity, objectGuards } from "./object-guards.ts";
import { codePushOf, snippetPushOf } from "./push.ts";
import { pushGuard } from "./push-guard.ts";
import { snippetGuards, snippetSize } from "./snippet-guards.ts";
import { tagGuards } from "./tag-guards.ts";

/** Why a push was stopped; `ref` is the one that was refused, null where it was the push as a whole. */
export interface PushStop extends Stop {
  ref: string | null;
}

/** A refused ref with the outcome of every guard. */
export interface RefTrace extends RefChange {
  guards: GuardTrace[];
}

/** What an administrator is told of a push: guards of the whole, and of the refs that were refused. */
export interface PushTrace {
  guards: GuardTrace[];
  /** The first of them. */
  refs: RefTrace[];
  refsRefused: number;
}

/** Refused refs that are shown one by one. */
const refsShown = 100;

type Lists<Of extends Push> = readonly (readonly Guard<ChangedRef<Of>>[])[];

const branchLists: Lists<CodePush> = [[pushGuard], branchGuards, objectGuards];
const tagLists: Lists<CodePush> = [[pushGuard], tagGuards, objectGuards];
/** Notes, merge requests' refs and whatever else there is: whoever may push may push them. */
const otherLists: Lists<CodePush> = [[pushGuard]];
const snippetLists: Lists<SnippetPush> = [snippetGuards];

/**
 * Judges what is pushed to a project's code or to a snippet, ref by ref and in order; the first refusal refuses all
 * (contract git-access 12 and 13). With a trace, all refs are looked at.
 */
export function judgeChanges(situation: Situation, run: Run, trace: PushTrace | null): Generator<Asking, PushStop | null, GitAnswer> {
  const { type, project, snippet } = situation.facts.target ?? {};
  if (type === "project" && project) return judgeCode(codePushOf(situation, project), run, trace);
  if (type === "snippet" && snippet) return judgeSnippet(snippetPushOf(situation, snippet), run, trace);
  return nothingToJudge();
}

// oxlint-disable-next-line require-yield -- what is pushed to a wiki is not looked at
function* nothingToJudge(): Generator<Asking, null, GitAnswer> {
  return null;
}

function codeListsOf(ref: string): Lists<CodePush> {
  if (isBranch(ref)) return branchLists;
  return isTag(ref) ? tagLists : otherLists;
}

/** What a push would have been judged by, had nothing stopped it before. */
export function skippedChecks(type: RepositoryType): GuardTrace[] {
  const checks: Partial<Record<RepositoryType, string[]>> = {
    project: [refsCheck, lfsIntegrity.code],
    snippet: [snippetSize.code, refsCheck],
  };
  return (checks[type] ?? []).map((guard) => entry(guard, "skipped"));
}

/** Stands for the judgements of all refs. */
const refsCheck = "refs";

function entry(guard: string, outcome: "stopped" | "skipped"): GuardTrace {
  return { guard, outcome, facts: {} };
}

function* judgeCode(push: CodePush, run: Run, trace: PushTrace | null): Generator<Asking, PushStop | null, GitAnswer> {
  const stop = yield* judgeEach(push, codeListsOf, run, trace);
  if (stop !== null) {
    trace?.guards.push(entry(lfsIntegrity.code, "skipped"));
    return stop;
  }
  if (!run.steps.begin(`Running checks for ${push.changes.count} changes`)) {
    trace?.guards.push(entry(lfsIntegrity.code, "stopped"));
    return { guard: lfsIntegrity.code, refusal: timedOut(run.steps.lines()), ref: null };
  }
  return ofWholePush(yield* runGuards([[lfsIntegrity]], push, run, trace?.guards ?? null));
}

function* judgeSnippet(push: SnippetPush, run: Run, trace: PushTrace | null): Generator<Asking, PushStop | null, GitAnswer> {
  const stop = yield* runGuards([[snippetSize]], push, run, trace?.guards ?? null);
  if (stop !== null) {
    trace?.guards.push(entry(refsCheck, "skipped"));
    return ofWholePush(stop);
  }
  return yield* judgeEach(push, () => snippetLists, run, trace);
}

function ofWholePush(stop: Stop | null): PushStop | null {
  return stop === null ? null : { ...stop, ref: null };
}

/** Judges a refused ref once more, for those who ask why. */
function* traceRef<Of extends Push>(lists: Lists<Of>, ref: ChangedRef<Of>, run: Run): Generator<Asking, GuardTrace[], GitAnswer> {
  const guards: GuardTrace[] = [];
  yield* runGuards(lists, ref, run, guards);
  return guards;
}

function* judgeEach<Of extends Push>(
  push: Of,
  listsOf: (ref: string) => Lists<Of>,
  run: Run,
  trace: PushTrace | null,
): Generator<Asking, PushStop | null, GitAnswer> {
  let first: PushStop | null = null;
  // What lies behind the first refused ref is shown, and has no part in the decision.
  const aside: Run = { ...run, notVerified: new Set() };
  for (const change of changesOf(push.changes)) {
    const ref = changedRef(push, change);
    run.steps.note(`Running checks for ref: ${ref.name}`);
    const stop: Stop | null = yield* runGuards(listsOf(change.ref), ref, first === null ? run : aside, null);
    if (stop === null) continue;
    first ??= { ...stop, ref: change.ref };
    if (trace === null) break;
    trace.refsRefused += 1;
    // Neither a repository that fails nor one that is too slow is asked again.
    const isUnavailable = stop.refusal.class === "unavailable";
    if (trace.refs.length < refsShown) {
      const guards = isUnavailable ? [entry(stop.guard, "stopped")] : yield* traceRef(listsOf(change.ref), ref, aside);
      trace.refs.push({ ...change, guards });
    }
    if (isUnavailable) break;
  }
  trace?.guards.push({
    guard: refsCheck,
    outcome: first === null ? "passed" : "stopped",
    facts: { count: push.changes.count, refused: trace.refsRefused },
  });
  return first;
}
