import { canDownload, canPushCode, type Subject } from "../access/abilities.ts";
import { guardUserStateButTerms } from "../access/guards/user-state.ts";
import { canSee, isFeatureOpen, type Viewer } from "../access/visibility.ts";
import { AccessLevel, dayOf, effectiveAccess } from "../identity/access-level.ts";
import type { FeatureLevel, Visibility } from "../identity/visibility.ts";
import type { MergePerson, MergeProject, OpenRequest } from "./merge-request-facts.ts";

/** The labels of a project are made by planners and those above them; so are its milestones. */
export const labelLevel = AccessLevel.planner;

/** What decides who reads the merge requests of a project. */
type ReadProject = { visibility: Visibility; mergeRequestsAccessLevel: FeatureLevel; repositoryAccessLevel: FeatureLevel };

/**
 * Whoever sees a project and may use its merge requests reads them (contract push 12); not where its repository is closed
 * to them, since a merge request names branches and commits.
 */
export function canReadMergeRequests(project: ReadProject, viewer: Viewer): boolean {
  const features = [project.mergeRequestsAccessLevel, project.repositoryAccessLevel];
  return canSee(project.visibility, viewer) && features.every((feature) => isFeatureOpen(feature, viewer));
}

/** A person before a project. An account that may not use Git may do nothing. */
export interface MergeActor extends Subject {
  userId: number;
  isBarred: boolean;
}

export function actorAt(person: MergePerson, project: MergeProject, now: Date): MergeActor {
  const role = person.roles.find((each) => each.projectId === project.id);
  const level = role?.isNamespaceOwner ? AccessLevel.owner : effectiveAccess(role?.memberships ?? [], dayOf(now)).level;
  return {
    viewer: { isSignedIn: true, isExternal: person.isExternal, isAdmin: person.isAdmin, level },
    userId: person.id,
    deployKey: null,
    isBarred: guardUserStateButTerms(person, "", now) !== null,
  };
}

export function canReadCode(project: MergeProject, actor: MergeActor): boolean {
  return !actor.isBarred && canDownload(project, project.repositoryAccessLevel, actor);
}

/** Whether they may be made responsible there: whoever cannot read a merge request cannot. */
export function isAssignable(project: MergeProject, actor: MergeActor): boolean {
  return canReadCode(project, actor) && canReadMergeRequests(project, actor.viewer);
}

/** Who may write merge requests there at all; nobody in what is archived. */
function canWriteInto(target: MergeProject, actor: MergeActor): boolean {
  return !target.isArchived && canReadCode(target, actor) && isFeatureOpen(target.mergeRequestsAccessLevel, actor.viewer);
}

export function canCreate(source: MergeProject, from: MergeActor, target: MergeProject, into: MergeActor): boolean {
  return !source.isArchived && canPushCode(source, from) && canWriteInto(target, into);
}

/** Its author, and whoever could push to one of its projects: a push by a deploy key may have been nobody's of these. */
export function canChange(request: OpenRequest, source: MergeProject, from: MergeActor, target: MergeProject, into: MergeActor): boolean {
  const isOwn = request.authorId === into.userId;
  return canWriteInto(target, into) && (isOwn || canPushCode(source, from) || canPushCode(target, into));
}

/**
 * Labels, milestone and other people's part are for those who belong to the target project: whoever makes a merge
 * request from a fork of what is public is not to sort or to hand out its work.
 */
export function canClassify({ viewer }: MergeActor): boolean {
  return viewer.isAdmin || viewer.level >= AccessLevel.guest;
}

export function canMakeLabels({ viewer }: MergeActor): boolean {
  return viewer.isAdmin || viewer.level >= labelLevel;
}
