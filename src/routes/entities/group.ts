import * as v from "valibot";
import type { ShareRow } from "../../db/project-extras.ts";
import type { NamespaceRecord } from "../../db/project-records.ts";
import { protectionDefaultsOf, type ProtectionDefaults } from "../../domain/access/protection-defaults.ts";
import { fieldsOf } from "../attributes.ts";
import { groupAttributes } from "../groups/attributes.ts";
import { BranchProtection } from "./branch-protection.ts";
import { Project, ProjectSimple } from "./project.ts";
import { ShareEntry, renderShare } from "./share.ts";

const { membership_lock, wiki_access_level, prevent_sharing_groups_outside_hierarchy, ...listedAttributes } = groupAttributes;
/** The attributes as they are stored: those that lists show too, and those of a group by itself. */
const Listed = v.object(fieldsOf(listedAttributes));
const Detailed = v.object(fieldsOf({ membership_lock, wiki_access_level }));
const OfTopLevel = v.object(fieldsOf({ prevent_sharing_groups_outside_hierarchy }));

const groupFields = {
  id: v.number(),
  web_url: v.string(),
  name: v.string(),
  path: v.string(),
  description: v.string(),
  visibility: v.string(),
  share_with_group_lock: v.boolean(),
  ...Listed.entries,
  project_creation_level: v.string(),
  subgroup_creation_level: v.string(),
  emails_disabled: v.boolean(),
  lfs_enabled: v.boolean(),
  default_branch: v.nullable(v.string()),
  default_branch_protection: v.number(),
  default_branch_protection_defaults: BranchProtection,
  avatar_url: v.null(),
  full_name: v.string(),
  full_path: v.string(),
  created_at: v.string(),
  parent_id: v.nullable(v.number()),
  organization_id: v.number(),
  repository_storage: v.string(),
};

/** A group as lists show it. */
export const Group = v.object(groupFields);

/** A group by itself. */
export const GroupDetail = v.object({
  ...groupFields,
  ...Detailed.entries,
  shared_with_groups: v.array(ShareEntry),
  /** Top-level groups only. */
  prevent_sharing_groups_outside_hierarchy: v.optional(v.boolean()),
  /** Owners and administrators only, and the next two. */
  runners_token: v.optional(v.null()),
  enabled_git_access_protocol: v.optional(v.string()),
  ip_restriction_ranges: v.optional(v.nullable(v.string())),
  /** At most 100 each; left out with `with_projects=false`. */
  projects: v.optional(v.array(v.union([Project, ProjectSimple]))),
  shared_projects: v.optional(v.array(v.union([Project, ProjectSimple]))),
  marked_for_deletion_on: v.null(),
});

/** What its public form takes from outside the group's own row. */
export interface GroupContext {
  /** The external URL. */
  base: string;
  /** The instance's default_branch_protection. */
  defaultBranchProtection: number;
  /** Whether Git LFS is on in the nearest group above that says so. */
  isLfsInherited: boolean;
}

export function renderGroup({ namespace, fullPath, fullName }: NamespaceRecord, context: GroupContext): v.InferOutput<typeof Group> {
  const kept = v.parse(Listed, namespace.attributes);
  const protection = namespace.defaultBranchProtection ?? context.defaultBranchProtection;
  return {
    id: namespace.id,
    web_url: `${context.base}/groups/${fullPath}`,
    name: namespace.name,
    path: namespace.path,
    description: namespace.description,
    visibility: namespace.visibility,
    share_with_group_lock: namespace.isShareLocked,
    ...kept,
    project_creation_level: namespace.projectCreationLevel,
    subgroup_creation_level: namespace.subgroupCreationLevel,
    emails_disabled: !kept.emails_enabled,
    lfs_enabled: namespace.isLfsEnabled ?? context.isLfsInherited,
    default_branch: namespace.defaultBranch,
    default_branch_protection: protection,
    default_branch_protection_defaults: storedDefaults(namespace.attributes) ?? protectionDefaultsOf(protection),
    avatar_url: null,
    full_name: fullName,
    full_path: fullPath,
    created_at: namespace.createdAt.toISOString(),
    parent_id: namespace.parentId,
    organization_id: 1,
    repository_storage: "default",
  };
}

/** As they were sent, where they were. */
function storedDefaults(attributes: Record<string, unknown>): ProtectionDefaults | undefined {
  const defaults = attributes["default_branch_protection_defaults"];
  return v.is(BranchProtection, defaults) ? defaults : undefined;
}

type ProjectOfGroup = v.InferOutput<typeof Project> | v.InferOutput<typeof ProjectSimple>;

export interface GroupView {
  shares: readonly ShareRow[];
  /** Whether the caller is an owner, or an administrator. */
  isOwner: boolean;
  /** Null leaves them out. */
  projects: { own: ProjectOfGroup[]; shared: ProjectOfGroup[] } | null;
}

export function renderGroupDetail(record: NamespaceRecord, view: GroupView, context: GroupContext): v.InferOutput<typeof GroupDetail> {
  const { namespace } = record;
  const forOwners = {
    runners_token: null,
    enabled_git_access_protocol: namespace.enabledGitAccessProtocol,
    ip_restriction_ranges: namespace.ipRestrictionRanges,
  };
  return {
    ...renderGroup(record, context),
    shared_with_groups: view.shares.map((share) => renderShare(share)),
    ...(view.isOwner ? forOwners : {}),
    ...(namespace.parentId === null ? v.parse(OfTopLevel, namespace.attributes) : {}),
    ...(view.projects === null ? {} : { projects: view.projects.own, shared_projects: view.projects.shared }),
    ...v.parse(Detailed, namespace.attributes),
    marked_for_deletion_on: null,
  };
}
