import { sql } from "drizzle-orm";
import { dayOf } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { members, users } from "./schema/index.ts";
import type { UserRow } from "./users.ts";

export type MemberRow = typeof members.$inferSelect;

/** A project or group that people can be members of. */
export type MemberPlace = { projectId: number } | { namespaceId: number };

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
  place: MemberPlace & { inNamespaceId: number },
  today: string,
): Promise<Candidates> {
  const chosen =
    "ids" in wanted
      ? sql`users.id in (select value from json_each(${JSON.stringify(wanted.ids)}))`
      : sql`users.username in (select value from json_each(${JSON.stringify(wanted.usernames)}))`;
  // A group's own members are not above it; those of a project's namespace are above the project.
  const lowestDepth = "projectId" in place ? 0 : 1;
  const { namespaceId, projectId } = columnsOf(place);
  const [found, present, inherited] = await db.query.batch([
    db.query.select().from(users).where(chosen),
    db.query.all<{ user_id: number }>(sql`
      select user_id from members
      where user_id in (select id from users where ${chosen}) and (namespace_id = ${namespaceId} or project_id = ${projectId})
        and (expires_at is null or expires_at > ${today})`),
    db.query.all<{ user_id: number; access_level: number; group_name: string }>(sql`
      select m.user_id, m.access_level, n.name as group_name
      from namespace_ancestors a
      join members m on m.namespace_id = a.ancestor_id and m.user_id in (select id from users where ${chosen})
      join namespaces n on n.id = a.ancestor_id
      where a.namespace_id = ${place.inNamespaceId} and a.depth >= ${lowestDepth}
        and not m.is_awaiting and (m.expires_at is null or m.expires_at > ${today})
      order by m.access_level desc, a.depth`),
  ]);
  return {
    users: found,
    memberIds: new Set(present.map((row) => row.user_id)),
    inherited: inherited.map((row) => ({ userId: row.user_id, accessLevel: row.access_level, groupName: row.group_name })),
  };
}

/**
 * Makes users members, in one round trip. Those who already are stay as they are, and are not among the rows that it
 * answers; what has expired counts as no membership and is replaced.
 */
export async function createMembers(
  db: Db,
  place: MemberPlace,
  userIds: readonly number[],
  membership: { accessLevel: number; expiresAt: string | null; createdById: number },
  now: Date,
): Promise<MemberRow[]> {
  const { namespaceId, projectId } = columnsOf(place);
  const { accessLevel, expiresAt, createdById } = membership;
  const ids = JSON.stringify(userIds);
  const time = now.getTime();
  const [, created] = await db.query.batch([
    db.query.run(sql`
      delete from members
      where user_id in (select value from json_each(${ids})) and (namespace_id = ${namespaceId} or project_id = ${projectId})
        and expires_at <= ${dayOf(now)}`),
    db.query
      .insert(members)
      // In the order of the table's columns, id first.
      .select(
        sql`
          select null, value, ${namespaceId}, ${projectId}, ${accessLevel}, ${expiresAt}, 0, ${createdById}, ${time}, ${time}
          from json_each(${ids}) where true`,
      )
      .onConflictDoNothing()
      .returning(),
  ]);
  return created;
}

function columnsOf(place: MemberPlace): { namespaceId: number | null; projectId: number | null } {
  return "projectId" in place ? { namespaceId: null, projectId: place.projectId } : { namespaceId: place.namespaceId, projectId: null };
}
