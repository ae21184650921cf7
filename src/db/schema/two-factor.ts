import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { createdAt, instant, updatedAt } from "./columns.ts";
import { users } from "./users.ts";

/** The second factor of a user: a row is here exactly while `users.is_two_factor_enabled`. */
export const twoFactors = sqliteTable("two_factors", {
  userId: integer("user_id")
    .primaryKey()
    .references(() => users.id),
  /** The seed of the one-time passwords, sealed (auth/sealed.ts). */
  sealed: text("sealed").notNull(),
  /** Number of the 30 seconds, since 1970, of the last password that was accepted: no earlier one is accepted any more, nor it again. */
  lastUsedStep: integer("last_used_step"),
  /** Wrong passwords and recovery codes since the last right one, or since the account was last locked. */
  failedAttempts: integer("failed_attempts").notNull().default(0),
  /** Of the digests of the user's recovery codes: 32 hex digits. */
  recoverySalt: text("recovery_salt").notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

/** Recovery codes that were not used yet. */
export const recoveryCodes = sqliteTable(
  "two_factor_recovery_codes",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    /** scrypt of the code and the user's salt, hex. */
    digest: text("digest").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.digest] })],
);

/** Who has shown a one-time password lately, and with which key: Git over SSH may ask for it. */
export const otpSessions = sqliteTable(
  "otp_sessions",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    /** 0 for a session without a key. Refers to nothing: no later key has the id of an earlier one. */
    keyId: integer("key_id").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.keyId] }), index("otp_sessions_expires_at").on(t.expiresAt)],
);
