import type { UnverifiedPolicy } from "../git/questions.ts";
import type { Membership } from "../identity/access-level.ts";
import type { RepositoryType } from "../identity/gl-repository.ts";
import type { GitProtocolSetting, ProjectCreationLevel } from "../identity/namespace.ts";
import type { KeyType } from "../identity/ssh-key.ts";
import type { UserState, UserType } from "../identity/user-state.ts";
import type { FeatureLevel, Visibility } from "../identity/visibility.ts";
import type { InstanceSettings } from "../settings.ts";
import type { LevelHolder } from "./protected-level.ts";

/** Everything a decision on access may look at. Loaded once (db/facts/access-facts.ts); the same facts give the same answer. */
export interface AccessFacts {
  instance: InstanceFacts;
  key: KeyFacts | null;
  /** The user named, or the owner of the key named; of a deploy key its creator. */
  user: UserFacts | null;
  /** What the request names; null where there is nothing of that name. */
  target: TargetFacts | null;
  /** The namespace of the target's project and its ancestors, itself first; where no target was found, that of the path. */
  namespaces: NamespaceFacts[];
  /** The user's, in the project or the namespace. */
  memberships: Membership[];
  /** Whether the key is enabled on the project as a deploy key, and may push there. */
  deployKeyGrant: { canPush: boolean } | null;
  isOverOperationLimit: boolean;
  /** What a push to a project's code is judged by; without anything in it for all other requests. */
  push: PushFacts;
}

export interface PushFacts {
  /** Of the project and of its top-level group. */
  branchRules: RefRule[];
  tagRules: RefRule[];
  /** Merges that are being performed into this project, by the branch they end in. */
  mergesInProgress: { targetBranch: string; sha: string }[];
  /** Stored refs that bear on what is pushed: tags of these names, branches that point where created ones begin. */
  storedRefs: { name: string; sha: string }[];
  hasLfsLocks: boolean;
  /** Merge requests from this project, a fork, that let whoever may merge them push to their source branch. */
  collaborations: Collaboration[];
}

export const noPushFacts: PushFacts = {
  branchRules: [],
  tagRules: [],
  mergesInProgress: [],
  storedRefs: [],
  hasLfsLocks: false,
  collaborations: [],
};

/** A rule for protected branches or tags. */
export interface RefRule {
  id: number;
  /** Exact name, or a pattern with `*`. */
  name: string;
  /** Of the top-level group, for all projects below it. */
  isInherited: boolean;
  /** Of branches only. */
  allowsForcePush: boolean;
  levels: RuleLevel[];
}

/** One way through a rule, and how the acting user stands to it. */
export interface RuleLevel extends LevelHolder {
  action: "push" | "merge" | "create";
  /** Of a group: the last day, exclusive, of the user's membership there or above; null: they are no member. */
  groupMemberUntil: string | null;
  /** Of a deploy key: the user made it, and it may push to this project. */
  isOwnWritableKey: boolean;
}

export interface Collaboration {
  sourceBranch: string;
  targetBranch: string;
  author: { isAdmin: boolean; isNamespaceOwner: boolean; memberships: Membership[] };
  target: {
    visibility: Visibility;
    /** Itself, or a group above it. */
    isArchived: boolean;
    repositoryAccessLevel: FeatureLevel;
    isRepositoryEmpty: boolean;
    defaultBranchProtection: number | null;
    isNamespaceOwner: boolean;
    memberships: Membership[];
    branchRules: RefRule[];
  };
}

export interface InstanceFacts {
  settings: InstanceSettings;
  /** The database takes no writes now: neither pushes nor side effects. */
  isReadOnly: boolean;
  /** Git commands that are switched off for HTTP. */
  commandsDisabledOverHttp: readonly string[];
  externalUrl: string;
  /** What stands before `<full path>.git` in SSH clone URLs. */
  sshClonePrefix: string;
  unverifiedChecks: UnverifiedPolicy;
}

export interface KeyFacts {
  id: number;
  kind: "user" | "deploy";
  keyType: KeyType;
  bits: number;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  /** SHA-256, unpadded Base64, without `SHA256:`. */
  fingerprint: string;
}

export interface UserFacts {
  id: number;
  username: string;
  name: string;
  state: UserState;
  userType: UserType;
  isAdmin: boolean;
  isExternal: boolean;
  projectsLimit: number;
  isConfirmed: boolean;
  isLocked: boolean;
  /** Locked until then besides, if that lies ahead. */
  lockedUntil: Date | null;
  isTwoFactorEnabled: boolean;
  /** How long the one-time password counts that they showed for the key in use, or without one for themselves. */
  verifiedUntil: Date | null;
  hasAcceptedTerms: boolean;
  passwordExpiresAt: Date | null;
  lastActivityOn: string | null;
}

export interface ProjectFacts {
  id: number;
  name: string;
  fullPath: string;
  visibility: Visibility;
  isArchived: boolean;
  isRepositoryReadOnly: boolean;
  repositoryAccessLevel: FeatureLevel;
  wikiAccessLevel: FeatureLevel;
  snippetsAccessLevel: FeatureLevel;
  repositoryStorage: string;
  /** 0: named by its path on disk; from 1 on by the hash of its id. */
  storageVersion: number;
  hasRepository: boolean;
  hasWikiRepository: boolean;
  hasDesignRepository: boolean;
  defaultBranch: string;
  isRepositoryEmpty: boolean;
  isLfsEnabled: boolean;
}

export interface SnippetFacts {
  id: number;
  authorId: number | null;
  visibility: Visibility;
  repositoryStorage: string;
  hasRepository: boolean;
  isRepositoryReadOnly: boolean;
  isRepositoryEmpty: boolean;
  /** Null: not known. */
  defaultBranch: string | null;
}

/** A repository's owner: a project (for its code, wiki or designs), or a snippet with or without a project. */
export interface TargetFacts {
  type: RepositoryType;
  project: ProjectFacts | null;
  snippet: SnippetFacts | null;
}

export interface NamespaceFacts {
  id: number;
  kind: "user" | "group";
  ownerId: number | null;
  fullPath: string;
  isArchived: boolean;
  enabledGitAccessProtocol: GitProtocolSetting;
  ipRestrictionRanges: string | null;
  projectCreationLevel: ProjectCreationLevel;
  projectsCount: number;
  defaultBranch: string | null;
  defaultBranchProtection: number | null;
}
