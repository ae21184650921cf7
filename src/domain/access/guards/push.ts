import { canPushCode, canUpdateSnippet, canWriteWiki } from "../abilities.ts";
import type { Guard } from "../guard.ts";
import { codePushOf } from "../refs/push.ts";
import { refusals } from "../refusal.ts";
import type { Situation } from "../situation.ts";

/** What is pushed must be told in a form that can be judged, before anybody is told whether they may. */
const changes: Guard<Situation> = {
  code: "changes",
  judge: ({ request }) => (typeof request.changes === "string" || request.changes.isWellFormed ? null : refusals.changes_invalid),
  facts: ({ request }) => ({ changes: typeof request.changes === "string" ? request.changes : request.changes.count }),
};

const readOnlyRepository: Guard<Situation> = {
  code: "repository_read_only",
  judge({ facts: { target } }) {
    if (target?.snippet) return target.snippet.isRepositoryReadOnly ? refusals.read_only : null;
    if (!target?.project?.isRepositoryReadOnly) return null;
    return target.type === "wiki" ? refusals.wiki_read_only : refusals.read_only;
  },
};

function isArchived({ facts }: Pick<Situation, "facts">): boolean {
  const project = facts.target?.project ?? null;
  return project !== null && (project.isArchived || facts.namespaces.some((each) => each.isArchived));
}

const archived: Guard<Situation> = {
  code: "archived",
  judge: (situation) => (isArchived(situation) ? refusals.archived : null),
  facts: ({ facts }) => ({
    project: facts.target?.project?.isArchived ?? false,
    groups: facts.namespaces.filter((each) => each.isArchived).map((each) => each.fullPath),
  }),
};

const deployKey: Guard<Situation> = {
  code: "deploy_key_upload",
  judge: ({ subject }) => (subject.deployKey !== null && !subject.deployKey.canPush ? refusals.deploy_key_upload : null),
  facts: ({ subject }) => (subject.deployKey === null ? {} : { enabled: subject.deployKey.isEnabled, can_push: subject.deployKey.canPush }),
};

const somebody: Guard<Situation> = {
  code: "upload",
  judge: ({ subject }) => (subject.deployKey === null && subject.userId === null ? refusals.upload : null),
};

/** Where no refs are named, the right to push to some branch is enough; the refs are judged when Gitaly names them. */
const someBranch: Guard<Situation> = {
  code: "push_any",
  judge(situation) {
    const { request, facts, subject } = situation;
    const project = facts.target?.project ?? null;
    // Where the path leads nowhere, a project is going to be created for whoever pushes.
    if (facts.target === null) return null;
    if (project === null) return refusals.push_code;
    if (typeof request.changes !== "string" || subject.deployKey !== null || canPushCode(project, subject)) return null;
    return codePushOf(situation, project).collaborationBranches.size > 0 ? null : refusals.push_code;
  },
  facts: ({ facts, subject, request }) => ({
    asked: typeof request.changes === "string" ? "any branch" : "each ref",
    access_level: subject.viewer.level,
    is_admin: subject.viewer.isAdmin,
    repository_access_level: facts.target?.project?.repositoryAccessLevel ?? null,
  }),
};

/** A deploy key has no role to write wiki pages with. What is pushed is not looked at. */
const wikiWrite: Guard<Situation> = {
  code: "wiki_write",
  judge({ facts, subject }) {
    const project = facts.target?.project ?? null;
    return project !== null && canWriteWiki(project, subject) ? null : refusals.wiki_write;
  },
  facts: ({ facts, subject }) => ({
    access_level: subject.viewer.level,
    is_admin: subject.viewer.isAdmin,
    wiki_access_level: facts.target?.project?.wikiAccessLevel ?? null,
  }),
};

const snippetUser: Guard<Situation> = {
  code: "snippet_user",
  judge: ({ subject }) => (subject.userId === null ? refusals.snippet_update : null),
};

const snippetUpdate: Guard<Situation> = {
  code: "snippet_update",
  judge(situation) {
    const { facts, subject } = situation;
    const snippet = facts.target?.snippet ?? null;
    const mayUpdate = snippet !== null && canUpdateSnippet(snippet, facts.target?.project ?? null, isArchived(situation), subject);
    return mayUpdate ? null : refusals.snippet_update;
  },
  facts: ({ facts, subject }) => ({ author_id: facts.target?.snippet?.authorId ?? null, access_level: subject.viewer.level }),
};

/** Contract git-access 11.1. */
export const codePushGuards = [changes, readOnlyRepository, archived, deployKey, somebody, someBranch];
/** Contract git-access 14.1. */
export const wikiPushGuards = [readOnlyRepository, archived, deployKey, somebody, wikiWrite];
/** Contract git-access 14.2. */
export const snippetPushGuards = [changes, snippetUser, readOnlyRepository, snippetUpdate];
