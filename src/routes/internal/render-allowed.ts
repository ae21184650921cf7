import * as v from "valibot";
import type { Config } from "../../config.ts";
import { isAudited, keepsAuditEvents } from "../../domain/access/audit-event.ts";
import type { CustomAction } from "../../domain/access/custom-action.ts";
import type { AccessFacts, TargetFacts } from "../../domain/access/facts.ts";
import type { AccessRequest } from "../../domain/access/request.ts";
import { fullPathOf, glRepositoryOf, relativePathOf, storageOf } from "../../domain/access/target.ts";
import { connectionTo } from "../../domain/git/gitaly-connection.ts";
import { ghost } from "../../domain/identity/actor.ts";
import { log } from "../../http/log.ts";

const Repository = v.object({
  storage_name: v.string(),
  relative_path: v.string(),
  git_object_directory: v.string(),
  git_alternate_object_directories: v.array(v.string()),
  gl_repository: v.string(),
  gl_project_path: v.string(),
});

/** Everything gitlab-shell needs to go on to Gitaly; Gitaly itself reads `status` alone (contract git-access 16). */
export const Allowed = v.object({
  status: v.literal(true),
  gl_repository: v.string(),
  gl_project_path: v.string(),
  gl_id: v.string(),
  gl_username: v.optional(v.string()),
  gl_key_type: v.optional(v.picklist(["key", "deploy_key"])),
  gl_key_id: v.optional(v.number()),
  gl_project_id: v.optional(v.number()),
  gl_root_namespace_id: v.optional(v.number()),
  git_config_options: v.array(v.string()),
  gitaly: v.object({
    repository: Repository,
    address: v.string(),
    token: v.nullable(v.string()),
    features: v.record(v.string(), v.string()),
    retry_config: v.object({
      maxAttempts: v.number(),
      initialBackoff: v.string(),
      maxBackoff: v.string(),
      backoffMultiplier: v.number(),
      retryableStatusCodes: v.array(v.string()),
    }),
  }),
  gl_console_messages: v.array(v.string()),
  need_audit: v.boolean(),
});

/** Of status 300, which both callers take for an allowance (contract git-access 15). */
export const Elsewhere = v.object({
  status: v.literal(true),
  payload: v.object({ action: v.string(), data: v.record(v.string(), v.unknown()) }),
  gl_console_messages: v.array(v.string()),
});

export function renderCustomAction({ payload, messages }: CustomAction): v.InferOutput<typeof Elsewhere> {
  return { status: true, payload, gl_console_messages: [...messages] };
}

/** How gitlab-shell repeats calls to Gitaly, as gRPC's retry policy. */
const retryConfig = {
  maxAttempts: 4,
  initialBackoff: "0.4s",
  maxBackoff: "1.4s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE", "ABORTED"],
};

const bytesPerMebibyte = 1_048_576;
const soonMilliseconds = 7 * 24 * 60 * 60 * 1000;

export function renderAllowed(
  request: AccessRequest,
  facts: AccessFacts,
  target: TargetFacts,
  config: Config,
  now: Date,
): v.InferOutput<typeof Allowed> {
  const glRepository = glRepositoryOf(target);
  const fullPath = fullPathOf(target);
  const storage = storageOf(target);
  const { address, token, features } = connectionTo(storage, target.project?.fullPath ?? null, config);
  if (address === "") log.warn("gitaly:storage-not-configured", { storage, gl_repository: glRepository });
  return {
    status: true,
    gl_repository: glRepository,
    gl_project_path: fullPath,
    ...renderActor(facts),
    ...(target.project === null ? {} : { gl_project_id: target.project.id, gl_root_namespace_id: facts.namespaces.at(-1)?.id ?? 0 }),
    git_config_options: gitConfigOptions(facts.instance.settings.receive_max_input_size),
    gitaly: {
      repository: {
        storage_name: storage,
        relative_path: relativePathOf(target),
        git_object_directory: request.quarantine.objectDirectory,
        git_alternate_object_directories: request.quarantine.alternateObjectDirectories,
        gl_repository: glRepository,
        gl_project_path: fullPath,
      },
      address,
      token,
      features,
      retry_config: retryConfig,
    },
    gl_console_messages: consoleMessages(facts.key?.expiresAt ?? null, now),
    need_audit: isAudited(request) && keepsAuditEvents(facts.instance),
  };
}

/** Behind a deploy key stands its creator, or the ghost where that user is gone. */
function renderActor({ key, user }: AccessFacts) {
  const person = user ?? (key?.kind === "deploy" ? ghost : null);
  return {
    gl_id: person === null ? "" : `user-${person.id}`,
    ...(person === null ? {} : { gl_username: person.username }),
    ...(key === null ? {} : { gl_key_type: key.kind === "deploy" ? ("deploy_key" as const) : ("key" as const), gl_key_id: key.id }),
  };
}

/** Partial clones need the first two; the third bounds a push, where the instance says so. */
function gitConfigOptions(maxInputMebibytes: number | null): string[] {
  const always = ["uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"];
  if (maxInputMebibytes === null || maxInputMebibytes <= 0) return always;
  return [...always, `receive.maxInputSize=${maxInputMebibytes * bytesPerMebibyte}`];
}

/** What the person reads before Git begins. */
function consoleMessages(keyExpiresAt: Date | null, now: Date): string[] {
  const expiresSoon = keyExpiresAt !== null && keyExpiresAt.getTime() < now.getTime() + soonMilliseconds;
  return expiresSoon ? ["INFO: Your SSH key expires soon. Please generate a new key."] : [];
}
