import * as v from "valibot";
import { deleteMember, updateMember, type ChangeLimits, type ChangeOutcome } from "../db/member-changes.ts";
import { findMemberWithInherited, type MemberRecord } from "../db/member-list.ts";
import type { InheritedRole } from "../db/members.ts";
import { highestManaged, isRoleOf, mayGrant, membershipErrors } from "../domain/access/membership-rights.ts";
import { forbidden, invalid, rowNotFound } from "../domain/fault.ts";
import { AccessLevel, dayOf } from "../domain/identity/access-level.ts";
import { parseRowId } from "../domain/identity/row-id.ts";
import { externalUrl } from "../http/context.ts";
import { boolean, day, integer, optional } from "../http/fields.ts";
import { operation, type Operation, type OperationContext } from "../http/operation.ts";
import { requireUnmodified } from "../http/preconditions.ts";
import { Member, renderMember } from "./entities/member.ts";
import { findMemberOrRefuse, MemberParams, membersOf } from "./member-lists.ts";
import type { MemberSource, SeenSource } from "./member-source.ts";

/** A day; `""` takes the one that is set away, and null or nothing leaves it. */
const newEnd = v.pipe(
  v.nullish(
    v.pipe(
      day(),
      v.transform((value) => ({ value })),
    ),
  ),
  v.transform((given) => given?.value),
);

const ChangeParams = v.object({ ...MemberParams.entries, access_level: integer(), expires_at: newEnd });
type ChangeParams = v.InferOutput<typeof ChangeParams>;

const RemoveParams = v.object({ ...MemberParams.entries, skip_subresources: optional(boolean()) });

/**
 * PUT …/members/:user_id, of a group or project: another role, or another end of it (contract provisioning 8). Whoever
 * manages the members may, up to their own role. 403 for the last owner of a group, 400 as for a new membership.
 */
export function changeMember(source: MemberSource): Operation {
  return operation({
    method: "PUT",
    path: `${source.path}/members/:user_id`,
    summary: `Change a membership of a ${source.kind}`,
    tags: ["provisioning"],
    caller: "user",
    params: ChangeParams,
    answers: { 200: { description: "The member", schema: Member } },
    faults: source.faults.write,
    async handle(c, params) {
      const seen = await source.see(c, c.var.caller, params.id);
      const userId = parseRowId(params.user_id);
      const found = userId === null ? null : await findMemberWithInherited(c.var.db, membersOf(c, seen, false), userId);
      if (found === null) throw rowNotFound();
      const { member, inherited } = found;
      const limits = limitsOf(c, highestManaged(seen.kind, seen.viewer));
      refuseUntouchable(seen, member, limits);
      refuseImpossibleRole(seen, inherited, params, limits.today);
      const change = { accessLevel: params.access_level, expiresAt: params.expires_at, updatedAt: c.var.now };
      expectDone(await updateMember(c.var.db, member.id, change, limits));
      const { accessLevel, expiresAt = member.expiresAt } = change;
      return c.json(renderMember({ ...member, accessLevel, expiresAt }, externalUrl(c)));
    },
  });
}

/**
 * DELETE …/members/:user_id, of a group or project (contract provisioning 8). Whoever manages the members may, up to
 * their own role, and everybody may leave, with minimal access too; the last owner of a group stays (one whose membership
 * ends does not count), and so does the one whose personal namespace it is.
 */
export function removeMember(source: MemberSource): Operation {
  return operation({
    method: "DELETE",
    path: `${source.path}/members/:user_id`,
    summary: `End a membership of a ${source.kind}`,
    tags: ["provisioning"],
    caller: "user",
    params: RemoveParams,
    answers: { 204: { description: "Ended" } },
    faults: [...source.faults.write, 412],
    async handle(c, params) {
      const { caller, db } = c.var;
      const isOwn = parseRowId(params.user_id) === caller.user.id;
      const seen = await (isOwn ? source.seeToLeave(c, caller, params.id) : source.see(c, caller, params.id));
      const member = await findMemberOrRefuse(c, seen, params.user_id, false);
      const limits = limitsOf(c, isOwn ? AccessLevel.owner : highestManaged(seen.kind, seen.viewer));
      refuseUntouchable(seen, member, limits);
      requireUnmodified(c, member.updatedAt);
      const { id, user } = member;
      const options = { keepsBelow: params.skip_subresources ?? false };
      expectDone(await deleteMember(db, { id, userId: user.id, place: seen.place }, options, limits));
      return c.body(null, 204);
    },
  });
}

function limitsOf(c: OperationContext<"user">, highest: number): ChangeLimits {
  return { highest, today: dayOf(c.var.now) };
}

function refuseUntouchable({ holderId }: SeenSource, { user, accessLevel }: MemberRecord, { highest }: ChangeLimits): void {
  if (accessLevel > highest || user.id === holderId) throw forbidden();
}

function refuseImpossibleRole(
  { kind, viewer }: SeenSource,
  inherited: InheritedRole | undefined,
  params: ChangeParams,
  today: string,
): void {
  const accessLevel = params.access_level;
  if (isRoleOf(kind, accessLevel) && !mayGrant(viewer, accessLevel)) throw forbidden();
  const errors = membershipErrors(kind, { accessLevel, expiresAt: params.expires_at ?? null }, inherited, today);
  if (Object.keys(errors).length > 0) throw invalid(errors);
}

function expectDone(outcome: ChangeOutcome): void {
  if (outcome === "gone") throw rowNotFound();
  if (outcome === "refused") throw forbidden();
}
