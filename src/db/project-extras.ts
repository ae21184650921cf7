import { sql } from "drizzle-orm";
import type { UserState } from "../domain/identity/user-state.ts";
import type { Db } from "./client.ts";
import { loadTogether, statement } from "./statement.ts";

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
}

type OfProject<Row> = Row & { project_id: number };

const extras = {
  shares: statement<OfProject<ShareRow>>(
    () => sql`
      select s.project_id, s.group_id, g.name as group_name, r.path as group_full_path, s.access_level as group_access_level, s.expires_at
      from shares s join namespaces g on g.id = s.group_id join routes r on r.namespace_id = s.group_id
      where s.project_id in (select value from json_each(${sql.placeholder("ids")}))
      order by s.id`,
  ),
  owners: statement<OfProject<Omit<OwnerRow, "isLocked"> & { is_locked: number }>>(
    () => sql`
      select p.id as project_id, u.id, u.username, u.name, u.state, u.is_locked
      from projects p join namespaces n on n.id = p.namespace_id join users u on u.id = n.owner_id
      where p.id in (select value from json_each(${sql.placeholder("ids")}))`,
  ),
};

/** What the public form of projects shows besides their records, in one round trip; by project id. */
export async function loadProjectExtras(db: Db, projectIds: readonly number[]): Promise<(projectId: number) => ProjectExtras> {
  if (projectIds.length === 0) return () => ({ shares: [], owner: null });
  const { shares, owners } = await loadTogether(db, extras, { ids: JSON.stringify(projectIds) });
  return (projectId) => {
    const owner = owners.find((row) => row.project_id === projectId);
    return {
      shares: shares.filter((row) => row.project_id === projectId),
      owner: owner === undefined ? null : { ...owner, isLocked: owner.is_locked === 1 },
    };
  };
}
