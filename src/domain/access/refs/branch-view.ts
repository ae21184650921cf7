import { AccessLevel } from "../../identity/access-level.ts";
import type { Collaboration, ProjectFacts, RefRule, RuleLevel } from "../facts.ts";
import { collaborationBranches } from "./collaboration.ts";
import type { Person } from "./person.ts";
import { isProtected, mayPush, ruleBookOf, type BranchPlace } from "./protection.ts";

/** What is shown of a branch besides what it points at. */
export interface BranchView {
  isProtected: boolean;
  /** Whether a rule says so in as many words: of a branch that nothing protects, no. */
  developersCanPush: boolean;
  developersCanMerge: boolean;
  /** Whether who looks may push to it. */
  canPush: boolean;
}

/** What branches are judged by for whoever looks at them. */
export interface BranchFacts {
  project: Pick<ProjectFacts, "visibility" | "repositoryAccessLevel">;
  /** Itself, or a group above it. */
  isArchived: boolean;
  /** Of the project and of its top-level group. */
  branchRules: readonly RefRule[];
  collaborations: readonly Collaboration[];
  /** Who looks, and the instance's protection of default branches; null: nobody in particular, who may push nowhere. */
  pusher: { person: Person; defaultBranchProtection: number } | null;
  today: string;
}

/** How the branches of a project are shown (contract push 12): by the rules that judge pushes to them. */
export function viewBranches(facts: BranchFacts): (name: string) => BranchView {
  const { today } = facts;
  // A repository that has a branch is not empty.
  const place: BranchPlace = { rules: ruleBookOf(facts.branchRules), isRepositoryEmpty: false, defaultBranchProtection: 0, today };
  const canPush = pushJudge(facts, place);
  return (name) => {
    const rules = place.rules.matching(name);
    return {
      isProtected: isProtected(name, place),
      developersCanPush: admitsDevelopers(rules, "push"),
      developersCanMerge: admitsDevelopers(rules, "merge"),
      canPush: canPush(name),
    };
  };
}

function pushJudge({ project, pusher, isArchived, collaborations }: BranchFacts, place: BranchPlace): (name: string) => boolean {
  if (pusher === null || isArchived) return () => false;
  const { person } = pusher;
  const granted = collaborationBranches(project, place, collaborations, person, pusher.defaultBranchProtection);
  return (name) => mayPush(name, place, person, person.canPushCode || granted.has(name));
}

function admitsDevelopers(rules: readonly RefRule[], action: RuleLevel["action"]): boolean {
  return rules.some((rule) => rule.levels.some((level) => level.action === action && level.accessLevel === AccessLevel.developer));
}
