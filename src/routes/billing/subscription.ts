import * as v from "valibot";
import type { BillingCaller } from "../../auth/callers.ts";
import { loadBilledNamespace, type BilledNamespace } from "../../db/facts/subscription-facts.ts";
import { changeNamespace, decideTerms, type NamespaceChange } from "../../db/subscriptions.ts";
import { newSubscription, withTrialStart } from "../../domain/billing/subscription-write.ts";
import type { SentTerms, SubscriptionTerms } from "../../domain/billing/subscription.ts";
import { Fault, forbidden, invalid, notFound, type FieldErrors } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import type { AppContext } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation, type Operation } from "../../http/operation.ts";
import { renderSubscription, Subscription } from "../entities/subscription.ts";
import { viewNamespace } from "../namespace-view.ts";
import { nullableDate } from "./fields.ts";
import { ledgerActor } from "./ledger-actor.ts";
import { findBilledNamespace } from "./place.ts";
import { subscriptionFields, toSentTerms } from "./subscription-fields.ts";

const tags = ["customers"];
const segment = "/namespaces/:id/gitlab_subscription";
const taken: FieldErrors = { namespace_id: ["has already been taken"] };

/**
 * POST …/gitlab_subscription: the subscription of a namespace that has none (contract customers 3.2). 400 by field, and
 * where there is one already.
 */
function addSubscription(prefix: string, caller: "billing" | "portal"): Operation {
  return operation({
    method: "POST",
    path: `${prefix}${segment}`,
    summary: "Add a namespace's subscription",
    tags,
    caller,
    params: v.object({ id: text(), ...subscriptionFields, start_date: nullableDate() }),
    answers: { 201: { description: "The subscription", schema: Subscription } },
    faults: [404, 409],
    refuseFirst: (c, path) => findBilledNamespace(c, path["id"] ?? ""),
    async handle(c, params) {
      const sent = withTrialStart(toSentTerms(params));
      return c.json(await writeTerms(c, c.var.caller, params.id, (before) => decideNew(before, sent, c.var.now)), 201);
    },
  });
}

/** PUT …/gitlab_subscription: changes what is sent (contract customers 3.3); 404 where the namespace has none. */
function editSubscription(prefix: string, caller: "billing" | "portal"): Operation {
  return operation({
    method: "PUT",
    path: `${prefix}${segment}`,
    summary: "Change a namespace's subscription",
    tags,
    caller,
    params: v.object({ id: text(), ...subscriptionFields }),
    answers: { 200: { description: "The subscription", schema: Subscription } },
    faults: [404, 409],
    refuseFirst: (c, path) => findBilledNamespace(c, path["id"] ?? ""),
    async handle(c, params) {
      const sent = withTrialStart(toSentTerms(params));
      return c.json(await writeTerms(c, c.var.caller, params.id, (before) => decideChange(before, sent, c.var.now)));
    },
  });
}

/**
 * GET …/gitlab_subscription: for the portal, administrators and owners of the namespace; 403 for others who see it. A
 * namespace without one has one of nulls (contract customers 3.4).
 */
function showSubscription(prefix: string, caller: "billingReader" | "portal"): Operation {
  return operation({
    method: "GET",
    path: `${prefix}${segment}`,
    summary: "A namespace's subscription",
    tags,
    caller,
    params: v.object({ id: text() }),
    answers: { 200: { description: "The subscription; nothing but nulls where there is none", schema: Subscription } },
    faults: [403, 404],
    refuseFirst: (c, path) => readNamespace(c, c.var.caller, path["id"] ?? ""),
    async handle(c, params) {
      const { subscription, members } = await readNamespace(c, c.var.caller, params.id);
      return c.json(render(c, subscription, members));
    },
  });
}

function decideNew(before: BilledNamespace, sent: SentTerms, now: Date): NamespaceChange | Fault {
  const { terms, errors } = newSubscription(sent, now);
  const isTaken = before.subscription !== null;
  if (terms === null || isTaken) return invalid({ ...errors, ...(isTaken && taken) });
  return { terms, limits: {} };
}

function decideChange(before: BilledNamespace, sent: SentTerms, now: Date): NamespaceChange | Fault {
  if (before.subscription === null) return notFound("GitlabSubscription");
  const { terms, errors } = decideTerms(before, sent, now);
  return terms === null ? invalid(errors) : { terms, limits: {} };
}

async function writeTerms(
  c: AppContext,
  caller: BillingCaller,
  idOrPath: string,
  decide: (before: BilledNamespace) => NamespaceChange | Fault,
) {
  const changed = await changeNamespace(c.var.db, idOrPath, decide, { actor: ledgerActor(caller), now: c.var.now });
  if (changed instanceof Fault) throw changed;
  return render(c, changed.change.terms, changed.before.members);
}

async function readNamespace(c: AppContext, caller: BillingCaller, idOrPath: string): Promise<BilledNamespace> {
  const { db, now } = c.var;
  const found = await loadBilledNamespace(db, idOrPath, now, caller.kind === "user" ? caller.user.id : null);
  if (found === null) throw notFound("Namespace");
  if (caller.kind === "portal") return found;
  const { isSeen, isOwned } = viewNamespace(caller, found.namespace, found.memberships, now);
  if (!isSeen) throw notFound("Namespace");
  if (!isOwned && !caller.isAdmin) throw forbidden();
  return found;
}

function render(c: AppContext, terms: SubscriptionTerms | null, members: BilledNamespace["members"]) {
  return renderSubscription(terms, members, { today: dayOf(c.var.now), titles: c.var.config.planTitles });
}

const internal = "/internal/gitlab_subscriptions";

export const subscriptions = [
  addSubscription("", "billing"),
  editSubscription("", "billing"),
  showSubscription("", "billingReader"),
  addSubscription(internal, "portal"),
  editSubscription(internal, "portal"),
  showSubscription(internal, "portal"),
];
