import * as v from "valibot";
import type { EnabledDeployKey } from "../../db/deploy-keys.ts";
import type { InstanceDeployKey } from "../../db/instance-deploy-keys.ts";
import type { KeyRow } from "../../db/keys.ts";
import { keyUsages } from "../../domain/identity/ssh-key.ts";
import { ProjectIdentity, renderProjectIdentity } from "./project.ts";

/** A deploy key by itself, with its comment: it belongs to a machine, and names nobody. */
export const DeployKeyBasic = v.object({
  id: v.number(),
  title: v.string(),
  created_at: v.string(),
  expires_at: v.nullable(v.string()),
  key: v.string(),
  fingerprint: v.string(),
  fingerprint_sha256: v.string(),
});

/** A deploy key as a project shows it. */
export const DeployKey = v.object({ ...DeployKeyBasic.entries, can_push: v.boolean() });

/** A deploy key as administrators see it, with all its projects. */
export const DeployKeyWithProjects = v.object({
  ...DeployKeyBasic.entries,
  projects_with_write_access: v.array(ProjectIdentity),
  projects_with_readonly_access: v.array(ProjectIdentity),
});

/** A deploy key as its creation for the whole instance answers it. */
export const DeployKeyWithUsage = v.object({ ...DeployKeyWithProjects.entries, usage_type: v.picklist(keyUsages) });

export function renderDeployKeyBasic(key: KeyRow): v.InferOutput<typeof DeployKeyBasic> {
  return {
    id: key.id,
    title: key.title,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    key: deployKeyLine(key),
    fingerprint: key.fingerprintMd5,
    fingerprint_sha256: `SHA256:${key.fingerprintSha256}`,
  };
}

/** The key as it was given. */
export function deployKeyLine(key: Pick<KeyRow, "algorithm" | "blob" | "comment">): string {
  return [key.algorithm, key.blob, key.comment].join(" ").trimEnd();
}

export function renderDeployKey({ key, canPush }: EnabledDeployKey): v.InferOutput<typeof DeployKey> {
  return { ...renderDeployKeyBasic(key), can_push: canPush };
}

export function renderDeployKeyWithProjects({ key, projects }: InstanceDeployKey): v.InferOutput<typeof DeployKeyWithProjects> {
  const projectsWhere = (canPush: boolean) =>
    projects.filter((each) => each.canPush === canPush).map((each) => renderProjectIdentity(each));
  return {
    ...renderDeployKeyBasic(key),
    projects_with_write_access: projectsWhere(true),
    projects_with_readonly_access: projectsWhere(false),
  };
}

export function renderDeployKeyWithUsage(record: InstanceDeployKey): v.InferOutput<typeof DeployKeyWithUsage> {
  return { ...renderDeployKeyWithProjects(record), usage_type: record.key.usage };
}
