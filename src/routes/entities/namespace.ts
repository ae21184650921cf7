import * as v from "valibot";
import type { NamespaceFigures } from "../../db/namespace-list.ts";
import type { NamespaceRow } from "../../db/namespaces.ts";
import type { NamespaceRecord } from "../../db/project-records.ts";

/** What everybody who may see a namespace is shown of it. */
export const NamespaceBasic = v.object({
  id: v.number(),
  name: v.string(),
  path: v.string(),
  kind: v.picklist(["group", "user"]),
  full_path: v.string(),
  parent_id: v.nullable(v.number()),
  avatar_url: v.null(),
  web_url: v.string(),
});

/** `base`: the external URL. */
export function renderNamespaceBasic(namespace: NamespaceRow, fullPath: string, base: string): v.InferOutput<typeof NamespaceBasic> {
  return {
    id: namespace.id,
    name: namespace.name,
    path: namespace.path,
    kind: namespace.kind,
    full_path: fullPath,
    parent_id: namespace.parentId,
    avatar_url: null,
    web_url: namespace.kind === "group" ? `${base}/groups/${fullPath}` : `${base}/${fullPath}`,
  };
}

/** A namespace as its owners and administrators see it (contract customers 9.2). */
export const Namespace = v.object({
  ...NamespaceBasic.entries,
  /** Groups only, and the next two. */
  members_count_with_descendants: v.optional(v.number()),
  root_repository_size: v.optional(v.null()),
  projects_count: v.optional(v.number()),
  billable_members_count: v.number(),
  plan: v.string(),
  trial: v.boolean(),
  trial_ends_on: v.nullable(v.string()),
  shared_runners_minutes_limit: v.nullable(v.number()),
  extra_shared_runners_minutes_limit: v.nullable(v.number()),
  additional_purchased_storage_size: v.number(),
  additional_purchased_storage_ends_on: v.nullable(v.string()),
});

/** `base`: the external URL. */
export function renderNamespace(
  { namespace, fullPath }: Pick<NamespaceRecord, "namespace" | "fullPath">,
  figures: NamespaceFigures,
  base: string,
): v.InferOutput<typeof Namespace> {
  const isGroup = namespace.kind === "group";
  const ofGroups = { members_count_with_descendants: figures.members, root_repository_size: null, projects_count: figures.projects };
  return {
    ...renderNamespaceBasic(namespace, fullPath, base),
    ...(isGroup ? ofGroups : {}),
    billable_members_count: figures.billable.all,
    plan: "free",
    trial: false,
    trial_ends_on: null,
    shared_runners_minutes_limit: null,
    extra_shared_runners_minutes_limit: null,
    additional_purchased_storage_size: 0,
    additional_purchased_storage_ends_on: null,
  };
}
