CREATE TABLE `ssh_certificates` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`title` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint_sha256` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ssh_certificates_fingerprint` ON `ssh_certificates` (`fingerprint_sha256`);--> statement-breakpoint
CREATE INDEX `ssh_certificates_namespace` ON `ssh_certificates` (`namespace_id`);--> statement-breakpoint
CREATE TABLE `otp_sessions` (
	`user_id` integer NOT NULL,
	`key_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `key_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `otp_sessions_expires_at` ON `otp_sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `two_factor_recovery_codes` (
	`user_id` integer NOT NULL,
	`digest` text NOT NULL,
	PRIMARY KEY(`user_id`, `digest`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `two_factors` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`sealed` text NOT NULL,
	`last_used_step` integer,
	`failed_attempts` integer DEFAULT 0 NOT NULL,
	`recovery_salt` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `decisions` ADD `verb` text;--> statement-breakpoint
ALTER TABLE `decisions` ADD `wants` integer;--> statement-breakpoint
ALTER TABLE `decisions` ADD `haves` integer;--> statement-breakpoint
ALTER TABLE `personal_access_tokens` ADD `family_id` integer REFERENCES personal_access_tokens(id);--> statement-breakpoint
CREATE INDEX `personal_access_tokens_family` ON `personal_access_tokens` (`family_id`);--> statement-breakpoint
ALTER TABLE `users` ADD `locked_until` integer;