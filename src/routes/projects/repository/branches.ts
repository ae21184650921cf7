import * as v from "valibot";
import type { UserCaller } from "../../../auth/personal-access-token.ts";
import { findBranch, listBranches, type BranchRules, type StoredRef } from "../../../db/ref-list.ts";
import { canPushCode } from "../../../domain/access/abilities.ts";
import { viewBranches } from "../../../domain/access/refs/branch-view.ts";
import type { Person } from "../../../domain/access/refs/person.ts";
import { notFound } from "../../../domain/fault.ts";
import { dayOf } from "../../../domain/identity/access-level.ts";
import { externalUrl, type AppContext } from "../../../http/context.ts";
import { optional, text, unsupported } from "../../../http/fields.ts";
import { operation } from "../../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../../http/pagination.ts";
import { Branch, renderBranch } from "../../entities/git-ref.ts";
import { refAddress, seeCode, type SeenCode } from "./see-code.ts";

const declared = { method: "GET", tags: ["provisioning"], caller: "anyone" } as const;

/**
 * GET /projects/:id/repository/branches: by name, as the last processed push left them (contract push 12). 400 for a
 * `regex`: names are filtered by the database, which has no RE2, and whoever deletes what they filtered must not get more.
 */
export const findBranches = operation({
  ...declared,
  path: "/projects/:id/repository/branches",
  summary: "The branches of a project",
  params: v.object({ id: text(), search: optional(text()), regex: optional(unsupported()), ...pageFields }),
  answers: { 200: { description: "The branches", schema: v.array(Branch) } },
  faults: [301, 403, 404, 405],
  async handle(c, params) {
    const seen = await seeCode(c, c.var.caller, params.id);
    const page = pageOf(params);
    const { rows, total, rules } = await listBranches(c.var.db, seen.at, { search: params.search, isDescending: false }, page);
    return respondPage(c, rows.map(branchRenderer(c, c.var.caller, seen, rules)), page, total);
  },
});

/**
 * GET /projects/:id/repository/branches/:name: 404 where it was not pushed yet, which is what ends Terraform's wait for the
 * default branch of a new project (contract provisioning 9.3).
 */
export const showBranch = operation({
  ...declared,
  path: "/projects/:id/repository/branches/:name",
  summary: "A branch of a project",
  params: v.object(refAddress),
  answers: { 200: { description: "The branch", schema: Branch } },
  faults: [301, 403, 404],
  async handle(c, params) {
    const seen = await seeCode(c, c.var.caller, params.id);
    const found = await findBranch(c.var.db, seen.at, params.name);
    if (found === null) throw notFound("Branch");
    return c.json(branchRenderer(c, c.var.caller, seen, found.rules)(found.ref));
  },
});

function branchRenderer(c: AppContext, caller: UserCaller | null, seen: SeenCode, rules: BranchRules) {
  const { project, fullPath } = seen;
  const viewOf = viewBranches({
    project,
    isArchived: project.isArchived || rules.isGroupArchived,
    branchRules: rules.branchRules,
    collaborations: rules.collaborations,
    pusher: caller === null ? null : { person: personOf(caller, seen), defaultBranchProtection: caller.settings.default_branch_protection },
    today: dayOf(c.var.now),
  });
  const shown = { defaultBranch: project.defaultBranch, webUrl: `${externalUrl(c)}/${fullPath}` };
  return (ref: StoredRef) => renderBranch(ref, viewOf(ref.name), shown);
}

function personOf({ user, isAdmin }: UserCaller, { project, viewer }: SeenCode): Person {
  return {
    userId: user.id,
    isAdmin,
    level: viewer.level,
    canPushCode: canPushCode(project, { viewer, userId: user.id, deployKey: null }),
    canReadProject: true,
    isDeployKey: false,
  };
}
