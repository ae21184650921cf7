import * as v from "valibot";
import type { EnabledDeployKey } from "../../db/deploy-keys.ts";

/** A deploy key as a project shows it, with its comment: it belongs to a machine, and names nobody. */
export const DeployKey = v.object({
  id: v.number(),
  title: v.string(),
  created_at: v.string(),
  expires_at: v.nullable(v.string()),
  key: v.string(),
  fingerprint: v.string(),
  fingerprint_sha256: v.string(),
  can_push: v.boolean(),
});

export function renderDeployKey({ key, canPush }: EnabledDeployKey): v.InferOutput<typeof DeployKey> {
  return {
    id: key.id,
    title: key.title,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    key: [key.algorithm, key.blob, key.comment].join(" ").trimEnd(),
    fingerprint: key.fingerprintMd5,
    fingerprint_sha256: `SHA256:${key.fingerprintSha256}`,
    can_push: canPush,
  };
}
