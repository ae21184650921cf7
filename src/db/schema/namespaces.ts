import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex, type AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { gitProtocolSettings, projectCreationLevels, subgroupCreationLevels } from "../../domain/identity/namespace.ts";
import { visibilities } from "../../domain/identity/visibility.ts";
import { attributes, caseInsensitiveText, createdAt, day, exactlyOne, flag, oneOf, updatedAt } from "./columns.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

export const namespaceKinds = ["user", "group"] as const;

/** Groups, subgroups and the personal namespaces of users; one sequence of ids for all. Full paths are in `routes`. */
export const namespaces = sqliteTable(
  "namespaces",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    kind: text("kind", { enum: namespaceKinds }).notNull(),
    name: text("name").notNull(),
    /** Last segment of the full path. */
    path: caseInsensitiveText("path").notNull(),
    parentId: integer("parent_id").references((): AnySQLiteColumn => namespaces.id),
    /** The user whose personal namespace this is; null for a group. */
    ownerId: integer("owner_id").references(() => users.id),
    description: text("description").notNull().default(""),
    visibility: text("visibility", { enum: visibilities }).notNull().default("private"),
    isArchived: flag("is_archived").notNull().default(false),
    projectCreationLevel: text("project_creation_level", { enum: projectCreationLevels }).notNull().default("developer"),
    subgroupCreationLevel: text("subgroup_creation_level", { enum: subgroupCreationLevels }).notNull().default("maintainer"),
    defaultBranch: text("default_branch"),
    /** 0 none, 1 developers push, 2 full, 3 developers merge, 4 initial push; null: the instance's. */
    defaultBranchProtection: integer("default_branch_protection"),
    /** null inherits. */
    isLfsEnabled: flag("is_lfs_enabled"),
    /** Read from the top-level group only. */
    enabledGitAccessProtocol: text("enabled_git_access_protocol", { enum: gitProtocolSettings }).notNull().default("all"),
    /** Comma-separated CIDRs; null: no restriction. Top-level groups only. */
    ipRestrictionRanges: text("ip_restriction_ranges"),
    isShareLocked: flag("is_share_locked").notNull().default(false),
    /** Kept by triggers, so that the personal project limit is tested without counting rows. */
    projectsCount: integer("projects_count").notNull().default(0),
    attributes: attributes(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("namespaces_owner").on(t.ownerId),
    index("namespaces_parent").on(t.parentId),
    /** Lists find what is open by it, and read nothing of what is hidden. */
    index("namespaces_visibility").on(t.kind, t.visibility),
    check(
      "namespaces_kind",
      sql`(${t.kind} = 'user' and ${t.ownerId} is not null and ${t.parentId} is null) or (${t.kind} = 'group' and ${t.ownerId} is null)`,
    ),
    check("namespaces_visibility", oneOf("visibility", visibilities)),
    check("namespaces_project_creation_level", oneOf("project_creation_level", projectCreationLevels)),
    check("namespaces_subgroup_creation_level", oneOf("subgroup_creation_level", subgroupCreationLevels)),
    check("namespaces_enabled_git_access_protocol", oneOf("enabled_git_access_protocol", gitProtocolSettings)),
    check("namespaces_default_branch_protection", sql`${t.defaultBranchProtection} between 0 and 4`),
  ],
);

/** Every namespace with each of its ancestors and itself (depth 0), so that inherited rights are one index look-up. */
export const namespaceAncestors = sqliteTable(
  "namespace_ancestors",
  {
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id),
    ancestorId: integer("ancestor_id")
      .notNull()
      .references(() => namespaces.id),
    /** Steps up from the namespace: 0 itself, 1 its parent … */
    depth: integer("depth").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.namespaceId, t.ancestorId] }),
    index("namespace_ancestors_ancestor").on(t.ancestorId),
    check("namespace_ancestors_depth", sql`${t.depth} >= 0`),
  ],
);

/** The full path of every namespace and project: one table, so that a path is taken once. */
export const routes = sqliteTable(
  "routes",
  {
    path: caseInsensitiveText("path").primaryKey(),
    namespaceId: integer("namespace_id")
      .unique()
      .references(() => namespaces.id),
    projectId: integer("project_id")
      .unique()
      .references(() => projects.id),
  },
  () => [check("routes_source", exactlyOne("namespace_id", "project_id"))],
);

/** Former full paths, which still lead to where their owner is now, until the path is taken again. */
export const redirectRoutes = sqliteTable(
  "redirect_routes",
  {
    path: caseInsensitiveText("path").primaryKey(),
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    projectId: integer("project_id").references(() => projects.id),
    createdAt: createdAt(),
  },
  (t) => [
    index("redirect_routes_namespace").on(t.namespaceId),
    index("redirect_routes_project").on(t.projectId),
    check("redirect_routes_source", exactlyOne("namespace_id", "project_id")),
  ],
);

/** Memberships of users in groups and projects. */
export const members = sqliteTable(
  "members",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    projectId: integer("project_id").references(() => projects.id),
    accessLevel: integer("access_level").notNull(),
    /** Does not count from this day on. */
    expiresAt: day("expires_at"),
    /** Awaiting acceptance: counts as no membership. */
    isAwaiting: flag("is_awaiting").notNull().default(false),
    createdById: integer("created_by_id").references(() => users.id),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("members_user_namespace").on(t.userId, t.namespaceId),
    uniqueIndex("members_user_project").on(t.userId, t.projectId),
    index("members_namespace").on(t.namespaceId),
    index("members_project").on(t.projectId),
    index("members_created_by").on(t.createdById),
    check("members_source", exactlyOne("namespace_id", "project_id")),
    check("members_access_level", sql`${t.accessLevel} in (5, 10, 15, 20, 30, 40, 50)`),
  ],
);

/** A group invited to a group or a project: its members get their own level there, at most the share's. */
export const shares = sqliteTable(
  "shares",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    /** What is shared. */
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    projectId: integer("project_id").references(() => projects.id),
    /** Who is invited. */
    groupId: integer("group_id")
      .notNull()
      .references(() => namespaces.id),
    accessLevel: integer("access_level").notNull(),
    expiresAt: day("expires_at"),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex("shares_namespace_group").on(t.namespaceId, t.groupId),
    uniqueIndex("shares_project_group").on(t.projectId, t.groupId),
    index("shares_group").on(t.groupId),
    check("shares_source", exactlyOne("namespace_id", "project_id")),
    check("shares_access_level", sql`${t.accessLevel} in (10, 15, 20, 30, 40, 50)`),
  ],
);
