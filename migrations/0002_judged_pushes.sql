CREATE TABLE `decisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`created_at` integer NOT NULL,
	`call` text NOT NULL,
	`actor` text,
	`username` text,
	`key_fingerprint` text,
	`gl_repository` text,
	`project` text COLLATE NOCASE,
	`action` text NOT NULL,
	`protocol` text NOT NULL,
	`is_allowed` integer NOT NULL,
	`status` integer NOT NULL,
	`reason` text NOT NULL,
	`ref` text,
	`ref_count` integer,
	`not_verified` text DEFAULT '[]' NOT NULL,
	`address` text,
	`request_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_created_at` ON `decisions` (`created_at`);--> statement-breakpoint
CREATE INDEX `decisions_actor` ON `decisions` (`actor`,`created_at`);--> statement-breakpoint
CREATE INDEX `decisions_gl_repository` ON `decisions` (`gl_repository`,`created_at`);--> statement-breakpoint
CREATE INDEX `decisions_project` ON `decisions` (`project`,`created_at`);--> statement-breakpoint
CREATE INDEX `decisions_refused` ON `decisions` (`created_at`) WHERE not is_allowed;--> statement-breakpoint
CREATE INDEX `decisions_refused_reason` ON `decisions` (`reason`,`created_at`) WHERE not is_allowed;--> statement-breakpoint
CREATE TABLE `merge_requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`target_project_id` integer NOT NULL,
	`iid` integer NOT NULL,
	`source_project_id` integer,
	`source_branch` text NOT NULL,
	`target_branch` text NOT NULL,
	`author_id` integer,
	`title` text NOT NULL,
	`description` text,
	`state` text DEFAULT 'opened' NOT NULL,
	`allows_collaboration` integer DEFAULT false NOT NULL,
	`in_progress_merge_commit_sha` text,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`target_project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`source_project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "merge_requests_state" CHECK("state" in ('opened', 'closed', 'merged', 'locked'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `merge_requests_target_iid` ON `merge_requests` (`target_project_id`,`iid`);--> statement-breakpoint
CREATE INDEX `merge_requests_target_state` ON `merge_requests` (`target_project_id`,`state`);--> statement-breakpoint
CREATE INDEX `merge_requests_source` ON `merge_requests` (`source_project_id`,`state`,`allows_collaboration`);--> statement-breakpoint
CREATE INDEX `merge_requests_author` ON `merge_requests` (`author_id`);--> statement-breakpoint
CREATE TABLE `git_refs` (
	`project_id` integer NOT NULL,
	`name` text NOT NULL,
	`sha` text NOT NULL,
	PRIMARY KEY(`project_id`, `name`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "git_refs_name" CHECK("git_refs"."name" like 'refs/%')
);
--> statement-breakpoint
CREATE INDEX `git_refs_sha` ON `git_refs` (`project_id`,`sha`,`name`);--> statement-breakpoint
CREATE TABLE `lfs_locks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`path` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lfs_locks_project_path` ON `lfs_locks` (`project_id`,`path`);--> statement-breakpoint
CREATE INDEX `lfs_locks_user` ON `lfs_locks` (`user_id`);--> statement-breakpoint
ALTER TABLE `snippets` ADD `is_repository_empty` integer DEFAULT true NOT NULL;--> statement-breakpoint
UPDATE `snippets` SET `is_repository_empty` = 0 WHERE `default_branch` IS NOT NULL;
