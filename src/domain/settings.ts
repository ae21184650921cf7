import * as v from "valibot";
import { visibilities } from "./identity/visibility.ts";

const restriction = () => v.optional(v.number(), 0);

/**
 * What an administrator may set for the whole instance, with GitLab's defaults (contract provisioning 15). The row
 * holds only what was set; values here are those that some rule reads.
 */
export const InstanceSettings = v.object({
  /** The only protocol Git may use; null: any. */
  enabled_git_access_protocol: v.optional(v.nullable(v.picklist(["ssh", "http"])), null),
  /** MiB; null or 0: no limit. */
  receive_max_input_size: v.optional(v.nullable(v.number()), null),
  /** −1 forbidden, 0 any size, otherwise the smallest size in bits. */
  rsa_key_restriction: restriction(),
  dsa_key_restriction: restriction(),
  ecdsa_key_restriction: restriction(),
  ed25519_key_restriction: restriction(),
  ecdsa_sk_key_restriction: restriction(),
  ed25519_sk_key_restriction: restriction(),
  /** Days; null: no limit. */
  max_ssh_key_lifetime: v.optional(v.nullable(v.number()), null),
  max_personal_access_token_lifetime: v.optional(v.nullable(v.number()), null),
  require_personal_access_token_expiry: v.optional(v.boolean(), true),
  personal_access_token_prefix: v.optional(v.string(), "glpat-"),
  default_branch_name: v.optional(v.nullable(v.string()), null),
  default_branch_protection: v.optional(v.number(), 2),
  default_project_visibility: v.optional(v.picklist(visibilities), "private"),
  default_group_visibility: v.optional(v.picklist(visibilities), "private"),
  /** Levels that only administrators may give. */
  restricted_visibility_levels: v.optional(v.array(v.picklist(visibilities)), []),
  default_projects_limit: v.optional(v.number(), 100_000),
  user_default_external: v.optional(v.boolean(), false),
  can_create_group: v.optional(v.boolean(), true),
  git_audit_events: v.optional(v.boolean(), false),
  enforce_terms: v.optional(v.boolean(), false),
  /** How long decisions on access are kept; 0: none is. */
  decision_log_days: v.optional(v.number(), 30),
  /** 0 switches the limit on Git operations off; its size is that of the deployment's binding. */
  gitlab_shell_operation_limit: v.optional(v.number(), 600),
  /** Of a push that changes more refs than this no hook is called, and no activity is recorded. */
  push_event_hooks_limit: v.optional(v.number(), 3),
  push_event_activities_limit: v.optional(v.number(), 3),
  /** Whether Git over SSH asks users with two-factor for a one-time password. */
  two_factor_for_cli: v.optional(v.boolean(), false),
  /** Minutes that a verified one-time password is good for. */
  git_two_factor_session_expiry: v.optional(v.number(), 15),
  /** Whether hooks may call addresses of the local network. */
  allow_local_requests_from_web_hooks_and_services: v.optional(v.boolean(), false),
  /** Administrators' rights through a token then need its scope `admin_mode`. */
  admin_mode: v.optional(v.boolean(), false),
});
export type InstanceSettings = v.InferOutput<typeof InstanceSettings>;

/** Bytes that the row may have as JSON: it is read with every decision. */
export const longestSettings = 32_768;

/** The row's values were validated when they were set; anything else in it is our fault, and nothing is decided by it. */
export function readSettings(stored: Record<string, unknown>): InstanceSettings {
  return v.parse(InstanceSettings, stored);
}
