import type { Membership } from "../identity/access-level.ts";
import type { RepositoryType } from "../identity/gl-repository.ts";
import type { GitProtocolSetting, ProjectCreationLevel } from "../identity/namespace.ts";
import type { KeyType } from "../identity/ssh-key.ts";
import type { UserState, UserType } from "../identity/user-state.ts";
import type { FeatureLevel, Visibility } from "../identity/visibility.ts";
import type { InstanceSettings } from "../settings.ts";

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
}

export interface InstanceFacts {
  settings: InstanceSettings;
  /** The database takes no writes now: neither pushes nor side effects. */
  isReadOnly: boolean;
  /** Git commands that are switched off for HTTP. */
  commandsDisabledOverHttp: readonly string[];
  externalUrl: string;
}

export interface KeyFacts {
  id: number;
  kind: "user" | "deploy";
  keyType: KeyType;
  bits: number;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
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
}

export interface SnippetFacts {
  id: number;
  authorId: number | null;
  visibility: Visibility;
  repositoryStorage: string;
  hasRepository: boolean;
  isRepositoryReadOnly: boolean;
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
