import { eq, getTableColumns, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { DefaultBranchRule } from "../domain/access/default-branch.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import { runBatchThen } from "./batch.ts";
import type { Db } from "./client.ts";
import { movePath, pathBelow } from "./paths.ts";
import { members, projects, protectedBranches, protectedRefAccessLevels, redirectRoutes, routes } from "./schema/index.ts";

export type ProjectRow = typeof projects.$inferSelect;
export type NewProject = Omit<typeof projects.$inferInsert, "id">;
/** A project as it was written, and the full path where it stood then. */
export type StoredProject = ProjectRow & { fullPath: string };

/**
 * A project in its namespace, with the rule for its default branch and, in a personal namespace, its owner as member.
 * Throws the database's refusal (constraint.ts) of a path that is taken (unique `routes.path`), and of a project in the
 * creator's own namespace at their personal limit (not null `projects.namespace_id`).
 */
export async function createProject(
  db: Db,
  project: NewProject,
  options: { defaultBranchRule: DefaultBranchRule | null; ownerId: number | null },
): Promise<StoredProject> {
  const fullPath = pathBelow(project.namespaceId, project.path);
  const projectId = sql<number>`(select project_id from routes where path = ${fullPath})`;
  // Judged by the write: of several requests at once none passes the limit. A missing namespace is left to its foreign key.
  const namespaceId = sql<number>`case when exists (
    select 1 from namespaces n join users u on u.id = n.owner_id
    where n.id = ${project.namespaceId} and u.id = ${project.creatorId ?? null} and n.projects_count >= u.projects_limit
  ) then null else ${project.namespaceId} end`;
  const branch = project.defaultBranch ?? "main";
  const ruleId = sql<number>`(select id from protected_branches where project_id = ${projectId} and name = ${branch})`;
  const rule = options.defaultBranchRule;
  const [created, placed] = await db.query.batch([
    db.query
      .insert(projects)
      .values({ ...project, namespaceId })
      .returning(),
    db.query
      .insert(routes)
      .values({ path: fullPath, projectId: sql`last_insert_rowid()` })
      .returning({ fullPath: routes.path }),
    db.query.delete(redirectRoutes).where(eq(redirectRoutes.path, fullPath)),
    ...(options.ownerId === null
      ? []
      : [
          db.query
            .insert(members)
            .values({ userId: options.ownerId, projectId, accessLevel: AccessLevel.owner, createdById: options.ownerId }),
        ]),
    ...(rule === null
      ? []
      : [
          db.query.insert(protectedBranches).values({ projectId, name: branch }),
          db.query.insert(protectedRefAccessLevels).values([
            { protectedBranchId: ruleId, action: "push", accessLevel: rule.pushLevel },
            { protectedBranchId: ruleId, action: "merge", accessLevel: rule.mergeLevel },
            { protectedBranchId: ruleId, action: "unprotect", accessLevel: AccessLevel.maintainer },
          ]),
        ]),
  ]);
  const [row] = created;
  const [place] = placed;
  if (row === undefined || place === undefined) throw new Error("The insert of a project gave no row.");
  return { ...row, ...place };
}

/** Columns to write, where they are not undefined; attributes are merged with those that are there. */
export type ProjectChanges = { [Column in Exclude<keyof NewProject, "attributes">]?: NewProject[Column] | undefined } & {
  attributes: Record<string, unknown>;
};

/**
 * Changes a project, and with its path its full path. Null where the project is gone. Throws the database's refusal of a
 * path that is taken (constraint.ts, `routes.path`).
 */
export async function updateProject(db: Db, projectId: number, changes: ProjectChanges): Promise<StoredProject | null> {
  const { attributes, ...columns } = changes;
  const namespaceId = sql`(select namespace_id from projects where id = ${projectId})`;
  const statements: BatchItem<"sqlite">[] = [
    db.query
      .update(projects)
      // Merged by the database: two changes at once keep each other's.
      .set({ ...columns, attributes: sql`json_patch(${projects.attributes}, ${JSON.stringify(attributes)})` })
      .where(eq(projects.id, projectId)),
    ...(columns.path === undefined ? [] : movePath(db, { projectId }, pathBelow(namespaceId, columns.path))),
  ];
  const fullPath = sql<string>`(select path from routes where project_id = ${projectId})`.as("full_path");
  const stored = db.query
    .select({ ...getTableColumns(projects), fullPath })
    .from(projects)
    .where(eq(projects.id, projectId));
  const [row] = await runBatchThen(db, statements, stored);
  return row ?? null;
}
