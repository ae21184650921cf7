import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { createdAt } from "./columns.ts";
import { namespaces } from "./namespaces.ts";

/**
 * Authorities whose SSH certificates a top-level group trusts. One key is an authority once on the whole instance; it is
 * no SSH key, and the two do not exclude each other.
 */
export const sshCertificates = sqliteTable(
  "ssh_certificates",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    namespaceId: integer("namespace_id")
      .notNull()
      .references(() => namespaces.id),
    title: text("title").notNull(),
    /** The authority's public key as one line: algorithm, blob, comment. */
    key: text("key").notNull(),
    /** SHA-256 of the decoded blob, unpadded Base64, without `SHA256:`. */
    fingerprintSha256: text("fingerprint_sha256").notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("ssh_certificates_fingerprint").on(t.fingerprintSha256), index("ssh_certificates_namespace").on(t.namespaceId)],
);
