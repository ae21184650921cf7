import * as v from "valibot";
import type { HookRow, HookValues } from "../db/hooks.ts";
import { invalidValue, unprocessableFields, type FieldErrors } from "../domain/fault.ts";
import { isLegalBranchFilter } from "../domain/hooks/branch-filter.ts";
import { defaultEvents, otherEvents } from "../domain/hooks/events.ts";
import { branchFilterStrategies, type HookKind } from "../domain/hooks/hook.ts";
import type { SecretsChange } from "../domain/hooks/secrets.ts";
import { boolean, list, oneOf, optional, text } from "../http/fields.ts";

const namedValues = () => optional(list(v.object({ key: text(), value: text() })));

const sharedFields = {
  name: optional(text()),
  description: optional(text()),
  token: optional(text()),
  push_events: optional(boolean()),
  tag_push_events: optional(boolean()),
  enable_ssl_verification: optional(boolean()),
  push_events_branch_filter: optional(text()),
  branch_filter_strategy: optional(oneOf(branchFilterStrategies)),
  custom_webhook_template: optional(text()),
  custom_headers: namedValues(),
  url_variables: namedValues(),
};

const Shared = v.object({ ...sharedFields, url: optional(text()), repository_update_events: optional(boolean()) });
export type HookParams = v.InferOutput<typeof Shared>;

/** The parameters of a kind's hooks, besides `url`. */
export function hookFields(kind: HookKind): typeof sharedFields {
  const events = [...otherEvents[kind], ...(kind === "system" ? ["repository_update_events"] : [])];
  return { ...sharedFields, ...Object.fromEntries(events.map((name) => [name, optional(boolean())])) };
}

export function secretsIn(params: HookParams): SecretsChange {
  return {
    url: params.url,
    token: params.token === "" ? null : params.token,
    customHeaders: params.custom_headers,
    urlVariables: params.url_variables,
  };
}

export function changesSecrets(change: SecretsChange): boolean {
  return Object.values(change).some((value) => value !== undefined);
}

const longest = { name: 255, description: 2048, custom_webhook_template: 4096 } as const;

/** What the parameters set besides secrets; what they do not name stays as it is, or is what a new hook begins with. */
export async function valuesIn(kind: HookKind, params: HookParams, old: HookRow | null): Promise<Omit<HookValues, "sealed">> {
  const before = old ?? { ...newHook, ...defaultEvents[kind] };
  refuseLongTexts(params);
  const strategy = params.branch_filter_strategy ?? before.branchFilterStrategy;
  const filter =
    params.push_events_branch_filter === undefined ? before.pushEventsBranchFilter : blankToNull(params.push_events_branch_filter);
  if (!(await isLegalBranchFilter(filter, strategy))) throw invalidValue("Invalid branch filter given");
  const named: Record<string, unknown> = params;
  const given = otherEvents[kind].flatMap((name) => (typeof named[name] === "boolean" ? [[name, named[name]] as const] : []));
  return {
    name: params.name ?? before.name,
    description: params.description ?? before.description,
    pushEvents: params.push_events ?? before.pushEvents,
    tagPushEvents: params.tag_push_events ?? before.tagPushEvents,
    repositoryUpdateEvents: (kind === "system" ? params.repository_update_events : undefined) ?? before.repositoryUpdateEvents,
    otherEvents: { ...before.otherEvents, ...Object.fromEntries(given) },
    pushEventsBranchFilter: strategy === "all_branches" ? null : filter,
    branchFilterStrategy: strategy,
    enableSslVerification: params.enable_ssl_verification ?? before.enableSslVerification,
    customWebhookTemplate:
      params.custom_webhook_template === undefined ? before.customWebhookTemplate : blankToNull(params.custom_webhook_template),
  };
}

const newHook = {
  name: null,
  description: null,
  tagPushEvents: false,
  otherEvents: {},
  pushEventsBranchFilter: null,
  branchFilterStrategy: "wildcard",
  enableSslVerification: true,
  customWebhookTemplate: null,
} as const;

function blankToNull(value: string): string | null {
  return value.trim() === "" ? null : value;
}

function refuseLongTexts(params: HookParams): void {
  const errors: FieldErrors = {};
  for (const name of ["name", "description", "custom_webhook_template"] as const) {
    if ((params[name]?.length ?? 0) > longest[name]) errors[name] = [`is too long (maximum is ${longest[name]} characters)`];
  }
  if (Object.keys(errors).length > 0) throw unprocessableFields(errors);
}
