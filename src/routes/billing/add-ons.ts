import * as v from "valibot";
import { findAddOnPurchase, planForNamespace, writeAddOnPurchases, type PurchaseMode } from "../../db/add-on-purchases.ts";
import type { NamespaceRecord } from "../../db/project-records.ts";
import { addOnOf, errorsOfPurchase, titleOfAddOn, type AddOnName, type AddOnPurchase } from "../../domain/billing/add-ons.ts";
import { badRequest, invalid, notFound } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import type { AppContext } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation, type OperationContext } from "../../http/operation.ts";
import {
  AddOnPurchaseEntity,
  Purchases,
  hasPossibleQuantities,
  purchaseFields,
  purchaseXid,
  quantityFault,
  readPurchases,
  renderPurchase,
  toSent,
  unknownNames,
} from "./add-on-fields.ts";
import { nullableInteger } from "./fields.ts";
import { ledgerActor } from "./ledger-actor.ts";
import { findBilledNamespace } from "./place.ts";

const internal = "/internal/gitlab_subscriptions/namespaces/:id/subscription_add_on_purchases";
const older = "/namespaces/:id/subscription_add_on_purchase/:add_on_name";
const one = { 200: { description: "The purchase", schema: AddOnPurchaseEntity } };

/**
 * POST …/subscription_add_on_purchases: what a namespace has bought of some add-ons, all or nothing; a purchase that is
 * stored is updated, and keeps what is left out (contract customers 10).
 */
const storePurchases = operation({
  method: "POST",
  path: internal,
  summary: "Store purchases of add-ons",
  tags: ["customers"],
  caller: "portal",
  params: v.pipe(
    v.object({ id: text(), add_on_purchases: Purchases }),
    v.check((params) => hasPossibleQuantities(params.add_on_purchases), quantityFault),
  ),
  answers: { 201: { description: "The purchases", schema: v.array(AddOnPurchaseEntity) } },
  faults: [404],
  refuseFirst: (c, path) => findBilledNamespace(c, path["id"] ?? ""),
  async handle(c, params) {
    const { db, now, caller } = c.var;
    const { namespace } = await findBilledNamespace(c, params.id);
    const { sent, unknown } = readPurchases(params.add_on_purchases);
    if (unknown.length > 0) throw badRequest(unknownNames(unknown).join(", "));
    const { due, errors } = await planForNamespace(db, namespace.id, sent, dayOf(now));
    if (errors[0] !== undefined) throw invalid(errors[0]);
    const stored = due.length === 0 ? [] : await writeAddOnPurchases(db, namespace.id, due, "either", { actor: ledgerActor(caller), now });
    if (stored === null) throw notFound("Namespace");
    return c.json(
      stored.map((purchase) => renderPurchase(purchase, namespace)),
      201,
    );
  },
});

/** GET a purchase: 404 for the namespace, the add-on, and where none is bought. */
function showPurchase(path: string, caller: "portal" | "billing") {
  return operation({
    method: "GET",
    path,
    summary: "A purchase of an add-on",
    tags: ["customers"],
    caller,
    params: v.object({ id: text(), add_on_name: text() }),
    answers: one,
    faults: [404],
    async handle(c, params) {
      const { record, addOn } = await findPlace(c, params.id, params.add_on_name);
      const purchase = await findAddOnPurchase(c.var.db, record.namespace.id, addOn);
      if (purchase === null) throw notFound("Add-on Purchase");
      return c.json(renderPurchase(purchase, record.namespace));
    },
  });
}

async function findPlace(c: AppContext, id: string, name: string): Promise<{ record: NamespaceRecord; addOn: AddOnName }> {
  const record = await findBilledNamespace(c, id);
  const addOn = addOnOf(name);
  if (addOn === null) throw notFound("Add-on");
  return { record, addOn };
}

const declaredOlder = {
  path: older,
  tags: ["customers"],
  caller: "billing",
  faults: [404],
  refuseFirst: (c: AppContext, path: Record<string, string>) => findPlace(c, path["id"] ?? "", path["add_on_name"] ?? ""),
} as const;

/** POST on the older path: a purchase that is not stored yet. */
const createPurchase = operation({
  ...declaredOlder,
  method: "POST",
  summary: "Add a purchase of an add-on",
  params: v.object({ id: text(), add_on_name: text(), ...purchaseFields, quantity: nullableInteger(), purchase_xid: purchaseXid() }),
  answers: { 201: one[200] },
  handle: async (c, params) => c.json(await writeOne(c, params, "create"), 201),
});

/** PUT on the older path: one that is. */
const changePurchase = operation({
  ...declaredOlder,
  method: "PUT",
  summary: "Change a purchase of an add-on",
  params: v.object({ id: text(), add_on_name: text(), ...purchaseFields }),
  answers: one,
  handle: async (c, params) => c.json(await writeOne(c, params, "change")),
});

type OneParams = { id: string; add_on_name: string } & Parameters<typeof toSent>[1];

const refusals: Record<Exclude<PurchaseMode, "either">, string> = {
  create: "already exists, update the existing record",
  change: "does not exist, create a new record instead",
};

async function writeOne(c: OperationContext<"billing">, params: OneParams, mode: Exclude<PurchaseMode, "either">) {
  const { db, now, caller } = c.var;
  const { record, addOn } = await findPlace(c, params.id, params.add_on_name);
  const sent = toSent(addOn, params);
  const errors = errorsOfPurchase(sent, { isStored: mode === "change", least: 1 });
  if (Object.keys(errors).length > 0) throw invalid(errors);
  const rows = await writeAddOnPurchases(db, record.namespace.id, [sent], mode, { actor: ledgerActor(caller), now });
  if (rows === null) throw notFound("Namespace");
  const [stored]: AddOnPurchase[] = rows;
  if (stored === undefined)
    throw badRequest(`Add-on purchase for namespace ${record.namespace.name} and add-on ${titleOfAddOn(addOn)} ${refusals[mode]}`);
  return renderPurchase(stored, record.namespace);
}

export const addOns = [
  storePurchases,
  showPurchase(`${internal}/:add_on_name`, "portal"),
  createPurchase,
  showPurchase(older, "billing"),
  changePurchase,
];
