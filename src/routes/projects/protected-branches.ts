import * as v from "valibot";
import { isUniqueViolation } from "../../db/constraint.ts";
import {
  createProtectedBranch,
  deleteProtectedBranch,
  findProtectedBranch,
  loadHolderFacts,
  type NewProtectedBranch,
  type ProtectedBranchRecord,
} from "../../db/protected-branches.ts";
import {
  branchActions,
  holdersOf,
  mayUnprotect,
  refuseForeignHolders,
  splitEntry,
  type Level,
} from "../../domain/access/protected-level.ts";
import { conflict, forbidden, rowNotFound, unprocessable } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import type { AppContext } from "../../http/context.ts";
import { boolean, filledText, integer, list, oneOfNumbers, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { requireUnmodified } from "../../http/preconditions.ts";
import { deletedMeanwhile } from "../deleted-meanwhile.ts";
import { ProtectedBranch, renderProtectedBranch } from "../entities/protected-branch.ts";
import { requireLevel, seeProject, type SeenProject } from "../places.ts";

const pushLevels = [AccessLevel.none, AccessLevel.developer, AccessLevel.maintainer, AccessLevel.admin] as const;
/** A rule that nobody may remove would stay for ever. */
const unprotectLevels = [AccessLevel.developer, AccessLevel.maintainer, AccessLevel.admin] as const;

const holderEntries = <const T extends readonly number[]>(levels: T) => ({
  access_level: optional(oneOfNumbers(levels)),
  user_id: optional(integer()),
  group_id: optional(integer()),
});
const entries = <const T extends v.ObjectEntries>(fields: T) =>
  optional(
    list(
      v.pipe(
        v.object(fields),
        v.check((entry) => splitEntry(entry).length > 0),
      ),
    ),
  );

const place = { id: text(), name: text() };

/** GET /projects/:id/protected_branches/:name: a rule by its exact name or pattern (contract provisioning 10). */
export const showProtectedBranch = operation({
  method: "GET",
  path: "/projects/:id/protected_branches/:name",
  summary: "A branch rule of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(place),
  answers: { 200: { description: "The rule", schema: ProtectedBranch } },
  faults: [301, 404],
  async handle(c, params) {
    const project = await seeProject(c, c.var.caller, params.id);
    requireLevel(project, AccessLevel.maintainer);
    return c.json(renderProtectedBranch(await findOrRefuse(c, project, params.name)));
  },
});

/**
 * POST /projects/:id/protected_branches: protects a branch, or all branches of a pattern (contract provisioning 10.1).
 *
 * 409 where there is a rule of this name, 422 where it would admit somebody whom the project does not know.
 */
export const protectBranch = operation({
  method: "POST",
  path: "/projects/:id/protected_branches",
  summary: "Protect a branch, or the branches of a pattern",
  tags: ["provisioning"],
  caller: "user",
  params: v.object({
    id: text(),
    name: filledText(),
    push_access_level: optional(oneOfNumbers(pushLevels)),
    merge_access_level: optional(oneOfNumbers(pushLevels)),
    unprotect_access_level: optional(oneOfNumbers(unprotectLevels)),
    allow_force_push: optional(boolean()),
    code_owner_approval_required: optional(boolean()),
    allowed_to_push: entries({ ...holderEntries(pushLevels), deploy_key_id: optional(integer()) }),
    allowed_to_merge: entries(holderEntries(pushLevels)),
    allowed_to_unprotect: entries(holderEntries(unprotectLevels)),
  }),
  answers: { 201: { description: "The rule", schema: ProtectedBranch } },
  faults: [404, 405, 409, 422],
  async handle(c, params) {
    const project = await seeProject(c, c.var.caller, params.id);
    requireLevel(project, AccessLevel.maintainer);
    const levels = branchActions.flatMap((action) =>
      holdersOf(params[`${action}_access_level`], params[`allowed_to_${action}`]).map((holder) => ({ ...holder, action })),
    );
    const rule = {
      name: params.name,
      allowsForcePush: params.allow_force_push ?? false,
      requiresCodeOwnerApproval: params.code_owner_approval_required ?? false,
    };
    await refuseImpossibleRule(c, project, params.name, levels);
    return c.json(renderProtectedBranch(await createOrRefuse(c, project, rule, levels)), 201);
  },
});

/** DELETE /projects/:id/protected_branches/:name: by a maintainer whom one of the rule's unprotect levels admits. */
export const unprotectBranch = operation({
  method: "DELETE",
  path: "/projects/:id/protected_branches/:name",
  summary: "Take a branch rule away",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(place),
  answers: { 204: { description: "Taken away" } },
  faults: [404, 405, 412],
  async handle(c, params) {
    const { caller, db, now } = c.var;
    const project = await seeProject(c, caller, params.id);
    requireLevel(project, AccessLevel.maintainer);
    const { branch, levels } = await findOrRefuse(c, project, params.name);
    const unprotector = { userId: caller.user.id, ...project.viewer, memberships: project.memberships };
    const isAdmitted = mayUnprotect(
      levels.filter((level) => level.action === "unprotect"),
      unprotector,
      now,
    );
    if (!isAdmitted) throw forbidden();
    requireUnmodified(c, branch.updatedAt);
    if (!(await deleteProtectedBranch(db, branch.id))) throw rowNotFound();
    return c.body(null, 204);
  },
});

async function findOrRefuse(c: AppContext, { project }: SeenProject, name: string): Promise<ProtectedBranchRecord> {
  const record = await findProtectedBranch(c.var.db, project.id, name);
  if (record === null) throw rowNotFound();
  return record;
}

const longestName = 255;

/** Asks the database only where a rule admits somebody in person: roles exist in every project. */
async function refuseImpossibleRule(c: AppContext, { project }: SeenProject, name: string, levels: readonly Level[]): Promise<void> {
  if (name.length > longestName) throw unprocessable([`Name is too long (maximum is ${longestName} characters)`]);
  if (levels.every((level) => level.accessLevel !== null)) return;
  const facts = await loadHolderFacts(c.var.db, { projectId: project.id, namespaceId: project.namespaceId }, name, levels);
  if (facts.isNameTaken) throw alreadyProtected(name);
  const refusals = refuseForeignHolders(levels, facts, c.var.now);
  if (refusals.length > 0) throw unprocessable(refusals);
}

async function createOrRefuse(c: AppContext, { project }: SeenProject, rule: NewProtectedBranch, levels: readonly Level[]) {
  try {
    return await createProtectedBranch(c.var.db, project.id, rule, levels);
  } catch (error) {
    if (isUniqueViolation(error, "protected_branches.project_id")) throw alreadyProtected(rule.name);
    throw deletedMeanwhile(error);
  }
}

function alreadyProtected(name: string) {
  return conflict(`Protected branch '${name}' already exists`);
}
