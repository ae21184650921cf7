import type { Asking, GitAnswer, UnverifiedKind } from "../git/questions.ts";
import type { RepositoryType } from "../identity/gl-repository.ts";
import { subjectOf } from "./abilities.ts";
import type { CustomAction } from "./custom-action.ts";
import { decideMissingProject, type ProjectToCreate } from "./create-on-push.ts";
import type { AccessFacts, TargetFacts } from "./facts.ts";
import { runGuards, type Guard, type Run } from "./guard.ts";
import { command, protocol, readOnlyInstance } from "./guards/command.ts";
import { container, repository, snippetExists } from "./guards/container.ts";
import { codeDownload, snippetDownload, wikiDownload } from "./guards/download.ts";
import { key, noDeployKey } from "./guards/key.ts";
import { codePushGuards, snippetPushGuards, wikiPushGuards } from "./guards/push.ts";
import { operationLimit, scopedUser } from "./guards/call.ts";
import { designManagement, webOnly } from "./guards/design.ts";
import { twoFactorSession } from "./guards/two-factor-session.ts";
import { userState } from "./guards/account.ts";
import { judgeChanges, skippedChecks, type PushTrace } from "./refs/judge.ts";
import type { Refusal } from "./refusal.ts";
import { isPush, type AccessRequest } from "./request.ts";
import type { Situation } from "./situation.ts";
import { stepLogOf } from "./step-log.ts";

/**
 * May they? `create`: yes, once the project they push to has been made. `stoppedBy` is the guard that refused, `ref`
 * the pushed ref that it refused. `notVerified`: checks that would have needed what only the repository knows.
 */
export type AccessDecision = { notVerified: readonly UnverifiedKind[] } & (
  | { kind: "allowed"; target: TargetFacts }
  | { kind: "create"; project: ProjectToCreate }
  | { kind: "custom_action"; target: TargetFacts; action: CustomAction }
  | { kind: "refused"; refusal: Refusal; stoppedBy: string; ref: string | null }
);

type Guards = readonly Guard<Situation>[];

/** The order is part of the contract (git-access 5): the first guard that stops a request answers it. */
const common: Guards = [
  scopedUser,
  operationLimit,
  protocol,
  key,
  userState,
  twoFactorSession,
  command,
  readOnlyInstance,
  container,
  repository,
];
const snippet: Guards = [
  scopedUser,
  operationLimit,
  snippetExists,
  protocol,
  noDeployKey,
  key,
  userState,
  twoFactorSession,
  command,
  readOnlyInstance,
  container,
  repository,
];
const design: Guards = [
  scopedUser,
  operationLimit,
  webOnly,
  key,
  userState,
  designManagement,
  command,
  readOnlyInstance,
  container,
  repository,
];
const guardsOf: Record<RepositoryType, { download: Guards; push: Guards }> = {
  project: { download: [...common, codeDownload], push: [...common, ...codePushGuards] },
  wiki: { download: [...common, wikiDownload], push: [...common, ...wikiPushGuards] },
  snippet: { download: [...snippet, snippetDownload], push: [...snippet, ...snippetPushGuards] },
  design: { download: design, push: design },
};

/**
 * Judges a request by the facts alone: the same facts and answers give the same decision. Yields the questions that
 * only the repository can answer, and is told nothing else. `clock` (milliseconds) is for the time limit of pushes.
 */
export function* judgeAccess(
  request: AccessRequest,
  facts: AccessFacts,
  now: Date,
  clock: () => number,
  trace: PushTrace | null = null,
): Generator<Asking, AccessDecision, GitAnswer> {
  const type = "identifier" in request.repository ? request.repository.identifier.type : (facts.target?.type ?? "project");
  const situation: Situation = { request, facts, subject: subjectOf(facts, now), type, now };
  const run: Run = { steps: stepLogOf(clock), policy: facts.instance.unverifiedChecks, notVerified: new Set() };
  const guards = guardsOf[type][isPush(request) ? "push" : "download"];
  const stop = yield* runGuards([guards], situation, run, trace?.guards ?? null);
  const namesChanges = isPush(request) && typeof request.changes === "object";
  if (stop !== null) {
    if (namesChanges) trace?.guards.push(...skippedChecks(type));
    return { ...refused(stop.guard, stop.refusal, null), notVerified: [] };
  }
  const { target } = facts;
  if (target === null) return { ...decideMissing(situation), notVerified: [] };
  const pushStop = namesChanges ? yield* judgeChanges(situation, run, trace) : null;
  const notVerified = [...run.notVerified];
  if (pushStop !== null) return { ...refused(pushStop.guard, pushStop.refusal, pushStop.ref), notVerified };
  return { kind: "allowed", target, notVerified };
}

/** The container guard let it pass: there is something to create. */
function decideMissing({ request, facts, now }: Situation) {
  const decided = decideMissingProject(request, facts, now);
  return "create" in decided ? { kind: "create" as const, project: decided.create } : refused(container.code, decided.refuse, null);
}

function refused(stoppedBy: string, refusal: Refusal, ref: string | null) {
  return { kind: "refused" as const, refusal, stoppedBy, ref };
}
