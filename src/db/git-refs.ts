import { and, eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { isBlankRevision, type RefChange } from "../domain/git/changes.ts";
import { runBatch } from "./batch.ts";
import type { Db } from "./client.ts";
import { jsonChunks } from "./json-chunks.ts";
import { projects } from "./schema/index.ts";

/** An empty repository is so no longer, and has this default branch (domain/push/first-push.ts); any other stays as it is. */
export async function markRepositoryPushed(db: Db, projectId: number, defaultBranch: string, now: Date): Promise<void> {
  await runBatch(db, [repositoryPushed(db, projectId, defaultBranch, now)]);
}

/** The same, for a batch. */
export function repositoryPushed(db: Db, projectId: number, defaultBranch: string, now: Date) {
  return db.query
    .update(projects)
    .set({ isRepositoryEmpty: false, defaultBranch, updatedAt: notBefore(now) })
    .where(and(eq(projects.id, projectId), eq(projects.isRepositoryEmpty, true)));
}

/** A push is dealt with after it happened: what was changed meanwhile stays changed then. */
function notBefore(now: Date) {
  return sql`max(${projects.updatedAt}, ${now.getTime()})`;
}

/** For a batch: a repository is empty where no branch of it is stored any more. */
export function repositoryEmptied(db: Db, projectId: number, now: Date) {
  const isWithoutBranches = sql`not exists (
    select 1 from git_refs where project_id = ${projectId} and name >= 'refs/heads/' and name < 'refs/heads0')`;
  return db.query
    .update(projects)
    .set({ isRepositoryEmpty: true, updatedAt: notBefore(now) })
    .where(and(eq(projects.id, projectId), eq(projects.isRepositoryEmpty, false), isWithoutBranches));
}

/** What refs point at, by full name, without those that are not there. `names` fit in one parameter: a megabyte. */
export async function findRevisions(db: Db, projectId: number, names: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.query.all<{ name: string; sha: string }>(sql`
    select name, sha from git_refs where project_id = ${projectId} and name in (select value from json_each(${JSON.stringify(names)}))`);
  return new Map(rows.map(({ name, sha }) => [name, sha]));
}

/** How many of some changes began at something else than was stored. */
export interface DifferingRefs {
  differing: number;
}

/**
 * The statements that store what changes leave behind, for batches: each ref by its new revision, the last one where it
 * changed more than once. What was stored before is counted where it is not what a change says (`DifferingRefs`), and
 * never a reason to refuse: the push has happened (contract push 7.7).
 */
export function* storeRefs(db: Db, projectId: number, changes: Iterable<RefChange>): Generator<BatchItem<"sqlite">> {
  for (const chunk of jsonChunks(revisionsOf(changes))) {
    const last = sql`(
      select value ->> 0 as name, value ->> 2 as sha, max(key) from json_each(${chunk}) group by value ->> 0)`;
    yield db.query.all<DifferingRefs>(sql`
      select count(*) as differing
      from (select value ->> 0 as name, value ->> 1 as sha, min(key) from json_each(${chunk}) group by value ->> 0) c
      left join git_refs g on g.project_id = ${projectId} and g.name = c.name
      where g.sha is not c.sha`);
    yield db.query.run(sql`
      insert into git_refs (project_id, name, sha) select ${projectId}, name, sha from ${last} where sha is not null
      on conflict (project_id, name) do update set sha = excluded.sha where sha <> excluded.sha`);
    yield db.query.run(sql`
      delete from git_refs where project_id = ${projectId} and name in (select name from ${last} where sha is null)`);
  }
}

/** Name, and what it pointed at before and after; null where it was not there. */
function* revisionsOf(changes: Iterable<RefChange>): Generator<[name: string, before: string | null, after: string | null]> {
  for (const { ref, oldrev, newrev } of changes) {
    yield [ref, isBlankRevision(oldrev) ? null : oldrev, isBlankRevision(newrev) ? null : newrev];
  }
}
