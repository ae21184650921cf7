import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex, type AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { userStates, userTypes } from "../../domain/identity/user-state.ts";
import { attributes, caseInsensitiveText, createdAt, day, flag, instant, oneOf, updatedAt } from "./columns.ts";

/** People and machine accounts. The row with id 1 is `root`, made by the first migration. */
export const users = sqliteTable(
  "users",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    username: caseInsensitiveText("username").notNull(),
    name: text("name").notNull(),
    email: caseInsensitiveText("email").notNull(),
    publicEmail: caseInsensitiveText("public_email"),
    commitEmail: caseInsensitiveText("commit_email"),
    state: text("state", { enum: userStates }).notNull().default("active"),
    userType: text("user_type", { enum: userTypes }).notNull().default("human"),
    isAdmin: flag("is_admin").notNull().default(false),
    isExternal: flag("is_external").notNull().default(false),
    canCreateGroup: flag("can_create_group").notNull().default(true),
    /** How many projects may be in the personal namespace; 0 means none. */
    projectsLimit: integer("projects_limit").notNull().default(100_000),
    /** Stands in for a password, which is not kept: renewed whenever one is set, so that what was signed with it dies. */
    passwordStamp: text("password_stamp").notNull(),
    /** Null where sign-in passwords do not expire for this user. */
    passwordExpiresAt: instant("password_expires_at"),
    confirmedAt: instant("confirmed_at"),
    /** Locked until somebody unlocks the account; no call here locks or unlocks it. */
    isLocked: flag("is_locked").notNull().default(false),
    /** Locked until then, after too many wrong one-time passwords. */
    lockedUntil: instant("locked_until"),
    termsAcceptedAt: instant("terms_accepted_at"),
    isTwoFactorEnabled: flag("is_two_factor_enabled").notNull().default(false),
    isPrivateProfile: flag("is_private_profile").notNull().default(false),
    lastActivityOn: day("last_activity_on"),
    /** An administrator's remark, shown to administrators only. */
    note: text("note"),
    /** bio, location, job_title … as sent. */
    profile: attributes("profile"),
    createdById: integer("created_by_id").references((): AnySQLiteColumn => users.id),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("users_username").on(t.username),
    uniqueIndex("users_email").on(t.email),
    index("users_created_by").on(t.createdById),
    check("users_state", oneOf("state", userStates)),
    check("users_user_type", oneOf("user_type", userTypes)),
    check("users_projects_limit", sql`${t.projectsLimit} >= 0`),
  ],
);

/** Names of a user at outside identity providers. */
export const identities = sqliteTable(
  "identities",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    provider: text("provider").notNull(),
    externUid: text("extern_uid").notNull(),
  },
  (t) => [uniqueIndex("identities_provider_uid").on(t.provider, t.externUid), index("identities_user").on(t.userId)],
);
