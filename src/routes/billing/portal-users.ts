import * as v from "valibot";
import { saveCreditCardValidation } from "../../db/credit-cards.ts";
import { loadMemberships } from "../../db/project-records.ts";
import { findUser, type UserRow } from "../../db/users.ts";
import { digestCard, toIsoInstant, type SentCard } from "../../domain/billing/credit-card.ts";
import { invalid, notFound } from "../../domain/fault.ts";
import { AccessLevel, dayOf, effectiveAccess } from "../../domain/identity/access-level.ts";
import { storableText } from "../../domain/text.ts";
import { externalUrl, type AppContext } from "../../http/context.ts";
import { instant, integer, isEmpty, optional, text } from "../../http/fields.ts";
import { operation } from "../../http/operation.ts";
import { findBilledNamespace } from "./place.ts";

const base = "/internal/gitlab_subscriptions";
const declared = { tags: ["customers"], caller: "portal", faults: [404] } as const;

const PortalUser = v.object({
  id: v.number(),
  username: v.string(),
  public_email: v.nullable(v.string()),
  name: v.string(),
  web_url: v.string(),
});

/** GET …/users/:id: a user by id, as the portal sees them (contract customers 10). */
const showUser = operation({
  ...declared,
  method: "GET",
  path: `${base}/users/:id`,
  summary: "A user, for the customers' portal",
  params: v.object({ id: text() }),
  answers: { 200: { description: "The user", schema: PortalUser } },
  async handle(c, params) {
    const { id, username, publicEmail, name } = await findById(c, params.id);
    const user: v.InferOutput<typeof PortalUser> = {
      id,
      username,
      public_email: publicEmail,
      name,
      web_url: `${externalUrl(c)}/${username}`,
    };
    return c.json(user);
  },
});

/** GET …/user_permissions/:user_id: whether a user may decide on what the namespace buys: its owners, and administrators. */
const showPermissions = operation({
  ...declared,
  method: "GET",
  path: `${base}/namespaces/:namespace_id/user_permissions/:user_id`,
  summary: "What a user may do for a namespace at the customers' portal",
  params: v.object({ namespace_id: text(), user_id: text() }),
  answers: { 200: { description: "The permissions", schema: v.object({ edit_billing: v.boolean() }) } },
  async handle(c, params) {
    const { namespace } = await findBilledNamespace(c, params.namespace_id);
    const user = await findById(c, params.user_id);
    return c.json({ edit_billing: await mayEditBilling(c, user, namespace) });
  },
});

async function mayEditBilling(c: AppContext, user: UserRow, namespace: { id: number; ownerId: number | null }): Promise<boolean> {
  if (user.state !== "active") return false;
  if (user.isAdmin || namespace.ownerId === user.id) return true;
  const memberships = await loadMemberships(c.var.db, user.id, { projectId: null, namespaceId: namespace.id });
  return effectiveAccess(memberships, dayOf(c.var.now)).level >= AccessLevel.owner;
}

async function findById(c: AppContext, id: string): Promise<UserRow> {
  const user = /^\d+$/.test(id) ? await findUser(c.var.db, id) : null;
  if (user === null) throw notFound("User");
  return user;
}

const xid = () =>
  optional(
    v.pipe(
      text(),
      v.transform((value) => storableText(value)),
    ),
  );

const Card = v.object({
  user_id: text(),
  credit_card_validated_at: v.pipe(
    v.string(),
    v.maxLength(64),
    v.transform(toIsoInstant),
    instant(),
    v.check((value) => value !== null, isEmpty),
  ),
  credit_card_expiration_month: integer(),
  credit_card_expiration_year: integer(),
  credit_card_holder_name: text(),
  credit_card_type: text(),
  credit_card_mask_number: text(),
  zuora_payment_method_xid: xid(),
  stripe_setup_intent_xid: xid(),
  stripe_payment_method_xid: xid(),
  stripe_card_fingerprint: xid(),
});

/**
 * PUT …/credit_card_validation: that a user's card was seen to be good. Nothing of the card is kept but digests and the
 * ids that the payment services gave it; 400 for what is no card (contract customers 10).
 */
const validateCard = operation({
  ...declared,
  method: "PUT",
  path: `${base}/users/:user_id/credit_card_validation`,
  summary: "Note that a user's credit card is valid",
  params: Card,
  answers: { 200: { description: "Noted", schema: v.object({ success: v.object({}) }) } },
  async handle(c, params) {
    const user = await findUser(c.var.db, params.user_id);
    if (user === null) throw notFound("User");
    const card = toCard(params);
    const digests = digestCard(card);
    if (digests === null || params.credit_card_validated_at === null) throw invalid("400 Bad request");
    const isSaved = await saveCreditCardValidation(c.var.db, {
      userId: user.id,
      validatedAt: params.credit_card_validated_at,
      ...digests,
      zuoraPaymentMethodXid: card.zuoraPaymentMethodXid,
      stripeSetupIntentXid: card.stripeSetupIntentXid,
      stripePaymentMethodXid: card.stripePaymentMethodXid,
      stripeCardFingerprint: card.stripeCardFingerprint,
    });
    if (!isSaved) throw notFound("User");
    return c.json({ success: {} });
  },
});

function toCard(params: v.InferOutput<typeof Card>): SentCard {
  return {
    holderName: params.credit_card_holder_name,
    network: params.credit_card_type,
    maskNumber: params.credit_card_mask_number,
    expirationYear: params.credit_card_expiration_year,
    expirationMonth: params.credit_card_expiration_month,
    zuoraPaymentMethodXid: params.zuora_payment_method_xid ?? null,
    stripeSetupIntentXid: params.stripe_setup_intent_xid ?? null,
    stripePaymentMethodXid: params.stripe_payment_method_xid ?? null,
    stripeCardFingerprint: params.stripe_card_fingerprint ?? null,
  };
}

export const portalUsers = [showUser, showPermissions, validateCard];
