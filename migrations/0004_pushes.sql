CREATE TABLE `broadcast_messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message` text NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`font` text,
	`color` text,
	`target_access_levels` text DEFAULT '[]' NOT NULL,
	`target_path` text DEFAULT '' NOT NULL,
	`broadcast_type` text DEFAULT 'banner' NOT NULL,
	`is_dismissable` integer DEFAULT false NOT NULL,
	`shows_in_cli` integer DEFAULT true NOT NULL,
	`theme` text DEFAULT 'indigo' NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	CONSTRAINT "broadcast_messages_broadcast_type" CHECK("broadcast_type" in ('banner', 'notification')),
	CONSTRAINT "broadcast_messages_theme" CHECK("theme" in ('indigo', 'light-indigo', 'blue', 'light-blue', 'green', 'light-green', 'red', 'light-red', 'dark', 'light'))
);
--> statement-breakpoint
CREATE INDEX `broadcast_messages_ends_at` ON `broadcast_messages` (`ends_at`);--> statement-breakpoint
CREATE TABLE `hook_deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`hook_id` integer NOT NULL,
	`payload_key` text NOT NULL,
	`trigger` text NOT NULL,
	`idempotency_key` text NOT NULL,
	`instance_url` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`leased_until` integer,
	`not_verified` text DEFAULT '[]' NOT NULL,
	`created_at` integer NOT NULL,
	CONSTRAINT "hook_deliveries_state" CHECK("state" in ('pending', 'delivered', 'failed', 'dropped')),
	CONSTRAINT "hook_deliveries_trigger" CHECK("trigger" in ('push_hooks', 'tag_push_hooks', 'repository_update_hooks'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `hook_deliveries_hook_payload` ON `hook_deliveries` (`hook_id`,`payload_key`);--> statement-breakpoint
CREATE INDEX `hook_deliveries_payload` ON `hook_deliveries` (`payload_key`);--> statement-breakpoint
CREATE INDEX `hook_deliveries_pending` ON `hook_deliveries` (`created_at`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `hook_deliveries_created_at` ON `hook_deliveries` (`created_at`);--> statement-breakpoint
CREATE TABLE `hook_payloads` (
	`key` text NOT NULL,
	`part` integer NOT NULL,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`key`, `part`)
);
--> statement-breakpoint
CREATE INDEX `hook_payloads_created_at` ON `hook_payloads` (`created_at`);--> statement-breakpoint
CREATE TABLE `hook_requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`hook_id` integer NOT NULL,
	`delivery_id` integer NOT NULL,
	`payload_key` text NOT NULL,
	`trigger` text NOT NULL,
	`url` text NOT NULL,
	`request_headers` text NOT NULL,
	`response_headers` text DEFAULT '{}' NOT NULL,
	`response_body` text DEFAULT '' NOT NULL,
	`response_status` text NOT NULL,
	`error` text,
	`not_verified` text DEFAULT '[]' NOT NULL,
	`execution_duration` real NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `hook_requests_hook` ON `hook_requests` (`hook_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `hook_requests_created_at` ON `hook_requests` (`created_at`);--> statement-breakpoint
CREATE TABLE `web_hooks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`project_id` integer,
	`namespace_id` integer,
	`name` text,
	`description` text,
	`sealed` text NOT NULL,
	`push_events` integer DEFAULT true NOT NULL,
	`tag_push_events` integer DEFAULT false NOT NULL,
	`repository_update_events` integer DEFAULT false NOT NULL,
	`other_events` text DEFAULT '{}' NOT NULL,
	`push_events_branch_filter` text,
	`branch_filter_strategy` text DEFAULT 'wildcard' NOT NULL,
	`enable_ssl_verification` integer DEFAULT true NOT NULL,
	`custom_webhook_template` text,
	`failures` integer DEFAULT 0 NOT NULL,
	`disabled_until` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "web_hooks_kind" CHECK("kind" in ('project', 'group', 'system')),
	CONSTRAINT "web_hooks_branch_filter_strategy" CHECK("branch_filter_strategy" in ('wildcard', 'regex', 'all_branches')),
	CONSTRAINT "web_hooks_source" CHECK(("web_hooks"."kind" = 'project') = ("web_hooks"."project_id" is not null) and ("web_hooks"."kind" = 'group') = ("web_hooks"."namespace_id" is not null))
);
--> statement-breakpoint
CREATE INDEX `web_hooks_project` ON `web_hooks` (`project_id`);--> statement-breakpoint
CREATE INDEX `web_hooks_namespace` ON `web_hooks` (`namespace_id`);--> statement-breakpoint
CREATE INDEX `web_hooks_kind` ON `web_hooks` (`kind`);--> statement-breakpoint
CREATE TABLE `labels` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer,
	`namespace_id` integer,
	`name` text NOT NULL,
	`color` text NOT NULL,
	`description` text,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "labels_source" CHECK(("project_id" is not null) + ("namespace_id" is not null) = 1)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `labels_project_name` ON `labels` (`project_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `labels_namespace_name` ON `labels` (`namespace_id`,`name`);--> statement-breakpoint
CREATE TABLE `milestones` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer,
	`namespace_id` integer,
	`iid` integer NOT NULL,
	`title` text NOT NULL,
	`description` text,
	`state` text DEFAULT 'active' NOT NULL,
	`start_date` text,
	`due_date` text,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "milestones_source" CHECK(("project_id" is not null) + ("namespace_id" is not null) = 1),
	CONSTRAINT "milestones_state" CHECK("state" in ('active', 'closed'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `milestones_project_iid` ON `milestones` (`project_id`,`iid`);--> statement-breakpoint
CREATE UNIQUE INDEX `milestones_namespace_iid` ON `milestones` (`namespace_id`,`iid`);--> statement-breakpoint
CREATE UNIQUE INDEX `milestones_project_title` ON `milestones` (`project_id`,`title`);--> statement-breakpoint
CREATE UNIQUE INDEX `milestones_namespace_title` ON `milestones` (`namespace_id`,`title`);--> statement-breakpoint
CREATE INDEX `milestones_title` ON `milestones` (`title`);--> statement-breakpoint
CREATE TABLE `merge_request_assignees` (
	`merge_request_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	PRIMARY KEY(`merge_request_id`, `user_id`),
	FOREIGN KEY (`merge_request_id`) REFERENCES `merge_requests`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `merge_request_assignees_user` ON `merge_request_assignees` (`user_id`);--> statement-breakpoint
CREATE TABLE `merge_request_labels` (
	`merge_request_id` integer NOT NULL,
	`label_id` integer NOT NULL,
	PRIMARY KEY(`merge_request_id`, `label_id`),
	FOREIGN KEY (`merge_request_id`) REFERENCES `merge_requests`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`label_id`) REFERENCES `labels`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `merge_request_labels_label` ON `merge_request_labels` (`label_id`);--> statement-breakpoint
CREATE TABLE `push_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`author_id` integer,
	`created_at` integer NOT NULL,
	`push_id` text NOT NULL,
	`change_index` integer NOT NULL,
	`action` text NOT NULL,
	`ref_type` text NOT NULL,
	`ref` text,
	`commit_from` text,
	`commit_to` text,
	`commit_count` integer DEFAULT 0 NOT NULL,
	`commit_title` text,
	`ref_count` integer,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "push_events_action" CHECK("action" in ('created', 'removed', 'pushed')),
	CONSTRAINT "push_events_ref_type" CHECK("ref_type" in ('branch', 'tag')),
	CONSTRAINT "push_events_ref_or_count" CHECK(("push_events"."ref" is null) <> ("push_events"."ref_count" is null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `push_events_push_change` ON `push_events` (`push_id`,`change_index`);--> statement-breakpoint
CREATE INDEX `push_events_project` ON `push_events` (`project_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `push_events_author` ON `push_events` (`author_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`kind` text,
	`version` integer,
	`attempts` integer NOT NULL,
	`error` text NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL,
	`replayed_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `dead_letters_key` ON `dead_letters` (`key`);--> statement-breakpoint
CREATE INDEX `dead_letters_kind` ON `dead_letters` (`kind`,`created_at`);--> statement-breakpoint
CREATE INDEX `dead_letters_created_at` ON `dead_letters` (`created_at`);--> statement-breakpoint
CREATE TABLE `reference_counters` (
	`gl_repository` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `reference_counters_expires_at` ON `reference_counters` (`expires_at`);--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `is_draft` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `head_sha` text;--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `squash` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `removes_source_branch` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `auto_merge_user_id` integer REFERENCES users(id);--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `auto_merge_sha` text;--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `milestone_id` integer REFERENCES milestones(id);--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `merged_at` integer;--> statement-breakpoint
ALTER TABLE `merge_requests` ADD `closed_at` integer;--> statement-breakpoint
CREATE INDEX `merge_requests_source_branch` ON `merge_requests` (`source_project_id`,`source_branch`,`state`);--> statement-breakpoint
CREATE INDEX `merge_requests_target_branch` ON `merge_requests` (`target_project_id`,`target_branch`,`state`);--> statement-breakpoint
CREATE INDEX `merge_requests_auto_merge_user` ON `merge_requests` (`auto_merge_user_id`);--> statement-breakpoint
CREATE INDEX `merge_requests_milestone` ON `merge_requests` (`milestone_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `merge_requests_open` ON `merge_requests` (`source_project_id`,`source_branch`,`target_project_id`,`target_branch`) WHERE state = 'opened';--> statement-breakpoint
CREATE INDEX `projects_visibility` ON `projects` (`visibility`);