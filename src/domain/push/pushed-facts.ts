import type { Visibility } from "../identity/visibility.ts";
import type { InstanceSettings } from "../settings.ts";
import type { PushAction, RefType } from "./push-event.ts";

/** Who pushed, as web hooks tell it. */
export interface Pusher {
  /** Null: the ghost, who stands for a deploy key without an owner. */
  id: number | null;
  name: string;
  username: string;
  email: string | null;
  publicEmail: string | null;
}

/** A project as a job finds it that processes a push to it, with what web hooks tell of it. */
export interface PushedProject {
  id: number;
  name: string;
  description: string | null;
  visibility: Visibility;
  fullPath: string;
  defaultBranch: string;
  isRepositoryEmpty: boolean;
  ciConfigPath: string | null;
  namespaceName: string;
  /** `default_branch_protection` of its namespace; null: the instance's. */
  namespaceProtection: number | null;
  /** Names or patterns of the rules for its branches, inherited ones included, and for its tags. */
  branchRules: string[];
  tagRules: string[];
  /** Whether any open merge request comes from it or goes to it. */
  hasOpenMergeRequests: boolean;
}

export interface PushedSnippet {
  id: number;
  defaultBranch: string | null;
  isRepositoryEmpty: boolean;
}

/** What was pushed to: of a project, its wiki and its designs the project; or a snippet. */
export type PushedRepository =
  | { type: "project" | "wiki" | "design"; project: PushedProject }
  | { type: "snippet"; snippet: PushedSnippet };

/** Changes of a push whose events are kept, all of them or the first ones: one of each, or with `isBulk` one of all. */
export interface RecordedGroup {
  type: RefType;
  action: PushAction;
  isBulk: boolean;
}

/** All that the processing of a push looks at. */
export interface PushedFacts {
  settings: InstanceSettings;
  /** Null: there is no row for what was pushed to. */
  repository: PushedRepository | null;
  /** Null: nobody that is known. */
  pusher: Pusher | null;
  /** Of what events of this push are there already; any: it is being processed again. */
  recorded: RecordedGroup[];
}
