CREATE TABLE `cluster_agent_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`agent_id` integer NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`digest` text NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`last_used_at` integer,
	`created_by_user_id` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`agent_id`) REFERENCES `cluster_agents`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by_user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "cluster_agent_tokens_status" CHECK("status" in ('active', 'revoked'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cluster_agent_tokens_digest` ON `cluster_agent_tokens` (`digest`);--> statement-breakpoint
CREATE INDEX `cluster_agent_tokens_agent` ON `cluster_agent_tokens` (`agent_id`);--> statement-breakpoint
CREATE INDEX `cluster_agent_tokens_created_by` ON `cluster_agent_tokens` (`created_by_user_id`);--> statement-breakpoint
CREATE TABLE `cluster_agents` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`name` text NOT NULL,
	`created_by_user_id` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by_user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "cluster_agents_name" CHECK(length("cluster_agents"."name") between 1 and 63)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cluster_agents_project_name` ON `cluster_agents` (`project_id`,`name`);--> statement-breakpoint
CREATE INDEX `cluster_agents_created_by` ON `cluster_agents` (`created_by_user_id`);--> statement-breakpoint
CREATE TABLE `deploy_key_projects` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`deploy_key_id` integer NOT NULL,
	`project_id` integer NOT NULL,
	`can_push` integer DEFAULT false NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`deploy_key_id`) REFERENCES `keys`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deploy_key_projects_key_project` ON `deploy_key_projects` (`deploy_key_id`,`project_id`);--> statement-breakpoint
