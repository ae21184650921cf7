CREATE TABLE `billing_ledger` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`recorded_at` integer NOT NULL,
	`kind` text NOT NULL,
	`namespace_id` integer NOT NULL,
	`target_namespace_id` integer,
	`actor` text NOT NULL,
	`before` text,
	`after` text
);
--> statement-breakpoint
CREATE INDEX `billing_ledger_namespace` ON `billing_ledger` (`namespace_id`);--> statement-breakpoint
CREATE INDEX `billing_ledger_target` ON `billing_ledger` (`target_namespace_id`);--> statement-breakpoint
CREATE INDEX `billing_ledger_kind` ON `billing_ledger` (`kind`);--> statement-breakpoint
CREATE TABLE `credit_card_validations` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`validated_at` integer NOT NULL,
	`holder_name_digest` text,
	`network_digest` text,
	`last_digits_digest` text,
	`expiration_date_digest` text,
	`zuora_payment_method_xid` text,
	`stripe_setup_intent_xid` text,
	`stripe_payment_method_xid` text,
	`stripe_card_fingerprint` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `minutes_packs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`number_of_minutes` integer NOT NULL,
	`expires_at` text NOT NULL,
	`purchase_xid` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "minutes_packs_purchase_xid" CHECK(length("minutes_packs"."purchase_xid") between 1 and 50)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `minutes_packs_purchase_xid` ON `minutes_packs` (`purchase_xid`);--> statement-breakpoint
CREATE INDEX `minutes_packs_namespace_expiry` ON `minutes_packs` (`namespace_id`,`expires_at`);--> statement-breakpoint
CREATE TABLE `namespace_limits` (
	`namespace_id` integer PRIMARY KEY NOT NULL,
	`shared_runners_minutes` integer,
	`extra_shared_runners_minutes` integer,
	`purchased_storage_size` integer DEFAULT 0 NOT NULL,
	`purchased_storage_ends_on` text,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `storage_exclusions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `storage_exclusions_namespace` ON `storage_exclusions` (`namespace_id`);--> statement-breakpoint
CREATE TABLE `upcoming_reconciliations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`next_reconciliation_date` text NOT NULL,
	`display_alert_from` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `upcoming_reconciliations_namespace` ON `upcoming_reconciliations` (`namespace_id`);--> statement-breakpoint
CREATE TABLE `add_on_purchases` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`add_on` text NOT NULL,
	`quantity` integer NOT NULL,
	`started_on` text,
	`expires_on` text,
	`purchase_xid` text,
	`is_trial` integer DEFAULT false NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "add_on_purchases_quantity" CHECK("add_on_purchases"."quantity" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `add_on_purchases_namespace_add_on` ON `add_on_purchases` (`namespace_id`,`add_on`);--> statement-breakpoint
CREATE TABLE `subscription_history` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`change` text NOT NULL,
	`subscription_id` integer NOT NULL,
	`namespace_id` integer NOT NULL,
	`plan_code` text,
	`seats` integer DEFAULT 0 NOT NULL,
	`seats_in_use` integer DEFAULT 0 NOT NULL,
	`max_seats_used` integer DEFAULT 0 NOT NULL,
	`seats_owed` integer DEFAULT 0 NOT NULL,
	`is_trial` integer DEFAULT false NOT NULL,
	`auto_renew` integer,
	`start_date` text NOT NULL,
	`end_date` text,
	`trial_starts_on` text,
	`trial_ends_on` text,
	`trial_extension_type` integer,
	`max_seats_used_changed_at` integer,
	`last_seat_refresh_at` integer,
	`subscription_created_at` integer NOT NULL,
	`subscription_updated_at` integer NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	CONSTRAINT "subscription_history_change" CHECK("change" in ('gitlab_subscription_updated', 'gitlab_subscription_destroyed'))
);
--> statement-breakpoint
CREATE INDEX `subscription_history_namespace` ON `subscription_history` (`namespace_id`);--> statement-breakpoint
CREATE TABLE `subscriptions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`plan_code` text,
	`seats` integer DEFAULT 0 NOT NULL,
	`seats_in_use` integer DEFAULT 0 NOT NULL,
	`max_seats_used` integer DEFAULT 0 NOT NULL,
	`seats_owed` integer DEFAULT 0 NOT NULL,
	`is_trial` integer DEFAULT false NOT NULL,
	`auto_renew` integer,
	`start_date` text NOT NULL,
	`end_date` text,
	`trial_starts_on` text,
	`trial_ends_on` text,
	`trial_extension_type` integer,
	`max_seats_used_changed_at` integer,
	`last_seat_refresh_at` integer,
	`lock_version` integer DEFAULT 0 NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "subscriptions_trial_extension_type" CHECK("subscriptions"."trial_extension_type" in (1, 2))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `subscriptions_namespace` ON `subscriptions` (`namespace_id`);--> statement-breakpoint
