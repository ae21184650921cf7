import { featureLevels } from "../../domain/identity/visibility.ts";
import { choice, count, flag, line, openFlag, words } from "../attributes.ts";

const feature = (initial: (typeof featureLevels)[number] = "enabled") => choice(featureLevels, initial);

/** What a project keeps and echoes (contract provisioning 3, 9.2). */
export const projectAttributes = {
  topics: words(),
  packages_enabled: flag(true),
  resolve_outdated_diff_discussions: flag(false),
  service_desk_enabled: flag(false),
  request_access_enabled: flag(true),
  shared_runners_enabled: flag(true),
  emails_enabled: flag(true),
  ci_default_git_depth: count(20),
  ci_forward_deployment_enabled: flag(true),
  ci_push_repository_for_job_token_allowed: flag(false),
  ci_config_path: line(),
  public_jobs: flag(true),
  build_timeout: count(3600),
  auto_cancel_pending_pipelines: choice(["enabled", "disabled"], "enabled"),
  only_allow_merge_if_pipeline_succeeds: flag(false),
  allow_merge_on_skipped_pipeline: openFlag(),
  only_allow_merge_if_all_discussions_are_resolved: flag(false),
  remove_source_branch_after_merge: flag(true),
  autoclose_referenced_issues: flag(true),
  merge_method: choice(["merge", "rebase_merge", "ff"], "merge"),
  squash_option: choice(["never", "always", "default_on", "default_off"], "default_off"),
  suggestion_commit_message: line(),
  issues_access_level: feature(),
  forking_access_level: feature(),
  builds_access_level: feature(),
  pages_access_level: choice([...featureLevels, "public"], "private"),
  analytics_access_level: feature(),
  container_registry_access_level: feature(),
  security_and_compliance_access_level: feature("private"),
  releases_access_level: feature(),
  environments_access_level: feature(),
  feature_flags_access_level: feature(),
  infrastructure_access_level: feature(),
  monitor_access_level: feature(),
  model_experiments_access_level: feature(),
  model_registry_access_level: feature(),
};

/** Features that an older parameter switches on and off as a whole: `issues_enabled` for `issues_access_level`. */
export const legacySwitches = [
  ["issues_enabled", "issues_access_level"],
  ["merge_requests_enabled", "merge_requests_access_level"],
  ["wiki_enabled", "wiki_access_level"],
  ["jobs_enabled", "builds_access_level"],
  ["snippets_enabled", "snippets_access_level"],
  ["container_registry_enabled", "container_registry_access_level"],
] as const;
