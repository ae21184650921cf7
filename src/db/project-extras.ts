import { sql, type SQL } from "drizzle-orm";
import type { Membership } from "../domain/identity/access-level.ts";
import type { UserState } from "../domain/identity/user-state.ts";
import type { Db } from "./client.ts";
import { isLockedNow } from "./locked.ts";
import { membershipsAsJson, parseMemberships } from "./memberships.ts";
import { valuesIn } from "./value-list.ts";
import { visibleTo, type Reader, type Reading } from "./visible.ts";

/** A group that is invited to a project or group. */
export interface ShareRow {
  group_id: number;
  group_name: string;
  group_full_path: string;
  group_access_level: number;
  expires_at: string | null;
}

/** Whose personal namespace a project is in. */
export interface OwnerRow {
  id: number;
  username: string;
  name: string;
  state: UserState;
  isLocked: boolean;
}

export interface ProjectExtras {
  shares: ShareRow[];
  owner: OwnerRow | null;
  /** The reader's own. */
  memberships: Membership[];
}

type OfProject<Row> = Row & { project_id: number };

/** The groups that are invited to what `place` says of the shares `s`: those that the reader may see, as long as they are. */
export function invitedGroups(place: SQL, reading: Reading): SQL {
  const group = { visibility: sql`g.visibility`, project: sql`null`, namespace: sql`g.id` };
  return sql`
    select s.project_id, s.group_id, g.name as group_name, r.path as group_full_path, s.access_level as group_access_level, s.expires_at
    from shares s join namespaces g on g.id = s.group_id join routes r on r.namespace_id = s.group_id
    where ${place} and (s.expires_at is null or s.expires_at > ${reading.today}) and ${visibleTo(reading, group)}
    order by s.id`;
}

/** What the public form of projects shows besides their records, in one round trip; by project id. */
export async function loadProjectExtras(
  db: Db,
  projectIds: readonly number[],
  reading: Reading & { reader: NonNullable<Reader> },
): Promise<(projectId: number) => ProjectExtras> {
  if (projectIds.length === 0) return () => ({ shares: [], owner: null, memberships: [] });
  const ids = sql`(${valuesIn(projectIds)})`;
  const [shares, owners, roles] = await db.query.batch([
    db.query.all<OfProject<ShareRow>>(invitedGroups(sql`s.project_id in ${ids}`, reading)),
    db.query.all<OfProject<Omit<OwnerRow, "isLocked"> & { is_locked: number }>>(sql`
      select p.id as project_id, u.id, u.username, u.name, u.state, ${isLockedNow("u")} as is_locked
      from projects p join namespaces n on n.id = p.namespace_id join users u on u.id = n.owner_id
      where p.id in ${ids}`),
    db.query.all<OfProject<{ memberships: string }>>(sql`
      select p.id as project_id, ${membershipsAsJson(sql`${reading.reader.user.id}`, sql`p.id`, sql`p.namespace_id`)} as memberships
      from projects p where p.id in ${ids}`),
  ]);
  return (projectId) => {
    const ofProject = (row: { project_id: number }) => row.project_id === projectId;
    const owner = owners.find(ofProject);
    return {
      shares: shares.filter(ofProject),
      owner: owner === undefined ? null : { ...owner, isLocked: owner.is_locked === 1 },
      memberships: parseMemberships(roles.find(ofProject)?.memberships ?? "[]"),
    };
  };
}
