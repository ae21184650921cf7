import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { isUniqueViolation } from "../../db/constraint.ts";
import { updateProject as updateProjectRow, type ProjectChanges, type StoredProject } from "../../db/projects.ts";
import { hasBranch } from "../../db/ref-list.ts";
import { invalid, notFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { collectErrors } from "../../domain/identity/name.ts";
import type { AppContext } from "../../http/context.ts";
import { atLeastOneOf, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { ProjectDetail } from "../entities/project.ts";
import { requireLevel, seeProject, type SeenProject } from "../places.ts";
import { missingBranch, projectErrors } from "./checks.ts";
import { describeProject } from "./describe.ts";
import { projectColumns, projectFields } from "./params.ts";

const Params = v.pipe(v.object({ id: text(), ...projectFields }), atLeastOneOf(Object.keys(projectFields)));
type Params = v.InferOutput<typeof Params>;

/**
 * PUT /projects/:id: changes a project (contract provisioning 9.1, 9.2). Maintainers may, and owners alone its visibility
 * and path; its former path leads on to it. 400 by field for what is wrong with the changes.
 */
export const updateProject = operation({
  method: "PUT",
  path: "/projects/:id",
  summary: "Change a project",
  tags: ["provisioning"],
  caller: "user",
  params: Params,
  answers: { 200: { description: "The project", schema: ProjectDetail } },
  faults: [404, 405],
  async handle(c, params) {
    const { caller } = c.var;
    const seen = await seeProject(c, caller, params.id);
    const isForOwners = params.visibility !== undefined || params.path !== undefined;
    requireLevel(seen, isForOwners ? AccessLevel.owner : AccessLevel.maintainer);
    const changes = changesOf(c, caller, seen, params);
    await refuseMissingBranch(c, seen, changes.defaultBranch);
    const { fullPath, ...project } = await saveOrRefuse(c, seen, changes);
    const namespacePath = fullPath.slice(0, fullPath.lastIndexOf("/"));
    return c.json(await describeProject(c, caller, { ...seen, project, fullPath, namespacePath }));
  },
});

function changesOf(c: AppContext, caller: UserCaller, { project, namespace }: SeenProject, params: Params): ProjectChanges {
  const { name, description, visibility } = params;
  // Clients send back what they read, and some paths are older than the rules for new ones.
  const path = params.path === project.path ? undefined : params.path;
  const defaultBranch = params.default_branch === "" ? undefined : params.default_branch;
  const storage = caller.isAdmin ? params.repository_storage : undefined;
  const errors = collectErrors(projectErrors(c, caller, namespace, { name, path, description, visibility, defaultBranch, storage }));
  if (Object.keys(errors).length > 0) throw invalid(errors);
  const levels = {
    ...project.attributes,
    wiki_access_level: project.wikiAccessLevel,
    snippets_access_level: project.snippetsAccessLevel,
    merge_requests_access_level: project.mergeRequestsAccessLevel,
  };
  return { ...projectColumns(params, levels), name, path, visibility, defaultBranch, repositoryStorage: storage, updatedAt: c.var.now };
}

/** An empty repository may get any branch; of another the default branch is known to be there. */
async function refuseMissingBranch(c: AppContext, { project }: SeenProject, name: string | undefined): Promise<void> {
  if (name === undefined || name === project.defaultBranch || project.isRepositoryEmpty) return;
  if (!(await hasBranch(c.var.db, project.id, name))) throw invalid({ base: [missingBranch(name)] });
}

async function saveOrRefuse(c: AppContext, seen: SeenProject, changes: ProjectChanges): Promise<StoredProject> {
  try {
    const row = await updateProjectRow(c.var.db, seen.project.id, changes);
    if (row === null) throw notFound("Project");
    return row;
  } catch (error) {
    if (isUniqueViolation(error, "routes.path")) throw invalid({ path: ["has already been taken"] });
    throw error;
  }
}
