import * as v from "valibot";
import type { NamespaceFigures } from "../../db/namespace-figures.ts";
import type { NamespaceRow } from "../../db/namespaces.ts";
import type { NamespaceRecord } from "../../db/project-records.ts";
import { isGuestFree, planOf } from "../../domain/billing/plans.ts";
import { isShown } from "../../domain/billing/reconciliation.ts";
import { shownSeatsInUse } from "../../domain/billing/seats.ts";

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

/** A namespace as the portal sees it (contract customers 9.2). */
export const BilledNamespaceForm = v.object({
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
  /** With a subscription of its own only, and the next three. */
  max_seats_used: v.optional(v.number()),
  max_seats_used_changed_at: v.optional(v.nullable(v.string())),
  seats_in_use: v.optional(v.number()),
  end_date: v.optional(v.nullable(v.string())),
});

const Reconciliation = v.object({ next_reconciliation_date: v.string(), display_alert_from: v.string(), display_alert: v.boolean() });

/** The same as its owners and administrators see it. */
export const Namespace = v.object({
  ...BilledNamespaceForm.entries,
  upcoming_reconciliation: v.optional(v.nullable(Reconciliation)),
});

export interface NamespaceView {
  /** The external URL. */
  base: string;
  today: string;
  /** A plan that is thought of: its guest rule counts too. */
  requestedPlan: string | null;
  tellsReconciliation: boolean;
}

/** The plan is that of the namespace's own subscription, or else of its top-level group's. */
export function renderNamespace(
  { namespace, fullPath }: Pick<NamespaceRecord, "namespace" | "fullPath">,
  figures: NamespaceFigures,
  { base, today, requestedPlan, tellsReconciliation }: NamespaceView,
): v.InferOutput<typeof Namespace> {
  const { billable } = figures;
  const terms = figures.subscription ?? figures.topSubscription;
  const plan = terms?.planCode ?? "free";
  const areGuestsFree = isGuestFree(plan) || (requestedPlan !== null && isGuestFree(planOf(requestedPlan)));
  const ofGroups = { members_count_with_descendants: figures.members, root_repository_size: null, projects_count: figures.projects };
  return {
    ...renderNamespaceBasic(namespace, fullPath, base),
    ...(namespace.kind === "group" ? ofGroups : {}),
    billable_members_count: areGuestsFree ? billable.withoutGuests : billable.all,
    plan,
    trial: terms?.isTrial ?? false,
    trial_ends_on: terms?.trialEndsOn ?? null,
    ...renderLimits(figures),
    ...renderSeats(figures),
    ...(tellsReconciliation ? { upcoming_reconciliation: renderReconciliation(figures, today) } : {}),
  };
}

function renderLimits({ limits }: NamespaceFigures) {
  return {
    shared_runners_minutes_limit: limits?.sharedRunnersMinutes ?? null,
    extra_shared_runners_minutes_limit: limits?.extraSharedRunnersMinutes ?? null,
    additional_purchased_storage_size: limits?.purchasedStorageSize ?? 0,
    additional_purchased_storage_ends_on: limits?.purchasedStorageEndsOn ?? null,
  };
}

function renderSeats({ subscription, billable }: NamespaceFigures) {
  if (subscription === null) return {};
  return {
    max_seats_used: subscription.maxSeatsUsed,
    max_seats_used_changed_at: subscription.maxSeatsUsedChangedAt?.toISOString() ?? null,
    seats_in_use: shownSeatsInUse(subscription, billable),
    end_date: subscription.endDate,
  };
}

function renderReconciliation({ reconciliation }: NamespaceFigures, today: string) {
  if (reconciliation === null) return null;
  const { nextReconciliationDate: date, displayAlertFrom: from } = reconciliation;
  return { next_reconciliation_date: date, display_alert_from: from, display_alert: isShown(reconciliation, today) };
}
