import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, type AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { featureLevels, objectFormats, visibilities } from "../../domain/identity/visibility.ts";
import { attributes, caseInsensitiveText, createdAt, flag, instant, oneOf, updatedAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";
import { users } from "./users.ts";

/** Projects, with what is known of their Git repositories. Full paths are in `routes`. */
export const projects = sqliteTable(
  "projects",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references((): AnySQLiteColumn => namespaces.id),
    name: text("name").notNull(),
    /** Last segment of the full path. */
    path: caseInsensitiveText("path").notNull(),
    description: text("description"),
    visibility: text("visibility", { enum: visibilities }).notNull().default("private"),
    isArchived: flag("is_archived").notNull().default(false),
    creatorId: integer("creator_id").references(() => users.id),
    forkedFromProjectId: integer("forked_from_project_id").references((): AnySQLiteColumn => projects.id),

    repositoryAccessLevel: text("repository_access_level", { enum: featureLevels }).notNull().default("enabled"),
    wikiAccessLevel: text("wiki_access_level", { enum: featureLevels }).notNull().default("enabled"),
    snippetsAccessLevel: text("snippets_access_level", { enum: featureLevels }).notNull().default("enabled"),
    mergeRequestsAccessLevel: text("merge_requests_access_level", { enum: featureLevels }).notNull().default("enabled"),
    isLfsEnabled: flag("is_lfs_enabled").notNull().default(true),

    /** Name of a storage in GITALY_STORAGES. */
    repositoryStorage: text("repository_storage").notNull().default("default"),
    /** 0 legacy: `<full path>.git` on disk; from 1 on hashed: `@hashed/…`. */
    storageVersion: integer("storage_version").notNull().default(2),
    repositoryObjectFormat: text("repository_object_format", { enum: objectFormats }).notNull().default("sha1"),
    defaultBranch: text("default_branch").notNull().default("main"),
    hasRepository: flag("has_repository").notNull().default(true),
    hasWikiRepository: flag("has_wiki_repository").notNull().default(true),
    hasDesignRepository: flag("has_design_repository").notNull().default(true),
    isRepositoryEmpty: flag("is_repository_empty").notNull().default(true),
    isRepositoryReadOnly: flag("is_repository_read_only").notNull().default(false),

    printsMergeRequestLink: flag("prints_merge_request_link").notNull().default(true),
    attributes: attributes(),
    lastActivityAt: instant("last_activity_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index("projects_namespace").on(t.namespaceId),
    index("projects_creator").on(t.creatorId),
    index("projects_visibility").on(t.visibility),
    index("projects_forked_from").on(t.forkedFromProjectId),
    check("projects_visibility", oneOf("visibility", visibilities)),
    check("projects_repository_access_level", oneOf("repository_access_level", featureLevels)),
    check("projects_wiki_access_level", oneOf("wiki_access_level", featureLevels)),
    check("projects_snippets_access_level", oneOf("snippets_access_level", featureLevels)),
    check("projects_merge_requests_access_level", oneOf("merge_requests_access_level", featureLevels)),
    check("projects_repository_object_format", oneOf("repository_object_format", objectFormats)),
  ],
);

/** Snippets with a repository of their own: personal ones, and those of a project. */
export const snippets = sqliteTable(
  "snippets",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    projectId: integer("project_id").references(() => projects.id),
    authorId: integer("author_id").references(() => users.id),
    title: text("title").notNull(),
    visibility: text("visibility", { enum: visibilities }).notNull().default("private"),
    repositoryStorage: text("repository_storage").notNull().default("default"),
    hasRepository: flag("has_repository").notNull().default(true),
    isRepositoryReadOnly: flag("is_repository_read_only").notNull().default(false),
    isRepositoryEmpty: flag("is_repository_empty").notNull().default(true),
    defaultBranch: text("default_branch"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index("snippets_project").on(t.projectId),
    index("snippets_author").on(t.authorId),
    check("snippets_visibility", oneOf("visibility", visibilities)),
  ],
);

export const storedMessageKinds = ["moved", "created"] as const;

/** What a person is told at the end of their next push, once; `/allowed` writes it, `/post_receive` takes it. */
export const storedMessages = sqliteTable(
  "stored_messages",
  {
    kind: text("kind", { enum: storedMessageKinds }).notNull(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    glRepository: text("gl_repository").notNull(),
    text: text("text").notNull(),
    /** Five minutes after it was written. */
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.glRepository, t.kind] }),
    index("stored_messages_expires").on(t.expiresAt),
    check("stored_messages_kind", oneOf("kind", storedMessageKinds)),
    check("stored_messages_gl_repository", sql`${t.glRepository} <> ''`),
  ],
);
