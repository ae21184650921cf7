import * as v from "valibot";
import { listFormerSubscriptions, type FormerSubscription } from "../../db/subscription-history.ts";
import { historyChanges } from "../../domain/billing/subscription.ts";
import { integer, optional } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { pageFields, pageOf, respondPage } from "../../http/pagination.ts";

/** What a subscription was until then, under the names of its parameters. */
const FormerState = v.object({
  id: v.number(),
  at: v.string(),
  change: v.picklist(historyChanges),
  namespace_id: v.number(),
  plan_code: v.nullable(v.string()),
  seats: v.number(),
  seats_in_use: v.number(),
  max_seats_used: v.number(),
  seats_owed: v.number(),
  auto_renew: v.nullable(v.boolean()),
  start_date: v.string(),
  end_date: v.nullable(v.string()),
  trial: v.boolean(),
  trial_starts_on: v.nullable(v.string()),
  trial_ends_on: v.nullable(v.string()),
  trial_extension_type: v.nullable(v.number()),
});

/**
 * GET /operator/subscription_history: what subscriptions were before they were changed or went, newest first;
 * administrators only (contract customers 4.4).
 */
export const showSubscriptionHistory = operation({
  method: "GET",
  path: "/operator/subscription_history",
  summary: "What subscriptions were before they were changed",
  tags: ["operator", "customers"],
  caller: "user",
  requires: "admin",
  params: v.object({ ...pageFields, namespace_id: optional(integer()) }),
  answers: { 200: { description: "Former states, newest first", schema: v.array(FormerState) } },
  faults: [405],
  async handle(c, params) {
    const page = pageOf(params);
    const { rows, total } = await listFormerSubscriptions(c.var.db, params.namespace_id, page);
    return respondPage(c, rows.map(renderFormerState), page, total);
  },
});

function renderFormerState(row: FormerSubscription): v.InferOutput<typeof FormerState> {
  return {
    id: row.id,
    at: row.createdAt.toISOString(),
    change: row.change,
    namespace_id: row.namespaceId,
    plan_code: row.planCode,
    seats: row.seats,
    seats_in_use: row.seatsInUse,
    max_seats_used: row.maxSeatsUsed,
    seats_owed: row.seatsOwed,
    auto_renew: row.autoRenew,
    start_date: row.startDate,
    end_date: row.endDate,
    trial: row.isTrial,
    trial_starts_on: row.trialStartsOn,
    trial_ends_on: row.trialEndsOn,
    trial_extension_type: row.trialExtensionType,
  };
}
