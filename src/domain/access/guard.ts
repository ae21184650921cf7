import {
  kindOf,
  type AnswerTo,
  type Asking,
  type GitAnswer,
  type QuestionName,
  type QuestionOf,
  type UnverifiedKind,
  type UnverifiedPolicy,
} from "../git/questions.ts";
import { notVerified, refusals, timedOut, type Refusal } from "./refusal.ts";
import type { StepLog } from "./step-log.ts";

/** A question to the repository, and what its answer means. */
export type Asked = { [Name in QuestionName]: QuestionOf<Name> & { judge(answer: AnswerTo<Name>): Refusal | null } }[QuestionName];

/** `null`: passed. `settled`: passed, and with it all that follow in the same list. */
export type Verdict = null | "settled" | Refusal | Asked;

/** One test of a request or of a pushed ref. Guards look at facts and ask nobody but the repository. */
export interface Guard<Subject> {
  /** Stable; what an administrator is told, and never a caller. */
  code: string;
  /** What the log of a time-out calls it; guards in a row may be one step there. Without: too short to be one. */
  step?: string | ((subject: Subject) => string);
  judge(subject: Subject): Verdict;
  /** What it looked at, under wire names, for an administrator who asks why. */
  facts?(subject: Subject): Record<string, unknown>;
}

export interface GuardTrace {
  guard: string;
  outcome: "passed" | "stopped" | "not_verified" | "skipped";
  facts: Record<string, unknown>;
}

/** What one judgement keeps on its way. */
export interface Run {
  steps: StepLog;
  policy: UnverifiedPolicy;
  /** Kinds of checks that nobody could make. */
  notVerified: Set<UnverifiedKind>;
}

/** Why it ended, and the guard that ended it. */
export interface Stop {
  guard: string;
  refusal: Refusal;
}

/**
 * Takes a subject past lists of guards, in order; the first guard that stops it answers. Yields the questions that only
 * the repository can answer. `trace`, where it is wanted, gets an entry for every guard.
 */
export function* runGuards<Subject>(
  lists: readonly (readonly Guard<Subject>[])[],
  subject: Subject,
  run: Run,
  trace: GuardTrace[] | null,
): Generator<Asking, Stop | null, GitAnswer> {
  let stop: Stop | null = null;
  for (const guards of lists) {
    let isOver: boolean = stop !== null;
    for (const guard of guards) {
      if (isOver) {
        trace?.push({ guard: guard.code, outcome: "skipped", facts: {} });
        continue;
      }
      const given = takeStep(guard, subject, run);
      const verdict: Settled = isAsked(given) ? yield* settle(given, run) : given;
      if (isRefusal(verdict)) stop = { guard: guard.code, refusal: verdict };
      isOver = verdict === "settled" || stop !== null;
      trace?.push({ guard: guard.code, outcome: outcomeOf(verdict), facts: { ...guard.facts?.(subject), ...policyOf(verdict) } });
    }
    if (stop !== null && trace === null) return stop;
  }
  return stop;
}

type Settled = Exclude<Verdict, Asked> | "not_verified";

function takeStep<Subject>(guard: Guard<Subject>, subject: Subject, run: Run): Verdict {
  const step = typeof guard.step === "function" ? guard.step(subject) : guard.step;
  const isInTime = step === undefined || run.steps.begin(step);
  return isInTime ? guard.judge(subject) : timedOut(run.steps.lines());
}

function outcomeOf(verdict: Settled): GuardTrace["outcome"] {
  if (verdict === "not_verified") return verdict;
  return isRefusal(verdict) ? "stopped" : "passed";
}

/** Of a check that nobody could make: what the setting says of it. */
function policyOf(verdict: Settled): Record<string, unknown> {
  if (verdict === "not_verified") return { unverified_checks: "allow" };
  return isRefusal(verdict) && verdict.reason === "unverified" ? { unverified_checks: "refuse" } : {};
}

function isRefusal(verdict: Settled): verdict is Refusal {
  return verdict !== null && typeof verdict === "object";
}

function isAsked(verdict: Verdict): verdict is Asked {
  return verdict !== null && typeof verdict === "object" && "name" in verdict;
}

function* settle(asked: Asked, run: Run): Generator<Asking, Refusal | "not_verified" | null, GitAnswer> {
  const answer = yield { question: asked, millisecondsLeft: run.steps.millisecondsLeft() };
  run.steps.tick();
  switch (answer.kind) {
    case "verified":
      // oxlint-disable-next-line no-unsafe-type-assertion -- a port answers a question with what belongs to its name
      return asked.judge(answer.value as never);
    case "not_verified": {
      const kind = kindOf(asked);
      run.notVerified.add(kind);
      return run.policy[kind] === "allow" ? "not_verified" : notVerified(kind);
    }
    case "timed_out":
      run.steps.cut();
      return timedOut(run.steps.lines());
    case "failed":
      return refusals.facts_not_loaded;
  }
}
