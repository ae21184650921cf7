import * as v from "valibot";
import type { LoggedRequest } from "../../db/hook-requests.ts";
import type { HookRow } from "../../db/hooks.ts";
import { openEvent, otherEvents } from "../../domain/hooks/events.ts";
import { alertStatuses, alertStatusOf } from "../../domain/hooks/health.ts";
import { branchFilterStrategies, hookTriggers, type HookKind } from "../../domain/hooks/hook.ts";
import type { HookSecrets, NamedValue } from "../../domain/hooks/secrets.ts";
import { unreadableUrl } from "../../hooks/attempt.ts";

const names = v.array(v.object({ key: v.string() }));

const sharedEntries = {
  id: v.number(),
  /** With the names of URL variables; `[unreadable]` where the key that it was encrypted with is gone. */
  url: v.string(),
  name: v.nullable(v.string()),
  description: v.nullable(v.string()),
  created_at: v.string(),
  push_events: v.boolean(),
  tag_push_events: v.boolean(),
  repository_update_events: v.boolean(),
  /** Kept and shown: certificates are always verified. */
  enable_ssl_verification: v.boolean(),
  push_events_branch_filter: v.nullable(v.string()),
  branch_filter_strategy: v.picklist(branchFilterStrategies),
  custom_webhook_template: v.nullable(v.string()),
  /** The names alone, as of URL variables. */
  custom_headers: names,
  url_variables: names,
  alert_status: v.picklist(alertStatuses),
  disabled_until: v.nullable(v.string()),
};

const eventEntries = (kind: HookKind) =>
  Object.fromEntries(otherEvents[kind].map((name) => [name, name === openEvent ? v.nullable(v.boolean()) : v.boolean()]));

/** A hook of a project, a group or the instance; it never shows its token. */
export const hookEntities = {
  project: v.object({ ...sharedEntries, ...eventEntries("project"), project_id: v.number() }),
  group: v.object({ ...sharedEntries, ...eventEntries("group"), group_id: v.number() }),
  system: v.object({ ...sharedEntries, ...eventEntries("system") }),
} satisfies Record<HookKind, v.GenericSchema>;

/** `secrets` is null where they cannot be read. */
export function renderHook(hook: HookRow, secrets: HookSecrets | null, now: Date): Record<string, unknown> {
  const status = alertStatusOf(hook, now);
  return {
    id: hook.id,
    url: secrets?.url ?? unreadableUrl,
    name: hook.name,
    description: hook.description,
    created_at: hook.createdAt.toISOString(),
    push_events: hook.pushEvents,
    tag_push_events: hook.tagPushEvents,
    repository_update_events: hook.repositoryUpdateEvents,
    enable_ssl_verification: hook.enableSslVerification,
    push_events_branch_filter: hook.pushEventsBranchFilter,
    branch_filter_strategy: hook.branchFilterStrategy,
    custom_webhook_template: hook.customWebhookTemplate,
    custom_headers: keysOf(secrets?.customHeaders ?? []),
    url_variables: keysOf(secrets?.urlVariables ?? []),
    alert_status: status,
    disabled_until: status === "temporarily_disabled" ? (hook.disabledUntil?.toISOString() ?? null) : null,
    ...Object.fromEntries(otherEvents[hook.kind].map((name) => [name, hook.otherEvents[name] ?? (name === openEvent ? null : false)])),
    ...(hook.projectId === null ? {} : { project_id: hook.projectId }),
    ...(hook.namespaceId === null ? {} : { group_id: hook.namespaceId }),
  };
}

function keysOf(values: readonly NamedValue[]): { key: string }[] {
  return values.map(({ key }) => ({ key }));
}

const headers = v.record(v.string(), v.string());

/** A request that was made to a hook, or refused to be made. */
export const HookEvent = v.object({
  id: v.number(),
  /** Without user name and password. */
  url: v.string(),
  trigger: v.picklist(hookTriggers),
  request_headers: headers,
  /** `{"oversize": true}` for what is too long to show; empty where it is not kept any more. */
  request_data: v.record(v.string(), v.unknown()),
  response_headers: headers,
  response_body: v.string(),
  /** Seconds. */
  execution_duration: v.number(),
  /** HTTP status, or `internal error`. */
  response_status: v.string(),
  /** Why there was no answer. */
  internal_error_message: v.nullable(v.string()),
  /** What the body says without having been able to look at the repository. */
  not_verified: v.array(v.string()),
  created_at: v.string(),
});

const Body = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

export function renderHookEvent({ request, payload, isOversize }: LoggedRequest): v.InferOutput<typeof HookEvent> {
  const body = v.safeParse(Body, payload);
  return {
    id: request.id,
    url: request.url,
    trigger: request.trigger,
    request_headers: request.requestHeaders,
    request_data: isOversize ? { oversize: true } : body.success ? body.output : {},
    response_headers: request.responseHeaders,
    response_body: request.responseBody,
    execution_duration: request.executionDuration,
    response_status: request.responseStatus,
    internal_error_message: request.error,
    not_verified: request.notVerified,
    created_at: request.createdAt.toISOString(),
  };
}
