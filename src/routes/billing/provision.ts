import * as v from "valibot";
import { planForNamespace, writeAddOnPurchases } from "../../db/add-on-purchases.ts";
import { addPacks } from "../../db/minutes-packs.ts";
import type { SentLimits } from "../../db/namespace-limits.ts";
import { changeNamespace, decideTerms, writeLimits } from "../../db/subscriptions.ts";
import { firstOfEachPurchase, packsToSave } from "../../domain/billing/minutes.ts";
import { sentencesOf, withSaidSeats } from "../../domain/billing/provision.ts";
import { badRequest, Fault, invalid, sentenceOf, unprocessable } from "../../domain/fault.ts";
import { dayOf } from "../../domain/identity/access-level.ts";
import type { AppContext } from "../../http/context.ts";
import { text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { hasPossibleQuantities, Purchases, quantityFault, readPurchases, unknownNames } from "./add-on-fields.ts";
import { nullableDate, nullableInteger, nullableText } from "./fields.ts";
import { objectList } from "./object-list.ts";
import { findBilledNamespace } from "./place.ts";
import { subscriptionFields, toSentTerms } from "./subscription-fields.ts";

/** An object that may be left out; blank and null are as if it were. */
function resource<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(
    v.pipe(
      v.unknown(),
      v.transform((value) => (value === "" ? null : value)),
      v.check((value) => !Array.isArray(value)),
      v.nullable(schema),
    ),
  );
}

const packFields = { number_of_minutes: nullableInteger(), expires_at: nullableDate(), purchase_xid: nullableText() };

const Provision = v.object({
  base_product: resource(v.object(subscriptionFields)),
  storage: resource(
    v.object({
      /** MiB. */
      additional_purchased_storage_size: v.optional(nullableInteger()),
      additional_purchased_storage_ends_on: v.optional(nullableDate()),
    }),
  ),
  compute_minutes: resource(
    v.object({
      shared_runners_minutes_limit: v.optional(nullableInteger()),
      extra_shared_runners_minutes_limit: v.optional(nullableInteger()),
      packs: v.optional(objectList(packFields)),
    }),
  ),
  add_on_purchases: resource(Purchases),
});
type Provision = v.InferOutput<typeof Provision>;

/** The namespace that is provisioned, and who is written down for it. */
interface Target {
  namespaceId: number;
  actor: "customers-dot";
}

/** Writes one resource; gives what is wrong with it, as sentences. */
type Provide = (c: AppContext, target: Target, provision: Provision) => Promise<string[]>;

const provideBaseProduct: Provide = async (c, { namespaceId, actor }, { base_product: product }) => {
  if (product === undefined || product === null || Object.keys(product).length === 0) return [];
  const { db, now } = c.var;
  const sent = toSentTerms(product);
  const changed = await changeNamespace(
    db,
    String(namespaceId),
    (before) => {
      const { terms, errors } = decideTerms(before, withSaidSeats(sent, before.subscription !== null), now);
      return terms === null ? invalid(errors) : { terms, limits: {} };
    },
    { actor, now },
  );
  return changed instanceof Fault ? describeFault(changed, "Gitlab subscription") : [];
};

const provideStorage: Provide = async (c, target, { storage }) => {
  const size = storage?.additional_purchased_storage_size;
  return provideLimits(c, target, {
    purchasedStorageSize: size === null ? 0 : size,
    purchasedStorageEndsOn: storage?.additional_purchased_storage_ends_on,
  });
};

const provideMinutes: Provide = async (c, target, { compute_minutes: minutes }) => [
  ...(await provideLimits(c, target, {
    sharedRunnersMinutes: minutes?.shared_runners_minutes_limit,
    extraSharedRunnersMinutes: minutes?.extra_shared_runners_minutes_limit,
  })),
  ...(await providePacks(c, target, minutes?.packs ?? [])),
];

const provideAddOns: Provide = async (c, { namespaceId, actor }, { add_on_purchases: purchases }) => {
  const { db, now } = c.var;
  const { sent, unknown } = readPurchases(purchases ?? {});
  const { due, errors } = await planForNamespace(db, namespaceId, sent, dayOf(now));
  const stored = due.length === 0 ? [] : await writeAddOnPurchases(db, namespaceId, due, "either", { actor, now });
  return [...errors.flatMap((each) => sentencesOf(each)), ...unknownNames(unknown), ...(stored === null ? [namespaceGone] : [])];
};

const namespaceGone = "404 Namespace Not Found";

async function provideLimits(c: AppContext, { namespaceId, actor }: Target, sent: SentLimits): Promise<string[]> {
  const fault = await writeLimits(c.var.db, namespaceId, sent, actor, c.var.now);
  return fault === null ? [] : describeFault(fault);
}

type SentPacks = v.InferOutput<ReturnType<typeof objectList<typeof packFields>>>;

async function providePacks(c: AppContext, { namespaceId, actor }: Target, sent: SentPacks): Promise<string[]> {
  const packs = packsToSave(
    sent.map((pack) => ({ numberOfMinutes: pack.number_of_minutes, expiresAt: pack.expires_at, purchaseXid: pack.purchase_xid })),
  );
  const stored = packs === null ? "taken" : await addPacks(c.var.db, namespaceId, firstOfEachPurchase(packs), { actor, now: c.var.now });
  if (stored === "namespace") return [namespaceGone];
  return stored === "taken" ? ["Unable to save additional packs"] : [];
}

function describeFault(fault: Fault, noun?: string): string[] {
  if (typeof fault.text === "object" && fault.text !== null && !Array.isArray(fault.text)) return sentencesOf(fault.text, noun);
  return [sentenceOf(fault) ?? fault.reason];
}

/** Each is provided whatever becomes of the others. */
const resources: readonly Provide[] = [provideBaseProduct, provideStorage, provideMinutes, provideAddOns];

/**
 * POST …/namespaces/:id/provision: all that a top-level namespace has bought. What cannot be stored is told with 422, and
 * the rest is stored; the same may be sent again (contract customers 10).
 */
const provisionNamespace = operation({
  method: "POST",
  path: "/internal/gitlab_subscriptions/namespaces/:id/provision",
  summary: "Provision a namespace",
  tags: ["customers"],
  caller: "portal",
  params: v.pipe(
    v.object({ id: text(), provision: Provision }),
    v.check(({ provision }) => hasPossibleQuantities(provision.add_on_purchases), quantityFault),
  ),
  answers: { 200: { description: "Provisioned" } },
  faults: [404, 422],
  refuseFirst: (c, path) => findTarget(c, path["id"] ?? ""),
  async handle(c, params) {
    const target = await findTarget(c, params.id);
    const errors: string[] = [];
    for (const provide of resources) errors.push(...(await provide(c, target, params.provision)));
    if (errors.length > 0) throw unprocessable(errors.join(", "));
    return c.body(null, 200);
  },
});

async function findTarget(c: AppContext, idOrPath: string): Promise<Target> {
  const { namespace } = await findBilledNamespace(c, idOrPath);
  if (namespace.parentId !== null) throw badRequest("Must be root namespace");
  return { namespaceId: namespace.id, actor: "customers-dot" };
}

export const provision = [provisionNamespace];
