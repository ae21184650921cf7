import { canManageDesigns, subjectOf, type Subject } from "./abilities.ts";
import { decideMissingProject, type ProjectToCreate } from "./create-on-push.ts";
import type { AccessFacts, TargetFacts } from "./facts.ts";
import { guardCommand, guardProtocol, guardReadOnlyInstance } from "./guards/command.ts";
import { guardContainer, guardRepositoryExists } from "./guards/container.ts";
import { guardDownload } from "./guards/download.ts";
import { guardKey } from "./guards/key.ts";
import { guardPush } from "./guards/push.ts";
import { guardUserState } from "./guards/user-state.ts";
import { notFoundOf, refusals, scopedUserNotFound, type Refusal } from "./refusal.ts";
import { isPush, type AccessRequest } from "./request.ts";
import type { RepositoryType } from "../identity/gl-repository.ts";

/** May they? `create`: yes, once the project they push to has been made. `stoppedBy` is the guard that refused. */
export type AccessDecision =
  | { kind: "allowed"; target: TargetFacts }
  | { kind: "create"; project: ProjectToCreate }
  | { kind: "refused"; refusal: Refusal; stoppedBy: string };

interface Situation {
  request: AccessRequest;
  facts: AccessFacts;
  subject: Subject;
  /** What is asked for, also where it does not exist: an unknown path is taken for a project. */
  type: RepositoryType;
  now: Date;
}

/** Null: passed. A guard that finds a project to create passes everything after it. */
interface Guard {
  code: string;
  judge(situation: Situation): Refusal | { create: ProjectToCreate } | null;
}

const scopedUser: Guard = {
  code: "scoped_user",
  judge({ request: { scopedUser: named }, facts }) {
    return named === null || (named.id !== null && named.id === facts.user?.id) ? null : scopedUserNotFound(named.text);
  },
};
const operationLimit: Guard = {
  code: "operation_limit",
  judge: ({ facts }) => (facts.isOverOperationLimit ? refusals.operation_limit : null),
};
const protocol: Guard = { code: "protocol", judge: ({ request, facts }) => guardProtocol(request, facts) };
const key: Guard = { code: "key", judge: ({ facts, now }) => guardKey(facts, now) };
const userState: Guard = {
  code: "user_state",
  judge({ facts, now }) {
    // Not asked of deploy keys, whoever made them, nor of nobody.
    if (facts.user === null || facts.key?.kind === "deploy") return null;
    return guardUserState(facts.user, facts.instance, now);
  },
};
const command: Guard = { code: "command", judge: ({ request, facts }) => guardCommand(request, facts) };
const readOnlyInstance: Guard = { code: "read_only_instance", judge: ({ request, facts }) => guardReadOnlyInstance(request, facts) };

const container: Guard = {
  code: "container",
  judge({ request, facts, subject, type, now }) {
    if (facts.target !== null) return guardContainer(request, facts, subject, facts.target);
    if (type !== "project") return notFoundOf[type];
    const decided = decideMissingProject(request, facts, now);
    return "refuse" in decided ? decided.refuse : decided;
  },
};
const repository: Guard = {
  code: "repository",
  judge: ({ facts }) => (facts.target === null ? null : guardRepositoryExists(facts.target)),
};
const access: Guard = {
  code: "access",
  judge({ request, facts, subject }) {
    if (facts.target === null) return null;
    return isPush(request) ? guardPush(request, facts, subject, facts.target) : guardDownload(facts.target, subject);
  },
};

const snippetExists: Guard = { code: "snippet_exists", judge: ({ facts }) => (facts.target?.snippet ? null : refusals.snippet_not_found) };
const noDeployKey: Guard = {
  code: "authentication_mechanism",
  judge: ({ facts }) => (facts.key?.kind === "deploy" ? refusals.snippet_authentication : null),
};
const webOnly: Guard = { code: "web_only", judge: ({ request }) => (request.protocol === "web" ? null : refusals.design_web_only) };
const managesDesigns: Guard = {
  code: "access",
  judge({ facts, subject }) {
    const project = facts.target?.project ?? null;
    return project !== null && canManageDesigns(project, subject) ? null : refusals.design_manage;
  },
};

/** The order is part of the contract (git-access 5, 14.2 and 14.3): the first guard that stops a request answers it. */
const codeGuards = [scopedUser, operationLimit, protocol, key, userState, command, readOnlyInstance, container, repository, access];
const guardsOf: Record<RepositoryType, Guard[]> = {
  project: codeGuards,
  wiki: codeGuards,
  snippet: [
    scopedUser,
    operationLimit,
    snippetExists,
    protocol,
    noDeployKey,
    key,
    userState,
    command,
    readOnlyInstance,
    container,
    repository,
    access,
  ],
  design: [scopedUser, operationLimit, webOnly, key, userState, managesDesigns, command, readOnlyInstance, container, repository],
};

/** Judges a request by the facts alone: the same facts give the same answer. */
export function decideAccess(request: AccessRequest, facts: AccessFacts, now: Date): AccessDecision {
  const type = "identifier" in request.repository ? request.repository.identifier.type : (facts.target?.type ?? "project");
  const situation: Situation = { request, facts, subject: subjectOf(facts, now), type, now };
  for (const guard of guardsOf[type]) {
    const verdict = guard.judge(situation);
    if (verdict === null) continue;
    if ("create" in verdict) return { kind: "create", project: verdict.create };
    return { kind: "refused", refusal: verdict, stoppedBy: guard.code };
  }
  // Unreachable: without a target the container guard stops or creates.
  if (facts.target === null) return { kind: "refused", refusal: notFoundOf[type], stoppedBy: container.code };
  return { kind: "allowed", target: facts.target };
}