CREATE INDEX `subscriptions_refreshed` ON `subscriptions` (`last_seat_refresh_at`,`id`);
--> statement-breakpoint
-- What a subscription was before it is changed or goes. Counting its seats again (seats_in_use and the times) is no change.
CREATE TRIGGER subscriptions_updated BEFORE UPDATE ON subscriptions WHEN OLD.namespace_id IS NOT NEW.namespace_id OR OLD.plan_code IS NOT NEW.plan_code OR OLD.seats IS NOT NEW.seats OR OLD.max_seats_used IS NOT NEW.max_seats_used OR OLD.seats_owed IS NOT NEW.seats_owed OR OLD.is_trial IS NOT NEW.is_trial OR OLD.auto_renew IS NOT NEW.auto_renew OR OLD.start_date IS NOT NEW.start_date OR OLD.end_date IS NOT NEW.end_date OR OLD.trial_starts_on IS NOT NEW.trial_starts_on OR OLD.trial_ends_on IS NOT NEW.trial_ends_on OR OLD.trial_extension_type IS NOT NEW.trial_extension_type BEGIN
  INSERT INTO subscription_history (change, subscription_id, namespace_id, plan_code, seats, seats_in_use, max_seats_used, seats_owed, is_trial, auto_renew, start_date, end_date, trial_starts_on, trial_ends_on, trial_extension_type, max_seats_used_changed_at, last_seat_refresh_at, subscription_created_at, subscription_updated_at)
  VALUES ('gitlab_subscription_updated', OLD.id, OLD.namespace_id, OLD.plan_code, OLD.seats, OLD.seats_in_use, OLD.max_seats_used, OLD.seats_owed, OLD.is_trial, OLD.auto_renew, OLD.start_date, OLD.end_date, OLD.trial_starts_on, OLD.trial_ends_on, OLD.trial_extension_type, OLD.max_seats_used_changed_at, OLD.last_seat_refresh_at, OLD.created_at, OLD.updated_at);
END;
--> statement-breakpoint
CREATE TRIGGER subscriptions_destroyed BEFORE DELETE ON subscriptions BEGIN
  INSERT INTO subscription_history (change, subscription_id, namespace_id, plan_code, seats, seats_in_use, max_seats_used, seats_owed, is_trial, auto_renew, start_date, end_date, trial_starts_on, trial_ends_on, trial_extension_type, max_seats_used_changed_at, last_seat_refresh_at, subscription_created_at, subscription_updated_at)
  VALUES ('gitlab_subscription_destroyed', OLD.id, OLD.namespace_id, OLD.plan_code, OLD.seats, OLD.seats_in_use, OLD.max_seats_used, OLD.seats_owed, OLD.is_trial, OLD.auto_renew, OLD.start_date, OLD.end_date, OLD.trial_starts_on, OLD.trial_ends_on, OLD.trial_extension_type, OLD.max_seats_used_changed_at, OLD.last_seat_refresh_at, OLD.created_at, OLD.updated_at);
END;
--> statement-breakpoint
CREATE TRIGGER subscription_history_no_update BEFORE UPDATE ON subscription_history BEGIN
  SELECT raise(ABORT, 'subscription_history is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER subscription_history_no_delete BEFORE DELETE ON subscription_history BEGIN
  SELECT raise(ABORT, 'subscription_history is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER billing_ledger_no_update BEFORE UPDATE ON billing_ledger BEGIN
  SELECT raise(ABORT, 'billing_ledger is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER billing_ledger_no_delete BEFORE DELETE ON billing_ledger BEGIN
  SELECT raise(ABORT, 'billing_ledger is append-only');
END;
