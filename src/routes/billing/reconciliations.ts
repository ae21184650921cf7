import * as v from "valibot";
import { deleteReconciliation, storeReconciliations } from "../../db/reconciliations.ts";
import {
  describeReconciliationErrors,
  reconciliationErrors,
  reconciliationsToStore,
  type SentReconciliation,
} from "../../domain/billing/reconciliation.ts";
import { notFound } from "../../domain/fault.ts";
import { isEmpty, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { nullableDate, nullableInteger } from "./fields.ts";
import { ledgerActor } from "./ledger-actor.ts";
import { alwaysReading, objectList } from "./object-list.ts";
import { findBilledNamespace } from "./place.ts";

const namespaceId = v.pipe(
  nullableInteger(),
  v.check((value) => value !== null, isEmpty),
  v.transform((value) => value ?? 0),
);
const dates = { next_reconciliation_date: nullableDate(), display_alert_from: nullableDate() };

const listName = "upcoming_reconciliations";
const Entries = alwaysReading(listName, v.object({ [listName]: objectList({ namespace_id: namespaceId, ...dates }, { texts: true }) }));

const stored = { 200: { description: "Stored", schema: v.literal(200) } };
const tags = ["customers"];
/** What cannot be stored is told so, in an answer to a request of which the rest was. */
const errorOf = (error: string) => ({ message: { error } });

/** Ten thousand of them, however they are written. */
const limitBytes = 4 * 1024 * 1024;

/**
 * PUT /internal/upcoming_reconciliations: sent by the portal for many namespaces at once. Entries that can be stored are,
 * also where 400 tells of others that cannot; of several for one namespace the last holds (contract customers 8.1).
 */
const putReconciliations = operation({
  method: "PUT",
  path: "/internal/upcoming_reconciliations",
  summary: "Store when namespaces are next reconciled",
  tags,
  caller: "billing",
  limitBytes,
  params: Entries,
  answers: stored,
  async handle(c, params) {
    const sent = params[listName].map((entry) => toSent(entry.namespace_id, entry));
    if (sent.length === 0) return c.json(200);
    const recording = { actor: ledgerActor(c.var.caller), now: c.var.now };
    const askedIds = sent.map((entry) => entry.namespaceId);
    const known = await storeReconciliations(c.var.db, reconciliationsToStore(sent), askedIds, recording);
    const errors = describeReconciliationErrors(sent, known);
    return errors === null ? c.json(200) : c.json(errorOf(errors), 400);
  },
});

/** DELETE /internal/upcoming_reconciliations?namespace_id= (contract customers 8.2). */
const removeReconciliation = operation({
  method: "DELETE",
  path: "/internal/upcoming_reconciliations",
  summary: "Forget when a namespace is next reconciled",
  tags,
  caller: "billing",
  params: v.object({ namespace_id: namespaceId }),
  answers: { 204: { description: "Deleted" } },
  faults: [404],
  async handle(c, params) {
    const recording = { actor: ledgerActor(c.var.caller), now: c.var.now };
    if (!(await deleteReconciliation(c.var.db, params.namespace_id, recording))) throw notFound();
    return c.body(null, 204);
  },
});

const ofNamespace = "/internal/gitlab_subscriptions/namespaces/:namespace_id/upcoming_reconciliations";

/** PUT of one namespace: it is looked for before the parameters are looked at (contract customers 8.3). */
const putNamespaceReconciliation = operation({
  method: "PUT",
  path: ofNamespace,
  summary: "Store when a namespace is next reconciled",
  tags,
  caller: "portal",
  params: v.object({ namespace_id: text(), ...dates }),
  answers: stored,
  faults: [404],
  refuseFirst: (c, path) => findBilledNamespace(c, path["namespace_id"] ?? ""),
  async handle(c, params) {
    const { namespace } = await findBilledNamespace(c, params.namespace_id);
    const sent = toSent(namespace.id, params);
    const errors = reconciliationErrors(sent, true);
    if (errors.length > 0) return c.json(errorOf(errors.join(", ")), 400);
    const recording = { actor: ledgerActor(c.var.caller), now: c.var.now };
    const known = await storeReconciliations(c.var.db, reconciliationsToStore([sent]), [namespace.id], recording);
    if (!known.has(namespace.id)) throw notFound("Namespace");
    return c.json(200);
  },
});

/** DELETE of one namespace (contract customers 8.3). */
const removeNamespaceReconciliation = operation({
  method: "DELETE",
  path: ofNamespace,
  summary: "Forget when a namespace is next reconciled",
  tags,
  caller: "portal",
  params: v.object({ namespace_id: text() }),
  answers: { 204: { description: "Deleted" } },
  faults: [404],
  refuseFirst: (c, path) => findBilledNamespace(c, path["namespace_id"] ?? ""),
  async handle(c, params) {
    const { namespace } = await findBilledNamespace(c, params.namespace_id);
    const recording = { actor: ledgerActor(c.var.caller), now: c.var.now };
    if (!(await deleteReconciliation(c.var.db, namespace.id, recording))) throw notFound();
    return c.body(null, 204);
  },
});

function toSent(id: number, sent: { next_reconciliation_date: string | null; display_alert_from: string | null }): SentReconciliation {
  return { namespaceId: id, nextReconciliationDate: sent.next_reconciliation_date, displayAlertFrom: sent.display_alert_from };
}

export const reconciliations = [putReconciliations, removeReconciliation, putNamespaceReconciliation, removeNamespaceReconciliation];
