import * as v from "valibot";
import { isBranchName } from "../../domain/git/branch-name.ts";
import { descriptionError } from "../../domain/identity/name.ts";
import { gitProtocolSettings, projectCreationLevels, subgroupCreationLevels } from "../../domain/identity/namespace.ts";
import { visibilities } from "../../domain/identity/visibility.ts";
import { boolean, oneOf, optional, text } from "../../http/fields.ts";
import { parametersOf, takeAttributes } from "../attributes.ts";
import { protectionFields, protectionOf } from "../branch-protection.ts";
import { groupAttributes } from "./attributes.ts";

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
  enabled_git_access_protocol: optional(oneOf(gitProtocolSettings)),
  /** Null and `""` are none. */
  ip_restriction_ranges: v.optional(
    v.pipe(
      v.nullable(text()),
      v.transform((value) => value ?? ""),
    ),
  ),
  ...protectionFields,
  ...parametersOf(groupAttributes),
};

const GroupParams = v.object(groupFields);
export type GroupParams = v.InferOutput<typeof GroupParams>;

const longestDescription = 500;

/** What is wrong with the texts, by field; null where nothing is. */
export function textErrors({ description, default_branch: branch }: GroupParams) {
  return {
    description: descriptionError(description, longestDescription),
    default_branch: branch === undefined || branch === "" || isBranchName(branch) ? null : "is invalid",
  };
}

/**
 * The columns that the parameters set; those that are not given are undefined. Addresses and visibility are judged by
 * the operation.
 */
export function groupColumns(params: GroupParams) {
  const protection = protectionOf(params);
  return {
    description: params.description,
    isLfsEnabled: params.lfs_enabled,
    projectCreationLevel: params.project_creation_level,
    subgroupCreationLevel: params.subgroup_creation_level,
    isShareLocked: params.share_with_group_lock,
    defaultBranch: params.default_branch === undefined || params.default_branch === "" ? undefined : params.default_branch,
    defaultBranchProtection: protection?.level,
    enabledGitAccessProtocol: params.enabled_git_access_protocol,
    attributes: {
      ...takeAttributes(groupAttributes, params),
      ...(params.emails_disabled === undefined || params.emails_enabled !== undefined ? {} : { emails_enabled: !params.emails_disabled }),
      ...(protection === null ? {} : { default_branch_protection_defaults: protection.defaults }),
    },
  };
}
