import * as v from "valibot";
import { isNotNullViolation, isUniqueViolation } from "../db/constraint.ts";
import {
  createProtectedBranch,
  deleteProtectedBranch,
  findProtectedBranch,
  findShownProtectedBranch,
  listProtectedBranches,
  updateProtectedBranch,
  type NewProtectedBranch,
  type ProtectedBranchChanges,
  type ProtectedBranchRecord,
} from "../db/protected-branches.ts";
import type { RulePlace } from "../db/protected-ref-levels.ts";
import { isChange, planChanges, type ChangeEntry, type LevelChanges } from "../domain/access/level-changes.ts";
import {
  branchActions,
  holdersOf,
  mayUnprotect,
  type AllowedEntry,
  type BranchAction,
  type Level,
} from "../domain/access/protected-level.ts";
import { Fault, forbidden, rowNotFound, unprocessable } from "../domain/fault.ts";
import type { AppContext } from "../http/context.ts";
import { boolean, filledText, integer, list, oneOfNumbers, optional, text } from "../http/fields.ts";
import { pageFields, pageOf, respondPage } from "../http/pagination.ts";
import { requireUnmodified } from "../http/preconditions.ts";
import { deletedMeanwhile } from "./deleted-meanwhile.ts";
import { renderProtectedBranch } from "./entities/protected-branch.ts";
import {
  alreadyProtected,
  entries,
  holderFields,
  refuseImpossibleLevels,
  roleLevels,
  ruleAddress,
  unprotectLevels,
  type ManagedRules,
} from "./protected-refs.ts";

const flags = { allow_force_push: optional(boolean()), code_owner_approval_required: optional(boolean()) };

export const ruleListFields = { id: text(), search: optional(text()), ...pageFields };

/** The parameters of a new rule (contract provisioning 10.1); `pushHolders`: who may be admitted to push there. */
export const newRuleFields = <const T extends v.ObjectEntries>(pushHolders: T) => ({
  id: text(),
  name: filledText(),
  push_access_level: optional(oneOfNumbers(roleLevels)),
  merge_access_level: optional(oneOfNumbers(roleLevels)),
  unprotect_access_level: optional(oneOfNumbers(unprotectLevels)),
  ...flags,
  allowed_to_push: entries(pushHolders),
  allowed_to_merge: entries(holderFields(roleLevels)),
  allowed_to_unprotect: entries(holderFields(unprotectLevels)),
});

/** Elements that add a level, or name one by its id to change or remove it. */
const changeEntries = <const T extends v.ObjectEntries>(fields: T) =>
  optional(
    list(
      v.pipe(
        v.object({ ...fields, id: optional(integer()), _destroy: optional(boolean()) }),
        v.transform(({ _destroy: isRemoval, ...entry }): ChangeEntry => ({ ...entry, isRemoval: isRemoval === true })),
        v.check(isChange),
      ),
    ),
  );

/** The parameters of a change; the rule's name stays. */
export const ruleChangeFields = <const T extends v.ObjectEntries>(pushHolders: T) => ({
  ...ruleAddress,
  ...flags,
  allowed_to_push: changeEntries(pushHolders),
  allowed_to_merge: changeEntries(holderFields(roleLevels)),
  allowed_to_unprotect: changeEntries(holderFields(unprotectLevels)),
});

type Given<Fields> = { [Name in keyof Fields]?: Fields[Name] | undefined };
type RuleFlags = Given<{ allow_force_push: boolean; code_owner_approval_required: boolean }>;
type NewRuleParams = { name: string } & RuleFlags &
  Given<Record<`${BranchAction}_access_level`, number> & Record<`allowed_to_${BranchAction}`, readonly AllowedEntry[]>>;
type RuleChangeParams = { name: string } & RuleFlags & Given<Record<`allowed_to_${BranchAction}`, readonly ChangeEntry[]>>;

/** A page of the rules that hold in the place, inherited ones among them. */
export async function respondRules(
  c: AppContext,
  { place }: ManagedRules,
  params: { search?: string | undefined } & Parameters<typeof pageOf>[0],
): Promise<Response> {
  const page = pageOf(params);
  const { rows, total } = await listProtectedBranches(c.var.db, place, params.search?.trim() ?? "", page);
  const rules = rows.map((record) => renderProtectedBranch(record, place));
  return respondPage(c, rules, page, total);
}

