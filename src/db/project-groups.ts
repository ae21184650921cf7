import { and, sql, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { countRows, toPage, type ListPage, type PageRange } from "./page.ts";
import { fullNameOf } from "./project-records.ts";
import { contains } from "./search.ts";
import { visibleTo, type Reading } from "./visible.ts";

/** A group as it is named among those of a project. */
export interface NamedGroup {
  id: number;
  name: string;
  fullPath: string;
  fullName: string;
}

/** Which groups of a project are listed. */
export interface ProjectGroupFilter {
  /** Part of a name or of the last segment of a path. */
  search?: string | undefined;
  /** With the groups that are invited to the project itself, where they get this role or a higher one. */
  shared: { lowestLevel: number } | null;
}

/**
 * A page of the groups that a project is in, and of those invited to it that the reader may see; newest first.
 * Whoever sees a project sees what it is in: its full path says so.
 */
export async function listProjectGroups(
  db: Db,
  project: { id: number; namespaceId: number },
  filter: ProjectGroupFilter,
  page: PageRange,
  reading: Reading,
): Promise<ListPage<NamedGroup>> {
  const condition = and(
    sql`listed.kind = 'group' and listed.id in (${groupIds(project, filter, reading)})`,
    contains(filter.search, sql`listed.name`, sql`listed.path`),
  );
  const [rows, counted] = await db.query.batch([
    db.query.all<{ id: number; name: string; full_path: string; full_name: string }>(sql`
      select listed.id, listed.name, (select path from routes where namespace_id = listed.id) as full_path, ${fullNameOf(sql`listed.id`)} as full_name
      from namespaces listed where ${condition} order by listed.id desc limit ${page.size + 1} offset ${page.offset}`),
    countRows(db, sql`select listed.id from namespaces listed where ${condition}`),
  ]);
  const groups = rows.map((row) => ({ id: row.id, name: row.name, fullPath: row.full_path, fullName: row.full_name }));
  return toPage(groups, counted, page);
}

function groupIds(project: { id: number; namespaceId: number }, { shared }: ProjectGroupFilter, reading: Reading): SQL {
  const above = sql`select ancestor_id from namespace_ancestors where namespace_id = ${project.namespaceId}`;
  if (shared === null) return above;
  const group = { visibility: sql`g.visibility`, project: sql`null`, namespace: sql`g.id` };
  return sql`
    ${above} union
    select s.group_id from shares s join namespaces g on g.id = s.group_id
    where s.project_id = ${project.id} and s.access_level >= ${shared.lowestLevel}
      and (s.expires_at is null or s.expires_at > ${reading.today}) and ${visibleTo(reading, group)}`;
}
