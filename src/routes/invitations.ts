import * as v from "valibot";
import { createInvitation, deleteInvitation, findInvitation, type InvitationRefusal, type InvitationRow } from "../db/shares.ts";
import { expiryError, highestManaged, managerLevels, mayGrant, shareLevels, type PlaceKind } from "../domain/access/membership-rights.ts";
import { conflict, forbidden, invalid, notFound, type Fault } from "../domain/fault.ts";
import { dayOf } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { day, integer, oneOfNumbers, optional, text } from "../http/fields.ts";
import type { OperationContext } from "../http/operation.ts";
import { requireUnmodified } from "../http/preconditions.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";
import type { SeenSource } from "./member-source.ts";
import { requireLevel } from "./places.ts";

/** The parameters with which a group is invited to a project or another group (contract provisioning 7, 9.1). */
export const InvitationParams = v.object({
  id: text(),
  group_id: integer(),
  group_access: oneOfNumbers(shareLevels),
  expires_at: optional(day()),
});

/** The parameters with which the invitation is taken back. */
export const WithdrawalParams = v.object({ id: text(), group_id: text() });

/**
 * Invites a group. Whoever manages the members may, with no role above their own, and any group that they see; 404 for
 * others, 400 where invitations are locked, 409 for a group that is invited already, or would be invited in a circle.
 */
export async function inviteGroup(
  c: OperationContext<"user">,
  seen: SeenSource,
  params: v.InferOutput<typeof InvitationParams>,
): Promise<InvitationRow> {
  const { kind, place, inNamespaceId, viewer } = seen;
  requireLevel(seen, managerLevels[kind]);
  if (!mayGrant(viewer, params.group_access)) throw forbidden();
  const invitation = { groupId: params.group_id, accessLevel: params.group_access, expiresAt: params.expires_at ?? null };
  const reading = { reader: c.var.caller, today: dayOf(c.var.now) };
  const expiry = expiryError(invitation.expiresAt, reading.today);
  if (expiry !== null) throw invalid({ expires_at: [expiry] });
  try {
    const created = await createInvitation(c.var.db, { ...place, inNamespaceId }, invitation, reading, c.var.now);
    if (created === "unknown") throw notFound("Group");
    if (typeof created === "string") throw refusals[kind](created);
    return created;
  } catch (error) {
    throw deletedMeanwhile(error);
  }
}

const refusals: Record<PlaceKind, (reason: Exclude<InvitationRefusal, "unknown">) => Fault> = {
  project: (reason) => {
    if (reason === "locked") return invalid("The project sharing with group is disabled");
    if (reason === "taken") return conflict("Group already shared with this group");
    return conflict("Project cannot be shared with the group it is in or one of its ancestors.");
  },
  group: (reason) => {
    if (reason === "taken") return conflict("Shared group The group has already been shared with this group");
    if (reason === "circle") return conflict("Group cannot be shared with a group that is shared with it.");
    return conflict("Group cannot be shared with itself or one of its ancestors.");
  },
};

/** Takes an invitation back; 404 where there is none, 403 where it gives more than the caller has. */
export async function withdrawInvitation(c: OperationContext<"user">, seen: SeenSource, segment: string): Promise<Response> {
  const { db, now } = c.var;
  requireLevel(seen, managerLevels[seen.kind]);
  const groupId = parseRowId(segment);
  const invitation = groupId === null ? null : await findInvitation(db, seen.place, groupId, dayOf(now));
  if (invitation === null) throw notFound("Group Link");
  if (invitation.accessLevel > highestManaged(seen.kind, seen.viewer)) throw forbidden();
  requireUnmodified(c, invitation.createdAt);
  if (!(await deleteInvitation(db, invitation))) throw notFound("Group Link");
  return c.body(null, 204);
}
