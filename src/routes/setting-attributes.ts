import * as v from "valibot";
import { InstanceSettings } from "../domain/settings.ts";
import { visibilities } from "../domain/identity/visibility.ts";
import { boolean, commaList, integer, notInList, oneOf, oneOfNumbers, text } from "../http/fields.ts";
import { flag, parametersOf } from "./attributes.ts";

const known = InstanceSettings.entries;

/** A number whose bounds are told by field (domain/setting-checks.ts). */
const bounded = (initial: number) => ({ parameter: integer(), field: v.optional(v.number(), initial) });

/** Null and `""` clear it. */
const openNumber = () =>
  v.optional(
    v.pipe(
      v.nullable(v.union([v.literal(""), integer()])),
      v.transform((value) => (value === "" ? null : value)),
    ),
  );
const openText = () =>
  v.optional(
    v.pipe(
      v.nullable(text()),
      v.transform((value) => (value?.trim() === "" ? null : value)),
    ),
  );
/** Null is the empty list. */
const openList = <const Element extends v.GenericSchema>(element: Element) =>
  v.optional(
    v.pipe(
      v.nullable(commaList(element)),
      v.transform((values) => [...new Set(values)]),
    ),
  );

/** The words for both protocols. */
const anyProtocol: readonly (string | null)[] = ["", "all", "nil", null];

const protocol = v.optional(
  v.pipe(
    v.nullable(text()),
    v.transform((value) => (anyProtocol.includes(value) ? null : value)),
    v.nullable(v.picklist(["ssh", "http"], notInList)),
  ),
);

const visibility = oneOf(visibilities);

/** Told of as a whole, as GitLab does, whichever element is wrong; null is the empty list. */
const visibilityList = v.optional(
  v.pipe(
    v.nullable(
      v.pipe(
        commaList(text()),
        v.check((values) => values.every((value) => v.is(v.picklist(visibilities), value)), notInList),
      ),
    ),
    v.transform((values) => [...new Set(values)]),
  ),
);
const keySize = integer();
const openLine = { parameter: openText(), field: v.optional(v.nullable(v.string()), null) };
const domains = { parameter: openList(v.pipe(text(), v.trim(), v.maxLength(253))), field: v.optional(v.array(v.string()), []) };

/**
 * The settings of the instance by their names on the wire: of each the parameter it is set by, and the field it is shown
 * as, with what is shown where it was never set (contract provisioning 15). Those that some rule reads have their
 * defaults in domain/settings.ts; all others are kept and echoed.
 */
export const settingAttributes = {
  enabled_git_access_protocol: { parameter: protocol, field: known.enabled_git_access_protocol },
  receive_max_input_size: { parameter: openNumber(), field: known.receive_max_input_size },
  rsa_key_restriction: { parameter: keySize, field: known.rsa_key_restriction },
  dsa_key_restriction: { parameter: keySize, field: known.dsa_key_restriction },
  ecdsa_key_restriction: { parameter: keySize, field: known.ecdsa_key_restriction },
  ed25519_key_restriction: { parameter: keySize, field: known.ed25519_key_restriction },
  ecdsa_sk_key_restriction: { parameter: keySize, field: known.ecdsa_sk_key_restriction },
  ed25519_sk_key_restriction: { parameter: keySize, field: known.ed25519_sk_key_restriction },
  max_ssh_key_lifetime: { parameter: openNumber(), field: known.max_ssh_key_lifetime },
  max_personal_access_token_lifetime: { parameter: openNumber(), field: known.max_personal_access_token_lifetime },
  require_personal_access_token_expiry: { parameter: boolean(), field: known.require_personal_access_token_expiry },
  personal_access_token_prefix: { parameter: text(), field: known.personal_access_token_prefix },
  default_branch_name: { parameter: openText(), field: known.default_branch_name },
  default_branch_protection: { parameter: oneOfNumbers([0, 1, 2, 3, 4]), field: known.default_branch_protection },
  default_project_visibility: { parameter: visibility, field: known.default_project_visibility },
  default_group_visibility: { parameter: visibility, field: known.default_group_visibility },
  restricted_visibility_levels: { parameter: visibilityList, field: known.restricted_visibility_levels },
  default_projects_limit: { parameter: integer(), field: known.default_projects_limit },
  user_default_external: { parameter: boolean(), field: known.user_default_external },
  can_create_group: { parameter: boolean(), field: known.can_create_group },
  git_audit_events: { parameter: boolean(), field: known.git_audit_events },
  enforce_terms: { parameter: boolean(), field: known.enforce_terms },
  decision_log_days: { parameter: integer(), field: known.decision_log_days },
  gitlab_shell_operation_limit: { parameter: integer(), field: known.gitlab_shell_operation_limit },
  push_event_hooks_limit: { parameter: integer(), field: known.push_event_hooks_limit },
  push_event_activities_limit: { parameter: integer(), field: known.push_event_activities_limit },
  two_factor_for_cli: { parameter: boolean(), field: known.two_factor_for_cli },
  git_two_factor_session_expiry: { parameter: integer(), field: known.git_two_factor_session_expiry },
  allow_local_requests_from_web_hooks_and_services: {
    parameter: boolean(),
    field: known.allow_local_requests_from_web_hooks_and_services,
  },
  admin_mode: { parameter: boolean(), field: known.admin_mode },

  require_two_factor_authentication: flag(false),
  two_factor_grace_period: bounded(48),
  require_admin_two_factor_authentication: flag(false),
  authorized_keys_enabled: flag(true),
  allow_local_requests_from_system_hooks: flag(true),
  repository_storages_weighted: {
    parameter: v.record(v.string(), integer()),
    field: v.optional(v.record(v.string(), v.number()), { default: 100 }),
  },
  rate_limiting_response_text: openLine,
  throttle_authenticated_api_enabled: flag(false),
  throttle_authenticated_api_period_in_seconds: bounded(3600),
  throttle_authenticated_api_requests_per_period: bounded(7200),
  default_snippet_visibility: { parameter: visibility, field: v.optional(v.string(), "private") },
  default_ci_config_path: openLine,
  signup_enabled: flag(true),
  require_admin_approval_after_user_signup: flag(true),
  password_authentication_enabled_for_web: flag(true),
  password_authentication_enabled_for_git: flag(true),
  user_oauth_applications: flag(true),
  gravatar_enabled: flag(true),
  session_expire_delay: bounded(10_080),
  max_attachment_size: bounded(100),
  max_import_size: bounded(50),
  home_page_url: openLine,
  after_sign_out_path: openLine,
  terms: openLine,
  domain_allowlist: domains,
  domain_denylist_enabled: flag(false),
  domain_denylist: domains,
  shared_runners_enabled: flag(true),
};

/** The parameters of all settings; each of them may be left out. */
export const settingParameters = parametersOf(settingAttributes);
