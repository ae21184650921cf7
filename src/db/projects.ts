import { eq, sql } from "drizzle-orm";
import type { DefaultBranchRule } from "../domain/access/default-branch.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { Db } from "./client.ts";
import { movePath } from "./paths.ts";
import { members, projects, protectedBranches, protectedRefAccessLevels, redirectRoutes, routes } from "./schema/index.ts";

export type ProjectRow = typeof projects.$inferSelect;
export type NewProject = Omit<typeof projects.$inferInsert, "id">;

/**
 * A project under a full path, with the rule for its default branch and, in a personal namespace, its owner as member.
 * Throws the database's refusal of a path that is taken (constraint.ts, `routes.path`).
 */
export async function createProject(
  db: Db,
  project: NewProject,
  options: { fullPath: string; defaultBranchRule: DefaultBranchRule | null; ownerId: number | null },
): Promise<ProjectRow> {
  const projectId = sql<number>`(select project_id from routes where path = ${options.fullPath})`;
  const branch = project.defaultBranch ?? "main";
  const ruleId = sql<number>`(select id from protected_branches where project_id = ${projectId} and name = ${branch})`;
  const rule = options.defaultBranchRule;
  const [created] = await db.query.batch([
    db.query.insert(projects).values(project).returning(),
    db.query.insert(routes).values({ path: options.fullPath, projectId: sql`last_insert_rowid()` }),
    db.query.delete(redirectRoutes).where(eq(redirectRoutes.path, options.fullPath)),
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
  if (row === undefined) throw new Error("The insert of a project gave no row.");
  return row;
}

/** Columns to write, where they are not undefined; attributes are merged with those that are there. */
export type ProjectChanges = { [Column in Exclude<keyof NewProject, "attributes">]?: NewProject[Column] | undefined } & {
  attributes: Record<string, unknown>;
};

/**
 * Changes a project, and its full path where `movedTo` is not null. Null where the project is gone. Throws the database's
 * refusal of a path that is taken (constraint.ts, `routes.path`).
 */
export async function updateProject(
  db: Db,
  projectId: number,
  changes: ProjectChanges,
  movedTo: string | null,
): Promise<ProjectRow | null> {
  const { attributes, ...columns } = changes;
  const [updated] = await db.query.batch([
    db.query
      .update(projects)
      // Merged by the database: two changes at once keep each other's.
      .set({ ...columns, attributes: sql`json_patch(${projects.attributes}, ${JSON.stringify(attributes)})` })
      .where(eq(projects.id, projectId))
      .returning(),
    ...(movedTo === null ? [] : movePath(db, { projectId }, movedTo)),
  ]);
  return updated[0] ?? null;
}
