import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { ledgerKinds } from "../../domain/billing/ledger.ts";
import { createdAt, day, instant, updatedAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";
import { users } from "./users.ts";

/** Compute minutes that were bought, a row for each purchase. A purchase is counted once, wherever it is sent. */
export const minutesPacks = sqliteTable(
  "minutes_packs",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id, { onDelete: "cascade" }),
    numberOfMinutes: integer("number_of_minutes").notNull(),
    /** Counts up to and including this day. */
    expiresAt: day("expires_at").notNull(),
    /** The portal's name of the purchase. */
    purchaseXid: text("purchase_xid").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex("minutes_packs_purchase_xid").on(t.purchaseXid),
    index("minutes_packs_namespace_expiry").on(t.namespaceId, t.expiresAt),
    check("minutes_packs_purchase_xid", sql`length(${t.purchaseXid}) between 1 and 50`),
  ],
);

/** When the number of seats of a namespace is next compared with what was paid for, and since when its owners are told. */
export const upcomingReconciliations = sqliteTable(
  "upcoming_reconciliations",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id, { onDelete: "cascade" }),
    nextReconciliationDate: day("next_reconciliation_date").notNull(),
    displayAlertFrom: day("display_alert_from").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex("upcoming_reconciliations_namespace").on(t.namespaceId)],
);

/** What is bought or set for a namespace besides its subscription; no row is all that was never set. */
export const namespaceLimits = sqliteTable("namespace_limits", {
  namespaceId: integer("namespace_id")
    .primaryKey()
    .references(() => namespaces.id, { onDelete: "cascade" }),
  /** Per month; null: the instance's. */
  sharedRunnersMinutes: integer("shared_runners_minutes"),
  extraSharedRunnersMinutes: integer("extra_shared_runners_minutes"),
  /** MiB. */
  purchasedStorageSize: integer("purchased_storage_size").notNull().default(0),
  purchasedStorageEndsOn: day("purchased_storage_ends_on"),
});

/** Top-level namespaces whose storage is not limited, and why. */
export const storageExclusions = sqliteTable(
  "storage_exclusions",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id, { onDelete: "cascade" }),
    reason: text("reason").notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("storage_exclusions_namespace").on(t.namespaceId)],
);

/** That a user's card was seen to be good: digests, by which two accounts with one card are told, and nothing of the card. */
export const creditCardValidations = sqliteTable("credit_card_validations", {
  userId: integer("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  validatedAt: instant("validated_at").notNull(),
  /** SHA-256, 64 hex digits, and the next three. */
  holderNameDigest: text("holder_name_digest"),
  networkDigest: text("network_digest"),
  lastDigitsDigest: text("last_digits_digest"),
  expirationDateDigest: text("expiration_date_digest"),
  zuoraPaymentMethodXid: text("zuora_payment_method_xid"),
  stripeSetupIntentXid: text("stripe_setup_intent_xid"),
  stripePaymentMethodXid: text("stripe_payment_method_xid"),
  stripeCardFingerprint: text("stripe_card_fingerprint"),
});

/**
 * Every change of what namespaces have bought, written in the batch of the change itself; append-only by triggers. It
 * refers to nothing: what was bought is told after the namespace is gone.
 */
export const billingLedger = sqliteTable(
  "billing_ledger",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    recordedAt: instant("recorded_at").notNull(),
    kind: text("kind", { enum: ledgerKinds }).notNull(),
    namespaceId: integer("namespace_id").notNull(),
    /** Of a move, where to. */
    targetNamespaceId: integer("target_namespace_id"),
    /** `user-<id>` or `customers-dot`. */
    actor: text("actor").notNull(),
    /** JSON objects; null: nothing was, or is, there. */
    before: text("before"),
    after: text("after"),
  },
  (t) => [
    index("billing_ledger_namespace").on(t.namespaceId),
    index("billing_ledger_target").on(t.targetNamespaceId),
    index("billing_ledger_kind").on(t.kind),
  ],
);
