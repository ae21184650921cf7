import * as v from "valibot";
import { notFound } from "../../domain/fault.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import { ProtectedBranch } from "../entities/protected-branch.ts";
import { requireLevel, seeGroup } from "../places.ts";
import {
  addRule,
  changeRule,
  newRuleFields,
  removeRule,
  respondRule,
  respondRules,
  ruleChangeFields,
  ruleListFields,
} from "../protected-branches.ts";
import { holderFields, roleLevels, ruleAddress, type ManagedRules } from "../protected-refs.ts";

const pushHolders = holderFields(roleLevels);

/**
 * GET /groups/:id/protected_branches: the rules of a top-level group, which hold in all projects below it (contract
 * git-access 12.3).
 */
export const listGroupProtectedBranches = operation({
  method: "GET",
  path: "/groups/:id/protected_branches",
  summary: "The branch rules of a top-level group",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleListFields),
  answers: { 200: { description: "A page of rules", schema: v.array(ProtectedBranch) } },
  faults: [404, 405],
  handle: async (c, params) => respondRules(c, await manage(c, params.id), params),
});

/** GET /groups/:id/protected_branches/:name: a rule by its exact name or pattern. */
export const showGroupProtectedBranch = operation({
  method: "GET",
  path: "/groups/:id/protected_branches/:name",
  summary: "A branch rule of a top-level group",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleAddress),
  answers: { 200: { description: "The rule", schema: ProtectedBranch } },
  faults: [404],
  handle: async (c, params) => respondRule(c, await manage(c, params.id), params.name),
});

/**
 * POST /groups/:id/protected_branches: protects a branch, or all branches of a pattern, in all projects below the group.
 * The parameters are those of a project's rule, without deploy keys: these belong to projects.
 *
 * 409 where there is a rule of this name, 422 where it would admit users that are no members of the group, or groups
 * that are neither invited to it nor below it.
 */
export const protectGroupBranch = operation({
  method: "POST",
  path: "/groups/:id/protected_branches",
  summary: "Protect a branch, or the branches of a pattern, in all projects of a top-level group",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(newRuleFields(pushHolders)),
  answers: { 201: { description: "The rule", schema: ProtectedBranch } },
  faults: [404, 409, 422],
  handle: async (c, params) => addRule(c, await manage(c, params.id), params),
});

/** PATCH /groups/:id/protected_branches/:name: changes a rule, level by level, as that of a project. */
export const changeGroupProtectedBranch = operation({
  method: "PATCH",
  path: "/groups/:id/protected_branches/:name",
  summary: "Change a branch rule of a top-level group",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleChangeFields(pushHolders)),
  answers: { 200: { description: "The rule", schema: ProtectedBranch } },
  faults: [404, 409, 422],
  handle: async (c, params) => changeRule(c, await manage(c, params.id), params),
});

/** DELETE /groups/:id/protected_branches/:name: by an owner whom one of the rule's unprotect levels admits. */
export const unprotectGroupBranch = operation({
  method: "DELETE",
  path: "/groups/:id/protected_branches/:name",
  summary: "Take a branch rule of a top-level group away",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleAddress),
  answers: { 204: { description: "Taken away" } },
  faults: [404, 412],
  async handle(c, params) {
    await removeRule(c, await manage(c, params.id), params.name);
    return c.body(null, 204);
  },
});

/**
 * For owners. A subgroup is answered with 404, not 403: it has no rules that anybody could be given the right to, since
 * projects take theirs from the top-level group alone.
 */
async function manage(c: OperationContext<"user">, id: string): Promise<ManagedRules> {
  const { caller } = c.var;
  const { namespace, viewer, memberships } = await seeGroup(c, caller, id);
  requireLevel({ viewer }, AccessLevel.owner);
  if (namespace.parentId !== null) throw notFound();
  return {
    place: { projectId: null, namespaceId: namespace.id },
    manager: { userId: caller.user.id, ...viewer, memberships },
  };
}
