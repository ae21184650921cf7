import * as v from "valibot";
import type { KeyRow } from "../../db/keys.ts";
import { authorizedKeyLine, keyUsages } from "../../domain/identity/ssh-key.ts";

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
