import { AccessLevel } from "../../identity/access-level.ts";
import { canPushCode, canReadProject, roleOf, type Subject } from "../abilities.ts";
import type { AccessFacts, ProjectFacts } from "../facts.ts";
import { guardUserState } from "../guards/user-state.ts";

/**
 * Who pushes, as the rules for refs see them: a user, or whoever made a deploy key (contract git-access 12.1, 12.3).
 * They are given what the rules ask about, so that a rule looks at nothing else.
 */
export interface Person {
  userId: number;
  isAdmin: boolean;
  /** Effective role; administrators have none by being administrators. */
  level: number;
  canPushCode: boolean;
  canReadProject: boolean;
  /** Acting through a deploy key that may push: then what its maker may push on their own is not asked for. */
  isDeployKey: boolean;
}

/** The person behind a push; null: a deploy key whose maker is gone, or may not use Git. */
export function personOf(facts: AccessFacts, project: ProjectFacts, subject: Subject, now: Date): Person | null {
  const { user } = facts;
  if (user === null) return null;
  const isDeployKey = subject.deployKey !== null;
  if (isDeployKey && guardUserState(user, facts.instance, now) !== null) return null;
  const { level } = roleOf(facts, now);
  const self: Subject = {
    viewer: { isSignedIn: true, isExternal: user.isExternal, isAdmin: user.isAdmin, level },
    userId: user.id,
    deployKey: null,
  };
  return {
    userId: user.id,
    isAdmin: user.isAdmin,
    level,
    canPushCode: canPushCode(project, self),
    canReadProject: canReadProject(project, self),
    isDeployKey,
  };
}

/** Administrators count as owners here; a rule's levels make no such exception. */
export function isMaintainer(person: Person | null): boolean {
  return person !== null && (person.isAdmin || person.level >= AccessLevel.maintainer);
}
