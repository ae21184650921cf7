import type { UnverifiedKind } from "../git/questions.ts";
import type { AuditEvent, AuditVerb } from "./audit-event.ts";
import type { AccessDecision } from "./decide.ts";
import type { AccessFacts } from "./facts.ts";
import type { AccessRequest } from "./request.ts";
import { glRepositoryOf } from "./target.ts";
import { formatGlRepository } from "../identity/gl-repository.ts";

/** A decision as it is kept (contract git-access 18.1), and what an audit event tells besides. No secret, no key. */
export interface DecisionRecord {
  call: "allowed" | "git_audit_event";
  /** `user-N` or `key-N`. */
  actor: string | null;
  /** Of the user; where there is none, the name that was given. */
  username: string | null;
  keyFingerprint: string | null;
  glRepository: string | null;
  /** Full path of the project; of what does not exist, the path that was asked for. */
  project: string | null;
  action: string;
  protocol: string;
  isAllowed: boolean;
  /** HTTP status of the answer. */
  status: number;
  reason: string;
  ref: string | null;
  refCount: number | null;
  notVerified: UnverifiedKind[];
  /** Null but for an audit event. */
  verb: AuditVerb | null;
  wants: number | null;
  haves: number | null;
  address: string | null;
  requestId: string;
}

/** What is known only where the request is answered. */
export interface Answered {
  status: number;
  /** The client's, as the caller tells it. */
  address: string | null;
  requestId: string;
}

/** Longer texts are no names of anything; they are kept cut. */
const longestText = 255;

const noEvent = { verb: null, wants: null, haves: null };

/** `event`: the call told of what has happened. */
export function recordOf(
  request: AccessRequest,
  facts: AccessFacts,
  decision: AccessDecision,
  answered: Answered,
  event: AuditEvent | null = null,
): DecisionRecord {
  const isRefused = decision.kind === "refused";
  return {
    call: event === null ? "allowed" : "git_audit_event",
    actor: actorOf(request, facts),
    username: cut(facts.user?.username ?? request.actor.username),
    keyFingerprint: facts.key?.fingerprint ?? null,
    glRepository: repositoryOf(request, facts),
    project: cut(projectOf(request, facts)),
    action: cut(request.action) ?? "",
    protocol: cut(request.protocol) ?? "",
    isAllowed: !isRefused,
    status: answered.status,
    reason: isRefused ? decision.refusal.reason : "allowed",
    ref: isRefused ? cut(decision.ref) : null,
    refCount: typeof request.changes === "string" ? null : request.changes.count,
    notVerified: [...decision.notVerified],
    ...(event ?? noEvent),
    address: cut(answered.address),
    requestId: answered.requestId,
  };
}

/** As it was named; a name that is somebody's counts as its user. */
function actorOf({ actor }: AccessRequest, facts: AccessFacts): string | null {
  if (actor.keyId !== null) return `key-${actor.keyId}`;
  const userId = actor.userId ?? facts.user?.id ?? null;
  return userId === null ? null : `user-${userId}`;
}

function projectOf({ repository }: AccessRequest, { target }: AccessFacts): string | null {
  if (target !== null) return target.project?.fullPath ?? null;
  return "path" in repository ? repository.path.path : null;
}

function repositoryOf({ repository }: AccessRequest, { target }: AccessFacts): string | null {
  if (target !== null) return glRepositoryOf(target);
  return "identifier" in repository ? formatGlRepository(repository.identifier) : null;
}

function cut(text: string | null): string | null {
  return text === null || text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}
