CREATE TABLE `usage_counters` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL,
	CONSTRAINT "usage_counters_value" CHECK("usage_counters"."value" >= 0)
);
--> statement-breakpoint
CREATE TABLE `usage_unique_values` (
	`name` text NOT NULL,
	`value` integer NOT NULL,
	PRIMARY KEY(`name`, `value`)
);
--> statement-breakpoint
CREATE TABLE `agent_activity_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`agent_id` integer NOT NULL,
	`kind` text NOT NULL,
	`token_id` integer,
	`user_id` integer,
	`recorded_at` integer NOT NULL,
	FOREIGN KEY (`agent_id`) REFERENCES `cluster_agents`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`token_id`) REFERENCES `cluster_agent_tokens`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "agent_activity_events_kind" CHECK("kind" in ('token_created', 'token_revoked', 'agent_connected'))
);
--> statement-breakpoint
CREATE INDEX `agent_activity_events_agent` ON `agent_activity_events` (`agent_id`,`id`);--> statement-breakpoint
CREATE INDEX `agent_activity_events_token` ON `agent_activity_events` (`token_id`);--> statement-breakpoint
CREATE INDEX `agent_activity_events_user` ON `agent_activity_events` (`user_id`);--> statement-breakpoint
CREATE INDEX `agent_activity_events_recorded_at` ON `agent_activity_events` (`recorded_at`);--> statement-breakpoint
CREATE TABLE `agent_authorizations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`agent_id` integer NOT NULL,
	`access` text NOT NULL,
	`project_id` integer,
	`namespace_id` integer,
	`config` text DEFAULT '{}' NOT NULL,
	FOREIGN KEY (`agent_id`) REFERENCES `cluster_agents`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "agent_authorizations_access" CHECK("access" in ('ci', 'user')),
	CONSTRAINT "agent_authorizations_holder" CHECK(("project_id" is not null) + ("namespace_id" is not null) = 1)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agent_authorizations_project` ON `agent_authorizations` (`agent_id`,`access`,`project_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `agent_authorizations_namespace` ON `agent_authorizations` (`agent_id`,`access`,`namespace_id`);--> statement-breakpoint
CREATE INDEX `agent_authorizations_of_project` ON `agent_authorizations` (`project_id`);--> statement-breakpoint
CREATE INDEX `agent_authorizations_of_namespace` ON `agent_authorizations` (`namespace_id`);--> statement-breakpoint
CREATE TABLE `agent_registrations` (
	`agent_id` integer PRIMARY KEY NOT NULL,
	`agent_version` text,
	`architecture` text,
	`kubernetes_version` text,
	`installation_method` text,
	`helm_chart_version` text,
	`registered_at` integer NOT NULL,
	FOREIGN KEY (`agent_id`) REFERENCES `cluster_agents`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`iid` integer NOT NULL,
	`title` text NOT NULL,
	`description` text,
	`service` text,
	`monitoring_tool` text,
	`hosts` text NOT NULL,
	`severity` text NOT NULL,
	`status` text DEFAULT 'triggered' NOT NULL,
	`events` integer DEFAULT 1 NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`domain` text NOT NULL,
	`fingerprint` text,
	`payload` text NOT NULL,
	`is_announced` integer NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "alerts_severity" CHECK("severity" in ('critical', 'high', 'medium', 'low', 'info', 'unknown')),
	CONSTRAINT "alerts_status" CHECK("status" in ('triggered', 'acknowledged', 'resolved', 'ignored')),
	CONSTRAINT "alerts_domain" CHECK("domain" in ('operations', 'threat_monitoring'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_project_iid` ON `alerts` (`project_id`,`iid`);--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open_fingerprint` ON `alerts` (`project_id`,`fingerprint`) WHERE status <> 'resolved';--> statement-breakpoint
CREATE INDEX `alerts_project_status` ON `alerts` (`project_id`,`status`,`iid`);--> statement-breakpoint
CREATE INDEX `alerts_unannounced` ON `alerts` (`created_at`) WHERE not is_announced;--> statement-breakpoint
CREATE TABLE `vulnerabilities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`scanner_id` integer NOT NULL,
	`agent_id` integer,
	`report_type` text DEFAULT 'cluster_image_scanning' NOT NULL,
	`uuid` text NOT NULL,
	`primary_identifier` text NOT NULL,
	`location_digest` text NOT NULL,
	`title` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`message` text,
	`solution` text,
	`severity` text NOT NULL,
	`confidence` text NOT NULL,
	`state` text DEFAULT 'detected' NOT NULL,
	`location` text NOT NULL,
	`identifiers` text NOT NULL,
	`links` text NOT NULL,
	`author_id` integer,
	`is_resolved_on_default_branch` integer DEFAULT false NOT NULL,
	`dismissal_comment` text,
	`confirmed_at` integer,
	`dismissed_at` integer,
	`resolved_at` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`scanner_id`) REFERENCES `vulnerability_scanners`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "vulnerabilities_severity" CHECK("severity" in ('info', 'unknown', 'low', 'medium', 'high', 'critical')),
	CONSTRAINT "vulnerabilities_confidence" CHECK("confidence" in ('ignore', 'unknown', 'experimental', 'low', 'medium', 'high', 'confirmed')),
	CONSTRAINT "vulnerabilities_state" CHECK("state" in ('detected', 'confirmed', 'dismissed', 'resolved'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `vulnerabilities_uuid` ON `vulnerabilities` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `vulnerabilities_finding` ON `vulnerabilities` (`agent_id`,`primary_identifier`,`location_digest`);--> statement-breakpoint
CREATE INDEX `vulnerabilities_active` ON `vulnerabilities` (`agent_id`) WHERE state in ('detected', 'confirmed');--> statement-breakpoint
CREATE INDEX `vulnerabilities_project` ON `vulnerabilities` (`project_id`,`id`);--> statement-breakpoint
CREATE INDEX `vulnerabilities_severity` ON `vulnerabilities` (`project_id`,`severity`,`id`);--> statement-breakpoint
CREATE INDEX `vulnerabilities_confidence` ON `vulnerabilities` (`project_id`,`confidence`,`id`);--> statement-breakpoint
CREATE INDEX `vulnerabilities_scanner` ON `vulnerabilities` (`scanner_id`);--> statement-breakpoint
CREATE INDEX `vulnerabilities_author` ON `vulnerabilities` (`author_id`);--> statement-breakpoint
CREATE TABLE `vulnerability_scanners` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`external_id` text NOT NULL,
	`name` text NOT NULL,
	`vendor` text,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `vulnerability_scanners_external_id` ON `vulnerability_scanners` (`project_id`,`external_id`);--> statement-breakpoint
ALTER TABLE `cluster_agents` ADD `user_access` text;--> statement-breakpoint
ALTER TABLE `cluster_agents` ADD `configured_at` integer;--> statement-breakpoint
ALTER TABLE `hook_deliveries` ADD `later_trigger` text;