import type { AccessFacts, TargetFacts } from "./facts.ts";
import type { DecisionRecord } from "./decision-record.ts";
import { isPush, type AccessRequest } from "./request.ts";
import { dayOf } from "../identity/access-level.ts";
import { isKeyUseStale } from "../identity/key-use.ts";
import { fullPathOf, glRepositoryOf } from "./target.ts";

/** What a call writes besides its answer; all of it after the answer (contract git-access 16.2). */
export interface AccessEffects {
  /** The key was used: at most once a day, also when the answer is a refusal. */
  usedKeyId: number | null;
  /** The user was active: pulls and archives that were allowed, once a day. */
  activeUserId: number | null;
  message: StoredMessage | null;
  /** For the log of decisions. */
  decision: DecisionRecord | null;
}

/** Told to the user at the end of their push. */
export interface StoredMessage {
  kind: "moved" | "created";
  userId: number;
  glRepository: string;
  text: string;
}

export interface CloneUrls {
  /** What stands before `<full path>.git`. */
  ssh: string;
  http: string;
  /** The address of web pages. */
  external: string;
}

export function effectsOf(
  request: AccessRequest,
  facts: AccessFacts,
  allowed: { target: TargetFacts; wasCreated: boolean } | null,
  urls: CloneUrls,
  decision: DecisionRecord,
  now: Date,
): AccessEffects {
  const { isReadOnly, settings } = facts.instance;
  if (isReadOnly) return { usedKeyId: null, activeUserId: null, message: null, decision: null };
  const { key } = facts;
  const user = key?.kind === "deploy" ? null : facts.user;
  const isActive = allowed !== null && !isPush(request) && user !== null && user.lastActivityOn !== dayOf(now);
  return {
    usedKeyId: key !== null && isKeyUseStale(key, now) ? key.id : null,
    activeUserId: isActive ? user.id : null,
    message: allowed === null || user === null ? null : messageOf(request, allowed, user.id, urls),
    decision: settings.decision_log_days > 0 ? decision : null,
  };
}

function messageOf(
  request: AccessRequest,
  { target, wasCreated }: { target: TargetFacts; wasCreated: boolean },
  userId: number,
  urls: CloneUrls,
): StoredMessage | null {
  const fullPath = fullPathOf(target);
  const cloneUrl = `${request.protocol === "ssh" ? urls.ssh : urls.http}${fullPath}.git`;
  const base = { userId, glRepository: glRepositoryOf(target) };
  if (wasCreated) {
    const projectUrl = `${urls.external}/${fullPath}`;
    const text = `\nThe private project ${fullPath} was successfully created.\n\nTo configure the remote, run:\n  git remote add origin ${cloneUrl}\n\nTo view the project, visit:\n  ${projectUrl}\n\n`;
    return { ...base, kind: "created", text };
  }
  const typed = "path" in request.repository ? request.repository.path.path : null;
  if (typed === null || typed.toLowerCase() === fullPath.toLowerCase()) return null;
  const text = `${labelOf(target)} '${typed}' was moved to '${fullPath}'.\n\nPlease update your Git remote:\n\n  git remote set-url origin ${cloneUrl}\n`;
  return { ...base, kind: "moved", text };
}

function labelOf(target: TargetFacts): string {
  if (target.type === "snippet") return target.project === null ? "Personal snippet" : "Project snippet";
  return target.type === "wiki" ? "Project wiki" : "Project";
}
