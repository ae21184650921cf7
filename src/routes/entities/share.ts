import * as v from "valibot";
import type { ShareRow } from "../../db/project-extras.ts";
import type { InvitationRow } from "../../db/shares.ts";

/** A group that is invited to a project or group, as these show it. */
export const ShareEntry = v.object({
  group_id: v.number(),
  group_name: v.string(),
  group_full_path: v.string(),
  group_access_level: v.number(),
  /** A day, `YYYY-MM-DD`. */
  expires_at: v.nullable(v.string()),
});

export function renderShare(share: ShareRow): v.InferOutput<typeof ShareEntry> {
  return {
    group_id: share.group_id,
    group_name: share.group_name,
    group_full_path: share.group_full_path,
    group_access_level: share.group_access_level,
    expires_at: share.expires_at,
  };
}

/** The invitation of a group to a project, by itself. */
export const ShareLink = v.object({
  id: v.number(),
  project_id: v.number(),
  group_id: v.number(),
  group_access: v.number(),
  /** A day, `YYYY-MM-DD`. */
  expires_at: v.nullable(v.string()),
});

export function renderShareLink(invitation: InvitationRow, projectId: number): v.InferOutput<typeof ShareLink> {
  return {
    id: invitation.id,
    project_id: projectId,
    group_id: invitation.groupId,
    group_access: invitation.accessLevel,
    expires_at: invitation.expiresAt,
  };
}
