import type { FieldErrors } from "../fault.ts";

/** What may be bought besides a plan (contract customers 10), by the names of the portal. */
export const addOnNames = ["duo_core", "duo_pro", "duo_enterprise", "product_analytics"] as const;
export type AddOnName = (typeof addOnNames)[number];

const titles: Record<AddOnName, string> = {
  duo_core: "Duo Core",
  duo_pro: "Code Suggestions",
  duo_enterprise: "Duo Enterprise",
  product_analytics: "Product Analytics",
};

/** What an add-on is called in answers. */
export function titleOfAddOn(addOn: AddOnName): string {
  return titles[addOn];
}

/** The add-on that a name stands for, its former one included; null where there is none. */
export function addOnOf(name: string): AddOnName | null {
  if (name === "code_suggestions") return "duo_pro";
  return addOnNames.find((each) => each === name) ?? null;
}

/** What a namespace has bought of an add-on. Days are `YYYY-MM-DD`. */
export interface AddOnPurchase {
  addOn: AddOnName;
  quantity: number;
  startedOn: string | null;
  expiresOn: string | null;
  purchaseXid: string | null;
  isTrial: boolean;
}

/** The same as it is sent; null is left out, and keeps what is stored. */
export interface SentPurchase {
  addOn: AddOnName;
  quantity: number | null;
  startedOn: string;
  expiresOn: string;
  purchaseXid: string | null;
  isTrial: boolean | null;
}

/**
 * The purchases that count of those sent together: one that holds of Duo Enterprise takes the place of Duo Pro. One that
 * is being ended does not.
 */
export function withoutOvertaken(sent: readonly SentPurchase[], today: string): SentPurchase[] {
  const isOvertaken = sent.some((each) => each.addOn === "duo_enterprise" && each.quantity !== 0 && each.expiresOn >= today);
  return sent.filter((each) => !isOvertaken || each.addOn !== "duo_pro");
}

/** Whether it can be decided without what is stored. */
export function isComplete({ quantity, purchaseXid }: SentPurchase): boolean {
  return quantity !== null && quantity > 0 && purchaseXid !== null;
}

/** Whether nothing is to be done: none of it is bought, or it is ended where it never was. */
export function isNothing({ quantity, expiresOn }: SentPurchase, isStored: boolean, today: string): boolean {
  return !isStored && (quantity === 0 || (quantity === null && expiresOn < today));
}

const longestXid = 255;

/** What is wrong with a purchase, by field; empty where it can be stored. */
export function errorsOfPurchase(
  { quantity, purchaseXid }: SentPurchase,
  { isStored, least }: { isStored: boolean; least: number },
): FieldErrors {
  const errors: FieldErrors = {};
  if (quantity === null && !isStored) errors["quantity"] = ["can't be blank"];
  if (quantity !== null && quantity < least) errors["quantity"] = [`must be greater than or equal to ${least}`];
  if (purchaseXid === null ? !isStored : purchaseXid.trim() === "") errors["purchase_xid"] = ["can't be blank"];
  if (purchaseXid !== null && purchaseXid.length > longestXid)
    errors["purchase_xid"] = [`is too long (maximum is ${longestXid} characters)`];
  return errors;
}

/** Purchases that can be stored, and what is wrong with the others; those that come to nothing are in neither. */
export interface PurchasePlan {
  due: SentPurchase[];
  errors: FieldErrors[];
}

/** What becomes of purchases that are sent together, where these add-ons have one already. */
export function planPurchases(sent: readonly SentPurchase[], bought: ReadonlySet<string>, today: string): PurchasePlan {
  const plan: PurchasePlan = { due: [], errors: [] };
  for (const each of withoutOvertaken(sent, today)) {
    const isStored = bought.has(each.addOn);
    if (isNothing(each, isStored, today)) continue;
    const errors = errorsOfPurchase(each, { isStored, least: 0 });
    if (Object.keys(errors).length > 0) plan.errors.push(errors);
    else plan.due.push(each);
  }
  return plan;
}
