import type { InstanceFacts } from "./facts.ts";
import { isPush, uploadPack, type AccessRequest } from "./request.ts";

/** What a person has done with a repository. */
export const auditVerbs = ["clone", "pull", "push"] as const;
export type AuditVerb = (typeof auditVerbs)[number];

/** What is kept of a fetch or push that has happened, besides what is kept of every decision; of a push no numbers. */
export interface AuditEvent {
  verb: AuditVerb;
  /** How many commits a fetch asked for, and how many it had. */
  wants: number | null;
  haves: number | null;
}

export function isAudited(request: Pick<AccessRequest, "action">): boolean {
  return isPush(request) || request.action === uploadPack;
}

/** Whether audit events are asked for, and what is sent would be kept. */
export function keepsAuditEvents({ settings, isReadOnly }: Pick<InstanceFacts, "settings" | "isReadOnly">): boolean {
  return settings.git_audit_events && settings.decision_log_days > 0 && !isReadOnly;
}

/** The event of an audited action. Who asked for commits and had none has cloned (contract accounts 13). */
export function auditEventOf(request: Pick<AccessRequest, "action">, packfileStats: unknown): AuditEvent {
  if (isPush(request)) return { verb: "push", wants: null, haves: null };
  const stats = new Map(typeof packfileStats === "object" && packfileStats !== null ? Object.entries(packfileStats) : []);
  const wants = parseCount(stats.get("wants"));
  const haves = parseCount(stats.get("haves"));
  return { verb: wants > 0 && haves === 0 ? "clone" : "pull", wants, haves };
}

/** A number of things, as a number or in digits, at most 2^53−1; 0 for anything else: zeros are left out on the wire. */
function parseCount(value: unknown): number {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof count !== "number" || !(count > 0)) return 0;
  const bounded = Math.min(count, Number.MAX_SAFE_INTEGER);
  return Number.isInteger(bounded) ? bounded : 0;
}
