import { dayOf } from "../../identity/access-level.ts";
import { changesOf, isBlankRevision, isBranch, shortNameOf, type ChangeList } from "../../git/changes.ts";
import type { ProjectFacts, SnippetFacts } from "../facts.ts";
import type { Situation } from "../situation.ts";
import type { CodePush, SnippetPush } from "./changed-ref.ts";
import { collaborationBranches } from "./collaboration.ts";
import { personOf } from "./person.ts";
import { isProtected, ruleBookOf, type BranchPlace } from "./protection.ts";

const noChanges: ChangeList = {
  source: "",
  isWellFormed: true,
  count: 0,
  branches: [],
  tags: [],
  createdHeads: [],
};

/** What holds for a whole push to a project's code. */
export function codePushOf({ request, facts, subject, now }: Situation, project: ProjectFacts): CodePush {
  const person = personOf(facts, project, subject, now);
  const changes = typeof request.changes === "string" ? noChanges : request.changes;
  const fallbackProtection = facts.instance.settings.default_branch_protection;
  const place: BranchPlace = {
    rules: ruleBookOf(facts.push.branchRules),
    isRepositoryEmpty: project.isRepositoryEmpty,
    defaultBranchProtection: facts.namespaces[0]?.defaultBranchProtection ?? fallbackProtection,
    today: dayOf(now),
  };
  return {
    request,
    facts,
    changes,
    person,
    project,
    place,
    placeOfExisting: { ...place, isRepositoryEmpty: false },
    tagRules: ruleBookOf(facts.push.tagRules),
    storedRefs: new Set(facts.push.storedRefs.map(({ name }) => name)),
    protectedHeads: new Set(
      facts.push.storedRefs.flatMap(({ name, sha }) => (isBranch(name) && isProtected(shortNameOf(name), place) ? [sha] : [])),
    ),
    collaborationBranches:
      person === null ? new Set() : collaborationBranches(project, place, facts.push.collaborations, person, fallbackProtection),
  };
}

/** What holds for a whole push to a snippet. */
export function snippetPushOf({ request, facts }: Situation, snippet: SnippetFacts): SnippetPush {
  const changes = typeof request.changes === "string" ? noChanges : request.changes;
  return { request, facts, changes, snippet, firstBranch: firstBranchOf(changes) };
}

function firstBranchOf(changes: ChangeList): string | null {
  for (const { ref, newrev } of changesOf(changes)) {
    if (isBranch(ref) && !isBlankRevision(newrev)) return shortNameOf(ref);
  }
  return null;
}
