import { and, desc, eq, inArray, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { invitedGroups, type ShareRow } from "./project-extras.ts";
import { selectProjects, type ProjectRecord } from "./project-records.ts";
import type { ProjectRow } from "./projects.ts";
import { projects, settings } from "./schema/index.ts";
import { valuesIn } from "./value-list.ts";
import { visibleTo, type Reading } from "./visible.ts";

/** As many projects as a group shows of its own, and of those it is invited to. */
const shownProjects = 100;

export interface GroupExtras {
  settings: Record<string, unknown>;
  /** Groups that are invited to this one. */
  shares: ShareRow[];
  /** Whether Git LFS is on in the nearest group above that says so; null where none does. */
  isLfsInherited: boolean | null;
  projects: ProjectRow[];
  sharedProjects: ProjectRecord[];
}

/**
 * What a group's public form shows besides its record: one round trip, and another where projects are shared with it.
 * The projects and groups are those that the reader may see, projects newest first.
 */
export async function loadGroupExtras(db: Db, groupId: number, options: Reading & { withProjects: boolean }): Promise<GroupExtras> {
  const visible = visibleTo(options, {
    visibility: sql`${projects.visibility}`,
    project: sql`${projects.id}`,
    namespace: sql`${projects.namespaceId}`,
  });
  const limit = options.withProjects ? shownProjects : 0;
  const [settingsRows, shareRows, lfsRows, own, shared] = await db.query.batch([
    db.query.select({ values: settings.values }).from(settings).limit(1),
    db.query.all<ShareRow>(invitedGroups(sql`s.namespace_id = ${groupId}`, options)),
    db.query.all<{ is_lfs_enabled: number }>(sql`
      select n.is_lfs_enabled from namespace_ancestors a join namespaces n on n.id = a.ancestor_id
      where a.namespace_id = ${groupId} and a.depth > 0 and n.is_lfs_enabled is not null
      order by a.depth limit 1`),
    db.query
      .select()
      .from(projects)
      .where(and(eq(projects.namespaceId, groupId), visible))
      .orderBy(desc(projects.id))
      .limit(limit),
    db.query
      .select({ id: projects.id })
      .from(projects)
      .where(and(inArray(projects.id, sharedWith(groupId, options.today)), visible))
      .orderBy(desc(projects.id))
      .limit(limit),
  ]);
  const [lfs] = lfsRows;
  return {
    settings: settingsRows[0]?.values ?? {},
    shares: shareRows,
    isLfsInherited: lfs === undefined ? null : lfs.is_lfs_enabled === 1,
    projects: own,
    sharedProjects: await loadProjects(
      db,
      shared.map((row) => row.id),
    ),
  };
}

function sharedWith(groupId: number, today: string): SQL {
  return sql`(
    select project_id from shares
    where group_id = ${groupId} and project_id is not null and (expires_at is null or expires_at > ${today}))`;
}

async function loadProjects(db: Db, ids: readonly number[]): Promise<ProjectRecord[]> {
  if (ids.length === 0) return [];
  return selectProjects(db)
    .where(sql`${projects.id} in (${valuesIn(ids)})`)
    .orderBy(desc(projects.id));
}

/** Whether a namespace or one above it is archived. */
export async function isInArchivedGroup(db: Db, namespaceId: number): Promise<boolean> {
  const rows = await db.query.all(sql`
    select 1 from namespace_ancestors a join namespaces n on n.id = a.ancestor_id
    where a.namespace_id = ${namespaceId} and n.is_archived limit 1`);
  return rows.length > 0;
}
