import * as v from "valibot";
import type { DecisionRow } from "../../db/decisions.ts";
import { auditVerbs } from "../../domain/access/audit-event.ts";

/** Contract git-access 18.1; `verb`, `wants` and `haves` are of audit events alone (contract accounts 13). */
export const Decision = v.object({
  id: v.number(),
  created_at: v.string(),
  call: v.string(),
  /** `user-N` or `key-N`. */
  actor: v.nullable(v.string()),
  username: v.nullable(v.string()),
  /** `SHA256:…`. */
  key_fingerprint: v.nullable(v.string()),
  gl_repository: v.nullable(v.string()),
  project: v.nullable(v.string()),
  action: v.string(),
  protocol: v.string(),
  allowed: v.boolean(),
  status: v.number(),
  reason: v.string(),
  ref: v.nullable(v.string()),
  ref_count: v.nullable(v.number()),
  not_verified: v.array(v.string()),
  verb: v.nullable(v.picklist(auditVerbs)),
  wants: v.nullable(v.number()),
  haves: v.nullable(v.number()),
  address: v.nullable(v.string()),
  request_id: v.string(),
});

export function renderDecision(row: DecisionRow): v.InferOutput<typeof Decision> {
  return {
    id: row.id,
    created_at: row.createdAt.toISOString(),
    call: row.call,
    actor: row.actor,
    username: row.username,
    key_fingerprint: row.keyFingerprint === null ? null : `SHA256:${row.keyFingerprint}`,
    gl_repository: row.glRepository,
    project: row.project,
    action: row.action,
    protocol: row.protocol,
    allowed: row.isAllowed,
    status: row.status,
    reason: row.reason,
    ref: row.ref,
    ref_count: row.refCount,
    not_verified: row.notVerified,
    verb: row.verb,
    wants: row.wants,
    haves: row.haves,
    address: row.address,
    request_id: row.requestId,
  };
}
