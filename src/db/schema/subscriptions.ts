import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { planNames } from "../../domain/billing/plans.ts";
import { historyChanges } from "../../domain/billing/subscription.ts";
import { createdAt, day, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";

const terms = {
  /** Null: no plan that is known here. */
  planCode: text("plan_code", { enum: planNames }),
  seats: integer("seats").notNull().default(0),
  /** As the last refresh counted them. */
  seatsInUse: integer("seats_in_use").notNull().default(0),
  maxSeatsUsed: integer("max_seats_used").notNull().default(0),
  seatsOwed: integer("seats_owed").notNull().default(0),
  isTrial: flag("is_trial").notNull().default(false),
  autoRenew: flag("auto_renew"),
  startDate: day("start_date").notNull(),
  endDate: day("end_date"),
  trialStartsOn: day("trial_starts_on"),
  trialEndsOn: day("trial_ends_on"),
  /** 1 extended, 2 reactivated. */
  trialExtensionType: integer("trial_extension_type").$type<1 | 2>(),
  maxSeatsUsedChangedAt: instant("max_seats_used_changed_at"),
  lastSeatRefreshAt: instant("last_seat_refresh_at"),
};

/**
 * What namespaces have bought: at most one each. Triggers keep in `subscription_history` what a row was before it is
 * changed or goes, whoever does that.
 */
export const subscriptions = sqliteTable(
  "subscriptions",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id, { onDelete: "cascade" }),
    ...terms,
    /** Raised by every write, so that a change that was decided on an older state is refused. */
    lockVersion: integer("lock_version").notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("subscriptions_namespace").on(t.namespaceId),
    /** The refresh begins with those that it has not come to for longest. */
    index("subscriptions_refreshed").on(t.lastSeatRefreshAt, t.id),
    check("subscriptions_trial_extension_type", sql`${t.trialExtensionType} in (1, 2)`),
  ],
);

/** Former states of subscriptions, oldest first; append-only by triggers, and kept when a namespace is deleted. */
export const subscriptionHistory = sqliteTable(
  "subscription_history",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    change: text("change", { enum: historyChanges }).notNull(),
    subscriptionId: integer("subscription_id").notNull(),
    namespaceId: integer("namespace_id").notNull(),
    ...terms,
    subscriptionCreatedAt: instant("subscription_created_at").notNull(),
    subscriptionUpdatedAt: instant("subscription_updated_at").notNull(),
    createdAt: createdAt(),
  },
  (t) => [index("subscription_history_namespace").on(t.namespaceId), check("subscription_history_change", oneOf("change", historyChanges))],
);

/** Add-ons that namespaces have bought: one row for each add-on. */
export const addOnPurchases = sqliteTable(
  "add_on_purchases",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id, { onDelete: "cascade" }),
    addOn: text("add_on").notNull(),
    quantity: integer("quantity").notNull(),
    startedOn: day("started_on"),
    expiresOn: day("expires_on"),
    purchaseXid: text("purchase_xid"),
    isTrial: flag("is_trial").notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("add_on_purchases_namespace_add_on").on(t.namespaceId, t.addOn),
    check("add_on_purchases_quantity", sql`${t.quantity} >= 0`),
  ],
);
