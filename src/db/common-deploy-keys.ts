import { asc, count, sql } from "drizzle-orm";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import type { KeyRow } from "./keys.ts";
import { reachableProjects } from "./reachable-projects.ts";
import { keys } from "./schema/index.ts";
import { hasRole } from "./visible.ts";

export interface CommonDeployKeys {
  rows: KeyRow[];
  total: number;
  /** Whether there is a project that both maintain, with or without deploy keys. */
  haveCommonProject: boolean;
}

/**
 * A page of the deploy keys of the projects that a user maintains and the other one maintains too; `otherUserId` null:
 * whoever else maintains them. `today` is the day that memberships expire by.
 */
export async function listCommonDeployKeys(
  db: Db,
  { userId, otherUserId }: { userId: number; otherUserId: number | null },
  today: string,
  page: { size: number; offset: number },
): Promise<CommonDeployKeys> {
  const place = { project: sql`p.id`, namespace: sql`p.namespace_id` };
  const maintains = (id: number) => hasRole(id, place, AccessLevel.maintainer, today);
  const common = sql`
    select p.id from projects p
    where p.id in (${reachableProjects(userId, AccessLevel.maintainer)}) and ${maintains(userId)} and ${otherUserId === null ? sql`true` : maintains(otherUserId)}`;
  const condition = sql`${keys.id} in (select d.deploy_key_id from deploy_key_projects d where d.project_id in (${common}))`;
  const [rows, counted, found] = await db.query.batch([
    db.query.select().from(keys).where(condition).orderBy(asc(keys.id)).limit(page.size).offset(page.offset),
    db.query.select({ total: count() }).from(keys).where(condition),
    db.query.all<{ isFound: number }>(sql`select exists (${common}) as isFound`),
  ]);
  return { rows, total: counted[0]?.total ?? 0, haveCommonProject: found[0]?.isFound === 1 };
}
