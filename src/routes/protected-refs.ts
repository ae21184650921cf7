import * as v from "valibot";
import { loadHolderFacts, type RuleKind, type RulePlace } from "../db/protected-ref-levels.ts";
import type { ProjectPlace } from "../db/protected-tags.ts";
import { refuseForeignHolders, splitEntry, type Level, type Unprotector } from "../domain/access/protected-level.ts";
import { conflict, unprocessable, type Fault } from "../domain/fault.ts";
import { AccessLevel } from "../domain/identity/access-level.ts";
import type { AppContext } from "../http/context.ts";
import { integer, list, oneOfNumbers, optional, text } from "../http/fields.ts";
import type { OperationContext } from "../http/operation.ts";
import { requireLevel, seeProject } from "./places.ts";

/** A project or top-level group, and the caller as somebody who manages its rules. */
export interface ManagedRules<Place extends RulePlace = RulePlace> {
  place: Place;
  manager: Unprotector;
}

/** The rules of the project that `:id` names, for its maintainers; 403 and 404 for others. */
export async function manageProjectRules(c: OperationContext<"user">, id: string): Promise<ManagedRules<ProjectPlace>> {
  const { caller } = c.var;
  const seen = await seeProject(c, caller, id);
  requireLevel(seen, AccessLevel.maintainer);
  return {
    place: { projectId: seen.project.id, namespaceId: seen.project.namespaceId },
    manager: { userId: caller.user.id, ...seen.viewer, memberships: seen.memberships },
  };
}

/** The parameters that name one rule. */
export const ruleAddress = { id: text(), name: text() };

/** The roles that a rule may admit. */
export const roleLevels = [AccessLevel.none, AccessLevel.developer, AccessLevel.maintainer, AccessLevel.admin] as const;
/** A rule that nobody may remove would stay for ever. */
export const unprotectLevels = [AccessLevel.developer, AccessLevel.maintainer, AccessLevel.admin] as const;

/** Who an element of `allowed_to_*` may name. */
export const holderFields = <const T extends readonly number[]>(levels: T) => ({
  access_level: optional(oneOfNumbers(levels)),
  user_id: optional(integer()),
  group_id: optional(integer()),
});

/** The same, for actions that deploy keys may be admitted to. */
export const keyHolderFields = { ...holderFields(roleLevels), deploy_key_id: optional(integer()) };

/** `allowed_to_*` of a new rule: each element names somebody. */
export const entries = <const T extends v.ObjectEntries>(fields: T) =>
  optional(
    list(
      v.pipe(
        v.object(fields),
        v.check((entry) => splitEntry(entry).length > 0),
      ),
    ),
  );

const longestName = 255;

/** What no name of a ref, and so no pattern of such names, can have; as sentences. */
function nameErrors(name: string): string[] {
  return [
    ...(name.length > longestName ? [`Name is too long (maximum is ${longestName} characters)`] : []),
    ...(/\p{Cc}/u.test(name) ? ["Name contains invalid characters"] : []),
  ];
}

/** What a rule is named, where it is new; a rule that is there keeps its name. */
export interface NamedRule {
  kind: RuleKind;
  name: string;
}

/**
 * Refuses levels that the place cannot give, and with them a new rule that cannot be: 409 where its name is taken, 422
 * with sentences otherwise. Asks the database only where somebody is admitted in person: roles exist everywhere.
 */
export async function refuseImpossibleLevels(
  c: AppContext,
  place: RulePlace,
  levels: readonly Level[],
  rule: NamedRule | null,
): Promise<void> {
  const errors = rule === null ? [] : nameErrors(rule.name);
  if (errors.length > 0) throw unprocessable(errors);
  if (levels.every((level) => level.accessLevel !== null)) return;
  const facts = await loadHolderFacts(c.var.db, place, levels, rule);
  if (rule !== null && facts.isNameTaken) throw alreadyProtected(rule);
  const refusals = refuseForeignHolders(levels, facts, place.projectId === null ? "group" : "project", c.var.now);
  if (refusals.length > 0) throw unprocessable(refusals);
}

export function alreadyProtected({ kind, name }: NamedRule): Fault {
  return conflict(`Protected ${kind} '${name}' already exists`);
}
