import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt, exactlyOne, flag, oneOf, updatedAt } from "./columns.ts";
import { keys } from "./keys.ts";
import { namespaces } from "./namespaces.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

export const protectedRefActions = ["push", "merge", "unprotect", "create"] as const;

/** Branch rules: of one project, or of a top-level group for all projects below it. */
export const protectedBranches = sqliteTable(
  "protected_branches",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id").references(() => projects.id),
    namespaceId: integer("namespace_id").references(() => namespaces.id),
    /** Exact name, or a pattern in which `*` matches any run of characters, `/` included. */
    name: text("name").notNull(),
    allowsForcePush: flag("allows_force_push").notNull().default(false),
    requiresCodeOwnerApproval: flag("requires_code_owner_approval").notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("protected_branches_project_name").on(t.projectId, t.name),
    uniqueIndex("protected_branches_namespace_name").on(t.namespaceId, t.name),
    check("protected_branches_source", exactlyOne("project_id", "namespace_id")),
    check("protected_branches_name", sql`${t.name} <> ''`),
  ],
);

export const protectedTags = sqliteTable(
  "protected_tags",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id),
    name: text("name").notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("protected_tags_project_name").on(t.projectId, t.name), check("protected_tags_name", sql`${t.name} <> ''`)],
);

/** Who a rule admits: one role, one user, one group or one deploy key a row; any matching row is enough. */
export const protectedRefAccessLevels = sqliteTable(
  "protected_ref_access_levels",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    protectedBranchId: integer("protected_branch_id").references(() => protectedBranches.id),
    protectedTagId: integer("protected_tag_id").references(() => protectedTags.id),
    /** push, merge and unprotect for branches; create for tags. */
    action: text("action", { enum: protectedRefActions }).notNull(),
    /** 0 no one, 30 developers and maintainers, 40 maintainers, 60 administrators. */
    accessLevel: integer("access_level"),
    userId: integer("user_id").references(() => users.id),
    groupId: integer("group_id").references(() => namespaces.id),
    deployKeyId: integer("deploy_key_id").references(() => keys.id),
  },
  (t) => [
    index("protected_ref_access_levels_branch").on(t.protectedBranchId),
    index("protected_ref_access_levels_tag").on(t.protectedTagId),
    index("protected_ref_access_levels_user").on(t.userId),
    index("protected_ref_access_levels_group").on(t.groupId),
    index("protected_ref_access_levels_deploy_key").on(t.deployKeyId),
    check("protected_ref_access_levels_rule", exactlyOne("protected_branch_id", "protected_tag_id")),
    check("protected_ref_access_levels_who", exactlyOne("access_level", "user_id", "group_id", "deploy_key_id")),
    check("protected_ref_access_levels_action", oneOf("action", protectedRefActions)),
    check("protected_ref_access_levels_level", sql`${t.accessLevel} in (0, 30, 40, 60)`),
  ],
);
