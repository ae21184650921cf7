import { and, asc, count, eq } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { ListPage, PageRange } from "./page.ts";
import { sshCertificates } from "./schema/index.ts";

export type SshCertificateRow = typeof sshCertificates.$inferSelect;
export type NewSshCertificate = Omit<typeof sshCertificates.$inferInsert, "id">;

/** A page of the authorities that a group trusts, the oldest first, and how many there are. */
export async function listSshCertificates(db: Db, namespaceId: number, page: PageRange): Promise<ListPage<SshCertificateRow>> {
  const ofGroup = eq(sshCertificates.namespaceId, namespaceId);
  const [rows, counted] = await db.query.batch([
    db.query.select().from(sshCertificates).where(ofGroup).orderBy(asc(sshCertificates.id)).limit(page.size).offset(page.offset),
    db.query.select({ total: count() }).from(sshCertificates).where(ofGroup),
  ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

/**
 * Has a group trust an authority. Throws the database's refusal of an authority that some group trusts already
 * (constraint.ts, unique `ssh_certificates.fingerprint_sha256`), and of a group that is gone.
 */
export async function createSshCertificate(db: Db, certificate: NewSshCertificate): Promise<SshCertificateRow> {
  const [row] = await db.query.insert(sshCertificates).values(certificate).returning();
  if (row === undefined) throw new Error("The insert of an SSH certificate gave no row.");
  return row;
}

/** Answers whether the group trusted this authority. */
export async function deleteSshCertificate(db: Db, namespaceId: number, id: number): Promise<boolean> {
  const deleted = await db.query
    .delete(sshCertificates)
    .where(and(eq(sshCertificates.id, id), eq(sshCertificates.namespaceId, namespaceId)))
    .returning({ id: sshCertificates.id });
  return deleted.length > 0;
}
