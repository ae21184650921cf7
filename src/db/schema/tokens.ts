import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex, type AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { createdAt, day, flag, instant } from "./columns.ts";
import { users } from "./users.ts";

/** Personal access tokens. The clear text left once, at creation. */
export const personalAccessTokens = sqliteTable(
  "personal_access_tokens",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    name: text("name").notNull(),
    description: text("description"),
    /** SHA-256 of the token, 64 hex digits. */
    digest: text("digest").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<string[]>().notNull(),
    /** Dead from 00:00 UTC of this day. */
    expiresAt: day("expires_at"),
    revokedAt: instant("revoked_at"),
    /** Written at most once in ten minutes. */
    lastUsedAt: instant("last_used_at"),
    /** The first of a series of tokens, each of which replaced the one before; null for a token that replaced none. */
    familyId: integer("family_id").references((): AnySQLiteColumn => personalAccessTokens.id),
    /** Made from the deployment's secret GATEHOUSE_ROOT_TOKEN: valid only while it still is that secret. */
    isFromDeployment: flag("is_from_deployment").notNull().default(false),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex("personal_access_tokens_digest").on(t.digest),
    index("personal_access_tokens_user").on(t.userId),
    index("personal_access_tokens_family").on(t.familyId),
    check("personal_access_tokens_digest_form", sql`length(${t.digest}) = 64`),
  ],
);
