import { sql } from "drizzle-orm";
import type { AuthorizedCertificateFacts } from "../../domain/access/authorized-certificate.ts";
import type { UserState } from "../../domain/identity/user-state.ts";
import type { Db } from "../client.ts";
import { membershipsOf, toMembership, type MembershipRow } from "../memberships.ts";
import { loadTogether, statement } from "../statement.ts";

const value = sql.placeholder;

const namespaceId = sql`(select namespace_id from ssh_certificates where fingerprint_sha256 = ${value("fingerprint")})`;

/** A user name comes before the primary e-mail address of somebody else. */
const userId = sql`coalesce(
  (select id from users where username = ${value("userIdentifier")}),
  (select id from users where email = ${value("userIdentifier")}))`;

const statements = {
  routes: statement<{ path: string }>(() => sql`select path from routes where namespace_id = ${namespaceId}`),
  users: statement<{ username: string; state: UserState }>(() => sql`select username, state from users where id = ${userId}`),
  memberships: statement<MembershipRow>(() => membershipsOf(userId, sql`null`, namespaceId)),
};

/**
 * The group that trusts the authority with this SHA-256 fingerprint (unpadded Base64), and who is named, with their
 * memberships there, in one round trip.
 */
export async function loadCertificateFacts(
  db: Db,
  login: { fingerprint: string; userIdentifier: string },
): Promise<AuthorizedCertificateFacts> {
  const rows = await loadTogether(db, statements, login);
  return {
    namespacePath: rows.routes[0]?.path ?? null,
    user: rows.users[0] ?? null,
    memberships: rows.memberships.map(toMembership),
  };
}
