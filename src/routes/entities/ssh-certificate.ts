import * as v from "valibot";
import type { SshCertificateRow } from "../../db/ssh-certificates.ts";

/** An authority whose SSH certificates a group trusts. */
export const SshCertificate = v.object({
  id: v.number(),
  title: v.string(),
  /** The authority's public key: one line, as it was given. */
  key: v.string(),
  created_at: v.string(),
});

export function renderSshCertificate(row: SshCertificateRow): v.InferOutput<typeof SshCertificate> {
  return { id: row.id, title: row.title, key: row.key, created_at: row.createdAt.toISOString() };
}
