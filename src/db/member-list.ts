import { and, sql, type SQL } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { UserState } from "../domain/identity/user-state.ts";
import type { Db } from "./client.ts";
import { isLockedNow } from "./locked.ts";
import { selectInheritedRole, type InheritedRole, type MemberPlace } from "./members.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { matches } from "./user-list.ts";
import type { NamedUser } from "./user-records.ts";
import { valuesIn } from "./value-list.ts";
import { visibleTo, type Reading } from "./visible.ts";

/** A membership as it is shown: whose it is, and who gave it. */
export interface MemberRecord {
  id: number;
  user: NamedUser;
  accessLevel: number;
  expiresAt: string | null;
  isAwaiting: boolean;
  createdBy: NamedUser | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Whose members are meant, and who asks. */
export interface MemberScope {
  place: MemberPlace;
  /** The group itself, or the namespace of the project. */
  inNamespaceId: number;
  /** With those of the groups above, and of the invited groups that the reader may see. */
  includesInherited: boolean;
  reading: Reading;
}

/** Which members are listed; what is left out is no condition. */
export interface MemberFilter {
  /** Part of a name or user name, or a whole e-mail address. */
  query?: string | undefined;
  userIds?: readonly number[] | undefined;
  skippedUserIds?: readonly number[] | undefined;
  /** Without those who have yet to accept. */
  excludesAwaiting?: boolean;
}

/**
 * A page of the members of a place, by user id, and how many there are. What has expired is no membership; of several
 * ways in which somebody is a member, the highest is shown, and of equal ones the nearest (contract provisioning 8).
 */
export async function listMembers(db: Db, scope: MemberScope, filter: MemberFilter, page: PageRange): Promise<ListPage<MemberRecord>> {
  const condition = conditionOf(scope, filter);
  const [rows, counted] = await db.query.batch([
    db.query.all<MemberRow>(sql`${memberRows(scope, filter, condition)} order by f.user_id limit ${page.size + 1} offset ${page.offset}`),
    countRows(db, sql`${foundIn(scope, filter)} select 1 from found f join users on users.id = f.user_id where ${condition}`),
  ]);
  return toPage(rows.map(toMember), counted, page);
}

/** One user's membership; null where there is none. */
export async function findMember(db: Db, scope: MemberScope, userId: number): Promise<MemberRecord | null> {
  const [row] = await selectMember(db, scope, userId);
  return row === undefined ? null : toMember(row);
}

/** The same, with the highest role that they have from the groups above; one round trip. */
export async function findMemberWithInherited(
  db: Db,
  scope: MemberScope,
  userId: number,
): Promise<{ member: MemberRecord; inherited: InheritedRole | undefined } | null> {
  const { place, inNamespaceId, reading } = scope;
  const [[row], [inherited]] = await db.query.batch([
    selectMember(db, scope, userId),
    selectInheritedRole(db, { ...place, inNamespaceId }, userId, reading.today),
  ]);
  return row === undefined ? null : { member: toMember(row), inherited };
}

function selectMember(db: Db, scope: MemberScope, userId: number) {
  const filter = { userIds: [userId] };
  return db.query.all<MemberRow>(memberRows(scope, filter, conditionOf(scope, filter)));
}

interface MemberRow {
  id: number;
  access_level: number;
  expires_at: string | null;
  is_awaiting: number;
  created_at: number;
  updated_at: number;
  user_id: number;
  username: string;
  name: string;
  state: UserState;
  is_locked: number;
  author_id: number | null;
  author_username: string;
  author_name: string;
  author_state: UserState;
  author_is_locked: number;
}

function toMember(row: MemberRow): MemberRecord {
  const author = { username: row.author_username, name: row.author_name, state: row.author_state, isLocked: row.author_is_locked === 1 };
  return {
    id: row.id,
    user: { id: row.user_id, username: row.username, name: row.name, state: row.state, isLocked: row.is_locked === 1 },
    accessLevel: row.access_level,
    expiresAt: row.expires_at,
    isAwaiting: row.is_awaiting === 1,
    createdBy: row.author_id === null ? null : { id: row.author_id, ...author },
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

/** To be completed with `order by` and `limit`. */
function memberRows(scope: MemberScope, filter: MemberFilter, condition: SQL): SQL {
  return sql`
    ${foundIn(scope, filter)}
    select f.id, f.access_level, f.expires_at, f.is_awaiting, f.created_at, f.updated_at,
      users.id as user_id, users.username, users.name, users.state, ${isLockedNow("users")} as is_locked,
      c.id as author_id, c.username as author_username, c.name as author_name, c.state as author_state,
      ${isLockedNow("c")} as author_is_locked
    from found f join users on users.id = f.user_id left join users c on c.id = f.created_by_id
    where ${condition}`;
}

function conditionOf({ reading }: MemberScope, { query, excludesAwaiting }: MemberFilter): SQL {
  const isKnownToAdmins = reading.reader?.isAdmin === true;
  const condition = and(
    sql`f.preference = 1`,
    query === undefined || query === "" ? undefined : matches(query, isKnownToAdmins),
    excludesAwaiting === true ? sql`not f.is_awaiting` : undefined,
  );
  return condition ?? sql`true`;
}

/** The memberships as the table `found`; of each user, that of `preference` 1 counts. */
function foundIn(scope: MemberScope, filter: MemberFilter): SQL {
  const { place, inNamespaceId, includesInherited, reading } = scope;
  const chosen = chosenUsers(filter);
  const direct = sql`
    select ${columns}, m.access_level, m.expires_at, 0 as distance
    from members m where ${"projectId" in place ? sql`m.project_id = ${place.projectId}` : sql`m.namespace_id = ${place.namespaceId}`} ${chosen}`;
  // A group's own members are not above it; those of a project's namespace are above the project.
  const lowestDepth = "projectId" in place ? 0 : 1;
  // Minimal access is a role in the one group where it was given.
  const inherited = sql`
    union all
    select ${columns}, m.access_level, m.expires_at, 1 + a.depth
    from namespace_ancestors a join members m on m.namespace_id = a.ancestor_id
    where a.namespace_id = ${inNamespaceId} and a.depth >= ${lowestDepth} and m.access_level >= ${AccessLevel.guest} ${chosen}
    union all
    select ${columns}, min(m.access_level, i.access_level), min(coalesce(m.expires_at, i.expires_at), coalesce(i.expires_at, m.expires_at)), 1000
    from invited i join namespace_ancestors a on a.namespace_id = i.group_id join members m on m.namespace_id = a.ancestor_id
    where m.access_level >= ${AccessLevel.guest} ${chosen}`;
  return sql`
    with ${includesInherited ? sql`invited as materialized (${invitedGroups(scope)}),` : sql``}
    found as materialized (
      select *, row_number() over (partition by user_id order by is_awaiting, access_level desc, distance, id) as preference
      from (${direct} ${includesInherited ? inherited : sql``})
      where expires_at is null or expires_at > ${reading.today})`;
}

const columns = sql`m.id, m.user_id, m.is_awaiting, m.created_by_id, m.created_at, m.updated_at`;

/** Whoever may not see an invited group is not told who is in it. */
function invitedGroups({ place, inNamespaceId, reading }: MemberScope): SQL {
  const above = sql`s.namespace_id in (select ancestor_id from namespace_ancestors where namespace_id = ${inNamespaceId})`;
  return sql`
    select s.group_id, s.access_level, s.expires_at
    from shares s join namespaces g on g.id = s.group_id
    where ${"projectId" in place ? sql`(s.project_id = ${place.projectId} or ${above})` : above}
      and (s.expires_at is null or s.expires_at > ${reading.today})
      and ${visibleTo(reading, { visibility: sql`g.visibility`, project: sql`null`, namespace: sql`g.id` })}`;
}

/** No ids are no condition. */
function chosenUsers({ userIds, skippedUserIds }: MemberFilter): SQL {
  return sql`
    ${userIds === undefined || userIds.length === 0 ? sql`` : sql`and m.user_id in (${valuesIn(userIds)})`}
    ${skippedUserIds === undefined || skippedUserIds.length === 0 ? sql`` : sql`and m.user_id not in (${valuesIn(skippedUserIds)})`}`;
}
