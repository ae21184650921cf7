import { judgeAccess, type AccessDecision } from "../../src/domain/access/decide.ts";
import type { AccessFacts } from "../../src/domain/access/facts.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import type { PushTrace } from "../../src/domain/access/refs/judge.ts";
import type { Asking, GitAnswer } from "../../src/domain/git/questions.ts";

/** What a repository answers; what is not among it cannot be verified. */
export type Answers = (asking: Asking) => GitAnswer;

const nobodyKnows: Answers = () => ({ kind: "not_verified" });

/** The decision, with a repository that answers at once. `clock` gives milliseconds. */
export function decideAccess(
  request: AccessRequest,
  facts: AccessFacts,
  now: Date,
  { answers = nobodyKnows, clock = () => 0, trace = null }: { answers?: Answers; clock?: () => number; trace?: PushTrace | null } = {},
): AccessDecision {
  const judging = judgeAccess(request, facts, now, clock, trace);
  let step = judging.next();
  while (step.done !== true) step = judging.next(answers(step.value));
  return step.value;
}
