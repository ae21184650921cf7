import {
  noPushFacts,
  type AccessFacts,
  type KeyFacts,
  type NamespaceFacts,
  type ProjectFacts,
  type RuleLevel,
  type SnippetFacts,
  type TargetFacts,
  type UserFacts,
} from "../../src/domain/access/facts.ts";
import type { AccessRequest } from "../../src/domain/access/request.ts";
import type { Membership } from "../../src/domain/identity/access-level.ts";
import { parseChanges } from "../../src/domain/git/changes.ts";
import { defaultPolicy } from "../../src/domain/git/questions.ts";
import { parseRepositoryPath, type RepositoryType } from "../../src/domain/identity/gl-repository.ts";
import { readSettings } from "../../src/domain/settings.ts";

/** The time at which the facts of these tests are judged. */
export const now = new Date("2026-03-15T12:00:00Z");

/** A moment that many hours after `now`. */
export const inHours = (hours: number) => new Date(now.getTime() + hours * 3_600_000);

export const oldrev = "a".repeat(40);
export const newrev = "b".repeat(40);
export const blank = "0".repeat(40);

/** What Gitaly says is pushed: an update of each of these refs. */
export const updatesOf = (...refs: string[]) => parseChanges(refs.map((ref) => `${oldrev} ${newrev} ${ref}\n`).join(""));
/** One commit on a branch that no rule speaks of. */
export const named = updatesOf("refs/heads/topic");

/** A fetch of `engines/analytical` over SSH, unless changed. */
export function aRequest(changes: Partial<AccessRequest> = {}): AccessRequest {
  return {
    actor: { keyId: null, keyAs: "key", userId: 7, username: null },
    repository: { path: parseRepositoryPath("engines/analytical") },
    action: "git-upload-pack",
    protocol: "ssh",
    changes: "any",
    quarantine: { objectDirectory: "", alternateObjectDirectories: [] },
    checkIp: null,
    namespacePath: null,
    scopedUser: null,
    skipsCommitsCheck: false,
    hasHappened: false,
    ...changes,
  };
}

export const aPush = (changes: Partial<AccessRequest> = {}) => aRequest({ action: "git-receive-pack", ...changes });

/** An active person without any role. */
export function aUser(changes: Partial<UserFacts> = {}): UserFacts {
  return {
    id: 7,
    username: "ada",
    name: "Ada Byron",
    state: "active",
    userType: "human",
    isAdmin: false,
    isExternal: false,
    projectsLimit: 10,
    isConfirmed: true,
    isLocked: false,
    lockedUntil: null,
    isTwoFactorEnabled: false,
    verifiedUntil: null,
    hasAcceptedTerms: false,
    passwordExpiresAt: null,
    lastActivityOn: null,
    ...changes,
  };
}

/** An Ed25519 key without an expiry. */
export function aKey(changes: Partial<KeyFacts> = {}): KeyFacts {
  return { id: 11, kind: "user", keyType: "ed25519", bits: 256, expiresAt: null, lastUsedAt: null, fingerprint: "x", ...changes };
}

/** A private project of a group, everything enabled and in place. */
export function aProject(changes: Partial<ProjectFacts> = {}): ProjectFacts {
  return {
    id: 42,
    name: "analytical",
    fullPath: "engines/analytical",
    visibility: "private",
    isArchived: false,
    isRepositoryReadOnly: false,
    repositoryAccessLevel: "enabled",
    wikiAccessLevel: "enabled",
    snippetsAccessLevel: "enabled",
    repositoryStorage: "default",
    storageVersion: 2,
    hasRepository: true,
    hasWikiRepository: true,
    hasDesignRepository: true,
    defaultBranch: "main",
    isRepositoryEmpty: false,
    isLfsEnabled: true,
    ...changes,
  };
}

/** A private snippet of user 7. */
export function aSnippet(changes: Partial<SnippetFacts> = {}): SnippetFacts {
  return {
    id: 5,
    authorId: 7,
    visibility: "private",
    repositoryStorage: "default",
    hasRepository: true,
    isRepositoryReadOnly: false,
    isRepositoryEmpty: false,
    defaultBranch: "main",
    ...changes,
  };
}

export function aGroup(changes: Partial<NamespaceFacts> = {}): NamespaceFacts {
  return {
    id: 100,
    kind: "group",
    ownerId: null,
    fullPath: "engines",
    isArchived: false,
    enabledGitAccessProtocol: "all",
    ipRestrictionRanges: null,
    projectCreationLevel: "developer",
    projectsCount: 0,
    defaultBranch: null,
    defaultBranchProtection: null,
    ...changes,
  };
}

/** A way through a rule for protected refs that nobody has; say who. */
export const noLevel: RuleLevel = {
  action: "push",
  accessLevel: null,
  userId: null,
  groupId: null,
  deployKeyId: null,
  groupMemberUntil: null,
  isOwnWritableKey: false,
};

/** A direct membership of the project. */
export function aMembership(accessLevel: number, changes: Partial<Membership> = {}): Membership {
  return { source: "project", sourceId: 42, accessLevel, expiresAt: null, isAwaiting: false, cap: null, capExpiresAt: null, ...changes };
}

export const targetOf = (type: RepositoryType, project: ProjectFacts | null, snippet: SnippetFacts | null = null): TargetFacts => ({
  type,
  project,
  snippet,
});

type FactChanges = Partial<Omit<AccessFacts, "instance">> & {
  instance?: Partial<AccessFacts["instance"]>;
  settings?: Record<string, unknown>;
};

/** A user without a role before a private project in a top-level group. */
export function someFacts({ instance, settings, ...changes }: FactChanges = {}): AccessFacts {
  return {
    instance: {
      settings: readSettings(settings ?? {}),
      isReadOnly: false,
      commandsDisabledOverHttp: [],
      externalUrl: "https://gitlab.example.test",
      sshClonePrefix: "git@gitlab.example.test:",
      unverifiedChecks: defaultPolicy,
      ...instance,
    },
    key: null,
    user: aUser(),
    target: targetOf("project", aProject()),
    namespaces: [aGroup()],
    memberships: [],
    deployKeyGrant: null,
    isOverOperationLimit: false,
    push: noPushFacts,
    ...changes,
  };
}
