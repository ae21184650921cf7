import { canReadProject, roleOf, type Subject } from "../abilities.ts";
import type { AccessFacts, TargetFacts } from "../facts.ts";
import { notFoundOf, refusals, type Refusal } from "../refusal.ts";
import type { AccessRequest } from "../request.ts";
import type { EffectiveAccess } from "../../identity/access-level.ts";
import { decideMissingProject } from "../create-on-push.ts";
import type { Guard } from "../guard.ts";
import { isWithinReach } from "../reach.ts";
import type { Situation } from "../situation.ts";
import { fullPathOf, glRepositoryOf } from "../target.ts";

/**
 * Whether the repository is there for whoever acts: seen, reached from an allowed address, and inside the group that a
 * certificate is good for (contract git-access 5 step 9, 9.5). All of these look like "not found" from outside. A path
 * that leads nowhere passes where the push brings a project into being.
 */
export const container: Guard<Situation> = {
  code: "container",
  judge(situation) {
    const { request, facts, subject, type, now } = situation;
    const { target } = facts;
    if (target !== null) return judgeTarget(request, facts, subject, target);
    if (type !== "project") return notFoundOf[type];
    const decided = decideMissingProject(request, facts, now);
    return "refuse" in decided ? decided.refuse : null;
  },
  facts: describeContainer,
};

function judgeTarget(request: AccessRequest, facts: AccessFacts, subject: Subject, target: TargetFacts): Refusal | null {
  const unseen = target.type === "snippet" && target.project !== null ? refusals.project_not_found : notFoundOf[target.type];
  if (target.project !== null && !canReadProject(target.project, subject)) return unseen;
  return isWithinReach(request, facts.namespaces.at(-1), subject.viewer.isAdmin) ? null : unseen;
}

function describeContainer(situation: Situation): Record<string, unknown> {
  const { request, facts, subject, now } = situation;
  const { target } = facts;
  const root = facts.namespaces.at(-1);
  return {
    found: target !== null,
    ...(target === null
      ? { path: "path" in request.repository ? request.repository.path.path : null, creates: createdBy(situation) }
      : { gl_repository: glRepositoryOf(target), path: fullPathOf(target), visibility: target.project?.visibility ?? null }),
    access_level: subject.viewer.level,
    // A deploy key has no role; whoever made it is asked for theirs when refs are named.
    access_level_from: subject.deployKey === null ? describeSource(roleOf(facts, now), facts) : null,
    is_admin: subject.viewer.isAdmin,
    is_external: subject.viewer.isExternal,
    deploy_key: subject.deployKey === null ? null : { enabled: subject.deployKey.isEnabled, can_push: subject.deployKey.canPush },
    ip_restriction_ranges: root?.ipRestrictionRanges ?? null,
    check_ip: request.checkIp,
    namespace_path: request.namespacePath,
  };
}

/** The project that the push brings into being; null: none, for only one without named changes does. */
function createdBy({ request, facts, now }: Situation): string | null {
  const decided = decideMissingProject(request, facts, now);
  return "create" in decided ? decided.create.path : null;
}

/** Where the role that counts comes from. */
function describeSource({ level, from }: EffectiveAccess, facts: AccessFacts): object | null {
  if (from !== null) return { source: from.source, id: from.sourceId, access_level: from.accessLevel, capped_to: from.cap };
  return level > 0 ? { source: "personal_namespace", id: facts.namespaces[0]?.id ?? null } : null;
}

/** Contract git-access 5 step 10. */
export const repository: Guard<Situation> = {
  code: "repository",
  judge: ({ facts }) => (facts.target === null ? null : judgeRepository(facts.target)),
};

function judgeRepository(target: TargetFacts): Refusal | null {
  const { project, snippet } = target;
  switch (target.type) {
    case "project":
      return project?.hasRepository ? null : refusals.no_repo;
    case "wiki":
      return project?.hasWikiRepository ? null : refusals.wiki_no_repo;
    case "snippet":
      return snippet?.hasRepository ? null : refusals.snippet_no_repo;
    case "design":
      return project?.hasDesignRepository ? null : refusals.design_manage;
  }
}

export const snippetExists: Guard<Situation> = {
  code: "snippet_exists",
  judge: ({ facts }) => (facts.target?.snippet ? null : refusals.snippet_not_found),
};
