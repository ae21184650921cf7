import { AccessLevel, dayOf, effectiveAccess, type EffectiveAccess } from "../identity/access-level.ts";
import type { FeatureLevel } from "../identity/visibility.ts";
import type { AccessFacts, ProjectFacts, SnippetFacts } from "./facts.ts";
import { canSee, isFeatureOpen, nobody, type Viewer } from "./visibility.ts";

/** Who acts, as the guards see them: a deploy key is nobody's user, whoever created it. */
export interface Subject {
  viewer: Viewer;
  userId: number | null;
  deployKey: { isEnabled: boolean; canPush: boolean } | null;
}

export function subjectOf(facts: AccessFacts, now: Date): Subject {
  if (facts.key?.kind === "deploy") {
    const grant = facts.deployKeyGrant;
    return { viewer: nobody, userId: null, deployKey: { isEnabled: grant !== null, canPush: grant?.canPush ?? false } };
  }
  const { user } = facts;
  if (user === null) return { viewer: nobody, userId: null, deployKey: null };
  const { level } = roleOf(facts, now);
  return { viewer: { isSignedIn: true, isExternal: user.isExternal, isAdmin: user.isAdmin, level }, userId: user.id, deployKey: null };
}

/** The user's role in the project, and where it comes from: owning the namespace, or a membership. */
export function roleOf(facts: AccessFacts, now: Date): EffectiveAccess {
  const isOwner = facts.user !== null && facts.namespaces[0]?.ownerId === facts.user.id;
  return isOwner ? { level: AccessLevel.owner, from: null } : effectiveAccess(facts.memberships, dayOf(now));
}

/** Contract git-access 9.1. */
export function canReadProject(project: Pick<ProjectFacts, "visibility">, subject: Subject): boolean {
  return (subject.deployKey?.isEnabled ?? false) || canSee(project.visibility, subject.viewer);
}

/**
 * Contract git-access 9.2, for the code (`repositoryAccessLevel`) and for the wiki. A guest of a private project sees
 * the project and not what is in it.
 */
export function canDownload(project: Pick<ProjectFacts, "visibility">, feature: FeatureLevel, subject: Subject): boolean {
  if (feature === "disabled") return false;
  if (subject.deployKey?.isEnabled) return true;
  if (project.visibility === "private") return subject.viewer.isAdmin || subject.viewer.level >= AccessLevel.planner;
  return canSee(project.visibility, subject.viewer) && isFeatureOpen(feature, subject.viewer);
}

/** Contract git-access 9.3, push_code. Archived projects are refused before, with a text of their own. */
export function canPushCode(project: Pick<ProjectFacts, "repositoryAccessLevel">, subject: Subject): boolean {
  const { viewer } = subject;
  return isFeatureOpen(project.repositoryAccessLevel, viewer) && (viewer.isAdmin || viewer.level >= AccessLevel.developer);
}

/** Planners write wikis though they stand below reporters, who do not. */
export function canWriteWiki(project: ProjectFacts, subject: Subject): boolean {
  const { viewer } = subject;
  const hasRole = viewer.isAdmin || viewer.level === AccessLevel.planner || viewer.level >= AccessLevel.developer;
  return hasRole && isFeatureOpen(project.wikiAccessLevel, viewer);
}

/** Contract git-access 14.2: of a project snippet, the stricter of its own visibility and the project's feature. */
export function canReadSnippet(snippet: SnippetFacts, project: ProjectFacts | null, subject: Subject): boolean {
  const { viewer } = subject;
  const isAuthor = subject.userId !== null && subject.userId === snippet.authorId;
  if (project !== null && !isFeatureOpen(project.snippetsAccessLevel, viewer)) return false;
  return isAuthor || canSee(snippet.visibility, project === null ? { ...viewer, level: AccessLevel.none } : viewer);
}

/** The author, an administrator, and for a project snippet its maintainers. */
export function canUpdateSnippet(snippet: SnippetFacts, project: ProjectFacts | null, isArchived: boolean, subject: Subject): boolean {
  if (!canReadSnippet(snippet, project, subject) || isArchived) return false;
  const isAuthor = subject.userId !== null && subject.userId === snippet.authorId;
  return isAuthor || subject.viewer.isAdmin || (project !== null && subject.viewer.level >= AccessLevel.maintainer);
}

/** Reporters and above, and planners. */
export function canManageDesigns(project: ProjectFacts, subject: Subject): boolean {
  return canReadProject(project, subject) && (subject.viewer.isAdmin || subject.viewer.level >= AccessLevel.planner);
}
