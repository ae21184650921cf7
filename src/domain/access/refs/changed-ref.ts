import { isBlankRevision, shortNameOf, type ChangeList, type RefChange } from "../../git/changes.ts";
import type { AccessFacts, ProjectFacts, SnippetFacts } from "../facts.ts";
import type { AccessRequest } from "../request.ts";
import type { Person } from "./person.ts";
import type { BranchPlace, RuleBook } from "./protection.ts";

/** What holds for a whole push; made once, however many refs it has. */
export interface Push {
  request: AccessRequest;
  facts: AccessFacts;
  changes: ChangeList;
}

export interface CodePush extends Push {
  /** Null for a deploy key whose maker is gone, or may not use Git. */
  person: Person | null;
  project: ProjectFacts;
  place: BranchPlace;
  /** The same for refs that were there before: a repository that has them is not empty, whatever is stored of it. */
  placeOfExisting: BranchPlace;
  tagRules: RuleBook;
  /** Full names of the refs that stored facts know. */
  storedRefs: ReadonlySet<string>;
  /** What stored protected branches point at. */
  protectedHeads: ReadonlySet<string>;
  /** Branches that the person may push to because they may merge them elsewhere. */
  collaborationBranches: ReadonlySet<string>;
}

export interface SnippetPush extends Push {
  snippet: SnippetFacts;
  /** The branch that a push to an empty repository makes its first. */
  firstBranch: string | null;
}

/** One change of a push, with what every guard asks of it. */
export interface ChangedRef<Of extends Push> {
  push: Of;
  change: RefChange;
  /** Without `refs/heads/` or `refs/tags/`. */
  name: string;
  isCreation: boolean;
  isDeletion: boolean;
}

export function changedRef<Of extends Push>(push: Of, change: RefChange): ChangedRef<Of> {
  return {
    push,
    change,
    name: shortNameOf(change.ref),
    isCreation: isBlankRevision(change.oldrev),
    isDeletion: isBlankRevision(change.newrev),
  };
}

/** What is to be known of the project's branches for this one. */
export function placeOf({ push, isCreation }: ChangedRef<CodePush>): BranchPlace {
  return isCreation ? push.place : push.placeOfExisting;
}
