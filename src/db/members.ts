import { sql, type SQL } from "drizzle-orm";
import { dayOf } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { shownUserColumns } from "./locked.ts";
import { deleteStrangersLevels } from "./protected-ref-levels.ts";
import { members, users } from "./schema/index.ts";
import type { UserRow } from "./users.ts";
import { valuesIn } from "./value-list.ts";

export type MemberRow = typeof members.$inferSelect;

/** A project or group that people can be members of. */
export type MemberPlace = { projectId: number } | { namespaceId: number };

/** The same, with the group itself, or the namespace of the project. */
export type PlaceInTree = MemberPlace & { inNamespaceId: number };

/** A role that somebody has in a group above. */
export interface InheritedRole {
  userId: number;
  accessLevel: number;
  groupName: string;
}

export interface Candidates {
  users: UserRow[];
  /** Ids of those who are members of the place itself. */
  memberIds: Set<number>;
  /** Highest first. */
  inherited: InheritedRole[];
}

/** The users of these ids or names, and what roles they have in the place and in the groups above it. */
export async function loadCandidates(
  db: Db,
  wanted: { ids: readonly number[] } | { usernames: readonly string[] },
  place: PlaceInTree,
  today: string,
): Promise<Candidates> {
  const chosen = "ids" in wanted ? sql`users.id in (${valuesIn(wanted.ids)})` : sql`users.username in (${valuesIn(wanted.usernames)})`;
  const { namespaceId, projectId } = columnsOf(place);
  const [found, present, inherited] = await db.query.batch([
    db.query.select(shownUserColumns).from(users).where(chosen),
    db.query.all<{ user_id: number }>(sql`
      select user_id from members
      where user_id in (select id from users where ${chosen}) and (namespace_id = ${namespaceId} or project_id = ${projectId})
        and (expires_at is null or expires_at > ${today})`),
    db.query.all<InheritedRole>(inheritedRoles(place, sql`(select id from users where ${chosen})`, today)),
  ]);
  return {
    users: found,
    memberIds: new Set(present.map((row) => row.user_id)),
    inherited,
  };
}

/** The highest role that a user has from the groups above a place; no row where they have none. */
export function selectInheritedRole(db: Db, place: PlaceInTree, userId: number, today: string) {
  return db.query.all<InheritedRole>(sql`${inheritedRoles(place, sql`(${userId})`, today)} limit 1`);
}

/** Highest first. */
function inheritedRoles(place: PlaceInTree, userIds: SQL, today: string): SQL {
  // A group's own members are not above it; those of a project's namespace are above the project.
  const lowestDepth = "projectId" in place ? 0 : 1;
  return sql`
    select m.user_id as userId, m.access_level as accessLevel, n.name as groupName
    from namespace_ancestors a
    join members m on m.namespace_id = a.ancestor_id and m.user_id in ${userIds}
    join namespaces n on n.id = a.ancestor_id
    where a.namespace_id = ${place.inNamespaceId} and a.depth >= ${lowestDepth}
      and not m.is_awaiting and (m.expires_at is null or m.expires_at > ${today})
    order by m.access_level desc, a.depth`;
}

/**
 * Makes users members, in one round trip, and tells whose ids are nobody's meanwhile. Those who already are members stay
 * as they are, and are not among the rows that it answers; what has expired counts as no membership and is replaced.
 * Throws the database's refusal of a place that is gone.
 */
export async function createMembers(
  db: Db,
  place: MemberPlace,
  userIds: readonly number[],
  membership: { accessLevel: number; expiresAt: string | null; createdById: number },
  now: Date,
): Promise<{ created: MemberRow[]; missingIds: number[] }> {
  const { namespaceId, projectId } = columnsOf(place);
  const { accessLevel, expiresAt, createdById } = membership;
  const ids = valuesIn(userIds);
  const time = now.getTime();
  const today = dayOf(now);
  const [, , created, missing] = await db.query.batch([
    db.query.run(sql`
      delete from members
      where user_id in (${ids}) and (namespace_id = ${namespaceId} or project_id = ${projectId}) and expires_at <= ${today}`),
    deleteStrangersLevels(db, projectId, ids, today),
    db.query
      .insert(members)
      // In the order of the table's columns, id first.
      .select(
        sql`
          select null, id, ${namespaceId}, ${projectId}, ${accessLevel}, ${expiresAt}, 0, ${createdById}, ${time}, ${time}
          from users where id in (${ids})`,
      )
      .onConflictDoNothing()
      .returning(),
    db.query.all<{ id: number }>(sql`select value as id from (${ids}) where value not in (select id from users)`),
  ]);
  return { created, missingIds: missing.map((row) => row.id) };
}

/** A place as the two columns that name it in a row. */
export function columnsOf(place: MemberPlace): { namespaceId: number | null; projectId: number | null } {
  return "projectId" in place ? { namespaceId: null, projectId: place.projectId } : { namespaceId: place.namespaceId, projectId: null };
}
