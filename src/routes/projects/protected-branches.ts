import * as v from "valibot";
import { operation } from "../../http/operation.ts";
import { ProtectedBranch } from "../entities/protected-branch.ts";
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
import { keyHolderFields, manageProjectRules, ruleAddress } from "../protected-refs.ts";

/** GET /projects/:id/protected_branches: the rules of a project and of its top-level group (contract provisioning 10). */
export const listProtectedBranches = operation({
  method: "GET",
  path: "/projects/:id/protected_branches",
  summary: "The branch rules of a project, inherited ones among them",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleListFields),
  answers: { 200: { description: "A page of rules", schema: v.array(ProtectedBranch) } },
  faults: [301, 404, 405],
  handle: async (c, params) => respondRules(c, await manageProjectRules(c, params.id), params),
});

/**
 * GET /projects/:id/protected_branches/:name: a rule by its exact name or pattern, the project's own where its top-level
 * group has one of the same name too (contract provisioning 10).
 */
export const showProtectedBranch = operation({
  method: "GET",
  path: "/projects/:id/protected_branches/:name",
  summary: "A branch rule of a project",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleAddress),
  answers: { 200: { description: "The rule", schema: ProtectedBranch } },
  faults: [301, 404],
  handle: async (c, params) => respondRule(c, await manageProjectRules(c, params.id), params.name),
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
  params: v.object(newRuleFields(keyHolderFields)),
  answers: { 201: { description: "The rule", schema: ProtectedBranch } },
  faults: [404, 405, 409, 422],
  handle: async (c, params) => addRule(c, await manageProjectRules(c, params.id), params),
});

/**
 * PATCH /projects/:id/protected_branches/:name: changes a rule of the project's own, level by level (contract
 * provisioning 10), by a maintainer whom one of its unprotect levels admits.
 */
export const changeProtectedBranch = operation({
  method: "PATCH",
  path: "/projects/:id/protected_branches/:name",
  summary: "Change a branch rule",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleChangeFields(keyHolderFields)),
  answers: { 200: { description: "The rule", schema: ProtectedBranch } },
  faults: [404, 405, 409, 422],
  handle: async (c, params) => changeRule(c, await manageProjectRules(c, params.id), params),
});

/** DELETE /projects/:id/protected_branches/:name: by a maintainer whom one of the rule's unprotect levels admits. */
export const unprotectBranch = operation({
  method: "DELETE",
  path: "/projects/:id/protected_branches/:name",
  summary: "Take a branch rule away",
  tags: ["provisioning"],
  caller: "user",
  params: v.object(ruleAddress),
  answers: { 204: { description: "Taken away" } },
  faults: [404, 405, 412],
  async handle(c, params) {
    await removeRule(c, await manageProjectRules(c, params.id), params.name);
    return c.body(null, 204);
  },
});
