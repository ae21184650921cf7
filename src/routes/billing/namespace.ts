import * as v from "valibot";
import type { SentLimits } from "../../db/namespace-limits.ts";
import { loadNamespaceFigures } from "../../db/namespace-figures.ts";
import { changeNamespace, decideTerms, type NamespaceChange } from "../../db/subscriptions.ts";
import type { BilledNamespace } from "../../db/facts/subscription-facts.ts";
import type { NamespaceRecord } from "../../db/project-records.ts";
import { planNames } from "../../domain/billing/plans.ts";
import type { SentTerms } from "../../domain/billing/subscription.ts";
import { Fault, invalid, type FieldErrors } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import { externalUrl, type AppContext } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation, type Operation } from "../../http/operation.ts";
import { BilledNamespaceForm, Namespace, renderNamespace } from "../entities/namespace.ts";
import { nullableDate, nullableInteger, nullableText, unquotedText } from "./fields.ts";
import { ledgerActor } from "./ledger-actor.ts";
import { findBilledNamespace } from "./place.ts";
import { subscriptionFields, toSentTerms } from "./subscription-fields.ts";

const tags = ["customers"];

/** An object of the subscription's fields; blank is none, as is null. */
const nestedSubscription = v.pipe(
  v.unknown(),
  v.transform((value) => (value === "" ? null : value)),
  v.check((value) => !Array.isArray(value)),
  v.nullable(v.object(subscriptionFields)),
);

const Change = v.object({
  id: text(),
  shared_runners_minutes_limit: v.optional(nullableInteger()),
  extra_shared_runners_minutes_limit: v.optional(nullableInteger()),
  /** MiB. */
  additional_purchased_storage_size: v.optional(nullableInteger()),
  additional_purchased_storage_ends_on: v.optional(nullableDate()),
  gitlab_subscription_attributes: v.optional(nestedSubscription),
  /** The plan of the subscription, where its attributes name none. */
  plan: v.optional(unquotedText()),
  requested_hosted_plan: v.optional(nullableText()),
});
type SentChange = v.InferOutput<typeof Change>;

/**
 * PUT …/namespaces/:id: what is bought and set for a namespace, its subscription among it, all of it or nothing
 * (contract customers 9.1). Errors of the subscription are told as `gitlab_subscription.<field>`.
 */
function editNamespace(prefix: string, caller: "billing" | "portal"): Operation {
  return operation({
    method: "PUT",
    path: `${prefix}/namespaces/:id`,
    summary: "Change a namespace's limits and subscription",
    tags,
    caller,
    params: Change,
    answers: { 200: { description: "The namespace", schema: prefix === "" ? Namespace : BilledNamespaceForm } },
    faults: [404, 409],
    refuseFirst: (c, path) => findBilledNamespace(c, path["id"] ?? ""),
    async handle(c, params) {
      const { db, now } = c.var;
      const decide = (before: BilledNamespace) => decideChange(before, params, now);
      const changed = await changeNamespace(db, params.id, decide, { actor: ledgerActor(c.var.caller), now });
      if (changed instanceof Fault) throw changed;
      return c.json(await show(c, changed.before, prefix === "", params.requested_hosted_plan));
    },
  });
}

/** GET /internal/gitlab_subscriptions/namespaces/:id: the namespace as the portal sees it (contract customers 9.2). */
const showBilledNamespace = operation({
  method: "GET",
  path: "/internal/gitlab_subscriptions/namespaces/:id",
  summary: "A namespace as the portal sees it",
  tags,
  caller: "portal",
  params: v.object({ id: text(), requested_hosted_plan: v.optional(nullableText()) }),
  answers: { 200: { description: "The namespace", schema: BilledNamespaceForm } },
  faults: [404],
  refuseFirst: (c, path) => findBilledNamespace(c, path["id"] ?? ""),
  async handle(c, params) {
    return c.json(await show(c, await findBilledNamespace(c, params.id), false, params.requested_hosted_plan));
  },
});

async function show(c: AppContext, record: NamespaceRecord, tellsReconciliation: boolean, requestedPlan: string | null = null) {
  const today = dayOf(c.var.now);
  const figuresOf = await loadNamespaceFigures(c.var.db, [record.namespace.id], today);
  return renderNamespace(record, figuresOf(record.namespace.id), { base: externalUrl(c), today, requestedPlan, tellsReconciliation });
}

function decideChange(before: BilledNamespace, params: SentChange, now: Date): NamespaceChange | Fault {
  const sent = subscriptionOf(params);
  const { terms, errors } = sent === null ? { terms: null, errors: null } : decideTerms(before, sent, now);
  const told = { ...planErrors(params.plan), ...nestedErrors(errors ?? {}) };
  return Object.keys(told).length > 0 ? invalid(told) : { terms, limits: limitsOf(params) };
}

/** A plan by itself is that of the subscription. */
function subscriptionOf({ gitlab_subscription_attributes: attributes, plan }: SentChange): SentTerms | null {
  const sent = toSentTerms(attributes ?? {});
  if (typeof plan === "string") return { ...sent, planCode: sent.planCode === undefined ? plan : sent.planCode };
  return attributes === undefined || attributes === null ? null : sent;
}

function planErrors(plan: string | null | undefined): FieldErrors {
  const isKnown = typeof plan !== "string" || planNames.some((name) => name === plan);
  return isKnown ? {} : { plan: ["is not included in the list"] };
}

function nestedErrors(errors: FieldErrors): FieldErrors {
  return Object.fromEntries(Object.entries(errors).map(([field, texts]) => [`gitlab_subscription.${field}`, texts]));
}

function limitsOf(params: SentChange): SentLimits {
  const size = params.additional_purchased_storage_size;
  return {
    sharedRunnersMinutes: params.shared_runners_minutes_limit,
    extraSharedRunnersMinutes: params.extra_shared_runners_minutes_limit,
    purchasedStorageSize: size === null ? 0 : size,
    purchasedStorageEndsOn: params.additional_purchased_storage_ends_on,
  };
}

export const billedNamespaces = [
  editNamespace("", "billing"),
  editNamespace("/internal/gitlab_subscriptions", "portal"),
  showBilledNamespace,
];
