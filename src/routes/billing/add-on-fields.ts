import * as v from "valibot";
import { addOnOf, titleOfAddOn, type AddOnName, type AddOnPurchase, type SentPurchase } from "../../domain/billing/add-ons.ts";
import { storableText } from "../../domain/text.ts";
import { isEmpty, list } from "../../http/fields.ts";
import { nullableBoolean, nullableDate, nullableInteger, nullableText } from "./fields.ts";

/** A day that has to be given. */
function requiredDate() {
  return v.pipe(
    nullableDate(),
    v.check((value) => value !== null, isEmpty),
    v.transform((value) => value ?? ""),
  );
}

/** The portal's name of a purchase. */
export function purchaseXid() {
  return v.pipe(
    nullableText(),
    v.transform((value) => (value === null ? null : storableText(value))),
  );
}

/** The fields of one purchase. What is left out or null keeps what is stored. */
export const purchaseFields = {
  started_on: requiredDate(),
  expires_on: requiredDate(),
  quantity: v.optional(nullableInteger()),
  purchase_xid: v.optional(purchaseXid()),
  trial: v.optional(nullableBoolean()),
};

const Purchase = v.object({ ...purchaseFields, new_subscription: v.optional(nullableBoolean()) });

/** Purchases by the name of their add-on, one at most of each: a second one would be lost. */
export const Purchases = v.record(
  v.string(),
  v.nullable(
    v.pipe(
      list(Purchase),
      v.check((purchases) => purchases.length <= 1),
    ),
  ),
);
export type Purchases = v.InferOutput<typeof Purchases>;

export const quantityFault = "quantity Must be a non-negative integer if provided";

/** Whether no quantity is below zero. */
export function hasPossibleQuantities(purchases: Purchases | undefined | null): boolean {
  return Object.values(purchases ?? {}).every((each) => (each ?? []).every(({ quantity }) => (quantity ?? 0) >= 0));
}

export function toSent(addOn: AddOnName, params: v.InferOutput<typeof Purchase>): SentPurchase {
  return {
    addOn,
    quantity: params.quantity ?? null,
    startedOn: params.started_on,
    expiresOn: params.expires_on,
    purchaseXid: params.purchase_xid ?? null,
    isTrial: params.trial ?? null,
  };
}

/** The purchases that were sent, and the names that no add-on has. */
export function readPurchases(purchases: Purchases): { sent: SentPurchase[]; unknown: string[] } {
  const sent: SentPurchase[] = [];
  const unknown: string[] = [];
  for (const [name, [first]] of Object.entries(purchases).map(([key, value]) => [key, value ?? []] as const)) {
    if (first === undefined) continue;
    const addOn = name === "code_suggestions" ? null : addOnOf(name);
    if (addOn === null) unknown.push(name);
    else sent.push(toSent(addOn, first));
  }
  return { sent, unknown };
}

const shownNames = 10;
const longestName = 100;

/** One sentence for each of the first few names that no add-on has. */
export function unknownNames(names: readonly string[]): string[] {
  return names.slice(0, shownNames).map((name) => `'${name.slice(0, longestName)}' is not a valid name`);
}

/** A purchase as it is answered (contract customers 10). */
export const AddOnPurchaseEntity = v.object({
  namespace_id: v.number(),
  namespace_name: v.string(),
  add_on: v.string(),
  quantity: v.number(),
  started_on: v.nullable(v.string()),
  expires_on: v.nullable(v.string()),
  purchase_xid: v.nullable(v.string()),
  trial: v.boolean(),
});

export function renderPurchase(
  purchase: AddOnPurchase,
  namespace: { id: number; name: string },
): v.InferOutput<typeof AddOnPurchaseEntity> {
  return {
    namespace_id: namespace.id,
    namespace_name: namespace.name,
    add_on: titleOfAddOn(purchase.addOn),
    quantity: purchase.quantity,
    started_on: purchase.startedOn,
    expires_on: purchase.expiresOn,
    purchase_xid: purchase.purchaseXid,
    trial: purchase.isTrial,
  };
}