CREATE INDEX `deploy_key_projects_project` ON `deploy_key_projects` (`project_id`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text DEFAULT 'user' NOT NULL,
	`user_id` integer,
	`title` text NOT NULL,
	`algorithm` text NOT NULL,
	`blob` text NOT NULL,
	`comment` text DEFAULT '' NOT NULL,
	`key_type` text NOT NULL,
	`bits` integer NOT NULL,
	`fingerprint_sha256` text NOT NULL,
	`fingerprint_md5` text NOT NULL,
	`usage` text DEFAULT 'auth_and_signing' NOT NULL,
	`is_public` integer DEFAULT false NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "keys_kind" CHECK("kind" in ('user', 'deploy')),
	CONSTRAINT "keys_key_type" CHECK("key_type" in ('rsa', 'dsa', 'ecdsa', 'ed25519', 'ecdsa_sk', 'ed25519_sk')),
	CONSTRAINT "keys_usage" CHECK("usage" in ('auth_and_signing', 'auth', 'signing'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_fingerprint_sha256` ON `keys` (`fingerprint_sha256`);--> statement-breakpoint
CREATE INDEX `keys_fingerprint_md5` ON `keys` (`fingerprint_md5`);--> statement-breakpoint
CREATE INDEX `keys_user` ON `keys` (`user_id`);--> statement-breakpoint
CREATE TABLE `members` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`namespace_id` integer,
	`project_id` integer,
	`access_level` integer NOT NULL,
	`expires_at` text,
	`is_awaiting` integer DEFAULT false NOT NULL,
	`created_by_id` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "members_source" CHECK(("namespace_id" is not null) + ("project_id" is not null) = 1),
	CONSTRAINT "members_access_level" CHECK("members"."access_level" in (5, 10, 15, 20, 30, 40, 50))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_user_namespace` ON `members` (`user_id`,`namespace_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `members_user_project` ON `members` (`user_id`,`project_id`);--> statement-breakpoint
CREATE INDEX `members_namespace` ON `members` (`namespace_id`);--> statement-breakpoint
CREATE INDEX `members_project` ON `members` (`project_id`);--> statement-breakpoint
CREATE INDEX `members_created_by` ON `members` (`created_by_id`);--> statement-breakpoint
CREATE TABLE `namespace_ancestors` (
	`namespace_id` integer NOT NULL,
	`ancestor_id` integer NOT NULL,
	`depth` integer NOT NULL,
	PRIMARY KEY(`namespace_id`, `ancestor_id`),
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`ancestor_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "namespace_ancestors_depth" CHECK("namespace_ancestors"."depth" >= 0)
);
--> statement-breakpoint
CREATE INDEX `namespace_ancestors_ancestor` ON `namespace_ancestors` (`ancestor_id`);--> statement-breakpoint
CREATE TABLE `namespaces` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`path` text COLLATE NOCASE NOT NULL,
	`parent_id` integer,
	`owner_id` integer,
	`description` text DEFAULT '' NOT NULL,
	`visibility` text DEFAULT 'private' NOT NULL,
	`is_archived` integer DEFAULT false NOT NULL,
	`project_creation_level` text DEFAULT 'developer' NOT NULL,
	`subgroup_creation_level` text DEFAULT 'maintainer' NOT NULL,
	`default_branch` text,
	`default_branch_protection` integer,
	`is_lfs_enabled` integer,
	`enabled_git_access_protocol` text DEFAULT 'all' NOT NULL,
	`ip_restriction_ranges` text,
	`is_share_locked` integer DEFAULT false NOT NULL,
	`projects_count` integer DEFAULT 0 NOT NULL,
	`attributes` text DEFAULT '{}' NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`parent_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "namespaces_kind" CHECK(("namespaces"."kind" = 'user' and "namespaces"."owner_id" is not null and "namespaces"."parent_id" is null) or ("namespaces"."kind" = 'group' and "namespaces"."owner_id" is null)),
	CONSTRAINT "namespaces_visibility" CHECK("visibility" in ('private', 'internal', 'public')),
	CONSTRAINT "namespaces_project_creation_level" CHECK("project_creation_level" in ('noone', 'owner', 'maintainer', 'developer', 'administrator')),
	CONSTRAINT "namespaces_subgroup_creation_level" CHECK("subgroup_creation_level" in ('owner', 'maintainer')),
	CONSTRAINT "namespaces_enabled_git_access_protocol" CHECK("enabled_git_access_protocol" in ('all', 'ssh', 'http')),
	CONSTRAINT "namespaces_default_branch_protection" CHECK("namespaces"."default_branch_protection" between 0 and 4)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `namespaces_owner` ON `namespaces` (`owner_id`);--> statement-breakpoint
CREATE INDEX `namespaces_parent` ON `namespaces` (`parent_id`);--> statement-breakpoint
CREATE TABLE `redirect_routes` (
	`path` text COLLATE NOCASE PRIMARY KEY NOT NULL,
	`namespace_id` integer,
	`project_id` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "redirect_routes_source" CHECK(("namespace_id" is not null) + ("project_id" is not null) = 1)
);
--> statement-breakpoint
CREATE INDEX `redirect_routes_namespace` ON `redirect_routes` (`namespace_id`);--> statement-breakpoint
CREATE INDEX `redirect_routes_project` ON `redirect_routes` (`project_id`);--> statement-breakpoint
CREATE TABLE `routes` (
	`path` text COLLATE NOCASE PRIMARY KEY NOT NULL,
	`namespace_id` integer,
	`project_id` integer,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "routes_source" CHECK(("namespace_id" is not null) + ("project_id" is not null) = 1)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `routes_namespace_id_unique` ON `routes` (`namespace_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `routes_project_id_unique` ON `routes` (`project_id`);--> statement-breakpoint
CREATE TABLE `shares` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer,
	`project_id` integer,
	`group_id` integer NOT NULL,
	`access_level` integer NOT NULL,
	`expires_at` text,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`group_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "shares_source" CHECK(("namespace_id" is not null) + ("project_id" is not null) = 1),
	CONSTRAINT "shares_access_level" CHECK("shares"."access_level" in (10, 15, 20, 30, 40, 50))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `shares_namespace_group` ON `shares` (`namespace_id`,`group_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `shares_project_group` ON `shares` (`project_id`,`group_id`);--> statement-breakpoint
CREATE INDEX `shares_group` ON `shares` (`group_id`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`namespace_id` integer NOT NULL,
	`name` text NOT NULL,
	`path` text COLLATE NOCASE NOT NULL,
	`description` text,
	`visibility` text DEFAULT 'private' NOT NULL,
	`is_archived` integer DEFAULT false NOT NULL,
	`creator_id` integer,
	`forked_from_project_id` integer,
	`repository_access_level` text DEFAULT 'enabled' NOT NULL,
	`wiki_access_level` text DEFAULT 'enabled' NOT NULL,
	`snippets_access_level` text DEFAULT 'enabled' NOT NULL,
	`merge_requests_access_level` text DEFAULT 'enabled' NOT NULL,
	`is_lfs_enabled` integer DEFAULT true NOT NULL,
	`repository_storage` text DEFAULT 'default' NOT NULL,
	`storage_version` integer DEFAULT 2 NOT NULL,
	`repository_object_format` text DEFAULT 'sha1' NOT NULL,
	`default_branch` text DEFAULT 'main' NOT NULL,
	`has_repository` integer DEFAULT true NOT NULL,
	`has_wiki_repository` integer DEFAULT true NOT NULL,
	`has_design_repository` integer DEFAULT true NOT NULL,
	`is_repository_empty` integer DEFAULT true NOT NULL,
	`is_repository_read_only` integer DEFAULT false NOT NULL,
	`prints_merge_request_link` integer DEFAULT true NOT NULL,
	`attributes` text DEFAULT '{}' NOT NULL,
	`last_activity_at` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`creator_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`forked_from_project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "projects_visibility" CHECK("visibility" in ('private', 'internal', 'public')),
	CONSTRAINT "projects_repository_access_level" CHECK("repository_access_level" in ('disabled', 'private', 'enabled')),
	CONSTRAINT "projects_wiki_access_level" CHECK("wiki_access_level" in ('disabled', 'private', 'enabled')),
	CONSTRAINT "projects_snippets_access_level" CHECK("snippets_access_level" in ('disabled', 'private', 'enabled')),
	CONSTRAINT "projects_merge_requests_access_level" CHECK("merge_requests_access_level" in ('disabled', 'private', 'enabled')),
	CONSTRAINT "projects_repository_object_format" CHECK("repository_object_format" in ('sha1', 'sha256'))
);
--> statement-breakpoint
CREATE INDEX `projects_namespace` ON `projects` (`namespace_id`);--> statement-breakpoint
CREATE INDEX `projects_creator` ON `projects` (`creator_id`);--> statement-breakpoint
CREATE INDEX `projects_forked_from` ON `projects` (`forked_from_project_id`);--> statement-breakpoint
CREATE TABLE `snippets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer,
	`author_id` integer,
	`title` text NOT NULL,
	`visibility` text DEFAULT 'private' NOT NULL,
	`repository_storage` text DEFAULT 'default' NOT NULL,
	`has_repository` integer DEFAULT true NOT NULL,
	`is_repository_read_only` integer DEFAULT false NOT NULL,
	`default_branch` text,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "snippets_visibility" CHECK("visibility" in ('private', 'internal', 'public'))
);
--> statement-breakpoint
CREATE INDEX `snippets_project` ON `snippets` (`project_id`);--> statement-breakpoint
CREATE INDEX `snippets_author` ON `snippets` (`author_id`);--> statement-breakpoint
CREATE TABLE `stored_messages` (
	`kind` text NOT NULL,
	`user_id` integer NOT NULL,
	`gl_repository` text NOT NULL,
	`text` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `gl_repository`, `kind`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "stored_messages_kind" CHECK("kind" in ('moved', 'created')),
	CONSTRAINT "stored_messages_gl_repository" CHECK("stored_messages"."gl_repository" <> '')
);
--> statement-breakpoint
CREATE INDEX `stored_messages_expires` ON `stored_messages` (`expires_at`);--> statement-breakpoint
CREATE TABLE `protected_branches` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer,
	`namespace_id` integer,
	`name` text NOT NULL,
	`allows_force_push` integer DEFAULT false NOT NULL,
	`requires_code_owner_approval` integer DEFAULT false NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "protected_branches_source" CHECK(("project_id" is not null) + ("namespace_id" is not null) = 1),
	CONSTRAINT "protected_branches_name" CHECK("protected_branches"."name" <> '')
);
--> statement-breakpoint
CREATE UNIQUE INDEX `protected_branches_project_name` ON `protected_branches` (`project_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `protected_branches_namespace_name` ON `protected_branches` (`namespace_id`,`name`);--> statement-breakpoint
CREATE TABLE `protected_ref_access_levels` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`protected_branch_id` integer,
	`protected_tag_id` integer,
	`action` text NOT NULL,
	`access_level` integer,
	`user_id` integer,
	`group_id` integer,
	`deploy_key_id` integer,
	FOREIGN KEY (`protected_branch_id`) REFERENCES `protected_branches`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`protected_tag_id`) REFERENCES `protected_tags`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`group_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`deploy_key_id`) REFERENCES `keys`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "protected_ref_access_levels_rule" CHECK(("protected_branch_id" is not null) + ("protected_tag_id" is not null) = 1),
	CONSTRAINT "protected_ref_access_levels_who" CHECK(("access_level" is not null) + ("user_id" is not null) + ("group_id" is not null) + ("deploy_key_id" is not null) = 1),
	CONSTRAINT "protected_ref_access_levels_action" CHECK("action" in ('push', 'merge', 'unprotect', 'create')),
	CONSTRAINT "protected_ref_access_levels_level" CHECK("protected_ref_access_levels"."access_level" in (0, 30, 40, 60))
);
--> statement-breakpoint
CREATE INDEX `protected_ref_access_levels_branch` ON `protected_ref_access_levels` (`protected_branch_id`);--> statement-breakpoint
CREATE INDEX `protected_ref_access_levels_tag` ON `protected_ref_access_levels` (`protected_tag_id`);--> statement-breakpoint
CREATE INDEX `protected_ref_access_levels_user` ON `protected_ref_access_levels` (`user_id`);--> statement-breakpoint
CREATE INDEX `protected_ref_access_levels_group` ON `protected_ref_access_levels` (`group_id`);--> statement-breakpoint
CREATE INDEX `protected_ref_access_levels_deploy_key` ON `protected_ref_access_levels` (`deploy_key_id`);--> statement-breakpoint
CREATE TABLE `protected_tags` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` integer NOT NULL,
	`name` text NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "protected_tags_name" CHECK("protected_tags"."name" <> '')
);
--> statement-breakpoint
CREATE UNIQUE INDEX `protected_tags_project_name` ON `protected_tags` (`project_id`,`name`);--> statement-breakpoint
CREATE TABLE `settings` (
	`id` integer PRIMARY KEY NOT NULL,
	`values` text DEFAULT '{}' NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	CONSTRAINT "settings_single_row" CHECK("settings"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `personal_access_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`digest` text NOT NULL,
	`scopes` text NOT NULL,
	`expires_at` text,
	`revoked_at` integer,
	`last_used_at` integer,
	`is_from_deployment` integer DEFAULT false NOT NULL,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "personal_access_tokens_digest_form" CHECK(length("personal_access_tokens"."digest") = 64)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `personal_access_tokens_digest` ON `personal_access_tokens` (`digest`);--> statement-breakpoint
CREATE INDEX `personal_access_tokens_user` ON `personal_access_tokens` (`user_id`);--> statement-breakpoint
CREATE TABLE `identities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`extern_uid` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `identities_provider_uid` ON `identities` (`provider`,`extern_uid`);--> statement-breakpoint
CREATE INDEX `identities_user` ON `identities` (`user_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`username` text COLLATE NOCASE NOT NULL,
	`name` text NOT NULL,
	`email` text COLLATE NOCASE NOT NULL,
	`public_email` text COLLATE NOCASE,
	`commit_email` text COLLATE NOCASE,
	`state` text DEFAULT 'active' NOT NULL,
	`user_type` text DEFAULT 'human' NOT NULL,
	`is_admin` integer DEFAULT false NOT NULL,
	`is_external` integer DEFAULT false NOT NULL,
	`can_create_group` integer DEFAULT true NOT NULL,
	`projects_limit` integer DEFAULT 100000 NOT NULL,
	`password_stamp` text NOT NULL,
	`password_expires_at` integer,
	`confirmed_at` integer,
	`is_locked` integer DEFAULT false NOT NULL,
	`terms_accepted_at` integer,
	`is_two_factor_enabled` integer DEFAULT false NOT NULL,
	`is_private_profile` integer DEFAULT false NOT NULL,
	`last_activity_on` text,
	`note` text,
	`profile` text DEFAULT '{}' NOT NULL,
	`created_by_id` integer,
	`created_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	`updated_at` integer DEFAULT (cast(unixepoch('subsec') * 1000 as integer)) NOT NULL,
	FOREIGN KEY (`created_by_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "users_state" CHECK("state" in ('active', 'blocked', 'ldap_blocked', 'blocked_pending_approval', 'banned', 'deactivated')),
	CONSTRAINT "users_user_type" CHECK("user_type" in ('human', 'project_bot', 'service_user', 'service_account', 'security_bot', 'ghost', 'internal_bot')),
	CONSTRAINT "users_projects_limit" CHECK("users"."projects_limit" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username` ON `users` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_email` ON `users` (`email`);--> statement-breakpoint
CREATE INDEX `users_created_by` ON `users` (`created_by_id`);