import { AccessLevel } from "../../identity/access-level.ts";
import { compilePattern } from "../../git/ref-pattern.ts";
import type { RefRule, RuleLevel } from "../facts.ts";
import type { Person } from "./person.ts";

/** The rules of one kind of ref, ready to be asked about many names. */
export interface RuleBook {
  /** All rules that speak of the name. */
  matching(name: string): readonly RefRule[];
}

export function ruleBookOf(rules: readonly RefRule[]): RuleBook {
  const exact = new Map<string, RefRule[]>();
  const patterns: { matches: (name: string) => boolean; rule: RefRule }[] = [];
  for (const rule of rules) {
    if (rule.name.includes("*")) patterns.push({ matches: compilePattern(rule.name), rule });
    else exact.set(rule.name, [...(exact.get(rule.name) ?? []), rule]);
  }
  const find = (name: string): RefRule[] => {
    const found = name === "" ? [] : [...(exact.get(name) ?? [])];
    for (const { matches, rule } of patterns) if (matches(name)) found.push(rule);
    return found;
  };
  // Several guards in a row ask about the same ref.
  let latest = { name: "", found: find("") };
  return {
    matching(name) {
      if (latest.name !== name) latest = { name, found: find(name) };
      return latest.found;
    },
  };
}

/** Whether a level of any of the rules lets the person do it: the most permissive wins (contract git-access 12.3). */
export function isAdmitted(rules: readonly RefRule[], action: RuleLevel["action"], person: Person, today: string): boolean {
  return rules.some((rule) => rule.levels.some((level) => level.action === action && admits(level, person, today)));
}

function admits(level: RuleLevel, person: Person, today: string): boolean {
  if (level.deployKeyId !== null) {
    return level.isOwnWritableKey && person.canReadProject && person.level >= AccessLevel.guest;
  }
  if (level.accessLevel === AccessLevel.none) return false;
  if (level.accessLevel === AccessLevel.admin) return person.isAdmin;
  if (!person.canPushCode) return false;
  // No exception for administrators: one without a role is stopped by a rule for maintainers.
  if (level.accessLevel !== null) return person.level >= level.accessLevel;
  if (level.userId !== null) return level.userId === person.userId;
  return level.groupMemberUntil !== null && level.groupMemberUntil > today;
}

/** A project's branches, and what holds of them before any rule is looked at. */
export interface BranchPlace {
  rules: RuleBook;
  isRepositoryEmpty: boolean;
  /** How the namespace protects the default branches of new projects: 0 to 4 (contract git-access 12.3). */
  defaultBranchProtection: number;
  today: string;
}

/** 0 and 1 let developers push; 2, 3 and 4 do not. */
export function isProtected(name: string, place: BranchPlace): boolean {
  return (place.isRepositoryEmpty && place.defaultBranchProtection >= 2) || place.rules.matching(name).length > 0;
}

/**
 * Whether the person may push to the branch. `mayPushAtAll`: has push_code, or a grant for this branch, or is a deploy
 * key that may push. The first push to an empty repository is for whoever may give the project its first branch.
 */
export function mayPush(name: string, place: BranchPlace, person: Person, mayPushAtAll: boolean): boolean {
  if (!mayPushAtAll) return false;
  if (!isProtected(name, place)) return true;
  if (place.isRepositoryEmpty && mayPushFirst(place.defaultBranchProtection, person)) return true;
  return isAdmitted(place.rules.matching(name), "push", person, place.today);
}

function mayPushFirst(protection: number, person: Person): boolean {
  if (person.isAdmin || person.level >= AccessLevel.maintainer) return true;
  const developersMayPush = protection <= 1 || protection === 4;
  return developersMayPush && person.canPushCode && person.level >= AccessLevel.developer;
}

/** Whether the person may merge into the branch; a grant to push to it does not count. */
export function mayMerge(name: string, place: BranchPlace, person: Person): boolean {
  if (!isProtected(name, place)) return person.canPushCode;
  return isAdmitted(place.rules.matching(name), "merge", person, place.today);
}