/** The rule of this name that holds in the place, its own before an inherited one; 404 where there is none. */
export async function respondRule(c: AppContext, { place }: ManagedRules, name: string): Promise<Response> {
  const record = await findShownProtectedBranch(c.var.db, place, name);
  if (record === null) throw rowNotFound();
  return c.json(renderProtectedBranch(record, place));
}

/** 409 where the place has a rule of this name, 422 where the rule would admit somebody whom it does not know. */
export async function addRule(c: AppContext, { place }: ManagedRules, params: NewRuleParams): Promise<Response> {
  const levels = branchActions.flatMap((action) =>
    holdersOf(params[`${action}_access_level`], params[`allowed_to_${action}`]).map((holder) => ({ ...holder, action })),
  );
  const rule = {
    name: params.name,
    allowsForcePush: params.allow_force_push ?? false,
    requiresCodeOwnerApproval: params.code_owner_approval_required ?? false,
  };
  await refuseImpossibleLevels(c, place, levels, { kind: "branch", name: rule.name });
  return c.json(renderProtectedBranch(await createOrRefuse(c, place, rule, levels), place), 201);
}

async function createOrRefuse(c: AppContext, place: RulePlace, rule: NewProtectedBranch, levels: readonly Level[]) {
  try {
    return await createProtectedBranch(c.var.db, place, rule, levels);
  } catch (error) {
    if (isUniqueViolation(error, "protected_branches.")) throw alreadyProtected({ kind: "branch", name: rule.name });
    throw deletedMeanwhile(error);
  }
}

/**
 * Changes a rule of the place's own. 404 for an unknown rule, and for the id of a level that it does not have; 422 where
 * it would admit somebody whom the place does not know, or somebody twice. Whom it admits already is not judged again.
 */
export async function changeRule(c: AppContext, managed: ManagedRules, params: RuleChangeParams): Promise<Response> {
  const { place } = managed;
  const { branch, levels } = await findUnprotectable(c, managed, params.name);
  const plan = planChanges(levels, {
    push: params.allowed_to_push ?? [],
    merge: params.allowed_to_merge ?? [],
    unprotect: params.allowed_to_unprotect ?? [],
  });
  if (plan === null) throw rowNotFound();
  if (plan.doubled.length > 0) throw unprocessable(plan.doubled);
  await refuseImpossibleLevels(c, place, [...plan.changed, ...plan.added], null);
  const changes = { allowsForcePush: params.allow_force_push, requiresCodeOwnerApproval: params.code_owner_approval_required };
  return c.json(renderProtectedBranch(await updateOrRefuse(c, branch.id, changes, plan), place));
}

async function updateOrRefuse(c: AppContext, id: number, changes: ProtectedBranchChanges, levels: LevelChanges) {
  try {
    const record = await updateProtectedBranch(c.var.db, id, changes, levels, c.var.now);
    if (record === null) throw rowNotFound();
    return record;
  } catch (error) {
    if (isNotNullViolation(error, "protected_branches.name")) throw new Fault("conflict", "changed_meanwhile");
    throw deletedMeanwhile(error);
  }
}

/** Takes a rule of the place's own away. 404 for an unknown one, 412 where it changed since the caller looked. */
export async function removeRule(c: AppContext, managed: ManagedRules, name: string): Promise<void> {
  const { branch } = await findUnprotectable(c, managed, name);
  requireUnmodified(c, branch.updatedAt);
  if (!(await deleteProtectedBranch(c.var.db, branch.id))) throw rowNotFound();
}

/**
 * The place's own rule of this name; 403 where none of its unprotect levels admits the caller. Asked of changes too:
 * whoever may not take a rule away could otherwise empty it, or admit themselves to unprotect.
 */
async function findUnprotectable(c: AppContext, { place, manager }: ManagedRules, name: string): Promise<ProtectedBranchRecord> {
  const record = await findProtectedBranch(c.var.db, place, name);
  if (record === null) throw rowNotFound();
  const unprotectors = record.levels.filter((level) => level.action === "unprotect");
  if (!mayUnprotect(unprotectors, manager, c.var.now)) throw forbidden();
  return record;
}
