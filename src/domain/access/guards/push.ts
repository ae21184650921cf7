import { canPushCode, canUpdateSnippet, canWriteWiki, type Subject } from "../abilities.ts";
import type { AccessFacts, ProjectFacts, TargetFacts } from "../facts.ts";
import { refusals, type Refusal } from "../refusal.ts";
import type { AccessRequest } from "../request.ts";

/** Contract git-access 11.1 for code and wikis, 14.2 for snippets. */
export function guardPush(request: AccessRequest, facts: AccessFacts, subject: Subject, target: TargetFacts): Refusal | null {
  const { project } = target;
  const isArchived = project !== null && (project.isArchived || facts.namespaces.some((each) => each.isArchived));
  if (target.type === "snippet") return guardSnippetPush(request, subject, target, isArchived);
  if (project === null) return refusals.push_code;
  if (project.isRepositoryReadOnly) return target.type === "wiki" ? refusals.wiki_read_only : refusals.read_only;
  if (isArchived) return refusals.archived;
  if (subject.deployKey !== null && !subject.deployKey.canPush) return refusals.deploy_key_upload;
  if (subject.deployKey === null && subject.userId === null) return refusals.upload;
  return target.type === "wiki" ? guardWikiPush(project, subject) : guardCodePush(request, project, subject);
}

/** A deploy key has no role to write wiki pages with. What is pushed is not looked at. */
function guardWikiPush(project: ProjectFacts, subject: Subject): Refusal | null {
  return canWriteWiki(project, subject) ? null : refusals.wiki_write;
}

function guardCodePush(request: AccessRequest, project: ProjectFacts, subject: Subject): Refusal | null {
  if (subject.deployKey === null && !canPushCode(project, subject)) return refusals.push_code;
  return guardChanges(request);
}

/**
 * Each pushed ref has rules of its own, and none of them is judged by the answer to `_any`: what cannot be judged is
 * refused.
 */
function guardChanges(request: AccessRequest): Refusal | null {
  return request.changes === "given" ? refusals.changes_not_verified : null;
}

function guardSnippetPush(request: AccessRequest, subject: Subject, target: TargetFacts, isArchived: boolean): Refusal | null {
  const { snippet, project } = target;
  if (snippet === null || subject.userId === null) return refusals.snippet_update;
  if (snippet.isRepositoryReadOnly) return refusals.read_only;
  if (!canUpdateSnippet(snippet, project, isArchived, subject)) return refusals.snippet_update;
  return guardChanges(request);
}
