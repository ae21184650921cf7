import { sql } from "drizzle-orm";
import type { KnownRef } from "../domain/hooks/sample.ts";
import type { Db } from "./client.ts";
import type { HookPlace } from "./hooks.ts";

/** A project whose pushes the hooks of a place hear of; null where there is none. */
export async function findSampleProject(db: Db, place: HookPlace): Promise<number | null> {
  if (place.kind === "project") return place.projectId;
  const [row] = await db.query.all<{ id: number }>(
    place.kind === "system"
      ? sql`select id from projects order by id limit 1`
      : sql`
          select p.id as id from namespace_ancestors a join projects p on p.namespace_id = a.namespace_id
          where a.ancestor_id = ${place.namespaceId} limit 1`,
  );
  return row?.id ?? null;
}

/** The default branch of a project and one of its tags, as far as they are known. */
export function findSampleRefs(db: Db, projectId: number): Promise<KnownRef[]> {
  return db.query.all<KnownRef>(sql`
    select name, sha from git_refs
    where project_id = ${projectId} and name = 'refs/heads/' || (select default_branch from projects where id = ${projectId})
    union all
    select * from (
      select name, sha from git_refs where project_id = ${projectId} and name >= 'refs/tags/' and name < 'refs/tags0' limit 1)`);
}
