import * as v from "valibot";
import type { NamespaceRow } from "../../db/namespaces.ts";

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
