import { defaultBranchRule } from "../domain/access/default-branch.ts";
import type { ProjectToCreate } from "../domain/access/create-on-push.ts";
import type { InstanceSettings } from "../domain/settings.ts";
import type { Db } from "./client.ts";
import { isForeignKeyViolation, isNotNullViolation, isUniqueViolation } from "./constraint.ts";
import { createProject } from "./projects.ts";

/**
 * Creates the private project that somebody pushes to. When another push has just created it, that one stands,
 * and where the namespace or the user is deleted meanwhile, or another project has reached the personal limit, there is
 * none: the facts are loaded anew either way.
 */
export async function recordPushedProject(db: Db, project: ProjectToCreate, settings: InstanceSettings, now: Date): Promise<void> {
  const rule = defaultBranchRule(project.defaultBranchProtection ?? settings.default_branch_protection);
  const values = {
    namespaceId: project.namespaceId,
    name: project.path,
    path: project.path,
    visibility: "private" as const,
    creatorId: project.creatorId,
    defaultBranch: project.defaultBranch ?? settings.default_branch_name ?? "main",
    createdAt: now,
    updatedAt: now,
    lastActivityAt: now,
  };
  try {
    await createProject(db, values, { defaultBranchRule: rule, ownerId: project.ownerId });
  } catch (error) {
    const isOvertaken =
      isUniqueViolation(error, "routes.path") || isForeignKeyViolation(error) || isNotNullViolation(error, "projects.namespace_id");
    if (!isOvertaken) throw error;
  }
}
