import * as v from "valibot";
import { protectionLevelOf, type ProtectionDefaults } from "../../domain/access/protection-defaults.ts";
import { isBranchName } from "../../domain/git/branch-name.ts";
import { AccessLevel } from "../../domain/identity/access-level.ts";
import { lengthError } from "../../domain/identity/name.ts";
import { gitProtocolSettings, projectCreationLevels, subgroupCreationLevels } from "../../domain/identity/namespace.ts";
import { visibilities } from "../../domain/identity/visibility.ts";
import { boolean, list, oneOf, oneOfNumbers, optional, text } from "../../http/fields.ts";
import { parametersOf, takeAttributes } from "../attributes.ts";
import { groupAttributes } from "./attributes.ts";

const levels = () => optional(list(v.object({ access_level: oneOfNumbers([AccessLevel.developer, AccessLevel.maintainer]) })));

const ProtectionDefaultsParam = v.pipe(
  v.object({
    allowed_to_push: levels(),
    allow_force_push: optional(boolean()),
    allowed_to_merge: levels(),
    developer_can_initial_push: optional(boolean()),
  }),
  v.transform((given): ProtectionDefaults => ({
    allowed_to_push: given.allowed_to_push ?? [{ access_level: AccessLevel.maintainer }],
    allow_force_push: given.allow_force_push ?? false,
    allowed_to_merge: given.allowed_to_merge ?? [{ access_level: AccessLevel.maintainer }],
    developer_can_initial_push: given.developer_can_initial_push ?? false,
  })),
);

/** What a group may be given besides its name, path and parent (contract provisioning 7.1). */
export const groupFields = {
  description: optional(text()),
  visibility: optional(oneOf(visibilities)),
  lfs_enabled: optional(boolean()),
  project_creation_level: optional(oneOf(projectCreationLevels)),
  subgroup_creation_level: optional(oneOf(subgroupCreationLevels)),
  share_with_group_lock: optional(boolean()),
  emails_disabled: optional(boolean()),
  default_branch: optional(text()),
  default_branch_protection: optional(oneOfNumbers([0, 1, 2, 3, 4])),
  default_branch_protection_defaults: optional(ProtectionDefaultsParam),
  enabled_git_access_protocol: optional(oneOf(gitProtocolSettings)),
  ip_restriction_ranges: optional(text()),
  ...parametersOf(groupAttributes),
};

const GroupParams = v.object(groupFields);
export type GroupParams = v.InferOutput<typeof GroupParams>;

const longestDescription = 500;

/** What is wrong with the texts, by field; null where nothing is. */
export function textErrors({ description, default_branch: branch }: GroupParams) {
  return {
    description: lengthError(description, longestDescription),
    default_branch: branch === undefined || branch === "" || isBranchName(branch) ? null : "is invalid",
  };
}

/**
 * The columns that the parameters set; those that are not given are undefined. Addresses and visibility are judged by
 * the operation.
 */
export function groupColumns(params: GroupParams) {
  const defaults = params.default_branch_protection_defaults;
  return {
    description: params.description,
    isLfsEnabled: params.lfs_enabled,
    projectCreationLevel: params.project_creation_level,
    subgroupCreationLevel: params.subgroup_creation_level,
    isShareLocked: params.share_with_group_lock,
    defaultBranch: params.default_branch === undefined || params.default_branch === "" ? undefined : params.default_branch,
    defaultBranchProtection: defaults === undefined ? params.default_branch_protection : protectionLevelOf(defaults),
    enabledGitAccessProtocol: params.enabled_git_access_protocol,
    attributes: {
      ...takeAttributes(groupAttributes, params),
      ...(params.emails_disabled === undefined || params.emails_enabled !== undefined ? {} : { emails_enabled: !params.emails_disabled }),
      ...(defaults === undefined ? {} : { default_branch_protection_defaults: defaults }),
    },
  };
}
