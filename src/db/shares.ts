import { and, eq, gt, isNull, or, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { columnsOf, type MemberPlace, type PlaceInTree } from "./members.ts";
import { deleteUninvitedLevels } from "./protected-ref-levels.ts";
import { shares } from "./schema/index.ts";
import { visibleTo, type Reading } from "./visible.ts";

/** A group's invitation to a project or group. */
export type InvitationRow = typeof shares.$inferSelect;

/**
 * Why a group is not invited: there is none for whoever invites, the groups that the project is in admit no invitations,
 * it is the place itself or above it, the place is invited to it, or it is invited already.
 */
export type InvitationRefusal = "unknown" | "locked" | "above" | "circle" | "taken";

/**
 * Invites a group that the reader sees, in one round trip; an invitation that has expired counts as none, and is
 * replaced. Throws the database's refusal of a place that is gone.
 */
export async function createInvitation(
  db: Db,
  place: PlaceInTree,
  invitation: Pick<InvitationRow, "groupId" | "accessLevel" | "expiresAt">,
  reading: Reading,
  now: Date,
): Promise<InvitationRow | InvitationRefusal> {
  const { namespaceId, projectId } = columnsOf(place);
  const { groupId, accessLevel, expiresAt } = invitation;
  const refusal = refusalOf(place, groupId, reading);
  const [, , created, refused] = await db.query.batch([
    db.query.run(sql`
      delete from shares
      where group_id = ${groupId} and (namespace_id = ${namespaceId} or project_id = ${projectId}) and expires_at <= ${reading.today}`),
    deleteUninvitedLevels(db, projectId, groupId),
    db.query
      .insert(shares)
      // In the order of the table's columns, id first.
      .select(
        sql`select null, ${namespaceId}, ${projectId}, ${groupId}, ${accessLevel}, ${expiresAt}, ${now.getTime()} where ${refusal} is null`,
      )
      .onConflictDoNothing()
      .returning(),
    db.query.all<{ reason: InvitationRefusal }>(sql`select coalesce(${refusal}, 'taken') as reason`),
  ]);
  return created[0] ?? refused[0]?.reason ?? "taken";
}

/** What the database knows against an invitation; null where nothing. */
function refusalOf(place: PlaceInTree, groupId: number, reading: Reading): SQL {
  const isSeen = visibleTo(reading, { visibility: sql`g.visibility`, project: sql`null`, namespace: sql`g.id` });
  const groups = sql`namespace_ancestors a join namespaces n on n.id = a.ancestor_id where a.namespace_id = ${place.inNamespaceId}`;
  return sql`(case
    when not exists (select 1 from namespaces g where g.id = ${groupId} and g.kind = 'group' and ${isSeen}) then 'unknown'
    when ${"projectId" in place} and exists (select 1 from ${groups} and n.is_share_locked) then 'locked'
    when exists (select 1 from ${groups} and n.id = ${groupId}) then 'above'
    ${"projectId" in place ? sql`` : sql`when ${isInvitedTo(groupId, place.namespaceId, reading.today)} then 'circle'`}
    end)`;
}

/** Whether a group's own invitations lead, in however many steps, to another. */
function isInvitedTo(hostId: number, guestId: number, today: string): SQL {
  return sql`${guestId} in (
    with recursive guests (id) as (
      select ${hostId}
      union select s.group_id from guests join shares s on s.namespace_id = guests.id
      where s.expires_at is null or s.expires_at > ${today})
    select id from guests)`;
}

/** The invitation of a group to a place; null where there is none, or none any more. */
export async function findInvitation(db: Db, place: MemberPlace, groupId: number, today: string): Promise<InvitationRow | null> {
  const isOfPlace = "projectId" in place ? eq(shares.projectId, place.projectId) : eq(shares.namespaceId, place.namespaceId);
  const isCurrent = or(isNull(shares.expiresAt), gt(shares.expiresAt, today));
  const [row] = await db.query
    .select()
    .from(shares)
    .where(and(isOfPlace, eq(shares.groupId, groupId), isCurrent));
  return row ?? null;
}

/**
 * Takes an invitation back, and with one to a project the levels of its own rules that name the group. Answers whether
 * it was still there.
 */
export async function deleteInvitation(db: Db, { id, projectId, groupId }: InvitationRow): Promise<boolean> {
  const [deleted] = await db.query.batch([
    db.query.delete(shares).where(eq(shares.id, id)).returning({ id: shares.id }),
    deleteUninvitedLevels(db, projectId, groupId),
  ]);
  return deleted.length > 0;
}
