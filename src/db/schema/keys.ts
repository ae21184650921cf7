import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { keyTypes, keyUsages } from "../../domain/identity/ssh-key.ts";
import { createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { projects } from "./projects.ts";
import { users } from "./users.ts";

export const keyKinds = ["user", "deploy"] as const;

/** SSH public keys of users, and deploy keys. One fingerprint exists once on the whole instance. */
export const keys = sqliteTable(
  "keys",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    kind: text("kind", { enum: keyKinds }).notNull().default("user"),
    /** Owner of a user key; creator of a deploy key. Null when that user is gone. */
    userId: integer("user_id").references(() => users.id),
    title: text("title").notNull(),
    /** Name of the algorithm as it stands before the blob, e.g. `ssh-ed25519`. */
    algorithm: text("algorithm").notNull(),
    /** The Base64 blob, without blanks. */
    blob: text("blob").notNull(),
    /** What the owner wrote behind the blob. Often an e-mail address: not shown for user keys. */
    comment: text("comment").notNull().default(""),
    keyType: text("key_type", { enum: keyTypes }).notNull(),
    bits: integer("bits").notNull(),
    /** SHA-256 of the decoded blob, unpadded Base64, without `SHA256:`. */
    fingerprintSha256: text("fingerprint_sha256").notNull(),
    /** MD5 of the decoded blob, hex pairs with colons. */
    fingerprintMd5: text("fingerprint_md5").notNull(),
    usage: text("usage", { enum: keyUsages }).notNull().default("auth_and_signing"),
    /** A deploy key that any project's maintainers may enable. */
    isPublic: flag("is_public").notNull().default(false),
    expiresAt: instant("expires_at"),
    /** Written at most once a day. */
    lastUsedAt: instant("last_used_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("keys_fingerprint_sha256").on(t.fingerprintSha256),
    index("keys_fingerprint_md5").on(t.fingerprintMd5),
    index("keys_user").on(t.userId),
    check("keys_kind", oneOf("kind", keyKinds)),
    check("keys_key_type", oneOf("key_type", keyTypes)),
    check("keys_usage", oneOf("usage", keyUsages)),
  ],
);

/** Which deploy key is enabled on which project, and whether it may push there. */
export const deployKeyProjects = sqliteTable(
  "deploy_key_projects",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    deployKeyId: integer("deploy_key_id")
      .notNull()
      .references(() => keys.id),
    projectId: integer("project_id")
      .notNull()
      .references(() => projects.id),
    canPush: flag("can_push").notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("deploy_key_projects_key_project").on(t.deployKeyId, t.projectId),
    index("deploy_key_projects_project").on(t.projectId),
  ],
);
