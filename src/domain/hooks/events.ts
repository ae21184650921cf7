import type { HookKind } from "./hook.ts";

const ofAll = [
  "issues_events",
  "confidential_issues_events",
  "note_events",
  "confidential_note_events",
  "merge_requests_events",
  "pipeline_events",
  "wiki_page_events",
  "deployment_events",
  "feature_flag_events",
  "job_events",
  "releases_events",
  "emoji_events",
  "milestone_events",
  "resource_access_token_events",
  "vulnerability_events",
  "alert_events",
] as const;

/**
 * Events that a hook of a kind can be asked to hear of, besides pushes: kept and shown (contract provisioning 13). Of these, alerts are told.
 * `alert_events` are ours; merge requests of system hooks are GitLab's.
 */
export const otherEvents = {
  project: ofAll,
  group: [...ofAll, "subgroup_events", "member_events", "project_events"],
  system: ["merge_requests_events"],
} as const satisfies Record<HookKind, readonly string[]>;

/** Flags that nobody has decided are not off, but null: this one, in GitLab too. */
export const openEvent = "confidential_note_events";

/** What a hook hears of where its maker does not say. System hooks follow GitLab's: one delivery a push, not one a ref. */
export const defaultEvents = {
  project: { pushEvents: true, repositoryUpdateEvents: false },
  group: { pushEvents: true, repositoryUpdateEvents: false },
  system: { pushEvents: false, repositoryUpdateEvents: true },
} as const satisfies Record<HookKind, object>;

/** Hooks that one project, group, or the instance can have: each is another request for every push. */
export const mostHooks = { project: 100, group: 50, system: 100 } as const satisfies Record<HookKind, number>;

/** What a hook can be tried with by name, of which only pushes have something to send. */
export const testTriggers = [
  "push_events",
  "tag_push_events",
  "issues_events",
  "confidential_issues_events",
  "note_events",
  "merge_requests_events",
  "job_events",
  "pipeline_events",
  "wiki_page_events",
  "releases_events",
  "emoji_events",
  "resource_access_token_events",
] as const;
export type TestTrigger = (typeof testTriggers)[number];
