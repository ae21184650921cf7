import * as v from "valibot";
import type { KeyWithUser } from "../../db/key-lookup.ts";
import type { KeyRow } from "../../db/keys.ts";
import { authorizedKeyLine, keyUsages } from "../../domain/identity/ssh-key.ts";
import { deployKeyLine } from "./deploy-key.ts";
import { renderUserSelf, UserSelf } from "./user.ts";

/** A user's SSH key. */
export const SshKey = v.object({
  id: v.number(),
  title: v.string(),
  created_at: v.string(),
  expires_at: v.nullable(v.string()),
  /** One line; instead of the owner's comment, often an e-mail address, their name and the host. */
  key: v.string(),
  usage_type: v.picklist(keyUsages),
});

/** `base`: the external URL. */
export function renderSshKey(key: KeyRow, ownerName: string, base: string): v.InferOutput<typeof SshKey> {
  return {
    id: key.id,
    title: key.title,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    key: authorizedKeyLine(key, ownerName, new URL(base).hostname),
    usage_type: key.usage,
  };
}

const DeployKeyProject = v.object({
  id: v.number(),
  deploy_key_id: v.number(),
  project_id: v.number(),
  created_at: v.string(),
  updated_at: v.string(),
  can_push: v.boolean(),
});

/** Any key with the user behind it; a deploy key also with the projects it is enabled on. */
export const SshKeyWithUser = v.object({
  ...SshKey.entries,
  /** Null where the creator of a deploy key is gone. */
  user: v.nullable(UserSelf),
  deploy_keys_projects: v.optional(v.array(DeployKeyProject)),
});

export function renderSshKeyWithUser({ key, user, links }: KeyWithUser, base: string): v.InferOutput<typeof SshKeyWithUser> {
  const shown = {
    ...renderSshKey(key, user?.user.name ?? "", base),
    user: user === null ? null : renderUserSelf(user, base),
  };
  if (key.kind === "user") return shown;
  // A deploy key's own comment stays: it is nobody's e-mail address.
  return { ...shown, key: deployKeyLine(key), deploy_keys_projects: links.map((link) => renderLink(link)) };
}

function renderLink(link: KeyWithUser["links"][number]): v.InferOutput<typeof DeployKeyProject> {
  return {
    id: link.id,
    deploy_key_id: link.deployKeyId,
    project_id: link.projectId,
    created_at: link.createdAt.toISOString(),
    updated_at: link.updatedAt.toISOString(),
    can_push: link.canPush,
  };
}
