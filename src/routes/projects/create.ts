import * as v from "valibot";
import type { UserCaller } from "../../auth/personal-access-token.ts";
import { isForeignKeyViolation, isNotNullViolation, isUniqueViolation } from "../../db/constraint.ts";
import { isInArchivedGroup } from "../../db/groups.ts";
import {
  findNamespace,
  findPersonalNamespace,
  loadMemberships,
  type NamespaceRecord,
  type ProjectRecord,
} from "../../db/project-records.ts";
import { createProject as createProjectRow, type NewProject, type StoredProject } from "../../db/projects.ts";
import { defaultBranchRule } from "../../domain/access/default-branch.ts";
import { canCreateProjectIn, isPersonalLimitReached } from "../../domain/access/namespace-rights.ts";
import { narrowerOf } from "../../domain/access/visibility-limit.ts";
import type { Viewer } from "../../domain/access/visibility.ts";
import { Fault, invalid } from "../../domain/fault.ts";
import { collectErrors } from "../../domain/identity/name.ts";
import { pathFromName } from "../../domain/identity/path.ts";
import { objectFormats } from "../../domain/identity/visibility.ts";
import type { AppContext } from "../../http/context.ts";
import { boolean, integer, oneOf, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { ProjectDetail } from "../entities/project.ts";
import { viewerOf } from "../places.ts";
import { findRecord } from "../users/find.ts";
import { projectErrors } from "./checks.ts";
import { describeProject } from "./describe.ts";
import { projectColumns, projectFields } from "./params.ts";

/** What a new project may be given (contract provisioning 9.2). */
const fields = {
  ...projectFields,
  namespace_id: optional(integer()),
  initialize_with_readme: optional(boolean()),
  repository_object_format: optional(oneOf(objectFormats)),
};
const Fields = v.object(fields);
type Params = v.InferOutput<typeof Fields>;

const Params = v.pipe(
  Fields,
  v.check(({ name, path }) => name !== undefined || path !== undefined, "name, path are missing, at least one parameter must be provided"),
);

/** The namespace a project is to be in, and what the caller is there. */
interface Target extends NamespaceRecord {
  viewer: Viewer;
}

/**
 * POST /projects: a project in the caller's own namespace or in a group (contract provisioning 9.1, 9.2).
 *
 * 400 for a namespace that is unknown or may not be used, 403 at the personal limit, 400 by field for whatever is
 * wrong with the project. No repository is written: it comes with the first push.
 */
export const createProject = operation({
  method: "POST",
  path: "/projects",
  summary: "Create a project",
  tags: ["provisioning"],
  caller: "user",
  params: Params,
  answers: { 201: { description: "The project", schema: ProjectDetail } },
  async handle(c, params) {
    const { caller } = c.var;
    const { created, viewer } = await addProject(c, caller, params);
    return c.json(await describeProject(c, caller, { ...created, viewer }), 201);
  },
});

/**
 * POST /projects/user/:user_id, for administrators: a project that is made for a user as if they had made it, in their own
 * namespace unless another is named; what they may not make, 400 or 403 as for themselves.
 */
export const createProjectForUser = operation({
  method: "POST",
  path: "/projects/user/:user_id",
  summary: "Create a project for a user",
  tags: ["provisioning"],
  caller: "user",
  requires: "admin",
  params: v.object({ ...fields, user_id: text(), name: text() }),
  answers: { 201: { description: "The project", schema: ProjectDetail } },
  faults: [404],
  async handle(c, params) {
    const { caller } = c.var;
    const { user } = await findRecord(c.var.db, params.user_id);
    const { created } = await addProject(c, { ...caller, user, isAdmin: user.isAdmin }, params);
    return c.json(await describeProject(c, caller, { ...created, viewer: viewerOf(caller, [], null, c.var.now) }), 201);
  },
});

/** Makes a project with the rights and limits of its creator. */
async function addProject(c: AppContext, creator: UserCaller, params: Params): Promise<{ created: ProjectRecord; viewer: Viewer }> {
  const target = await findTarget(c, creator, params.namespace_id);
  const { fullPath, ...project } = await saveOrRefuse(c, creator, newProject(c, creator, target, params), target);
  const namespacePath = fullPath.slice(0, fullPath.lastIndexOf("/"));
  const created = { project, fullPath, namespace: target.namespace, namespacePath, namespaceName: target.fullName };
  return { created, viewer: target.viewer };
}

async function findTarget(c: AppContext, caller: UserCaller, namespaceId: number | undefined): Promise<Target> {
  const { db, now } = c.var;
  const record = await (namespaceId === undefined ? findPersonalNamespace(db, caller.user.id) : findNamespace(db, String(namespaceId)));
  if (record === null) throw namespaceNotValid();
  const { namespace } = record;
  const [memberships, isArchived] = await Promise.all([
    loadMemberships(db, caller.user.id, { projectId: null, namespaceId: namespace.id }),
    namespace.kind === "group" && isInArchivedGroup(db, namespace.id),
  ]);
  const viewer = viewerOf(caller, memberships, namespace.ownerId, now);
  const creator = { userId: caller.user.id, isAdmin: caller.isAdmin, projectsLimit: caller.user.projectsLimit, level: viewer.level };
  if (isPersonalLimitReached(namespace, creator)) throw limitReached(creator.projectsLimit);
  if (!canCreateProjectIn({ ...namespace, isArchived }, creator)) throw namespaceNotValid();
  return { ...record, viewer };
}

function newProject(c: AppContext, caller: UserCaller, target: Target, params: Params): NewProject {
  const { namespace } = target;
  const { settings } = caller;
  const isGroup = namespace.kind === "group";
  const standard = settings.default_project_visibility;
  const visibility = params.visibility ?? (isGroup ? narrowerOf(standard, namespace.visibility) : standard);
  const givenName = params.name ?? "";
  const name = givenName === "" ? (params.path ?? "") : givenName;
  const path = params.path === undefined || params.path === "" ? pathFromName(name) : params.path;
  // GitLab reads it only where it makes the first commit itself; clients send "" for none.
  const defaultBranch = params.initialize_with_readme === true && params.default_branch !== "" ? params.default_branch : undefined;
  const storage = caller.isAdmin ? params.repository_storage : undefined;
  const checks = { name, path, description: params.description, visibility, defaultBranch, storage };
  const errors = collectErrors(projectErrors(c, caller, namespace, checks));
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return {
    ...projectColumns(params, {}),
    namespaceId: namespace.id,
    name,
    path,
    visibility,
    creatorId: caller.user.id,
    defaultBranch: defaultBranch ?? (isGroup ? namespace.defaultBranch : null) ?? settings.default_branch_name ?? "main",
    repositoryObjectFormat: params.repository_object_format,
    repositoryStorage: storage,
    createdAt: c.var.now,
    updatedAt: c.var.now,
    lastActivityAt: c.var.now,
  };
}

async function saveOrRefuse(c: AppContext, caller: UserCaller, project: NewProject, { namespace }: Target): Promise<StoredProject> {
  const protection = namespace.defaultBranchProtection ?? caller.settings.default_branch_protection;
  const options = { defaultBranchRule: defaultBranchRule(protection), ownerId: namespace.ownerId };
  try {
    return await createProjectRow(c.var.db, project, options);
  } catch (error) {
    if (isUniqueViolation(error, "routes.path")) throw pathTaken();
    if (isNotNullViolation(error, "projects.namespace_id")) throw limitReached(caller.user.projectsLimit);
    if (isForeignKeyViolation(error)) throw namespaceNotValid();
    throw error;
  }
}

function pathTaken(): Fault {
  const taken = ["has already been taken"];
  return invalid({ "project_namespace.name": taken, name: taken, path: taken });
}

function namespaceNotValid(): Fault {
  return invalid({ namespace: ["is not valid"] });
}

function limitReached(limit: number): Fault {
  const sentence = `Your project limit is ${limit} projects! Please contact your administrator to increase it`;
  return new Fault("forbidden", "project_limit", [sentence]);
}
