import { and, eq, lte, sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import type { MemberPlace } from "./members.ts";
import { deleteStrangersLevels } from "./protected-ref-levels.ts";
import { members } from "./schema/index.ts";

/** What a change may not go beyond. Judged by the write itself: of two at once, the second is judged by what the first left. */
export interface ChangeLimits {
  /** The highest role whose membership may be touched. */
  highest: number;
  /** The day by which memberships expire. */
  today: string;
}

/** `refused`: the role is above the limit, or a group would be left without an owner for good. `gone`: there is no such membership. */
export type ChangeOutcome = "done" | "refused" | "gone";

/** Gives a member another role or expiry; an expiry that is undefined stays. */
export async function updateMember(
  db: Db,
  id: number,
  change: { accessLevel: number; expiresAt: string | null | undefined; updatedAt: Date },
  { highest }: Pick<ChangeLimits, "highest">,
): Promise<ChangeOutcome> {
  const staysOwner = change.accessLevel === AccessLevel.owner && (change.expiresAt ?? null) === null;
  const [changed, left] = await db.query.batch([
    db.query
      .update(members)
      .set(change)
      .where(and(eq(members.id, id), lte(members.accessLevel, highest), staysOwner ? undefined : isNotLastOwner))
      .returning({ id: members.id }),
    db.query.select({ id: members.id }).from(members).where(eq(members.id, id)),
  ]);
  return outcomeOf(changed, left);
}

/**
 * Ends a user's membership of a place. With one of a group go the user's own ones of the groups and projects below it,
 * unless `keepsBelow` (contract provisioning 8). With one of a project go the levels of its own rules that name the user,
 * unless they have a role there still.
 */
export async function deleteMember(
  db: Db,
  member: { id: number; userId: number; place: MemberPlace },
  { keepsBelow }: { keepsBelow: boolean },
  { highest, today }: ChangeLimits,
): Promise<ChangeOutcome> {
  const { id } = member;
  const [deleted, left] = await db.query.batch([
    db.query
      .delete(members)
      .where(and(eq(members.id, id), lte(members.accessLevel, highest), isNotLastOwner))
      .returning({ id: members.id }),
    db.query.select({ id: members.id }).from(members).where(eq(members.id, id)),
    ...whatGoesBesides(db, member, keepsBelow, today),
  ]);
  return outcomeOf(deleted, left);
}

function whatGoesBesides(db: Db, { userId, place }: { userId: number; place: MemberPlace }, keepsBelow: boolean, today: string) {
  if ("projectId" in place) return [deleteStrangersLevels(db, place.projectId, sql`${userId}`, today)];
  return keepsBelow ? [] : [db.query.run(deleteBelow(userId, place.namespaceId))];
}

/** To follow the deletion of a membership in its batch: it does nothing where that was refused. */
function deleteBelow(userId: number, groupId: number): SQL {
  const groups = sql`select namespace_id from namespace_ancestors where ancestor_id = ${groupId} and depth > 0`;
  const projects = sql`select p.id from namespace_ancestors a join projects p on p.namespace_id = a.namespace_id where a.ancestor_id = ${groupId}`;
  return sql`delete from members where changes() > 0 and user_id = ${userId} and (namespace_id in (${groups}) or project_id in (${projects}))`;
}

/**
 * Whether the row of `members` is no owner of a group, or the group has another one without an end, in itself or above:
 * of those that end, all do some day. What awaits acceptance makes no owner, and projects may be without.
 */
const isNotLastOwner = sql`(
  ${members.namespaceId} is null or ${members.accessLevel} < ${AccessLevel.owner} or ${members.isAwaiting} or exists (
    select 1 from namespace_ancestors a join members o on o.namespace_id = a.ancestor_id
    where a.namespace_id = ${members.namespaceId} and o.id <> ${members.id}
      and o.access_level = ${AccessLevel.owner} and not o.is_awaiting and o.expires_at is null))`;

function outcomeOf(changed: readonly unknown[], left: readonly unknown[]): ChangeOutcome {
  if (changed.length > 0) return "done";
  return left.length > 0 ? "refused" : "gone";
}
